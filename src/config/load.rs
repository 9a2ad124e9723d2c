//! Applies the layers to the defaults and collects what is wrong with each key. What is wrong between keys is found in `relations`.

mod relations;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    Config, ConfigError, Mistake, Origin, Overrides, Problem,
    given::Given,
    keys::{self, Key},
    kind::Wrong,
    layers::{self, Setting},
    proxy::{ProxyEnvironment, Said},
};

const SECRET_FILE_SUFFIX: &str = "_file";

/// Reads the file, the environment and the command line over the defaults, and the gateway's environment where none of them says
/// anything.
pub(super) fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    overrides: Overrides,
) -> Result<Config, ConfigError> {
    let env: Vec<_> = env.into_iter().collect();
    let mut loading = Loading::default();
    match file.map(layers::from_file).transpose() {
        Ok(settings) => loading.apply_all(settings.unwrap_or_default()),
        Err(mistake) => loading.mistakes.push(mistake),
    }
    loading.apply_all(layers::from_env(env.iter().cloned()));
    overrides.apply(&mut loading.config);
    loading.apply_proxy(&ProxyEnvironment::new(env));
    loading.check_relations();
    ConfigError::check(loading.mistakes)?;
    Ok(loading.config)
}

/// A configuration while its layers are applied.
#[derive(Debug, Default)]
struct Loading {
    config: Config,
    /// Where each key that is not at its default was set last.
    origins: BTreeMap<&'static str, Origin>,
    /// The keys whose field does not say what the operator wanted.
    misread: BTreeSet<&'static str>,
    mistakes: Vec<Mistake>,
}

impl Loading {
    fn apply_all(&mut self, settings: Vec<Setting>) {
        for setting in settings {
            match keys::find(&setting.path) {
                Some(key) => self.apply(key, setting),
                None => self.refuse(setting),
            }
        }
    }

    fn apply(&mut self, key: &'static Key, setting: Setting) {
        let Setting { given, origin, .. } = setting;
        if given == Given::Null && !(key.takes_null)(&self.config) {
            return;
        }
        if let Err(wrongs) = (key.set)(&mut self.config, &given) {
            self.misread.insert(key.path);
            let mistakes = wrongs.into_iter().map(|wrong| mistake(key, wrong, &origin));
            self.mistakes.extend(mistakes);
        }
        self.origins.insert(key.path, origin);
    }

    /// Notes a path that is no key's; a section that is left empty is fine.
    fn refuse(&mut self, setting: Setting) {
        let Setting { path, given, origin } = setting;
        let known = keys::in_section(&path);
        let problem = match given {
            Given::Null | Given::Section(_) if !known.is_empty() => return,
            _ if !known.is_empty() => Problem::NotASection { keys: known.join(", ") },
            _ => Problem::UnknownKey { near: keys::nearest(&path) },
        };
        self.note(path, problem, origin);
    }

    fn note(&mut self, key: impl Into<String>, problem: Problem, origin: Origin) {
        self.mistakes.push(Mistake::Key { key: key.into(), problem, origin });
    }

    fn origin(&self, path: &str) -> Option<&Origin> {
        self.origins.get(path)
    }

    /// Takes over what the gateway's environment says of keys that nobody has set.
    fn apply_proxy(&mut self, env: &ProxyEnvironment) {
        self.take("database.url", |_| env.database(), |config, url| config.database.url = Some(url));
        self.take("redis.url", |_| env.redis(), |config, url| config.redis.url = Some(url));
        self.take(
            "gateway.url",
            |config| env.gateway_url(&config.listen),
            |config, url| config.gateway.url = Some(url),
        );
        self.take("gateway.api_key", |_| env.api_key(), |config, key| config.gateway.api_key = Some(key));
        self.take("gateway.config_file", |_| env.config_file(), |config, file| config.gateway.config_file = Some(file));
    }

    fn take<T>(
        &mut self,
        path: &'static str,
        said: impl FnOnce(&Config) -> Option<Said<T>>,
        set: impl FnOnce(&mut Config, T),
    ) {
        let in_file = format!("{path}{SECRET_FILE_SUFFIX}");
        if self.origin(path).or(self.origin(&in_file)).is_some() {
            return;
        }
        let Some(Said { variable, value }) = said(&self.config) else { return };
        let origin = Origin::Environment(variable.to_owned());
        self.origins.insert(path, origin.clone());
        match value {
            Ok(value) => set(&mut self.config, value),
            Err(problem) => {
                let problem = Box::new(problem);
                self.note(path, Problem::OfGateway { problem, key: path, variable: layers::variable(path) }, origin);
            }
        }
    }
}

fn mistake(key: &Key, wrong: Wrong, origin: &Origin) -> Mistake {
    let Wrong { part, problem } = wrong;
    Mistake::Key { key: format!("{}{part}", key.path), problem, origin: origin.clone() }
}

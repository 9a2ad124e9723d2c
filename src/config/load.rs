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
};

const SECRET_FILE_SUFFIX: &str = "_file";

/// Reads the file, the environment and the command line over the defaults.
pub(super) fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    overrides: Overrides,
) -> Result<Config, ConfigError> {
    let mut loading = Loading::default();
    match file.map(layers::from_file).transpose() {
        Ok(settings) => loading.apply_all(settings.unwrap_or_default()),
        Err(mistake) => loading.mistakes.push(mistake),
    }
    loading.apply_all(layers::from_env(env));
    overrides.apply(&mut loading.config);
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
        if given == Given::Null {
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
}

fn mistake(key: &Key, wrong: Wrong, origin: &Origin) -> Mistake {
    let Wrong { part, problem } = wrong;
    Mistake::Key { key: format!("{}{part}", key.path), problem, origin: origin.clone() }
}

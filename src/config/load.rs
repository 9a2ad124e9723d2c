//! Applies the layers to the defaults and collects what is wrong, in each key and between keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    Config, ConfigError, Mistake, Origin, Problem,
    given::Given,
    keys::{self, Key},
    kind::Wrong,
    layers::{self, Setting},
};

const SECRET_FILE_SUFFIX: &str = "_file";

/// Reads the file and the environment over the defaults.
pub(super) fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut loading = Loading::default();
    match file.map(layers::from_file).transpose() {
        Ok(settings) => loading.apply_all(settings.unwrap_or_default()),
        Err(mistake) => loading.mistakes.push(mistake),
    }
    loading.apply_all(layers::from_env(env));
    loading.check_secrets();
    loading.check_order();
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
            Given::Null | Given::Section if !known.is_empty() => return,
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

    /// A secret is given in place or in a file, not both: which of them holds would be a guess.
    fn check_secrets(&mut self) {
        for in_file in Config::key_paths() {
            let Some(in_place) = in_file.strip_suffix(SECRET_FILE_SUFFIX) else {
                continue;
            };
            let Some(key) = keys::find(in_place) else {
                continue;
            };
            let (Some(origin), Some(other_origin)) = (self.origin(key.path), self.origin(in_file)) else {
                continue;
            };
            let problem = Problem::Both { other: in_file, other_origin: other_origin.clone() };
            self.note(key.path, problem, origin.clone());
        }
    }

    /// Some values must not be above others.
    fn check_order(&mut self) {
        let Config { health, ingest, .. } = &self.config;
        let ratios = health.degraded_error_ratio > health.unhealthy_error_ratio;
        let bodies = ingest.max_body > ingest.max_in_flight;
        self.check_pair(ratios, "health.degraded_error_ratio", "health.unhealthy_error_ratio");
        self.check_pair(bodies, "ingest.max_body", "ingest.max_in_flight");
    }

    fn check_pair(&mut self, is_above: bool, path: &'static str, other: &'static str) {
        let is_misread = [path, other].iter().any(|key| self.misread.contains(key));
        if is_misread || !is_above {
            return;
        }
        let shown = |path| keys::find(path).map(|key| (key.show)(&self.config)).unwrap_or_default();
        let problem = Problem::Above { found: shown(path), other, limit: shown(other) };
        let origin = self.origin(path).or_else(|| self.origin(other));
        let origin = origin.cloned().unwrap_or(Origin::Default);
        self.note(path, problem, origin);
    }
}

fn mistake(key: &Key, wrong: Wrong, origin: &Origin) -> Mistake {
    let Wrong { element, problem } = wrong;
    let path = key.path;
    Mistake::Key {
        key: element.map_or_else(|| path.to_owned(), |n| format!("{path}[{n}]")),
        problem,
        origin: origin.clone(),
    }
}

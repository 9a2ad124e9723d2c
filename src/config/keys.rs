//! The table of every key: its path, the field it sets, the values it takes.
//!
//! A path is written once, as the field it sets, so the two can't differ; only a secret's `…_file`
//! names both, since it sets its secret's field.

use std::fmt;

use super::{
    Config,
    given::Given,
    kind::{self, Kind as _, Wrong},
};

/// One key of the configuration.
#[derive(Debug)]
pub(super) struct Key {
    /// Section and name, such as `ingest.max_body`.
    pub(super) path: &'static str,
    /// Reads the value into its field.
    pub(super) set: fn(&mut Config, &Given) -> Result<(), Vec<Wrong>>,
    /// Writes the field as YAML.
    pub(super) show: fn(&Config) -> String,
}

/// Writes a row: `key!(section.name: KIND)`, where `section.name` is both the path and the field.
macro_rules! key {
    ($section:ident.$name:ident: $kind:expr) => {
        key!(concat!(stringify!($section), ".", stringify!($name)), [$section.$name]: $kind)
    };
    ($name:ident: $kind:expr) => {
        key!(stringify!($name), [$name]: $kind)
    };
    ($path:expr, [$($field:ident).+]: $kind:expr) => {
        Key {
            path: $path,
            set: |config, given| {
                config.$($field).+ = $kind.read(given)?;
                Ok(())
            },
            show: |config| $kind.show(&config.$($field).+),
        }
    };
}

/// Every key, in the order in which they are shown; a section's keys stand together.
pub(super) static KEYS: &[Key] = &[
    key!(listen: kind::ADDRESSES),
    key!(ingest.token: kind::Token),
    key!("ingest.token_file", [ingest.token]: kind::TokenFile),
    key!(ingest.max_body: kind::SIZE),
    key!(ingest.max_in_flight: kind::SIZE),
    key!(ingest.body_timeout: kind::DURATION),
    key!(ingest.dedupe_window: kind::count()),
    key!(labels.consumer: kind::CONSUMER_LABELS),
    key!(limits.deployments: kind::count()),
    key!(limits.models: kind::count()),
    key!(limits.consumers: kind::count()),
    key!(limits.budgets: kind::count()),
    key!(health.stale_after: kind::DURATION),
    key!(health.window: kind::DURATION),
    key!(health.min_requests: kind::count()),
    key!(health.failure_threshold: kind::count()),
    key!(health.degraded_error_ratio: kind::RATIO),
    key!(health.unhealthy_error_ratio: kind::RATIO),
    key!(scrape.max_concurrent: kind::count()),
    key!(shutdown.delay: kind::GRACE),
    key!(shutdown.grace: kind::GRACE),
    key!(log.level: kind::LOG_LEVEL),
    key!(log.format: kind::LOG_FORMAT),
];

/// Returns the key of this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Returns the names of a section's keys, or nothing where there is no such section.
pub(super) fn in_section(section: &str) -> Vec<&'static str> {
    KEYS.iter().filter_map(|key| key.path.strip_prefix(section)?.strip_prefix('.')).collect()
}

/// Returns the key that an unknown path is most likely meant to be.
pub(super) fn nearest(path: &str) -> Option<&'static str> {
    let name = |path: &'static str| path.rsplit('.').next();
    let paths = || KEYS.iter().map(|key| key.path);
    // The right name in the wrong section is nearer than any misspelling.
    let moved = paths().find(|known| name(known) == path.rsplit('.').next());
    moved.or_else(|| {
        let distance = |known: &&str| strsim::damerau_levenshtein(path, known);
        let nearest = paths().min_by_key(distance)?;
        (distance(&nearest) <= nearest.len() / 3).then_some(nearest)
    })
}

/// The values of a configuration as a YAML file.
pub(super) struct Yaml<'a>(pub(super) &'a Config);

impl fmt::Display for Yaml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut current = "";
        for Key { path, show, .. } in KEYS {
            let value = show(self.0);
            let Some((section, name)) = path.split_once('.') else {
                writeln!(f, "{path}: {value}")?;
                continue;
            };
            if section != current {
                writeln!(f, "{section}:")?;
                current = section;
            }
            writeln!(f, "  {name}: {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_is_listed_twice() {
        let mut paths: Vec<_> = KEYS.iter().map(|key| key.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), KEYS.len());
    }

    #[test]
    fn a_misspelling_and_a_wrong_section_are_recognised() {
        assert_eq!(nearest("ingest.max_bodi"), Some("ingest.max_body"));
        assert_eq!(nearest("max_body"), Some("ingest.max_body"));
        assert_eq!(nearest("logging.level"), Some("log.level"));
        assert_eq!(nearest("colour.of.the.sky"), None);
    }
}

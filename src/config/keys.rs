//! The table of every key: its path, the field it sets, the values it takes.
//!
//! A path is written once, as the field it sets, so the two can't differ; only a secret's `…_file`
//! names both, since it sets its secret's field.

use std::fmt;

use super::{
    Config,
    given::Given,
    kind::{self, InFile, Kind, Maybe, OrOff, Text, Wrong},
};

/// One key of the configuration.
#[derive(Debug)]
pub(super) struct Key {
    /// Section and name, such as `ingest.max_body`.
    pub(super) path: &'static str,
    /// Reads the value into its field.
    pub(super) set: fn(&mut Config, &Given) -> Result<(), Vec<Wrong>>,
    /// Whether `null` is a value too.
    pub(super) takes_null: fn(&Config) -> bool,
    /// Whether two configurations have other values here.
    pub(super) differs: fn(&Config, &Config) -> bool,
    /// Writes the field as YAML.
    pub(super) show: fn(&Config) -> String,
}

/// Writes a row: `key!(section.name: KIND)`, where `section.name` is both the path and the field.
macro_rules! key {
    ($first:ident$(.$rest:ident)*: $kind:expr) => {
        key!(concat!(stringify!($first) $(, ".", stringify!($rest))*), [$first$(.$rest)*]: $kind)
    };
    ($path:expr, [$($field:ident).+]: $kind:expr) => {
        Key {
            path: $path,
            set: |config, given| {
                config.$($field).+ = $kind.read(given)?;
                Ok(())
            },
            takes_null: |config| takes_null(&$kind, &config.$($field).+),
            differs: |one, other| one.$($field).+ != other.$($field).+,
            show: |config| $kind.show(&config.$($field).+),
        }
    };
}

/// A kind may be one of several types of values: the field says which.
fn takes_null<T, K: Kind<T>>(kind: &K, _field: &T) -> bool {
    kind.takes_null()
}

/// Every key, in the order in which they are shown; a section's keys stand together.
pub(super) static KEYS: &[Key] = &[
    key!(listen: kind::ADDRESSES),
    key!(gateway.url: kind::GatewayUrl),
    key!(gateway.api_key: kind::API_KEY),
    key!("gateway.api_key_file", [gateway.api_key]: InFile(kind::API_KEY)),
    key!(gateway.config_file: Maybe(kind::FILE)),
    key!(gateway.ca_file: kind::Certificates),
    key!(gateway.models_interval: kind::DURATION),
    key!(database.url: kind::DATABASE_URL),
    key!("database.url_file", [database.url]: InFile(kind::DATABASE_URL)),
    key!(database.ca_file: kind::Certificates),
    key!(redis.url: kind::REDIS_URL),
    key!("redis.url_file", [redis.url]: InFile(kind::REDIS_URL)),
    key!(redis.namespace: Text::Any),
    key!(redis.ca_file: kind::Certificates),
    key!(redis.lease: kind::LEASE),
    key!(models: kind::OwnModels),
    key!(ingest.token: kind::TOKEN),
    key!("ingest.token_file", [ingest.token]: InFile(kind::TOKEN)),
    key!(ingest.max_body: kind::SIZE),
    key!(ingest.max_in_flight: kind::SIZE),
    key!(ingest.body_timeout: kind::DURATION),
    key!(ingest.counted: kind::SWITCH),
    key!(ingest.dedupe_window: kind::count()),
    key!(labels.consumer: kind::CONSUMER_LABELS),
    key!(limits.deployments: kind::count()),
    key!(limits.models: kind::count()),
    key!(limits.consumers: kind::count()),
    key!(limits.budgets: kind::count()),
    key!(health.freshness: kind::DURATION),
    key!(health.stale_after: kind::DURATION),
    key!(health.window: kind::DURATION),
    key!(health.min_requests: kind::count()),
    key!(health.failure_threshold: kind::count()),
    key!(health.recovery_threshold: kind::count()),
    key!(health.degraded_error_ratio: kind::RATIO),
    key!(health.unhealthy_error_ratio: kind::RATIO),
    key!(probes.enabled: kind::SWITCH),
    key!(probes.interval: kind::DURATION),
    key!(probes.timeout: kind::DURATION),
    key!(probes.concurrency: kind::count()),
    key!(probes.confirm_after: kind::DURATION),
    key!(probes.max_backoff: kind::DURATION),
    key!(probes.models: kind::SWITCH),
    key!(probes.ca_file: kind::Certificates),
    key!(probes.completion.enabled: kind::SWITCH),
    key!(probes.completion.daily_budget_usd: kind::USD),
    key!(probes.completion.max_tokens: kind::ANSWER_TOKENS),
    key!(probes.completion.interval: kind::DURATION),
    key!(dependencies.interval: kind::DURATION),
    key!(dependencies.timeout: kind::DURATION),
    key!(sources.litellm_spend_logs.enabled: kind::SWITCH),
    key!(sources.litellm_spend_logs.start: kind::START),
    key!(sources.litellm_spend_logs.poll_interval: kind::DURATION),
    key!(sources.litellm_spend_logs.lookback: kind::DURATION),
    key!(sources.litellm_spend_logs.sweep: kind::DURATION),
    key!(sources.litellm_spend_logs.share: kind::SHARE),
    key!(sources.litellm_budgets.enabled: kind::SWITCH),
    key!(sources.litellm_budgets.interval: kind::DURATION),
    key!(ledger.enabled: kind::SWITCH),
    key!(ledger.interval: kind::DURATION),
    key!(storage.path: OrOff(kind::FOLDER)),
    key!(storage.interval: kind::DURATION),
    key!(storage.durability.push: kind::DURABILITY),
    key!(storage.durability.cursor: kind::DURABILITY),
    key!(scrape.max_concurrent: kind::count()),
    key!(scrape.created: kind::SWITCH),
    key!(shutdown.delay: kind::GRACE),
    key!(shutdown.grace: kind::GRACE),
    key!(log.level: kind::LOG_LEVEL),
    key!(log.format: kind::LOG_FORMAT),
];

/// Returns the key of this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Returns the names of a section's keys and sections, or nothing where there is no such section.
pub(super) fn in_section(section: &str) -> Vec<&'static str> {
    let within = KEYS.iter().filter_map(|key| key.path.strip_prefix(section)?.strip_prefix('.'));
    let mut names: Vec<_> = within.filter_map(|path| path.split('.').next()).collect();
    names.dedup();
    names
}

/// Returns the key that an unknown path is most likely meant to be.
pub(super) fn nearest(path: &str) -> Option<&'static str> {
    // A name with a dot in it is shown in quotes.
    let path = path.replace('"', "");
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |known: &&str| strsim::damerau_levenshtein(&path, known);
    let paths = || KEYS.iter().map(|key| key.path);
    // The right name in the wrong section is nearer than any misspelling.
    let moved = paths().filter(|known| name(known) == name(&path)).min_by_key(distance);
    let misspelt = || paths().min_by_key(distance).filter(|known| distance(known) <= name(known).len() / 3);
    moved.or_else(misspelt)
}

/// Returns the known name that an unknown one is most likely a misspelling of.
pub(super) fn closest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(name, known);
    let closest = known.min_by_key(distance)?;
    (distance(&closest) <= closest.len() / 3).then_some(closest)
}

/// The values of a configuration as a YAML file.
pub(super) struct Yaml<'a>(pub(super) &'a Config);

impl fmt::Display for Yaml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut open: Vec<&str> = Vec::new();
        for Key { path, show, .. } in KEYS {
            let mut sections: Vec<_> = path.split('.').collect();
            let name = sections.pop().unwrap_or_default();
            let shared = sections.iter().zip(&open).take_while(|(section, open)| section == open).count();
            for (depth, section) in sections.iter().enumerate().skip(shared) {
                writeln!(f, "{}{section}:", "  ".repeat(depth))?;
            }
            let value = show(self.0);
            // A list of sections begins on a line of its own.
            let space = if value.starts_with('\n') { "" } else { " " };
            writeln!(f, "{}{name}:{space}{value}", "  ".repeat(sections.len()))?;
            open = sections;
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
        assert_eq!(nearest("redsi.url"), Some("redis.url"));
        assert_eq!(nearest("probes.completions.enabled"), Some("probes.completion.enabled"));
        assert_eq!(nearest("colour.of.the.sky"), None);
    }
}

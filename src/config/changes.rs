//! What is other in a configuration that is read again, and what of that takes a restart.

use super::{Config, keys};

/// The keys, and the sections with all their keys, that can change while the exporter runs. A key that is not listed takes a restart:
/// what it says was built into something that is there from the start on.
///
/// Not `health.window`: outcomes are kept in slots of it. Not `database` and `redis`, nor what is read there: whoever reads the spend log
/// holds a lock and has claimed rows, and to end that without a doubt takes the end of the process.
const LIVE: [&str; 15] = [
    "gateway",
    "models",
    "ingest.token",
    "ingest.token_file",
    "health.freshness",
    "health.stale_after",
    "health.min_requests",
    "health.failure_threshold",
    "health.recovery_threshold",
    "health.degraded_error_ratio",
    "health.unhealthy_error_ratio",
    "probes",
    "dependencies",
    "shutdown",
    "log.level",
];

/// The paths of keys whose values differ; of a secret and its file the one stands for both.
pub(super) fn changed(one: &Config, other: &Config) -> Vec<&'static str> {
    let is_file_of_another = |path: &str| path.strip_suffix("_file").is_some_and(|secret| keys::find(secret).is_some());
    let differing = keys::KEYS.iter().filter(|key| (key.differs)(one, other));
    differing.map(|key| key.path).filter(|path| !is_file_of_another(path)).collect()
}

/// Whether this key can change while the exporter runs.
pub(super) fn is_live(path: &str) -> bool {
    let is_within = |live: &&str| path.strip_prefix(*live).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    LIVE.iter().any(is_within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_live_is_a_key_or_a_section() {
        for live in LIVE {
            assert!(keys::find(live).is_some() || !keys::in_section(live).is_empty(), "{live}");
        }
    }

    #[test]
    fn a_key_is_live_by_itself_or_by_its_section_and_not_by_how_its_name_begins() {
        for path in ["models", "probes.completion.max_tokens", "gateway.api_key_file", "health.freshness"] {
            assert!(is_live(path), "{path}");
        }
        for path in ["listen", "health.window", "database.url", "redis.url", "ingest.max_body", "log.format", "modelsx"]
        {
            assert!(!is_live(path), "{path}");
        }
    }

    #[test]
    fn a_secret_that_changed_is_named_once() {
        let mut other = Config::default();
        other.ingest.token = Some(crate::config::Secret::new("one"));
        other.listen.clear();
        assert_eq!(changed(&Config::default(), &other), ["listen", "ingest.token"]);
        assert_eq!(changed(&other, &other), [""; 0]);
    }
}

//! What is wrong between keys, each of which has a value of its own that is fine.

use std::time::Duration;

use super::{Loading, SECRET_FILE_SUFFIX};
use crate::{
    config::{Config, Origin, Problem, keys},
    discovery::ProbeChoice,
};

impl Loading {
    pub(super) fn check_relations(&mut self) {
        self.check_secrets();
        self.check_order();
        self.check_budget();
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
        let Config { health, ingest, sources, .. } = &self.config;
        let ratios = health.degraded_error_ratio > health.unhealthy_error_ratio;
        let bodies = ingest.max_body > ingest.max_in_flight;
        let spend_logs = &sources.litellm_spend_logs;
        let lookback = spend_logs.lookback > spend_logs.sweep;
        let freshness = health.freshness > health.stale_after;
        self.check_pair(ratios, "health.degraded_error_ratio", "health.unhealthy_error_ratio");
        self.check_pair(bodies, "ingest.max_body", "ingest.max_in_flight");
        self.check_pair(freshness, "health.freshness", "health.stale_after");
        self.check_pair(lookback, "sources.litellm_spend_logs.lookback", "sources.litellm_spend_logs.sweep");
        self.check_probes();
    }

    /// A deployment must be probed again before what the last probe found is stale: else it is unknown in between.
    fn check_probes(&mut self) {
        let Config { health, probes, .. } = &self.config;
        let is_above = |one: Duration, other: Duration| probes.enabled && one > other;
        let interval = is_above(probes.interval, health.stale_after);
        let backoff = is_above(probes.max_backoff, health.stale_after);
        let confirmation = is_above(probes.confirm_after, probes.interval);
        self.check_pair(interval, "probes.interval", "health.stale_after");
        self.check_pair(backoff, "probes.max_backoff", "health.stale_after");
        self.check_pair(confirmation, "probes.confirm_after", "probes.interval");
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

    /// What is billed is asked for twice: by a switch and by a sum.
    fn check_budget(&mut self) {
        const SWITCH: &str = "probes.completion.enabled";
        let Config { probes, models, .. } = &self.config;
        if probes.completion.daily_budget_usd > 0.0 || self.misread.contains("probes.completion.daily_budget_usd") {
            return;
        }
        let asking = models.iter().enumerate().filter(|(_, model)| model.probe == ProbeChoice::Completion);
        let mut asking: Vec<_> = asking.map(|(n, _)| (format!("models[{n}].probe"), "models")).collect();
        if probes.completion.enabled {
            asking.insert(0, (SWITCH.to_owned(), SWITCH));
        }
        for (key, path) in asking {
            let origin = self.origin(path).cloned().unwrap_or(Origin::Default);
            self.note(key, Problem::NoBudget, origin);
        }
    }
}

//! What the exporter must say, given what the clients saw.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::metrics::Metrics;

/// Why the requests to a model fail, in the words of the metrics. `config.yaml` says how each comes about.
const ERRORS: [(&str, &str); 18] = [
    ("bad-request", "bad_request"),
    ("too-long", "context_length"),
    ("filtered", "content_filter"),
    ("no-key", "auth"),
    ("forbidden", "permission"),
    ("not-found", "model_not_found"),
    ("rate-limited", "rate_limited_provider"),
    ("broken", "server_error"),
    ("overloaded", "overloaded"),
    ("gateway-timeout", "timeout"),
    ("garbage", "bad_response"),
    ("hang", "timeout"),
    ("refused", "connect"),
    ("cut-early", "connect"),
    ("cut", "stream_aborted"),
    ("rescued", "server_error"),
    ("doomed", "server_error"),
    ("flaky", "server_error"),
];

/// Models of which no client can tell whether a first token was sent: it had left.
const FIRST_TOKEN_UNKNOWN: &str = "slow-stream";
/// A name that the proxy does not serve.
const NO_SUCH_MODEL: &str = "no-such-model";
/// Sums of costs may differ in the last bits of a float.
const ROUNDING_USD: f64 = 1e-12;

/// What a client saw of one request: one line of `traffic.py`.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    model: String,
    outcome: SeenOutcome,
    stream: bool,
    served_by: Option<String>,
    served_model: Option<String>,
    from_cache: bool,
    retries: u32,
    fallbacks: u32,
    cost: f64,
    chunks: u32,
    input_tokens: Option<u32>,
    cached_tokens: Option<u32>,
    output_tokens: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SeenOutcome {
    Answered,
    Failed,
    Cut,
    Left,
    Refused,
    Probed,
}

type Series = (&'static str, Vec<(&'static str, String)>);

/// What the exporter must say.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// Events that the proxy sends.
    pub(crate) events: f64,
    /// Models that have a deployment which was asked.
    pub(crate) models: BTreeSet<String>,
    values: BTreeMap<Series, f64>,
    /// Metrics of which no series but the expected ones may have a value.
    complete: BTreeSet<&'static str>,
    /// Models whose tokens no client could count.
    uncounted: BTreeSet<String>,
}

impl Expected {
    /// What follows from what was seen.
    pub(crate) fn of(seen: &[Seen]) -> Self {
        let mut expected = Self::default();
        expected.complete.extend([
            "llm_requests_total",
            "llm_request_errors_total",
            "llm_rejected_requests_total",
            "llm_cache_hits_total",
            "llm_retries_total",
            "llm_fallbacks_total",
            "llm_unpriced_requests_total",
            "llm_request_duration_seconds_count",
        ]);
        seen.iter().for_each(|request| expected.add(request));
        expected
    }

    fn add(&mut self, seen: &Seen) {
        match seen.outcome {
            SeenOutcome::Answered if seen.from_cache => self.cache_hit(seen),
            SeenOutcome::Answered => self.answered(seen),
            SeenOutcome::Failed => self.failed_attempt(&seen.model),
            SeenOutcome::Cut => self.cut(seen),
            SeenOutcome::Left => self.left(seen),
            SeenOutcome::Refused => self.refused(seen),
            SeenOutcome::Probed => self.events += 1.0,
        }
    }

    fn cache_hit(&mut self, seen: &Seen) {
        self.events += 1.0;
        self.count("llm_cache_hits_total", [("model", &seen.model)]);
    }

    fn answered(&mut self, seen: &Seen) {
        let model = seen.served_model.as_ref().expect("the proxy names the model that answered");
        let deployment = seen.served_by.as_ref().expect("the proxy names the deployment that answered");
        if seen.retries > 0 || seen.fallbacks > 0 {
            // Of the attempts in vain LiteLLM tells the first only; there is one here.
            self.failed_attempt(&seen.model);
        }
        self.count_by("llm_retries_total", [("model", model)], seen.retries);
        if seen.fallbacks > 0 {
            self.count("llm_fallbacks_total", [("model", &seen.model), ("fallback_model", model)]);
        }
        self.attempt(model, deployment);
        self.tokens(model, seen);
        if seen.stream {
            self.count("llm_time_to_first_token_seconds_count", [("model", model)]);
        }
        if model == "unpriced" {
            self.count("llm_unpriced_requests_total", [("model", model)]);
        }
        // Only what is not streamed comes with its price.
        self.count_value("llm_cost_usd_total", vec![("model", model.clone())], seen.cost);
    }

    fn cut(&mut self, seen: &Seen) {
        self.failed_attempt(&seen.model);
        self.count("llm_time_to_first_token_seconds_count", [("model", &seen.model)]);
        self.uncounted.insert(seen.model.clone());
    }

    fn left(&mut self, seen: &Seen) {
        self.uncounted.insert(seen.model.clone());
        if !seen.stream {
            // LiteLLM does not notice: it waits for the whole answer and books it.
            return self.attempt(&seen.model, &only_deployment(&seen.model));
        }
        self.failed_attempt_with(&seen.model, "client_cancelled");
        if seen.chunks > 0 {
            self.count("llm_time_to_first_token_seconds_count", [("model", &seen.model)]);
        }
    }

    fn refused(&mut self, seen: &Seen) {
        self.events += 1.0;
        let (model, error) = match seen.model.as_str() {
            NO_SUCH_MODEL => ("other", "model_not_found"),
            model => (model, "auth"),
        };
        self.count("llm_rejected_requests_total", [("model", model), ("error", error)]);
    }

    fn failed_attempt(&mut self, model: &str) {
        let (_, error) = ERRORS.iter().find(|(name, _)| *name == model).expect("only models in ERRORS fail");
        self.failed_attempt_with(model, error);
    }

    fn failed_attempt_with(&mut self, model: &str, error: &str) {
        let deployment = only_deployment(model);
        self.attempt(model, &deployment);
        let labels = [("model", model), ("deployment", &deployment), ("error", error)];
        self.count("llm_request_errors_total", labels);
    }

    fn attempt(&mut self, model: &str, deployment: &str) {
        self.events += 1.0;
        self.models.insert(model.to_owned());
        self.count("llm_requests_total", [("model", model), ("deployment", deployment)]);
        self.count("llm_request_duration_seconds_count", [("model", model)]);
    }

    fn tokens(&mut self, model: &str, seen: &Seen) {
        let (Some(input), Some(output)) = (seen.input_tokens, seen.output_tokens) else {
            self.uncounted.insert(model.to_owned());
            return;
        };
        self.count_by("llm_input_tokens_total", [("model", model)], input);
        self.count_by("llm_output_tokens_total", [("model", model)], output);
        if let Some(cached) = seen.cached_tokens {
            self.count_by("llm_input_tokens_total", [("model", model), ("kind", "cache_read")], cached);
        }
    }

    fn count<const N: usize>(&mut self, metric: &'static str, labels: [(&'static str, &str); N]) {
        self.count_by(metric, labels, 1);
    }

    fn count_by<const N: usize>(&mut self, metric: &'static str, labels: [(&'static str, &str); N], by: u32) {
        let labels = labels.map(|(key, value)| (key, value.to_owned())).to_vec();
        self.count_value(metric, labels, f64::from(by));
    }

    fn count_value(&mut self, metric: &'static str, labels: Vec<(&'static str, String)>, by: f64) {
        *self.values.entry((metric, labels)).or_default() += by;
    }

    /// Where the metrics say something else, in words.
    pub(crate) fn disagreements(&self, metrics: &Metrics) -> Vec<String> {
        let series = self.values.iter().filter_map(|(series, value)| self.disagreement(metrics, series, *value));
        let rest = self.complete.iter().filter_map(|metric| self.unexpected_rest(metrics, metric));
        series.chain(rest).chain(self.bookkeeping(metrics)).chain(self.costs(metrics)).collect()
    }

    fn disagreement(&self, metrics: &Metrics, (metric, labels): &Series, expected: f64) -> Option<String> {
        let (_, model) = labels.iter().find(|(key, _)| *key == "model").expect("every series has a model");
        let untold = metric.contains("_tokens_") && self.uncounted.contains(model);
        let labels: Vec<_> = labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let found = metrics.sum(metric, &labels);
        let agrees = match *metric {
            _ if untold => found >= expected,
            // A streamed answer costs too, and does not say so.
            "llm_cost_usd_total" if model != "embed" => found + ROUNDING_USD >= expected,
            "llm_cost_usd_total" => (found - expected).abs() < ROUNDING_USD,
            _ => is_same(found, expected),
        };
        (!agrees).then(|| format!("{metric}{labels:?}: the clients saw {expected}, the exporter says {found}"))
    }

    fn unexpected_rest(&self, metrics: &Metrics, metric: &str) -> Option<String> {
        let expected: f64 = self.values.iter().filter(|((name, _), _)| *name == metric).map(|(_, value)| value).sum();
        let found = metrics.sum(metric, &[]);
        (!is_same(found, expected))
            .then(|| format!("{metric}, all series together: the clients saw {expected}, the exporter says {found}"))
    }

    /// Every event once, its copies as duplicates, nothing rejected.
    fn bookkeeping(&self, metrics: &Metrics) -> Vec<String> {
        let expected = [
            ("llm_source_events_total", self.events),
            ("llm_source_duplicates_total", self.events * (crate::FORMATS - 1.0)),
            ("llm_source_rejected_total", 0.0),
        ];
        let check = |(metric, expected): (&str, f64)| {
            let found = metrics.sum(metric, &[]);
            (!is_same(found, expected)).then(|| format!("{metric}: {expected} were sent, the exporter says {found}"))
        };
        expected.into_iter().filter_map(check).collect()
    }

    /// What a client can't know exactly but can know something of.
    fn costs(&self, metrics: &Metrics) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |metric: &str, model: &str, must_be_positive: bool| {
            let found = metrics.sum(metric, &[("model", model)]);
            if (found > 0.0) != must_be_positive {
                wrong.push(format!("{metric} of {model} is {found}"));
            }
        };
        for model in ["chat", "quiet", "cached", "embed", "flaky", "cut", "trickle", "slow"] {
            check("llm_cost_usd_total", model, true);
        }
        for model in ["free", "unpriced", "broken", "rescued", "refused"] {
            check("llm_cost_usd_total", model, false);
        }
        for model in ["broken", "rescued", "hang", "cut-early"] {
            check("llm_input_tokens_total", model, false);
            check("llm_output_tokens_total", model, false);
        }
        check("llm_cache_saved_usd_total", "cached", true);
        let first_tokens = metrics.sum("llm_time_to_first_token_seconds_count", &[]);
        let unknown = metrics.sum("llm_time_to_first_token_seconds_count", &[("model", FIRST_TOKEN_UNKNOWN)]);
        let expected: f64 = self.first_tokens();
        if !is_same(first_tokens - unknown, expected) {
            wrong.push(format!("{first_tokens} first tokens, {unknown} of them unknown: the clients saw {expected}"));
        }
        wrong
    }

    fn first_tokens(&self) -> f64 {
        let of_first_tokens = |(metric, _): &&Series| *metric == "llm_time_to_first_token_seconds_count";
        self.values.keys().filter(of_first_tokens).map(|series| self.values[series]).sum()
    }
}

/// The id that `config.yaml` gives to the deployment of a model that has one.
fn only_deployment(model: &str) -> String {
    format!("dep-{model}")
}

/// Counts are whole numbers, far below where a float loses one.
fn is_same(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 0.5
}

//! Several exporters on one Redis: who probes, what each of them shows, and what happens when a leader or Redis is lost. The exporters
//! are the real binary, Redis is a real one, and the provider is a stand-in that counts.

mod support;

#[path = "replication/budget.rs"]
mod budget;
#[path = "replication/cooldowns.rs"]
mod cooldowns;
#[path = "replication/outages.rs"]
mod outages;
#[path = "replication/succession.rs"]
mod succession;
#[path = "replication/verdicts.rs"]
mod verdicts;

use std::time::Duration;

use support::deadline::PATIENCE;
use support::exporter::{Exporter, Launch};
use support::provider::Provider;
use support::redis::Redis;

/// The one deployment, by id.
const DEPLOYMENT: &str = "only";

/// How a replica is set up. Each test says what matters to it, the rest is quick.
#[derive(Debug, Clone)]
struct Setup {
    redis: String,
    api_base: String,
    namespace: &'static str,
    lease: Duration,
    /// Between two probes of a deployment, well or not.
    interval: Duration,
    shutdown: &'static str,
    /// What stands under `models` and `probes` besides.
    model: &'static str,
    probes: &'static str,
    /// What stands in `health` besides.
    health: &'static str,
}

impl Setup {
    fn new(redis: &Redis, provider: &Provider) -> Self {
        Self {
            redis: redis.url(),
            api_base: provider.api_base(),
            namespace: "",
            lease: Duration::from_secs(3),
            interval: Duration::from_millis(500),
            shutdown: "delay: 5s, grace: 6s",
            model: "",
            probes: "",
            health: "",
        }
    }

    fn start(&self) -> Exporter {
        Launch::default().config(&self.config()).start()
    }

    fn config(&self) -> String {
        let Self { redis, api_base, namespace, lease, interval, shutdown, model, probes, health } = self;
        let (lease, interval) = (lease.as_millis(), interval.as_millis());
        format!(
            "redis: {{url: '{redis}', namespace: '{namespace}', lease: {lease}ms}}\n\
             dependencies: {{interval: 200ms, timeout: 1s}}\n\
             shutdown: {{{shutdown}}}\n\
             health: {{min_requests: 1000{health}}}\n\
             models:\n\
             - {{model: gpt-4, deployment: {DEPLOYMENT}, upstream_model: openai/gpt-4o, mode: chat, api_base: '{api_base}', \
             api_key: sk-test{model}}}\n\
             probes:\n  interval: {interval}ms\n  confirm_after: {interval}ms\n  max_backoff: {interval}ms\n  timeout: 2s\n{probes}"
        )
    }
}

/// Whether this exporter says that it probes; `None` before it knows.
fn probes_itself(exporter: &Exporter) -> Option<bool> {
    exporter.metrics().value("llm_exporter_probes_itself", &[]).map(|value| value == 1.0)
}

fn wait_for_role(exporter: &Exporter, is_probing: bool) {
    let what = if is_probing { "it probes" } else { "another one probes" };
    exporter.wait_until(what, PATIENCE, |exporter| probes_itself(exporter) == Some(is_probing));
}

/// How many probes it has sent.
fn probes(exporter: &Exporter) -> f64 {
    exporter.metrics().sum("llm_probes_total", &[])
}

/// The one state of the deployment, as `/health/models` and the gauges say alike.
fn state(exporter: &Exporter) -> String {
    let metrics = exporter.metrics();
    let set = metrics.samples("llm_deployment_health").filter(|sample| sample.value == 1.0);
    let states: Vec<_> = set.map(|sample| sample.labels.get("state")).collect();
    assert_eq!(states.len(), 1, "exactly one state is set: {states:?}");
    states[0].to_owned()
}

/// Waits until it is in this state, by the gauges, and says so in JSON too.
fn wait_for_state(exporter: &Exporter, expected: &str, patience: Duration) {
    exporter.wait_until(expected, patience, |exporter| state(exporter) == expected && told_state(exporter) == expected);
}

fn told_state(exporter: &Exporter) -> String {
    let answer = exporter.get("/health/models").json();
    let lists = ["healthy", "unhealthy", "unknown"].into_iter().flat_map(|list| answer[list].as_array().cloned());
    let all: Vec<_> = lists.flatten().collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]["status"].as_str().unwrap_or_default().to_owned()
}

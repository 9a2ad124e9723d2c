//! An exporter whose providers are stand-ins, and what it says of each model.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::{Exporter, Launch};
use crate::support::provider::Provider;

/// The key that every deployment has at its provider. Nobody else may ever see it, and its form gives it away to nobody.
pub(crate) const KEY: &str = "plain-word-key-0815";

/// Probes in quick succession, and evidence that outlasts a slow machine.
pub(crate) const QUICK: &str = "\
probes: {interval: 400ms, timeout: 1s, confirm_after: 100ms, max_backoff: 800ms}
health: {freshness: 1s, stale_after: 2m}
";

/// The settings, and the deployments of our own list.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    settings: String,
    models: String,
}

impl Scene {
    /// One without deployments.
    pub(crate) fn with(settings: &str) -> Self {
        Self { settings: settings.to_owned(), models: String::new() }
    }

    /// One with [`QUICK`] probes.
    pub(crate) fn quick() -> Self {
        Self::with(QUICK)
    }

    /// Adds the deployment `dep-MODEL` at this address, with the key.
    pub(crate) fn model(self, model: &str, api_base: &str) -> Self {
        self.model_with(model, api_base, "")
    }

    /// The same with more of its fields, in YAML's flow style: `mode: chat, probe: completion`.
    pub(crate) fn model_with(mut self, model: &str, api_base: &str, more: &str) -> Self {
        let comma = if more.is_empty() { "" } else { ", " };
        writeln!(
            self.models,
            "  - {{model: {model}, deployment: dep-{model}, provider: openai, upstream_model: openai/{model}, \
             api_base: \"{api_base}\", api_key: {KEY}{comma}{more}}}"
        )
        .expect("a text takes what is written");
        self
    }

    /// The configuration.
    pub(crate) fn yaml(&self) -> String {
        let Self { settings, models } = self;
        if models.is_empty() { settings.clone() } else { format!("{settings}models:\n{models}") }
    }

    /// Starts the exporter.
    pub(crate) fn start(&self) -> Exporter {
        Launch::default().config(&self.yaml()).start()
    }
}

/// What `/health/models` says of a model's only deployment; `None` where it is not shown.
pub(crate) fn endpoint(exporter: &Exporter, model: &str) -> Option<Value> {
    endpoints(exporter).into_iter().find(|endpoint| endpoint["model"] == model)
}

/// What `/health/models` says of every deployment.
pub(crate) fn endpoints(exporter: &Exporter) -> Vec<Value> {
    let lists = exporter.get("/health/models").json();
    let list = |name: &str| lists[name].as_array().expect("a list").clone();
    ["healthy", "unhealthy", "unknown"].into_iter().flat_map(list).collect()
}

/// Waits until a model's deployment has this status; returns what is said of it then.
pub(crate) fn wait_for(exporter: &Exporter, model: &str, status: &str) -> Value {
    let mut last = None;
    let found = poll(PATIENCE, || {
        last = endpoint(exporter, model);
        last.clone().filter(|endpoint| endpoint["status"] == status)
    });
    found.unwrap_or_else(|| panic!("{model} never became {status}: {last:?}\n{}", exporter.log()))
}

/// The sum of a counter over a model's deployments, of the series with these labels.
pub(crate) fn counted(exporter: &Exporter, name: &str, model: &str, labels: &[(&str, &str)]) -> f64 {
    let all: Vec<(&str, &str)> = labels.iter().copied().chain([("model", model)]).collect();
    exporter.metrics().sum(name, &all)
}

/// Waits until a provider has been asked at least this often in all.
pub(crate) fn wait_for_requests(exporter: &Exporter, provider: &Provider, least: usize) {
    let what = format!("the provider has been asked {least} times");
    exporter.wait_until(&what, PATIENCE, |_| provider.all_requests() >= least);
}

/// The verdict changes of a deployment in the log, as `from` and `to`.
pub(crate) fn changes(exporter: &Exporter, model: &str) -> Vec<(String, String)> {
    let log = exporter.log();
    let field = |line: &str, name: &str| {
        let after = line.split_once(&format!(" {name}="))?.1;
        Some(after.split([' ', '"']).find(|word| !word.is_empty())?.to_owned())
    };
    let lines = log.lines().filter(|line| line.contains("a deployment's health changed"));
    let of_model = lines.filter(|line| field(line, "model").as_deref() == Some(model));
    of_model.map(|line| (field(line, "from").expect("from"), field(line, "to").expect("to"))).collect()
}

/// Everything that the exporter shows to anybody.
pub(crate) fn everything_shown(exporter: &Exporter) -> String {
    let paths = ["/metrics", "/health", "/health/models?debug=true", "/health/services", "/health/readiness", "/"];
    let shown: Vec<String> = paths.iter().map(|path| exporter.get(path).text().to_owned()).collect();
    format!("{}\n{}", shown.join("\n"), exporter.log())
}

/// Watches for so long that what must not happen would have happened, and says whether the condition held throughout.
pub(crate) fn holds_for(time: Duration, condition: impl Fn() -> bool) -> bool {
    poll(time, || (!condition()).then_some(())).is_none()
}

//! The configuration read again by the real binary: taken over as a whole or not at all, while it goes on serving.
//!
//! What every test needs is here: a configuration that is written anew, and how a reload is asked for.

mod support;

#[path = "reload/asking.rs"]
mod asking;
#[path = "reload/early.rs"]
mod early;
#[path = "reload/live.rs"]
mod live;
#[path = "reload/replicas.rs"]
mod replicas;
#[path = "reload/whole.rs"]
mod whole;

use std::fs;

use serde_json::Value;
use support::deadline::PATIENCE;
use support::exporter::Exporter;
use support::http::Response;

const RELOAD: &str = "/-/reload";
const SUCCESSFUL: &str = "llm_exporter_config_last_reload_successful";
const SUCCESS_TIME: &str = "llm_exporter_config_last_reload_success_timestamp_seconds";

/// Writes the configuration anew, in one step, as whoever keeps one in place does.
fn write(exporter: &Exporter, yaml: &str) {
    let (new, file) = (exporter.folder().join("new.yml"), exporter.folder().join("llm-exporter.yml"));
    fs::write(&new, yaml).expect("a temporary folder takes a file");
    fs::rename(&new, &file).expect("both are in one folder");
}

/// Writes the configuration anew and asks for a reload.
fn post(exporter: &Exporter, yaml: &str) -> Response {
    write(exporter, yaml);
    exporter.post(RELOAD, "")
}

/// The same, where it must be taken over.
#[track_caller]
fn reload(exporter: &Exporter, yaml: &str) {
    let answer = post(exporter, yaml);
    assert_eq!((answer.status, answer.text()), (200, "the configuration was reloaded\n"), "{}", exporter.log());
    assert_eq!(exporter.metrics().value(SUCCESSFUL, &[]), Some(1.0));
}

/// The same, where it must be refused; returns the reasons, a line each.
#[track_caller]
fn refused(exporter: &Exporter, yaml: &str) -> Vec<String> {
    let answer = post(exporter, yaml);
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(exporter.metrics().value(SUCCESSFUL, &[]), Some(0.0));
    let mut lines = answer.text().lines();
    assert_eq!(lines.next(), Some("the configuration was not reloaded, the one in use stays:"));
    lines.map(|line| line.trim().to_owned()).collect()
}

fn success_time(exporter: &Exporter) -> f64 {
    exporter.metrics().value(SUCCESS_TIME, &[]).expect("a configuration is in use")
}

/// What is said of the deployments of a model.
fn states(exporter: &Exporter, model: &str) -> Vec<String> {
    let all = exporter.get("/health/models").json();
    let lists = all.as_object().into_iter().flat_map(|all| all.values()).filter_map(Value::as_array);
    let of_model = lists.flatten().filter(|endpoint| endpoint["model"] == model);
    of_model.filter_map(|endpoint| endpoint["status"].as_str().map(str::to_owned)).collect()
}

/// Waits for the verdict on the one deployment of a model.
#[track_caller]
fn wait_for_state(exporter: &Exporter, model: &str, state: &str) {
    exporter.wait_until(&format!("{model} is {state}"), PATIENCE, |exporter| states(exporter, model) == [state]);
}

/// Whether a model is listed.
fn is_listed(exporter: &Exporter, model: &str) -> bool {
    exporter.metrics().sum("llm_deployment_info", &[("model", model)]) > 0.0
}

//! The gateway's list of models, and what is told while it can't be read.

use serde_json::{Value, json};

use crate::support::deadline::PATIENCE;
use crate::support::exporter::{Exporter, Launch};
use crate::support::gateway::{Gateway, MASTER_KEY, Mood, VERSION};
use crate::told::{assert_kept_secret, services, wait_for, wait_for_error};

const MODELS: &str = include_str!("../data/rest/model_info.json");
/// How many deployments of how many models that is.
const COUNTS: (usize, u64) = (4, 3);

fn start(gateway: &Gateway) -> Exporter {
    let config = format!(
        "gateway: {{url: '{}', api_key: {MASTER_KEY}, models_interval: 200ms}}\n\
         dependencies: {{interval: 200ms, timeout: 2s}}\nprobes: {{enabled: false}}\n",
        gateway.url()
    );
    Launch::default().config(&config).start()
}

/// How many deployments are shown; the gauges and both routes agree on it.
fn shown(exporter: &Exporter) -> usize {
    let count = |answer: &Value, lists: [&str; 3]| {
        lists.iter().map(|list| answer[list].as_array().map_or(0, Vec::len)).sum::<usize>()
    };
    count(&exporter.get("/health/models").json(), ["healthy", "unhealthy", "unknown"])
}

fn list_up(exporter: &Exporter) -> Option<f64> {
    exporter.metrics().value("llm_models_list_up", &[("source", "gateway")])
}

#[test]
fn a_gateway_that_is_down_keeps_its_last_list_and_says_so() {
    let gateway = Gateway::listing(MODELS);
    let exporter = start(&gateway);
    exporter.wait_until("the list is known", PATIENCE, |exporter| shown(exporter) == COUNTS.0);
    assert_eq!(list_up(&exporter), Some(1.0));
    let told = wait_for(&exporter, "gateway", "connected");
    assert_eq!(told["version"], VERSION);
    let router = services(&exporter)["router"].take();
    assert_eq!((&router["status"], router["models"].as_u64()), (&json!("initialized"), Some(COUNTS.1)));
    let list = &router["lists"][0];
    assert_eq!((&list["source"], &list["status"], &list["deployments"]), (&json!("gateway"), &json!("up"), &json!(4)));
    assert_eq!(exporter.get("/health").json()["litellm_version"], VERSION);

    gateway.be(Mood::Down);
    exporter.wait_until("the list is down", PATIENCE, |exporter| list_up(exporter) == Some(0.0));
    wait_for_error(&exporter, "gateway");
    let list = services(&exporter)["router"]["lists"][0].take();
    assert_eq!((&list["status"], &list["deployments"]), (&json!("down"), &json!(4)));
    assert!(list["error"].is_string() && list["last_success"].is_string(), "why, and how old it is: {list}");
    assert_eq!(shown(&exporter), COUNTS.0, "the last list holds");
    assert_eq!(exporter.get("/health").status, 503);
    let (metrics, again) = (exporter.metrics(), exporter.metrics());
    let age = |metrics: &crate::support::exposition::Exposition| {
        metrics.value("llm_models_list_last_success_timestamp_seconds", &[("source", "gateway")])
    };
    assert!(age(&metrics).is_some() && age(&metrics) == age(&again), "the time of what is in use stands still");

    gateway.be(Mood::Well);
    exporter.wait_until("the list is read again", PATIENCE, |exporter| list_up(exporter) == Some(1.0));
    wait_for(&exporter, "gateway", "connected");
    assert!(services(&exporter)["router"]["lists"][0]["error"].is_null());
    gateway.assert_nothing_billed();
    assert_kept_secret(&exporter, MASTER_KEY);
}

#[test]
fn a_deployment_that_leaves_the_list_leaves_all_views() {
    let gateway = Gateway::listing(MODELS);
    let exporter = start(&gateway);
    exporter.wait_until("the list is known", PATIENCE, |exporter| shown(exporter) == COUNTS.0);
    let mut models: Value = serde_json::from_str(MODELS).expect("JSON");
    models["data"].as_array_mut().expect("a list").truncate(1);
    gateway.list(&models.to_string());
    exporter.wait_until("one is left", PATIENCE, |exporter| shown(exporter) == 1);
    let metrics = exporter.metrics();
    assert_eq!(metrics.samples("llm_deployment_info").count(), 1);
    assert_eq!(metrics.value("llm_router_models", &[]), Some(1.0));
    assert_eq!(metrics.sum("llm_models_list_deployments", &[]), 1.0);

    // What is no list keeps the last one.
    gateway.list("<html>Sign in</html>");
    exporter.wait_until("it is no list", PATIENCE, |exporter| list_up(exporter) == Some(0.0));
    assert_eq!(shown(&exporter), 1);
    assert_eq!(services(&exporter)["gateway"]["status"], "connected", "it lives");
}

//! What an exporter with the proxy's own environment, and without a configuration, learns from a real proxy.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::metrics::{Metrics, get};
use super::process::wait_for;
use super::{API_KEY, Server, here, start_announced};

/// What is wrong with the list of models, the version and the checks of the proxy, while it runs and once it has gone.
pub(crate) fn disagreements(dir: &Path, proxy: Server) -> Vec<String> {
    let exporter = start_sidecar(dir, &proxy.url);
    let metrics = wait_for("the exporter has the proxy's list, version and liveliness", || {
        let metrics = Metrics::scrape(&exporter.url);
        let is_there = |name, labels: &[(&str, &str)]| metrics.sum(name, labels) == 1.0;
        let is_complete = is_there("llm_models_list_up", &[("source", "gateway")])
            && is_there("llm_dependency_up", &[("dependency", "gateway")])
            && is_there("llm_gateway_info", &[]);
        if is_complete { Ok(metrics) } else { Err("some are missing".to_owned()) }
    });
    let mut wrong = Vec::new();
    let mut expect = |what: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>| {
        if found != expected {
            wrong.push(format!("{what}: {found:?}, expected {expected:?}"));
        }
    };
    let configured = configured_deployments();
    expect("deployments", &metrics.label_values("llm_deployment_info", "deployment"), &configured);
    expect("versions", &metrics.label_values("llm_gateway_info", "version"), &BTreeSet::from([pinned_version()]));
    drop(proxy);
    wait_for("the exporter misses the proxy", || {
        let answer = get(&exporter.url, "/health").expect("the exporter answers");
        let is_missed = answer.status == 503 && services(&exporter.url)["gateway"]["status"] == "disconnected";
        if is_missed { Ok(()) } else { Err(answer.status.to_string()) }
    });
    let kept = Metrics::scrape(&exporter.url).label_values("llm_deployment_info", "deployment");
    expect("deployments of a proxy that has gone", &kept, &configured);
    let asked = fs::read_to_string(dir.join("proxy.log")).expect("the proxy's log");
    assert!(asked.contains("GET /health/liveliness HTTP"), "the proxy logs what it is asked");
    if asked.contains("GET /health HTTP") {
        wrong.push("the exporter asked for GET /health of the proxy, which is billed".to_owned());
    }
    wrong
}

fn start_sidecar(dir: &Path, proxy: &str) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
    command.args(["--listen", "127.0.0.1:0"]).env("LITELLM_PROXY_URL", proxy).env("LITELLM_MASTER_KEY", API_KEY);
    // The folder is that of the exporter which the proxy pushes to, and so is the store in it.
    command.env("LLM_EXPORTER__STORAGE__PATH", "off");
    start_announced(dir, "sidecar", &mut command)
}

fn services(exporter: &str) -> Value {
    let answer = get(exporter, "/health/services").expect("the exporter answers");
    serde_json::from_str(&answer.body).expect("/health/services is JSON")
}

fn configured_deployments() -> BTreeSet<String> {
    let config = fs::read_to_string(here().join("config.yaml")).expect("the template is there");
    let ids = config.lines().filter_map(|line| line.split_once("model_info: { id: "));
    ids.map(|(_, rest)| rest.split([',', ' ', '}']).next().unwrap_or_default().to_owned()).collect()
}

fn pinned_version() -> String {
    let requirements = fs::read_to_string(here().join("requirements.txt")).expect("the requirements are there");
    let version = requirements.lines().find_map(|line| line.strip_prefix("litellm=="));
    version.expect("LiteLLM is pinned").trim().to_owned()
}

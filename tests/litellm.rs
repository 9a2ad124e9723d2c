//! The exporter behind a real LiteLLM proxy: its counters agree with what the clients of the proxy saw.
//!
//! The proxy comes from PyPI (`litellm/install`), its upstream is a stand-in (`litellm/upstream.py`), its clients are
//! the OpenAI SDK (`litellm/traffic.py`). What they saw of each request is turned into what the exporter must say
//! (`litellm/expected.rs`). A second exporter, with the proxy's environment alone, learns its models (`litellm/discovery.rs`). A fact about LiteLLM that a change of its version may break belongs here; what the exporter
//! does with an event of a known shape belongs into the tests on captured events.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expected::{Expected, Seen};
use metrics::{Metrics, get};
use process::{Process, wait_for};
use serde_json::Value;

#[path = "litellm/discovery.rs"]
mod discovery;
#[path = "litellm/expected.rs"]
mod expected;
#[path = "litellm/metrics.rs"]
mod metrics;
#[path = "litellm/process.rs"]
mod process;

const API_KEY: &str = "sk-end-to-end";
/// `EX_TEMPFAIL` of sysexits.h: what `install` says when it can't reach PyPI.
const UNREACHABLE: i32 = 75;
/// The proxy sends each event once per format: as an array, as lines, and by itself.
const FORMATS: f64 = 3.0;

#[test]
fn the_counters_agree_with_what_the_clients_of_a_real_proxy_saw() {
    let Some(python) = install() else {
        // Past the test harness, which shows nothing of a test that passes.
        let skipped = b"\nSKIPPED: litellm end-to-end: PyPI can't be reached\n\n";
        std::io::stderr().write_all(skipped).expect("stderr is open");
        return;
    };
    let dir = tempfile::tempdir().expect("a directory for logs");
    let exporter = start_exporter(dir.path());
    let upstream = start_upstream(dir.path(), &python);
    let proxy = start_proxy(dir.path(), &python, &upstream.url, &exporter.url);

    let seen = send_traffic(dir.path(), &python, &proxy.url, &upstream.url);
    let expected = Expected::of(&seen);
    let metrics = await_events(&exporter.url, expected.events);

    let mut wrong = expected.disagreements(&metrics);
    wrong.extend(health_disagreements(&exporter.url, &metrics, &expected));
    wrong.extend(discovery::disagreements(dir.path(), proxy));
    assert!(
        wrong.is_empty(),
        "of {} requests, the exporter disagrees with the clients:\n  {}\n",
        seen.len(),
        wrong.join("\n  ")
    );
}

/// A server that is up.
struct Server {
    url: String,
    _process: Process,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/litellm")
}

/// The Python that has LiteLLM; `None` where it can't be installed for want of PyPI.
fn install() -> Option<PathBuf> {
    let output = Command::new(here().join("install"))
        .stderr(Stdio::inherit())
        .output()
        .expect("tests/litellm/install can be run");
    if output.status.code() == Some(UNREACHABLE) {
        return None;
    }
    assert!(output.status.success(), "tests/litellm/install failed: {}", output.status);
    let venv = String::from_utf8(output.stdout).expect("a path in UTF-8");
    Some(Path::new(venv.trim()).join("bin/python"))
}

fn start_exporter(dir: &Path) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    start_announced(dir, "exporter", &mut command)
}

fn start_upstream(dir: &Path, python: &Path) -> Server {
    start_announced(dir, "upstream", Command::new(python).arg(here().join("upstream.py")))
}

/// Starts a server that chooses its own port and says which.
fn start_announced(dir: &Path, name: &'static str, command: &mut Command) -> Server {
    let mut process = Process::start(dir, name, command);
    let url = process.wait_for_line("listening on http://");
    Server { url: format!("http://{url}"), _process: process }
}

fn start_proxy(dir: &Path, python: &Path, upstream: &str, exporter: &str) -> Server {
    let template = std::fs::read_to_string(here().join("config.yaml")).expect("the template is there");
    let config = dir.join("config.yaml");
    std::fs::write(&config, template.replace("UPSTREAM", upstream).replace("EXPORTER", exporter))
        .expect("the configuration can be written");
    let port = free_port();
    let mut command = Command::new(python);
    command
        .arg(here().join("proxy.py"))
        .arg("--config")
        .arg(config)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .env("LITELLM_MASTER_KEY", API_KEY)
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("DEFAULT_FLUSH_INTERVAL_SECONDS", "1");
    let mut process = Process::start(dir, "proxy", &mut command);
    let url = format!("http://127.0.0.1:{port}");
    wait_for("the proxy answers", || {
        process.assert_running();
        get(&url, "/health/liveliness").filter(|answer| answer.status == 200).map(drop).ok_or_else(String::new)
    });
    Server { url, _process: process }
}

/// A port that was free a moment ago: the proxy can't choose one and tell.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

fn send_traffic(dir: &Path, python: &Path, proxy: &str, upstream: &str) -> Vec<Seen> {
    let output = process::command_in(dir, python)
        .arg(here().join("traffic.py"))
        .args([proxy, API_KEY, upstream])
        .stderr(Stdio::inherit())
        .output()
        .expect("traffic.py can be run");
    assert!(output.status.success(), "traffic.py failed: {}", output.status);
    let lines = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    lines.lines().map(|line| serde_json::from_str(line).expect("a line is what a client saw")).collect()
}

/// Waits until each event has arrived in each format.
fn await_events(exporter: &str, events: f64) -> Metrics {
    wait_for("the exporter has every event", || {
        let metrics = Metrics::scrape(exporter);
        let taken = metrics.sum("llm_source_events_total", &[]);
        let duplicates = metrics.sum("llm_source_duplicates_total", &[]);
        let rejected = metrics.sum("llm_source_rejected_total", &[]);
        if taken >= events && taken + duplicates + rejected >= events * FORMATS {
            return Ok(metrics);
        }
        Err(format!("{taken} of {events} events, {duplicates} duplicates, {rejected} rejected"))
    })
}

/// Where `/health/models` names other models than the metrics and the clients do.
fn health_disagreements(exporter: &str, metrics: &Metrics, expected: &Expected) -> Vec<String> {
    let answer = get(exporter, "/health/models").expect("the exporter answers");
    let body: Value = serde_json::from_str(&answer.body).expect("/health/models is JSON");
    let models = |state: &str| -> BTreeSet<String> {
        let endpoints = body[state].as_array().expect("/health/models has an array for each state");
        endpoints.iter().filter_map(|endpoint| endpoint["model"].as_str().map(str::to_owned)).collect()
    };
    let [healthy, unhealthy, unknown] = ["healthy", "unhealthy", "unknown"].map(models);
    let listed: BTreeSet<String> = healthy.iter().chain(&unhealthy).chain(&unknown).cloned().collect();
    let mut wrong = Vec::new();
    if listed != expected.models {
        wrong.push(format!("/health/models lists {listed:?}, the clients reached {:?}", expected.models));
    }
    let with_info = metrics.label_values("llm_deployment_info", "model");
    if with_info != expected.models {
        wrong.push(format!("llm_deployment_info has {with_info:?}, the clients reached {:?}", expected.models));
    }
    if !healthy.contains("chat") || healthy.contains("broken") {
        wrong.push(format!("chat always answered and broken never: /health/models calls healthy {healthy:?}"));
    }
    wrong
}

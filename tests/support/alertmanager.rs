//! A real Alertmanager of the test's own, alone and on a free port: what it was sent, to whom it tells it, and what it keeps back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::http::Request;
use super::prometheus::free_address;
use super::unprivileged::{self, End, ServerProcess};

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// An alert that it was sent and that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alert {
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Who is told of it.
    pub(crate) receivers: Vec<String>,
    /// The names of alerts because of which nobody is told of it.
    pub(crate) inhibited_by: Vec<String>,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Alertmanager {
    address: SocketAddr,
    /// Dropped before the folder, in which it may be writing.
    _process: ServerProcess,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts one with this configuration, and waits until it answers.
    pub(crate) fn start(config: &str) -> Self {
        for _ in 0..START_ATTEMPTS {
            let (address, folder) = (free_address(), unprivileged::folder());
            let config = unprivileged::file(folder.path().join("alertmanager.yml"), config);
            let arguments = [
                format!("--config.file={}", config.display()),
                format!("--storage.path={}", folder.path().join("data").display()),
                format!("--web.listen-address={address}"),
                "--cluster.listen-address=".to_owned(),
            ];
            let program = Path::new("prometheus-alertmanager");
            let process = ServerProcess::start(program, &arguments, folder.path(), End::Kill);
            let mut process = process.expect("a shell starts");
            let is_ready = || Request::new("GET", "/-/ready").send(address).is_ok_and(|answer| answer.status == 200);
            if process.becomes_ready(folder.path(), is_ready) {
                return Self { address, _process: process, _folder: folder };
            }
        }
        panic!("prometheus-alertmanager did not start in {START_ATTEMPTS} attempts; its last words are above");
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The alerts that have not ended.
    pub(crate) fn alerts(&self) -> Vec<Alert> {
        let answer = Request::new("GET", "/api/v2/alerts").send(self.address).expect("alertmanager answers");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let alerts = answer.as_array().expect("a list of alerts");
        let names: BTreeMap<&str, &str> =
            alerts.iter().map(|alert| (text(&alert["fingerprint"]), name(alert))).collect();
        alerts.iter().map(|alert| read(alert, &names)).collect()
    }
}

fn read(alert: &Value, names: &BTreeMap<&str, &str>) -> Alert {
    let labels = alert["labels"].as_object().expect("an alert has labels").iter();
    let inhibitors = texts(&alert["status"]["inhibitedBy"]);
    Alert {
        labels: labels.map(|(name, value)| (name.clone(), text(value).to_owned())).collect(),
        receivers: list(&alert["receivers"]).iter().map(|receiver| text(&receiver["name"]).to_owned()).collect(),
        // One that has just ended is on the list no more.
        inhibited_by: inhibitors.map(|id| names.get(id).copied().unwrap_or(id).to_owned()).collect(),
    }
}

fn name(alert: &Value) -> &str {
    text(&alert["labels"]["alertname"])
}

fn texts(list_of_texts: &Value) -> impl Iterator<Item = &str> {
    list(list_of_texts).iter().map(text)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

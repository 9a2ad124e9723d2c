//! A real Prometheus server: it scrapes every other second, keeps exemplars, evaluates rules, and answers queries over HTTP.
//!
//! On a loaded machine a scrape may come late, and then its target counts as down and its series as gone until the next
//! one. So a test never asks just once: it waits for the answer.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::deadline::{self, poll};
use super::http::Request;
pub(crate) use super::query_api::Point;
use super::query_api::{Api, PastSample};

/// How long a test waits for an answer: many scrapes, of which one must come in time.
const PATIENCE: Duration = Duration::from_secs(90);

/// The interval of scrapes and their timeout, which may not be longer. A quiet machine has no use for more, and on a
/// loaded one a later scrape will be in time.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(2);

/// How often rules are evaluated that do not say so themselves.
const EVALUATION_INTERVAL: &str = "2s";

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// What one job scrapes. Jobs of one name are one job with several targets.
#[derive(Debug, Clone)]
pub(crate) struct ScrapeJob {
    /// The job's name, which becomes the label `job`.
    pub(crate) name: &'static str,
    /// Where the target listens.
    pub(crate) target: SocketAddr,
    /// The path of the view.
    pub(crate) path: &'static str,
}

/// How a server is started.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    jobs: Vec<ScrapeJob>,
    interval: Duration,
    rules: Vec<PathBuf>,
    alertmanager: Option<SocketAddr>,
    history: Vec<PastSample>,
}

impl Setup {
    /// Scrapes these jobs.
    pub(crate) fn scraping(jobs: &[ScrapeJob]) -> Self {
        let interval = SCRAPE_INTERVAL;
        Self { jobs: jobs.to_owned(), interval, rules: Vec::new(), alertmanager: None, history: Vec::new() }
    }

    /// Scrapes as often as this, and gives up a scrape that takes longer.
    pub(crate) fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Evaluates the rules of these files.
    pub(crate) fn rules(mut self, files: &[PathBuf]) -> Self {
        files.clone_into(&mut self.rules);
        self
    }

    /// Sends its alerts there.
    pub(crate) fn alertmanager(mut self, address: SocketAddr) -> Self {
        self.alertmanager = Some(address);
        self
    }

    /// Has these samples from the start.
    pub(crate) fn history(mut self, samples: &[PastSample]) -> Self {
        samples.clone_into(&mut self.history);
        self
    }

    /// Starts the server, and waits until it answers.
    pub(crate) fn start(&self) -> Prometheus {
        Prometheus::start(&self.configuration(), &self.history)
    }

    fn configuration(&self) -> String {
        let Self { jobs, interval, rules, alertmanager, history: _ } = self;
        let mut yaml = scrape_configuration(jobs, *interval);
        if !rules.is_empty() {
            writeln!(yaml, "rule_files: {rules:?}").expect("a string takes text");
        }
        if let Some(address) = alertmanager {
            writeln!(yaml, "alerting: {{alertmanagers: [{{static_configs: [{{targets: [\"{address}\"]}}]}}]}}")
                .expect("a string takes text");
        }
        yaml
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Prometheus {
    /// Starts a server that scrapes these jobs, and waits until it answers.
    pub(crate) fn scraping(jobs: &[ScrapeJob]) -> Self {
        Setup::scraping(jobs).start()
    }

    /// Starts a server with this configuration, and waits until it answers.
    pub(crate) fn with(configuration: &str) -> Self {
        Self::start(configuration, &[])
    }

    fn start(configuration: &str, history: &[PastSample]) -> Self {
        for _ in 0..START_ATTEMPTS {
            let mut server = Self::spawn(configuration, history);
            if server.wait_until_ready() {
                return server;
            }
        }
        panic!("prometheus did not become ready in {START_ATTEMPTS} attempts; its last words are above");
    }

    fn spawn(configuration: &str, history: &[PastSample]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, configuration).expect("a temporary folder takes a file");
        let data = folder.path().join("data");
        if !history.is_empty() {
            write_history(history, folder.path(), &data);
        }
        let log = File::create(folder.path().join("log")).expect("a temporary folder takes a file");
        let address = free_address();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--enable-feature=exemplar-storage")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        match child {
            Ok(child) => Self { child, address, folder },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("this test needs a real `prometheus` in the PATH: run tests/run, which installs it")
            }
            Err(error) => panic!("starting prometheus: {error}"),
        }
    }

    fn wait_until_ready(&mut self) -> bool {
        let Self { child, address, .. } = self;
        let is_ready = || Request::new("GET", "/-/ready").send(*address).is_ok_and(|answer| answer.status == 200);
        let ready = poll(deadline::PATIENCE, || match child.try_wait().expect("it is our child") {
            Some(_) => Some(false),
            None => is_ready().then_some(true),
        });
        let ready = ready.unwrap_or(false);
        if !ready {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            std::io::Write::write_all(&mut std::io::stderr(), log.as_bytes()).expect("stderr takes text");
        }
        ready
    }

    /// Where it answers queries.
    pub(crate) fn queries(&self) -> Api {
        Api(self.address)
    }

    /// The result of an instant query, sorted by labels.
    pub(crate) fn query(&self, promql: &str) -> Vec<Point> {
        self.queries().query(promql).unwrap_or_else(|error| panic!("{promql}: {error}"))
    }

    /// The value of a query that returns at most one series.
    fn value(&self, promql: &str) -> Option<f64> {
        let points = self.query(promql);
        assert!(points.len() <= 1, "more than one series for {promql}: {points:?}");
        points.first().map(|(_, value)| *value)
    }

    /// The values of a query by one of its labels.
    pub(crate) fn values_by(&self, label: &str, promql: &str) -> BTreeMap<String, f64> {
        let points = self.query(promql).into_iter();
        points.map(|(mut labels, value)| (labels.remove(label).unwrap_or_default(), value)).collect()
    }

    /// Asks until the query returns something that is neither 0 nor NaN, and returns that.
    pub(crate) fn wait_for(&self, promql: &str) -> f64 {
        self.wait_until(promql, || self.value(promql).filter(|value| *value != 0.0 && !value.is_nan()))
    }

    /// Asks until there is an answer, and returns it; `what` is said when there never is one.
    pub(crate) fn wait_until<T>(&self, what: &str, ask: impl Fn() -> Option<T>) -> T {
        let answer = poll(PATIENCE, &ask);
        answer.unwrap_or_else(|| panic!("not within {PATIENCE:?}: {what}\n{:#}", self.api("targets", &[])))
    }

    /// Asks until the answer is this one; shows the last one when it never is.
    pub(crate) fn wait_until_equal<T: PartialEq + Debug>(&self, what: &str, expected: &T, ask: impl Fn() -> T) {
        let mut answer = None;
        let held = poll(PATIENCE, || (answer.insert(ask()) == expected).then_some(()));
        assert!(
            held.is_some(),
            "not within {PATIENCE:?}: {what}\nexpected: {expected:?}\nlast answer: {answer:?}\n{:#}",
            self.api("targets", &[])
        );
    }

    /// The labels of all exemplars that the query's series have.
    pub(crate) fn exemplars(&self, promql: &str) -> Vec<Value> {
        self.queries().exemplars(promql).unwrap_or_else(|error| panic!("{promql}: {error}"))
    }

    /// The alerts that are pending or firing, as Prometheus tells them.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        self.api("alerts", &[])["alerts"].as_array().expect("a list of alerts").clone()
    }

    fn api(&self, call: &str, parameters: &[(&str, &str)]) -> Value {
        self.queries().get(call, parameters).unwrap_or_else(|error| panic!("{call} {parameters:?}: {error}"))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As VictoriaMetrics understands it too.
pub(super) fn scrape_configuration(jobs: &[ScrapeJob], interval: Duration) -> String {
    let seconds = interval.as_secs();
    let mut yaml = format!(
        "global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s, evaluation_interval: {EVALUATION_INTERVAL}}}\n\
         scrape_configs:\n"
    );
    let mut targets: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for ScrapeJob { name, target, path } in jobs {
        targets.entry((name, path)).or_default().push(target.to_string());
    }
    for ((name, path), targets) in targets {
        let job = format!("job_name: {name}, metrics_path: {path}, static_configs: [{{targets: {targets:?}}}]");
        writeln!(yaml, "- {{{job}}}").expect("a string takes text");
    }
    yaml
}

/// Writes samples of the past into the blocks in which a server finds them when it starts.
fn write_history(history: &[PastSample], folder: &Path, data: &Path) {
    let file = folder.join("history.openmetrics");
    let text: String = history.iter().map(PastSample::in_seconds).collect();
    fs::write(&file, text + "# EOF\n").expect("a temporary folder takes a file");
    let mut promtool = Command::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"]).arg(&file).arg(data);
    let output = promtool.output().expect("promtool, of Debian's prometheus, starts");
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
}

/// An address on loopback that nobody listens on now.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.local_addr().expect("a bound listener has an address")
}

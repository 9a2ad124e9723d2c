//! A real Prometheus server: it scrapes every other second, keeps exemplars, and answers queries over HTTP.
//!
//! On a loaded machine a scrape may come late, and then its target counts as down and its series as gone until the next
//! one. So a test never asks just once: it waits for the answer.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::deadline::{self, poll};
use super::http::Request;

/// How long a test waits for an answer: many scrapes, of which one must come in time.
const PATIENCE: Duration = Duration::from_secs(90);

/// The interval of scrapes and their timeout, which may not be longer. A quiet machine has no use for more, and on a
/// loaded one a later scrape will be in time.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(2);

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// One result of an instant query: its labels and its value.
pub(crate) type Point = (BTreeMap<String, String>, f64);

/// What one job scrapes.
#[derive(Debug, Clone)]
pub(crate) struct ScrapeJob {
    /// The job's name, which becomes the label `job`.
    pub(crate) name: &'static str,
    /// Where the target listens.
    pub(crate) target: SocketAddr,
    /// The path of the view.
    pub(crate) path: &'static str,
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
        Self::with(&configuration(jobs))
    }

    /// Starts a server with this configuration, and waits until it answers.
    pub(crate) fn with(configuration: &str) -> Self {
        for _ in 0..START_ATTEMPTS {
            let mut server = Self::spawn(configuration);
            if server.wait_until_ready() {
                return server;
            }
        }
        panic!("prometheus did not become ready in {START_ATTEMPTS} attempts; its last words are above");
    }

    fn spawn(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, configuration).expect("a temporary folder takes a file");
        let log = File::create(folder.path().join("log")).expect("a temporary folder takes a file");
        let address = free_address();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
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

    /// The result of an instant query, sorted by labels.
    pub(crate) fn query(&self, promql: &str) -> Vec<Point> {
        let data = self.api("query", &[("query", promql)]);
        let result = data["result"].as_array().expect("an instant query has a result");
        let mut points: Vec<Point> = result.iter().map(point).collect();
        points.sort_by(|(left, _), (right, _)| left.cmp(right));
        points
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
        let data = self.api("query_exemplars", &[("query", promql), ("start", "0"), ("end", "4102444800")]);
        let series = data.as_array().expect("an exemplar query has a list of series");
        let exemplars = series.iter().filter_map(|series| series["exemplars"].as_array()).flatten();
        exemplars.map(|exemplar| exemplar["labels"].clone()).collect()
    }

    fn api(&self, call: &str, parameters: &[(&str, &str)]) -> Value {
        let form: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let target = format!("/api/v1/{call}?{}", form.join("&"));
        let answer = Request::new("GET", &target).send(self.address).expect("prometheus answers");
        assert_eq!(answer.status, 200, "{call} {parameters:?}: {}", answer.text());
        answer.json()["data"].take()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(jobs: &[ScrapeJob]) -> String {
    let seconds = SCRAPE_INTERVAL.as_secs();
    let mut yaml = format!("global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s}}\nscrape_configs:\n");
    for ScrapeJob { name, target, path } in jobs {
        let job = format!("job_name: {name}, metrics_path: {path}, static_configs: [{{targets: [\"{target}\"]}}]");
        writeln!(yaml, "- {{{job}}}").expect("a string takes text");
    }
    yaml
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.local_addr().expect("a bound listener has an address")
}

fn point(series: &Value) -> Point {
    let labels = series["metric"].as_object().expect("a series has labels");
    let labels = labels.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let value = series["value"][1].as_str().expect("a value is a string");
    (labels.collect(), value.parse().expect("a value is a number"))
}

fn encoded(text: &str) -> String {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut done, byte| {
        if keeps(byte) {
            done.push(char::from(byte));
        } else {
            write!(done, "%{byte:02X}").expect("a string takes text");
        }
        done
    })
}

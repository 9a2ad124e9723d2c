//! A real VictoriaMetrics of the test's own: it scrapes as Prometheus does, and beside it runs its `vmalert`, which evaluates rules
//! and writes back what they record.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::http::Request;
use super::prometheus::{ScrapeJob, free_address, scrape_configuration};
use super::query_api::{Api, PastSample};
use super::unprivileged::{self, End, ServerProcess};

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// A running server.
#[derive(Debug)]
pub(crate) struct VictoriaMetrics {
    address: SocketAddr,
    /// Dropped before the folder, in which it may be writing.
    _process: ServerProcess,
    folder: TempDir,
}

/// A running `vmalert`.
#[derive(Debug)]
pub(crate) struct VmAlert {
    address: SocketAddr,
    _process: ServerProcess,
    _folder: TempDir,
}

impl VictoriaMetrics {
    /// Starts one that scrapes these jobs as often as this, and waits until it answers.
    pub(crate) fn scraping(jobs: &[ScrapeJob], interval: Duration) -> Self {
        for _ in 0..START_ATTEMPTS {
            let (address, folder) = (free_address(), unprivileged::folder());
            let config =
                unprivileged::file(folder.path().join("prometheus.yml"), &scrape_configuration(jobs, interval));
            let arguments = [
                format!("-promscrape.config={}", config.display()),
                // It is Prometheus' file, and some of it is for Prometheus alone.
                "-promscrape.config.strictParse=false".to_owned(),
                format!("-storageDataPath={}", folder.path().join("data").display()),
                format!("-httpListenAddr={address}"),
                "-memory.allowedBytes=128MiB".to_owned(),
                // What was scraped is to be seen at once, and what was imported too.
                "-search.latencyOffset=1s".to_owned(),
                "-search.disableCache".to_owned(),
                "-loggerLevel=WARN".to_owned(),
            ];
            let mut process = start("victoria-metrics", &arguments, folder.path());
            if process.becomes_ready(folder.path(), || is_well(address)) {
                return Self { address, _process: process, folder };
            }
        }
        panic!("victoria-metrics did not start in {START_ATTEMPTS} attempts; its last words are above");
    }

    /// Where it answers queries.
    pub(crate) fn queries(&self) -> Api {
        Api(self.address)
    }

    /// Takes these samples in.
    pub(crate) fn import(&self, history: &[PastSample]) {
        let body: String = history.iter().map(PastSample::in_milliseconds).collect();
        let import = Request::new("POST", "/api/v1/import/prometheus").body(body);
        let answer = import.send(self.address).expect("victoria-metrics answers");
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// Starts a `vmalert` that evaluates the rules of these files here every five seconds, and tells its alerts to whoever listens
    /// there.
    pub(crate) fn evaluating(&self, rules: &[PathBuf], notified: SocketAddr) -> VmAlert {
        for _ in 0..START_ATTEMPTS {
            let (address, folder) = (free_address(), unprivileged::folder());
            let mut arguments = vec![
                format!("-datasource.url=http://{}", self.address),
                format!("-remoteWrite.url=http://{}", self.address),
                format!("-notifier.url=http://{notified}"),
                format!("-httpListenAddr={address}"),
                "-remoteWrite.flushInterval=1s".to_owned(),
                "-evaluationInterval=5s".to_owned(),
                "-loggerLevel=WARN".to_owned(),
            ];
            // Whoever it runs as may not be allowed to read them where they are.
            arguments.extend(rules.iter().map(|file| format!("-rule={}", copy(file, folder.path()).display())));
            let mut process = start("vmalert", &arguments, folder.path());
            if process.becomes_ready(folder.path(), || is_well(address)) {
                return VmAlert { address, _process: process, _folder: folder };
            }
        }
        panic!("vmalert did not start in {START_ATTEMPTS} attempts; its last words are above");
    }
}

impl VmAlert {
    /// Where it answers what rules and alerts it has.
    pub(crate) fn queries(&self) -> Api {
        Api(self.address)
    }
}

fn start(program: &str, arguments: &[String], folder: &Path) -> ServerProcess {
    ServerProcess::start(Path::new(program), arguments, folder, End::Kill).expect("a shell starts")
}

fn is_well(address: SocketAddr) -> bool {
    Request::new("GET", "/health").send(address).is_ok_and(|answer| answer.status == 200)
}

fn copy(file: &Path, folder: &Path) -> PathBuf {
    let content = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    unprivileged::file(folder.join(file.file_name().expect("it is a file")), &content)
}

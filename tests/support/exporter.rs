//! The real binary as a child process: started on a free port in an empty folder, watched, stopped, and killed when
//! the test is over, however it ends.

mod log;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::deadline::{PATIENCE, poll};
use super::exposition::Exposition;
use super::http::{Request, Response};
use log::Log;

/// The media type by which a scraper asks for OpenMetrics 1.0.
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

/// The media type by which a scraper asks for the Prometheus text format 0.0.4.
pub(crate) const TEXT_004: &str = "text/plain; version=0.0.4";

/// How an exporter is started.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    command: Option<&'static str>,
    config: Option<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    files: Option<u32>,
    largest_file: Option<u32>,
    folder: Option<PathBuf>,
}

impl Launch {
    /// Runs this command instead of `serve`.
    pub(crate) fn command(mut self, name: &'static str) -> Self {
        self.command = Some(name);
        self
    }

    /// Writes this YAML to a file and passes it as `--config`.
    pub(crate) fn config(mut self, yaml: &str) -> Self {
        self.config = Some(yaml.to_owned());
        self
    }

    /// Adds an argument after those that every test needs.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets an environment variable; of the test's own environment the exporter sees only `PATH`.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets it open at most this many files.
    pub(crate) fn files(mut self, most: u32) -> Self {
        self.files = Some(most);
        self
    }

    /// Lets its files grow no larger than so many KiB, as on a full disk; [`Exporter::make_room`] takes that back.
    pub(crate) fn largest_file(mut self, kib: u32) -> Self {
        self.largest_file = Some(kib);
        self
    }

    /// Runs it in this folder, with whatever an earlier one left there.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Starts the exporter and waits until it listens.
    pub(crate) fn start(mut self) -> Exporter {
        let folder = match self.folder.take() {
            Some(folder) => Folder::Given(folder),
            None => Folder::Own(tempfile::tempdir().expect("a temporary folder")),
        };
        let mut child = self.process(folder.path()).spawn().expect("the binary that cargo built starts");
        let log = Log::collect(child.stderr.take().expect("stderr is piped"));
        let mut exporter = Exporter { child, log, address: SocketAddr::from(([127, 0, 0, 1], 0)), folder };
        exporter.address = exporter.wait_until_listening();
        exporter
    }

    fn process(self, folder: &Path) -> Command {
        let Self { command: name, config, arguments, environment, files, largest_file, folder: _ } = self;
        let mut command = match (files, largest_file) {
            (None, None) => Command::new(env!("CARGO_BIN_EXE_llm-exporter")),
            (Some(most), _) => limited(&format!("ulimit -n {most}")),
            // In blocks of 512 bytes. The signal that goes with it would end the process.
            (None, Some(kib)) => limited(&format!("trap '' XFSZ; ulimit -S -f {}", kib * 2)),
        };
        command.arg(name.unwrap_or("serve")).args(["--listen", "127.0.0.1:0"]);
        if let Some(yaml) = config {
            let file = folder.join("llm-exporter.yml");
            fs::write(&file, yaml).expect("a temporary folder takes a file");
            command.arg("--config").arg(file);
        }
        let inherited =
            ["PATH", "LLVM_PROFILE_FILE"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.args(arguments).env_clear().envs(inherited).envs(environment).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

/// The exporter, started by a shell that sets its limits and becomes it.
fn limited(how: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{how} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_llm-exporter")]);
    command
}

/// A running exporter.
#[derive(Debug)]
pub(crate) struct Exporter {
    child: Child,
    log: Log,
    address: SocketAddr,
    folder: Folder,
}

/// The folder in which it runs.
#[derive(Debug)]
enum Folder {
    /// Gone with it.
    Own(TempDir),
    /// There before, and after.
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

impl Exporter {
    /// Starts one with the embedded defaults.
    pub(crate) fn start() -> Self {
        Launch::default().start()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder it runs in, which is gone with it unless it was given.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Sends a request, which must be answered.
    pub(crate) fn send(&self, request: &Request) -> Response {
        request.send(self.address).unwrap_or_else(|error| panic!("{request:?} failed: {error}\n{}", self.log()))
    }

    /// Gets a path.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.get_with(path, &[])
    }

    /// Gets a path with these headers.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = Request::new("GET", path);
        self.send(&headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    /// Posts a body to a path.
    pub(crate) fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Response {
        self.send(&Request::new("POST", path).header("Content-Type", "application/json").body(body))
    }

    /// Pushes a body as LiteLLM does, which must be taken; returns the answer's `accepted`, `duplicates`, `rejected`.
    pub(crate) fn push(&self, body: impl Into<Vec<u8>>) -> serde_json::Value {
        let answer = self.post("/ingest/litellm", body);
        assert_eq!(answer.status, 200, "the push was refused: {}\n{}", answer.text(), self.log());
        answer.json()
    }

    /// The native view, asked for and strictly read as OpenMetrics 1.0.
    pub(crate) fn metrics(&self) -> Exposition {
        self.metrics_as(OPEN_METRICS)
    }

    /// The native view, asked for by this media type and strictly read.
    pub(crate) fn metrics_as(&self, accept: &str) -> Exposition {
        let answer = self.get_with("/metrics", &[("Accept", accept)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let content_type = answer.header("content-type").expect("a scrape has a content type");
        Exposition::parse_as(content_type, answer.text())
            .unwrap_or_else(|violation| panic!("{violation}\n{}", answer.text()))
    }

    /// Asks until the condition holds; `what` is said when it never does.
    pub(crate) fn wait_until(&self, what: &str, patience: Duration, condition: impl Fn(&Self) -> bool) {
        let held = poll(patience, || condition(self).then_some(()));
        assert!(held.is_some(), "not within {patience:?}: {what}\n{}", self.log());
    }

    /// Asks it to end, as Kubernetes and Docker do.
    pub(crate) fn sigterm(&self) {
        self.signal("TERM");
    }

    /// Kills it at once, as the kernel does when memory is short, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    /// Lets its files grow as they like.
    pub(crate) fn make_room(&self) {
        self.limit_files("unlimited");
    }

    /// Lets none of its files grow. Only for one that was started with [`Launch::largest_file`]: another would be ended by the signal
    /// that goes with it.
    pub(crate) fn take_room(&self) {
        self.limit_files("1:");
    }

    fn limit_files(&self, bytes: &str) {
        let (process, limit) = (self.process_id().to_string(), format!("--fsize={bytes}"));
        let status = Command::new("prlimit").args(["--pid", &process, &limit]).status().expect("prlimit runs");
        assert!(status.success(), "prlimit failed");
    }

    /// Sends a signal by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -s {name} {}", self.process_id());
        let status = Command::new("sh").args(["-c", &command]).status().expect("sh runs");
        assert!(status.success(), "{command} failed");
    }

    /// Waits for its end and returns how it ended; its log is complete then.
    pub(crate) fn wait_exit(&mut self, patience: Duration) -> ExitStatus {
        let child = &mut self.child;
        let ended = poll(patience, || child.try_wait().expect("it is our child"));
        let status = ended.unwrap_or_else(|| panic!("it still runs after {patience:?}\n{}", self.log()));
        self.log.complete();
        status
    }

    fn wait_until_listening(&mut self) -> SocketAddr {
        let Self { child, log, .. } = self;
        let announced = poll(PATIENCE, || {
            // In this order: what it wrote before it ended is in the log.
            let ended = child.try_wait().expect("it is our child");
            log.announced_address().map(Ok).or(ended.map(Err))
        });
        match announced {
            Some(Ok(address)) => address,
            Some(Err(status)) => panic!("the exporter did not start, {status}:\n{}", self.log.complete()),
            None => panic!("the exporter did not say where it listens:\n{}", self.log()),
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

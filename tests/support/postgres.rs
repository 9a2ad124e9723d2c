//! A real PostgreSQL of the test's own: empty, quick to start, on a free port and on a socket in its folder.
//!
//! Its data are copied from a template, which is made once and kept beside what cargo builds: making it takes seconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::Signal;
use tempfile::TempDir;

use super::certificates::Certificate;
use super::unprivileged::{self, End, ServerProcess, free_port};

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// What the template is called. To be changed with how it is made, for it is kept.
const TEMPLATE_NAME: &str = "template-1";

/// Who logs in.
pub(crate) const USER: &str = "postgres";

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    password: Option<String>,
    certificate: Option<Certificate>,
    refuses_tls: bool,
}

impl Setup {
    /// Demands a password of whoever comes by TCP.
    pub(crate) fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Talks TLS, and by TCP nothing else.
    pub(crate) fn tls(mut self, certificate: &Certificate) -> Self {
        self.certificate = Some(certificate.clone());
        self
    }

    /// Lets in by TCP only who does without TLS, although it talks TLS.
    pub(crate) fn refuses_tls(mut self) -> Self {
        self.refuses_tls = true;
        self
    }

    fn rule(&self) -> &'static str {
        match self.certificate {
            _ if self.refuses_tls => "hostnossl",
            Some(_) => "hostssl",
            None => "host",
        }
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(self) -> Postgres {
        for _ in 0..START_ATTEMPTS {
            let mut server =
                Postgres { setup: self.clone(), folder: unprivileged::folder(), port: free_port(), process: None };
            server.make_data();
            if server.spawn() {
                server.set_password();
                return server;
            }
        }
        panic!("postgres did not start in {START_ATTEMPTS} attempts; its last words are above");
    }
}

/// A server, running or stopped.
#[derive(Debug)]
pub(crate) struct Postgres {
    setup: Setup,
    port: u16,
    /// Dropped before the folder, in which it may be writing.
    process: Option<ServerProcess>,
    folder: TempDir,
}

impl Postgres {
    /// Starts one that lets everybody in.
    pub(crate) fn start() -> Self {
        Setup::default().start()
    }

    /// Starts one that demands a password.
    pub(crate) fn with_password(password: &str) -> Self {
        Setup::default().password(password).start()
    }

    /// Where it is and who logs in, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        let password = self.setup.password.as_ref().map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgresql://{USER}{password}@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket; who comes that way needs no password.
    pub(crate) fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs statements and returns the rows, one a line, columns divided by `|`.
    pub(crate) fn execute(&self, sql: &str) -> String {
        let mut psql = self.client("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", sql]);
        let output = psql.output().expect("psql starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Lets it hang: connections are accepted by the system, and nobody answers.
    pub(crate) fn pause(&self) {
        self.running().pause();
    }

    /// Lets it go on after a pause.
    pub(crate) fn resume(&self) {
        self.running().resume();
    }

    /// Shuts it down, and its connections with it.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(Signal::INT);
        }
    }

    /// Ends it at once, as a crash does, and its connections with it.
    pub(crate) fn crash(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(Signal::QUIT);
        }
    }

    /// Starts a standby of it, which replays what is written here until it is promoted, and lets itself be read.
    pub(crate) fn standby(&self) -> Self {
        for _ in 0..START_ATTEMPTS {
            let mut standby =
                Self { setup: self.setup.clone(), folder: unprivileged::folder(), port: free_port(), process: None };
            let mut backup = self.client("pg_basebackup");
            backup.args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf", "-D"]).arg(standby.data());
            let output = backup.output().expect("pg_basebackup starts");
            assert!(output.status.success(), "pg_basebackup: {}", String::from_utf8_lossy(&output.stderr));
            unprivileged::give_all(&standby.data());
            if standby.spawn() {
                return standby;
            }
        }
        panic!("no standby started in {START_ATTEMPTS} attempts; its last words are above");
    }

    /// Lets nothing here be seen before each standby shows it as well.
    pub(crate) fn wait_for_standbys(&self) {
        // What the command line says gives way to the role alone.
        self.execute(&format!("ALTER ROLE {USER} SET synchronous_commit = remote_apply"));
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.execute("SELECT pg_reload_conf()");
    }

    /// Makes a standby a server of its own.
    pub(crate) fn promote(&self) {
        assert_eq!(self.execute("SELECT pg_promote()"), "t", "it is promoted within a minute");
    }

    /// Starts it after a stop, at the same address.
    pub(crate) fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        assert!(self.spawn(), "it has started before");
    }

    /// Starts it after a stop, at the same address and without anything that was in it.
    pub(crate) fn start_again_empty(&mut self) {
        fs::remove_dir_all(self.data()).expect("it is stopped");
        self.make_data();
        self.start_again();
        self.set_password();
    }

    fn running(&self) -> &ServerProcess {
        self.process.as_ref().expect("it is not stopped")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn make_data(&self) {
        let data = self.data();
        copy(template(), &data);
        let rule = self.setup.rule();
        let method = if self.setup.password.is_some() { "scram-sha-256" } else { "trust" };
        let rules = format!("local all,replication all trust\n{rule} all all 127.0.0.1/32 {method}\n");
        fs::write(data.join("pg_hba.conf"), rules).expect("a temporary folder takes a file");
        if let Some(certificate) = &self.setup.certificate {
            unprivileged::file(data.join("server.crt"), &certificate.chain);
            unprivileged::file(data.join("server.key"), &certificate.key);
        }
        unprivileged::give_all(&data);
    }

    /// Whether it runs in the end.
    fn spawn(&mut self) -> bool {
        let started = ServerProcess::start(&bin("postgres"), &self.arguments(), self.folder.path(), End::Quit);
        let process = self.process.insert(started.expect("a shell starts"));
        process.becomes_ready(self.folder.path(), || is_ready(self.folder.path(), self.port))
    }

    fn arguments(&self) -> Vec<String> {
        let mut settings = vec![
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.path().display()),
            format!("ssl={}", if self.setup.certificate.is_some() { "on" } else { "off" }),
        ];
        // What is lost with the machine may be lost, and a test needs little.
        let quick = [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "autovacuum=off",
            // In its folder, which goes with it.
            "dynamic_shared_memory_type=mmap",
            "shared_buffers=2MB",
            "max_connections=20",
        ];
        settings.extend(quick.map(str::to_owned));
        let mut arguments = vec!["-D".to_owned(), self.data().display().to_string()];
        arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        arguments
    }

    fn set_password(&self) {
        if let Some(password) = &self.setup.password {
            self.execute(&format!("ALTER ROLE {USER} PASSWORD '{password}'"));
        }
    }

    fn client(&self, program: &str) -> Command {
        client(program, self.folder.path(), self.port)
    }
}

fn is_ready(socket_folder: &Path, port: u16) -> bool {
    let output = client("pg_isready", socket_folder, port).output().expect("pg_isready starts");
    output.status.success()
}

fn client(program: &str, socket_folder: &Path, port: u16) -> Command {
    let mut command = Command::new(bin(program));
    command.arg("-h").arg(socket_folder).args(["-p", &port.to_string(), "-U", USER]);
    command
}

/// A program of the newest PostgreSQL here. Debian has the server's in no folder of the PATH.
fn bin(program: &str) -> PathBuf {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    let folder = BIN.get_or_init(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let bins = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("postgres").exists());
        let version = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
        bins.max_by_key(version).unwrap_or_default()
    });
    folder.join(program)
}

/// The data of a server that has never been used.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let version = Command::new(bin("postgres")).arg("--version").output();
        let version = version.expect("this test needs a real PostgreSQL: run tests/run, which installs it").stdout;
        let version: String =
            String::from_utf8_lossy(&version).chars().filter(|it| it.is_ascii_alphanumeric()).collect();
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{TEMPLATE_NAME}-{version}"));
        if !kept.exists() {
            make_template(&kept);
        }
        kept
    })
}

fn make_template(kept: &Path) {
    let folder = unprivileged::folder();
    let data = folder.path().join("data");
    let mut initdb = unprivileged::command(&bin("initdb"));
    initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "-U", USER, "-D"]);
    let output = initdb.arg(&data).output().expect("initdb starts");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    // Another test may be doing the same: what is there under the final name is always whole.
    let own = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("cargo made that folder");
    copy(&data, &own.path().join("data"));
    if let Err(error) = fs::rename(own.path().join("data"), kept) {
        assert!(kept.exists(), "{}: {error}", kept.display());
    }
}

fn copy(from: &Path, to: &Path) {
    let output = Command::new("cp").args(["-R", "-p", "--no-preserve=ownership"]).arg(from).arg(to).output();
    let output = output.expect("cp starts");
    assert!(output.status.success(), "cp: {}", String::from_utf8_lossy(&output.stderr));
}

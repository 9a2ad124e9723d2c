//! A real Redis of the test's own: empty, on a free port and on a socket in its folder; alone, led by a Sentinel, or as a cluster of
//! one node.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::certificates::Certificate;
use super::deadline::{PATIENCE, poll};
use super::unprivileged::{self, End, ServerProcess, free_port};

/// Between free-port look-up and start another process may take the port; so often it is tried again.
const START_ATTEMPTS: usize = 5;

/// The name by which a Sentinel knows the server it watches.
pub(crate) const SERVICE: &str = "mymaster";

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    login: Option<Login>,
    certificate: Option<Certificate>,
    kind: Kind,
}

#[derive(Debug, Clone)]
struct Login {
    user: Option<String>,
    password: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Alone,
    Cluster,
    /// Watches the server on that port.
    Sentinel(u16),
}

impl Setup {
    /// Demands a password.
    pub(crate) fn password(mut self, password: &str) -> Self {
        self.login = Some(Login { user: None, password: password.to_owned() });
        self
    }

    /// Knows this user and nobody else.
    pub(crate) fn user(mut self, user: &str, password: &str) -> Self {
        self.login = Some(Login { user: Some(user.to_owned()), password: password.to_owned() });
        self
    }

    /// Talks TLS, and on its port nothing else.
    pub(crate) fn tls(mut self, certificate: &Certificate) -> Self {
        self.certificate = Some(certificate.clone());
        self
    }

    /// Is a cluster of one node.
    pub(crate) fn cluster(mut self) -> Self {
        self.kind = Kind::Cluster;
        self
    }

    /// Is a Sentinel that watches another server.
    pub(crate) fn sentinel_of(mut self, master: &Redis) -> Self {
        self.kind = Kind::Sentinel(master.port);
        self
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(self) -> Redis {
        for _ in 0..START_ATTEMPTS {
            let (port, folder) = (free_port(), unprivileged::folder());
            let mut server = Redis { setup: self.clone(), folder, port, process: None };
            if server.spawn() {
                server.found_cluster();
                return server;
            }
        }
        panic!("redis did not start in {START_ATTEMPTS} attempts; its last words are above");
    }
}

/// A server, running or stopped.
#[derive(Debug)]
pub(crate) struct Redis {
    setup: Setup,
    port: u16,
    /// Dropped before the folder, in which it may be writing.
    process: Option<ServerProcess>,
    folder: TempDir,
}

impl Redis {
    /// Starts one that lets everybody in.
    pub(crate) fn start() -> Self {
        Setup::default().start()
    }

    /// Starts one that demands a password.
    pub(crate) fn with_password(password: &str) -> Self {
        Setup::default().password(password).start()
    }

    /// Starts a Sentinel that watches another server.
    pub(crate) fn sentinel_of(master: &Redis) -> Self {
        Setup::default().sentinel_of(master).start()
    }

    /// Where it is and who logs in, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.setup.certificate.is_some() { "rediss" } else { "redis" };
        let login = self
            .setup
            .login
            .as_ref()
            .map(|Login { user, password }| format!("{}:{password}@", user.as_deref().unwrap_or_default()));
        format!("{scheme}://{}127.0.0.1:{}", login.unwrap_or_default(), self.port)
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Sends one command and returns the answer as `redis-cli` writes it.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let answer = self.try_command(words);
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Lets it hang: connections are accepted by the system, and nobody answers.
    pub(crate) fn pause(&self) {
        self.running().pause();
    }

    /// Lets it go on after a pause.
    pub(crate) fn resume(&self) {
        self.running().resume();
    }

    /// Kills it, and its connections and all that it knew with it.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(Signal::KILL);
        }
    }

    /// Starts it after a stop, at the same address.
    pub(crate) fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        assert!(self.spawn(), "it has started before");
    }

    fn running(&self) -> &ServerProcess {
        self.process.as_ref().expect("it is not stopped")
    }

    fn try_command(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new("redis-cli");
        // Errors are errors, and not answers.
        command.arg("-e").arg("-s").arg(self.socket());
        if let Some(Login { user, password }) = &self.setup.login {
            command.env("REDISCLI_AUTH", password);
            command.args(user.iter().flat_map(|user| ["--user", user]));
        }
        let output = command.args(words).output().expect("redis-cli, of Debian's redis-tools, starts");
        let answer = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if output.status.success() { Ok(answer) } else { Err(answer + &String::from_utf8_lossy(&output.stderr)) }
    }

    /// Whether it runs in the end.
    fn spawn(&mut self) -> bool {
        let program = Path::new("redis-server");
        let config = unprivileged::file(self.folder.path().join("redis.conf"), &self.config());
        let mut arguments = vec![config.display().to_string()];
        if matches!(self.setup.kind, Kind::Sentinel(_)) {
            arguments.push("--sentinel".to_owned());
        }
        let started = ServerProcess::start(program, &arguments, self.folder.path(), End::Kill);
        let mut process = started.expect("a shell starts");
        let ready =
            process.becomes_ready(self.folder.path(), || self.try_command(&["PING"]).is_ok_and(|it| it == "PONG"));
        self.process = Some(process);
        ready
    }

    fn config(&self) -> String {
        let (folder, port) = (self.folder.path(), self.port);
        let socket = self.socket();
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", folder.display()),
            format!("unixsocket {}", socket.display()),
            "unixsocketperm 777".to_owned(),
        ];
        match &self.setup.certificate {
            None => lines.push(format!("port {port}")),
            Some(Certificate { chain, key, authority }) => {
                lines.push(format!(
                    "port 0\ntls-port {port}\ntls-auth-clients no\ntls-replication yes\ntls-cluster yes"
                ));
                for (setting, pem) in [("tls-cert-file", chain), ("tls-key-file", key), ("tls-ca-cert-file", authority)]
                {
                    let file = unprivileged::file(folder.join(setting), pem);
                    lines.push(format!("{setting} {}", file.display()));
                }
            }
        }
        match &self.setup.login {
            None => {}
            Some(Login { user: None, password }) => lines.push(format!("requirepass {password}")),
            Some(Login { user: Some(user), password }) => {
                lines.push(format!("user default off\nuser {user} on >{password} ~* &* +@all"));
            }
        }
        match self.setup.kind {
            Kind::Alone => lines.push("save \"\"".to_owned()),
            Kind::Cluster => lines.push(format!("save \"\"\ncluster-enabled yes\ncluster-port {}", free_port())),
            Kind::Sentinel(master) => lines.push(format!("sentinel monitor {SERVICE} 127.0.0.1 {master} 1")),
        }
        lines.join("\n") + "\n"
    }

    /// Gives the one node all slots, and waits until it takes up its work.
    fn found_cluster(&self) {
        if self.setup.kind != Kind::Cluster {
            return;
        }
        self.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        let is_ok = || self.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(());
        assert!(poll(PATIENCE, is_ok).is_some(), "a cluster of one node that has all slots is complete");
    }
}

//! A private Redis: started on a free port, paused, restarted without its memory, and killed when the test is over.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue};
use tempfile::TempDir;

use super::eventually;

/// How long its connections wait for an answer: too long for replicas, who must not rely on it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Redis that keeps nothing on disk.
pub(crate) struct Server {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    /// Where a cluster's server keeps what it knows of itself.
    folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts one that demands a password.
    pub(crate) async fn with_password(password: &str) -> Self {
        Self::with(&["--requirepass", password]).await
    }

    /// Starts a cluster of one server.
    pub(crate) async fn cluster() -> Self {
        let bus = free_port().to_string();
        let server = Self::with(&["--cluster-enabled", "yes", "--cluster-port", &bus]).await;
        server.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
        eventually("the cluster is complete", async || {
            let info: String = server.ask(&["CLUSTER", "INFO"]).await;
            info.contains("cluster_state:ok").then_some(())
        })
        .await;
        server
    }

    async fn with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        loop {
            let (port, folder) = (free_port(), tempfile::tempdir().expect("a temporary folder"));
            let child = spawn(port, &arguments, &folder);
            let mut server = Self { child, port, arguments: arguments.clone(), folder };
            // Another process may have taken the port meanwhile: then there is a next one.
            if server.answers().await {
                return server;
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn try_connect(&self, patience: Duration) -> redis::RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new();
        let config = config.set_connection_timeout(Some(patience)).set_response_timeout(Some(PATIENCE));
        Client::open(self.url())?.get_multiplexed_async_connection_with_config(&config).await
    }

    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        self.try_connect(PATIENCE).await.expect("the server takes connections")
    }

    /// Sends a command and returns its answer.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut cmd = redis::Cmd::new();
        cmd.arg(command);
        let answer = cmd.query_async(&mut self.connect().await).await;
        answer.unwrap_or_else(|error| panic!("{command:?} failed: {error}"))
    }

    /// Lets it hang: it keeps its connections, and even takes new ones, and answers nothing.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills it and starts another one in its place, which knows nothing.
    pub(crate) async fn restart_empty(&mut self) {
        self.kill();
        self.child = spawn(self.port, &self.arguments, &self.folder);
        assert!(self.answers().await, "Redis did not start again");
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status().expect("sh runs");
        assert!(status.success(), "{command} failed");
    }

    /// Waits until it answers, if only that it wants a password; `false` when it ends.
    async fn answers(&mut self) -> bool {
        let Self { child, port, .. } = self;
        let url = format!("redis://127.0.0.1:{port}");
        eventually("Redis answers", async || {
            if child.try_wait().expect("it is our child").is_some() {
                return Some(false);
            }
            let mut conn = Client::open(url.as_str()).ok()?.get_multiplexed_async_connection().await.ok()?;
            let answer: redis::RedisResult<()> = redis::cmd("PING").query_async(&mut conn).await;
            (answer.is_ok() || answer.is_err_and(|error| error.code() == Some("NOAUTH"))).then_some(true)
        })
        .await
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// `setpriv` lets it die with the thread of the test, should that be killed itself.
fn spawn(port: u16, arguments: &[String], folder: &TempDir) -> Child {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]).args(arguments);
    command.arg("--dir").arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("setpriv and redis-server are installed")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

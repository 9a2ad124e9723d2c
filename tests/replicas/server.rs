//! The tests' own Redis, and connections to it.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue};

use crate::support::redis::{Redis, Setup};

/// How long its connections wait for an answer: too long for replicas, who must not rely on it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Redis that keeps nothing on disk.
pub(crate) struct Server(Redis);

impl Server {
    pub(crate) fn start() -> Self {
        Self(Redis::start())
    }

    /// Starts one that demands a password.
    pub(crate) fn with_password(password: &str) -> Self {
        Self(Redis::with_password(password))
    }

    /// Starts a cluster of one server.
    pub(crate) fn cluster() -> Self {
        Self(Setup::default().cluster().start())
    }

    /// Where it is. Who logs in is not said.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.0.port())
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
        self.0.pause();
    }

    pub(crate) fn resume(&self) {
        self.0.resume();
    }

    pub(crate) fn kill(&mut self) {
        self.0.stop();
    }

    /// Kills it and starts another one in its place, which knows nothing.
    pub(crate) fn restart_empty(&mut self) {
        self.0.stop();
        self.0.start_again();
    }
}

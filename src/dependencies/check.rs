//! Asks one dependency whether it is there, within a time.
//!
//! A connection is kept from one check to the next. One that broke is replaced within the same check, so that a restart between two
//! checks is no outage; one that gives no answer in time is dropped.

use std::time::Duration;

use tokio::time::timeout_at;

use super::deadline::Deadline;
use super::{database, gateway, redis};

/// Why a dependency counts as not there.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It gave no answer in time.
    #[error("no answer within {after:?}")]
    TimedOut {
        /// How long it was given.
        after: Duration,
    },
    /// The database can't be reached, or refuses.
    #[error(transparent)]
    Database(#[from] database::DatabaseError),
    /// Redis can't be reached, or refuses.
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
    /// The gateway can't be reached, or is not well.
    #[error(transparent)]
    Gateway(#[from] gateway::GatewayError),
}

impl CheckError {
    fn is_timeout(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Database(error) => error.is_timeout(),
            Self::Redis(error) => error.is_timeout(),
            Self::Gateway(error) => error.is_timeout(),
        }
    }
}

/// One dependency, and the connection to it that is kept.
#[derive(Debug)]
pub struct Check {
    server: Server,
    kept: Option<Connection>,
}

#[derive(Debug)]
enum Server {
    Database(database::Connector),
    Redis(redis::Connector),
    Gateway(gateway::Client),
}

/// The gateway's client keeps its connections itself, and is asked a second time for want of knowing that one of them broke.
#[derive(Debug)]
enum Connection {
    Database(database::Connection),
    Redis(redis::Connection),
    Gateway(gateway::Client),
}

impl Check {
    /// `SELECT 1` in a database.
    #[must_use]
    pub fn database(connector: database::Connector) -> Self {
        Self { server: Server::Database(connector), kept: None }
    }

    /// `PING` to a Redis.
    #[must_use]
    pub fn redis(connector: redis::Connector) -> Self {
        Self { server: Server::Redis(connector), kept: None }
    }

    /// `GET /health/liveliness` of a gateway.
    #[must_use]
    pub fn gateway(client: gateway::Client) -> Self {
        Self { server: Server::Gateway(client), kept: None }
    }

    /// Asks whether it is there. Takes no longer than `timeout`.
    ///
    /// # Errors
    /// When it does not answer in time, can't be reached, or refuses.
    pub async fn check(&mut self, timeout: Duration) -> Result<(), CheckError> {
        let deadline = Deadline::after(timeout);
        let timed_out = CheckError::TimedOut { after: timeout };
        match timeout_at(deadline.instant(), self.ask(deadline)).await {
            Ok(Err(error)) if error.is_timeout() && deadline.is_over() => Err(timed_out),
            Ok(result) => result,
            Err(_elapsed) => Err(timed_out),
        }
    }

    /// Taken out while it is asked: a connection that is not put back is closed.
    async fn ask(&mut self, deadline: Deadline) -> Result<(), CheckError> {
        if let Some(mut kept) = self.kept.take() {
            let answer = kept.ask(deadline).await;
            if answer.is_ok() {
                self.kept = Some(kept);
                return Ok(());
            }
        }
        let mut fresh = self.server.connect(deadline).await?;
        fresh.ask(deadline).await?;
        self.kept = Some(fresh);
        Ok(())
    }
}

impl Server {
    async fn connect(&self, deadline: Deadline) -> Result<Connection, CheckError> {
        Ok(match self {
            Self::Database(connector) => Connection::Database(connector.connect(deadline.share(1)).await?),
            // All of it: later answers on this connection are given as much.
            Self::Redis(connector) => Connection::Redis(connector.connect(deadline.patience()).await?),
            Self::Gateway(client) => Connection::Gateway(client.clone()),
        })
    }
}

impl Connection {
    async fn ask(&mut self, deadline: Deadline) -> Result<(), CheckError> {
        match self {
            Self::Database(connection) => Ok(connection.ping().await?),
            Self::Redis(connection) => Ok(connection.ping().await?),
            Self::Gateway(client) => Ok(client.liveliness(deadline.share(1)).await?),
        }
    }
}

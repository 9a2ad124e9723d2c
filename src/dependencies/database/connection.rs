//! A connection to a database, and the task that moves its bytes.

use std::fmt;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Cancel, DatabaseError};

/// A client that is logged in. Closed when dropped, whatever is still under way: a server that hangs holds nothing here.
pub struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    server: String,
    tls: MakeRustlsConnect,
}

impl Connection {
    pub(super) fn new<S>(
        client: Client,
        driver: tokio_postgres::Connection<Socket, S>,
        server: String,
        tls: MakeRustlsConnect,
    ) -> Self
    where
        S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
    {
        // Its error reaches the client as well, as the answer to whatever was asked.
        let driver = tokio::spawn(async { driver.await.unwrap_or_default() });
        Self { client, driver, server, tls }
    }

    /// The server that it leads to, for messages.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Asks for the number one. Waits as long as it takes.
    ///
    /// # Errors
    /// When the connection broke or the server refuses.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.ask_plainly("SELECT 1").await.map(drop)
    }

    /// Sends statements as plain text, for one prepared behind a pooler may be another server's, and returns the rows of all of them.
    /// Waits as long as it takes.
    ///
    /// # Errors
    /// When the connection broke or the server refuses.
    pub async fn ask_plainly(&self, sql: &str) -> Result<Vec<SimpleQueryRow>, DatabaseError> {
        let answer = self.client.simple_query(sql).await;
        let messages = answer.map_err(|source| self.broken(source))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The same, which takes no longer than `patience`.
    ///
    /// # Errors
    /// When the connection broke, the server refuses, or no answer came in time. What was asked may be under way still: the connection is
    /// of no further use then.
    pub async fn ask_plainly_within(
        &self,
        patience: Duration,
        sql: &str,
    ) -> Result<Vec<SimpleQueryRow>, DatabaseError> {
        timeout(patience, self.ask_plainly(sql)).await.map_err(|_| self.timed_out(patience))?
    }

    /// That no answer came in this time.
    pub(super) fn timed_out(&self, after: Duration) -> DatabaseError {
        DatabaseError::TimedOut { server: self.server.clone(), after }
    }

    /// Why something asked of it was not answered, with the server's name.
    pub(super) fn broken(&self, source: tokio_postgres::Error) -> DatabaseError {
        DatabaseError::Broken { server: self.server.clone(), source }
    }

    /// What tells the server to give up what it is asked here.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        Cancel { token: self.client.cancel_token(), tls: self.tls.clone() }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

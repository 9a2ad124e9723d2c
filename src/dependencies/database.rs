//! Connects to a PostgreSQL. What is read there is the business of whoever connects.

mod cancel;
mod catalogue;
mod connection;
mod error;
mod names;
mod question;
mod target;
mod tls;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::deadline::Deadline;
use crate::address::{DatabaseAddress, HostPort, TlsMode};
use crate::tls::TlsError;
use target::Target;

pub use cancel::{Cancel, CancelOnDrop};
pub use catalogue::{Catalogue, Column, Columns};
pub use connection::Connection;
pub use error::DatabaseError;
pub use names::{qualified, quoted};
pub use question::{Limits, Parameter};

/// Where tables are unless the address says otherwise.
const DEFAULT_SCHEMA: &str = "public";

/// Knows where a database is and how to log in there.
#[derive(Clone)]
pub struct Connector {
    address: DatabaseAddress,
    tls: MakeRustlsConnect,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Connector {
    /// Prepares to connect. The address's own file of certificates comes before `ca_file`.
    ///
    /// # Errors
    /// When the file of certificates can't be used.
    pub fn new(address: &DatabaseAddress, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let ca_file = address.ca_file.as_deref().or(ca_file);
        let tls = MakeRustlsConnect::new(tls::client(address.tls, ca_file)?);
        Ok(Self { address: address.clone(), tls })
    }

    /// Where the gateway's tables are.
    #[must_use]
    pub fn schema(&self) -> &str {
        self.address.schema.as_deref().unwrap_or(DEFAULT_SCHEMA)
    }

    /// Connects to the first of the servers that lets us in. Takes no longer than `timeout`, which the servers share. The search path is
    /// left alone: behind a pooler it would be someone else's, so whoever reads names the schema.
    ///
    /// # Errors
    /// When none of them can be reached or one refuses, with what each of them said.
    pub async fn connect(&self, timeout: Duration) -> Result<Connection, DatabaseError> {
        let deadline = Deadline::after(timeout);
        let servers = &self.address.servers;
        let mut failures = Vec::new();
        for (index, server) in servers.iter().enumerate() {
            match self.connect_to(server, deadline.share(servers.len() - index)).await {
                Err(error) if !error.is_final() => failures.push(error),
                settled => return settled,
            }
        }
        Err(DatabaseError::all(failures))
    }

    /// Tries every address of one server: `localhost` may be two.
    async fn connect_to(&self, server: &HostPort, timeout: Duration) -> Result<Connection, DatabaseError> {
        let deadline = Deadline::after(timeout);
        let targets = Target::find(server, timeout).await?;
        let mut failures = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            match self.try_target(target, deadline.share(targets.len() - index)).await {
                Err(error) if !error.is_final() => failures.push(error),
                settled => return settled,
            }
        }
        Err(DatabaseError::all(failures))
    }

    async fn try_target(&self, target: &Target, share: Duration) -> Result<Connection, DatabaseError> {
        // To libpq, zero is without end.
        let own = self.address.connect_timeout.filter(|own| !own.is_zero());
        let patience = own.map_or(share, |own| own.min(share));
        let trying = async {
            let mode = target.ssl_mode(self.address.tls);
            match self.open(target, mode).await {
                // libpq, too, takes "prefer" for leave to do without.
                Err(error) if mode == SslMode::Prefer && error.is_about_tls() => {
                    self.open(target, SslMode::Disable).await
                }
                opened => opened,
            }
        };
        let opened = tokio::time::timeout(patience, trying).await;
        opened.unwrap_or_else(|_| Err(DatabaseError::TimedOut { server: target.to_string(), after: patience }))
    }

    async fn open(&self, target: &Target, mode: SslMode) -> Result<Connection, DatabaseError> {
        let mut config = self.login();
        target.aim(&mut config);
        config.ssl_mode(mode);
        let opened = config.connect(self.tls.clone()).await;
        let (client, driver) =
            opened.map_err(|source| DatabaseError::Refused { server: target.to_string(), source })?;
        Ok(Connection::new(client, driver, target.to_string(), self.tls.clone()))
    }

    fn login(&self) -> Config {
        let DatabaseAddress { user, password, database, .. } = &self.address;
        let mut config = Config::new();
        config.user(user).dbname(database).application_name("llm-exporter");
        if let Some(password) = password {
            config.password(password.expose());
        }
        config
    }
}

impl Target {
    fn ssl_mode(&self, mode: TlsMode) -> SslMode {
        match mode {
            // libpq never talks TLS on a socket of the machine's own, whatever it was told.
            _ if self.is_local() => SslMode::Disable,
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        }
    }
}

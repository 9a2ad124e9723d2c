//! Connects to a Redis: one server, one that Sentinels know, or a cluster. What is read and written there is the business of whoever
//! connects.

mod connection;
mod error;

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ::redis::cluster::ClusterClientBuilder;
use ::redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use ::redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo,
    RedisResult, TlsCertificates, TlsMode,
};
use rustls::pki_types::pem;
use tokio::time::timeout;

use crate::address::{HostPort, RedisAddress, RedisTopology};
use crate::config::Secret;
use crate::tls::{TlsError, certificates};

pub use connection::Connection;
pub use error::RedisError;

/// Knows where a Redis is and how to log in there.
#[derive(Clone)]
pub struct Connector {
    address: RedisAddress,
    /// PEM. Where given, the operating system's do not count.
    ca: Option<Vec<u8>>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Connector {
    /// Prepares to connect. Over TLS, certificates must be vouched for by those in `ca_file`; without one, by the operating system's.
    ///
    /// # Errors
    /// When the file of certificates can't be used.
    pub fn new(address: &RedisAddress, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let ca = if address.tls { ca_file.map(pem).transpose()? } else { None };
        Ok(Self { address: address.clone(), ca })
    }

    /// Connects and logs in. Takes no longer than `patience`, and neither does any answer on the connection later.
    ///
    /// # Errors
    /// When no server can be reached in time, or one refuses.
    pub async fn connect(&self, patience: Duration) -> Result<Connection, RedisError> {
        let opened = timeout(patience, self.open(patience)).await;
        let opened = opened.map_err(|_| RedisError::TimedOut { server: self.server(), after: patience })?;
        opened.map_err(|source| RedisError::Failed { server: self.server(), source })
    }

    async fn open(&self, patience: Duration) -> RedisResult<Connection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(patience)).set_response_timeout(Some(patience));
        let opened = match &self.address.topology {
            RedisTopology::Single(server) => self.single(self.addr(server), &config).await?,
            RedisTopology::Unix(path) => self.single(ConnectionAddr::Unix(path.clone()), &config).await?,
            RedisTopology::Sentinel { nodes, service, password } => {
                self.behind_sentinels(nodes, service, password.as_ref(), &config).await?
            }
            RedisTopology::Cluster { nodes } => {
                return Ok(Connection::cluster(self.cluster(nodes, patience).await?, self.server()));
            }
        };
        Ok(Connection::single(opened, self.server()))
    }

    async fn single(
        &self,
        addr: ConnectionAddr,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<::redis::aio::MultiplexedConnection> {
        let info = addr.into_connection_info()?.set_redis_settings(self.login());
        self.client(info)?.get_multiplexed_async_connection_with_config(config).await
    }

    fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        match (self.certificates(), info.addr()) {
            (Some(certificates), ConnectionAddr::TcpTls { .. }) => Client::build_with_tls(info, certificates),
            _ => Client::open(info),
        }
    }

    /// The sentinels are asked anew each time: they know better than any kept connection who leads.
    async fn behind_sentinels(
        &self,
        nodes: &[HostPort],
        service: &str,
        password: Option<&Secret>,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<::redis::aio::MultiplexedConnection> {
        let RedisAddress { username, password: own_password, database, tls, .. } = &self.address;
        let sentinels = nodes.iter().map(|node| self.addr(node));
        let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?;
        builder = builder.set_client_to_redis_db(*database);
        if let Some(username) = username {
            builder = builder.set_client_to_redis_username(username);
        }
        if let Some(password) = own_password {
            builder = builder.set_client_to_redis_password(password.expose());
        }
        if let Some(password) = password {
            builder = builder.set_client_to_sentinel_password(password.expose());
        }
        if *tls {
            builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        builder.build()?.get_async_connection_with_config(config).await
    }

    async fn cluster(
        &self,
        nodes: &[HostPort],
        patience: Duration,
    ) -> RedisResult<::redis::cluster_async::ClusterConnection> {
        let RedisAddress { username, password, tls, .. } = &self.address;
        let mut builder = ClusterClientBuilder::new(nodes.iter().map(|node| self.addr(node)))
            .connection_timeout(patience)
            .response_timeout(patience);
        if let Some(username) = username {
            builder = builder.username(username);
        }
        if let Some(password) = password {
            builder = builder.password(password.expose());
        }
        if *tls {
            builder = builder.tls(TlsMode::Secure);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder.certs(certificates);
        }
        builder.build()?.get_async_connection().await
    }

    fn addr(&self, HostPort { host, port }: &HostPort) -> ConnectionAddr {
        let (host, port) = (host.clone(), *port);
        if self.address.tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let RedisAddress { username, password, database, .. } = &self.address;
        let mut login = RedisConnectionInfo::default().set_db(*database);
        if let Some(username) = username {
            login = login.set_username(username);
        }
        if let Some(password) = password {
            login = login.set_password(password.expose());
        }
        login
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let root_cert = Some(self.ca.clone()?);
        Some(TlsCertificates { client_tls: None, root_cert })
    }

    /// Where it is, for people.
    fn server(&self) -> String {
        let list = |nodes: &[HostPort]| nodes.iter().map(at).collect::<Vec<_>>().join(", ");
        match &self.address.topology {
            RedisTopology::Single(server) => at(server),
            RedisTopology::Unix(path) => path.display().to_string(),
            RedisTopology::Sentinel { nodes, service, .. } => format!("{service} of the sentinels {}", list(nodes)),
            RedisTopology::Cluster { nodes } => format!("the cluster {}", list(nodes)),
        }
    }
}

fn at(HostPort { host, port }: &HostPort) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The file as it is, once it is known to hold certificates.
fn pem(path: &Path) -> Result<Vec<u8>, TlsError> {
    certificates(path)?;
    fs::read(path).map_err(|error| TlsError::CaFile { path: path.to_owned(), source: pem::Error::Io(error) })
}

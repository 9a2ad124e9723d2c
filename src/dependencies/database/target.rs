//! One address at which a server is tried.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::Config;

use super::DatabaseError;
use crate::address::HostPort;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The name stays: a certificate is for it.
    Tcp {
        name: String,
        address: SocketAddr,
    },
    Unix {
        folder: PathBuf,
        port: u16,
    },
}

impl Target {
    /// Looks up where a server is. One whose host begins with a slash is on this machine.
    pub(super) async fn find(server: &HostPort, patience: Duration) -> Result<Vec<Self>, DatabaseError> {
        let HostPort { host, port } = server;
        if host.starts_with('/') {
            return Ok(vec![Self::Unix { folder: PathBuf::from(host), port: *port }]);
        }
        let found = timeout(patience, lookup_host((host.as_str(), *port))).await;
        let found = found.map_err(|_| DatabaseError::TimedOut { server: host.clone(), after: patience })?;
        let addresses = found.map_err(|source| DatabaseError::Lookup { host: host.clone(), source })?;
        Ok(addresses.map(|address| Self::Tcp { name: host.clone(), address }).collect())
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Unix { .. })
    }

    pub(super) fn aim(&self, config: &mut Config) {
        match self {
            Self::Tcp { name, address } => config.host(name).hostaddr(address.ip()).port(address.port()),
            Self::Unix { folder, port } => config.host_path(folder).port(*port),
        };
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { address, .. } => address.fmt(formatter),
            Self::Unix { folder, port } => write!(formatter, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

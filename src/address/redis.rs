//! Where a Redis is.

use std::path::PathBuf;

use super::authority::{Parts, not_empty, scheme};
use super::{AddressError, HostPort};
use crate::config::Secret;

const DEFAULT_PORT: u16 = 6379;
const DEFAULT_SENTINEL_PORT: u16 = 26379;

/// Where a Redis is and who logs in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisAddress {
    /// One server, or how to find it.
    pub topology: RedisTopology,
    /// Who logs in, where the server has users (ACL).
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The number of the database; 0 in a cluster.
    pub database: i64,
    /// Whether to talk TLS.
    pub tls: bool,
}

/// How many servers there are, and who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisTopology {
    /// One server.
    Single(HostPort),
    /// One server on this machine.
    Unix(PathBuf),
    /// Sentinels that know which server leads.
    Sentinel {
        /// The sentinels; at least one.
        nodes: Vec<HostPort>,
        /// The name by which they know the server.
        service: String,
        /// The sentinels' own password, where they want one.
        password: Option<Secret>,
    },
    /// A cluster.
    Cluster {
        /// Some of its nodes; at least one.
        nodes: Vec<HostPort>,
    },
}

impl RedisAddress {
    /// Reads `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `redis+sentinel://…@HOST:PORT,…/SERVICE/DATABASE?sentinel_password=…`,
    /// `redis+cluster://…@HOST:PORT,…`, each also with `rediss` for TLS, and `unix:///PATH?db=DATABASE` or `redis+unix://`.
    ///
    /// `db`, `username` and `password` may stand behind the `?` as well; other parameters are left alone.
    ///
    /// # Errors
    /// Says what can't be understood without repeating any of it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let expected = "redis://, rediss://, unix://, redis+unix://, redis+sentinel://, rediss+sentinel://, redis+cluster:// or rediss+cluster://";
        let (scheme, rest) = scheme(text).ok_or(AddressError::Scheme { expected })?;
        let parts = Parts::split(rest)?;
        let (topology, database) = match scheme.as_str() {
            "redis" | "rediss" => single(&parts)?,
            "unix" | "redis+unix" => (RedisTopology::Unix(socket(&parts)?), String::new()),
            "redis+sentinel" | "rediss+sentinel" => sentinel(&parts)?,
            "redis+cluster" | "rediss+cluster" => cluster(&parts)?,
            _ => return Err(AddressError::Scheme { expected }),
        };
        let (username, password) = parts.login()?;
        Ok(Self {
            topology,
            username: parts.parameter("username")?.or(username),
            password: parts.parameter("password")?.map(Secret::new).or(password),
            database: Self::database_number(parts.parameter("db")?.as_deref().unwrap_or(&database))?,
            tls: scheme.starts_with("rediss"),
        })
    }

    /// Reads the number of a database; none is the first.
    pub(crate) fn database_number(text: &str) -> Result<i64, AddressError> {
        if text.is_empty() {
            return Ok(0);
        }
        let number = text.parse().ok().filter(|number| (0..=i64::from(u16::MAX)).contains(number));
        number.ok_or(AddressError::Database { expected: "a number from 0" })
    }
}

fn single(parts: &Parts<'_>) -> Result<(RedisTopology, String), AddressError> {
    let mut servers = parts.servers(DEFAULT_PORT, HostPort::new)?;
    let server = servers.pop().ok_or(AddressError::NoHost)?;
    if !servers.is_empty() {
        return Err(AddressError::Host);
    }
    Ok((RedisTopology::Single(server), parts.path()?.trim_end_matches('/').to_owned()))
}

fn socket(parts: &Parts<'_>) -> Result<PathBuf, AddressError> {
    let path = not_empty(parts.path()?).ok_or(AddressError::NoSocket)?;
    if parts.has_hosts() {
        return Err(AddressError::NoSocket);
    }
    Ok(PathBuf::from(format!("/{path}")))
}

fn sentinel(parts: &Parts<'_>) -> Result<(RedisTopology, String), AddressError> {
    let path = parts.path()?;
    let (service, database) = path.split_once('/').unwrap_or((&path, ""));
    let service = not_empty(service.to_owned()).ok_or(AddressError::NoService)?;
    let password = parts.parameter("sentinel_password")?.map(Secret::new);
    let nodes = parts.servers(DEFAULT_SENTINEL_PORT, HostPort::new)?;
    Ok((RedisTopology::Sentinel { nodes, service, password }, database.trim_end_matches('/').to_owned()))
}

fn cluster(parts: &Parts<'_>) -> Result<(RedisTopology, String), AddressError> {
    let path = parts.path()?;
    if parts.parameter("db")?.is_some_and(|database| database != "0") || !matches!(path.as_str(), "" | "0") {
        return Err(AddressError::Database { expected: "0, the only one of a cluster" });
    }
    Ok((RedisTopology::Cluster { nodes: parts.servers(DEFAULT_PORT, HostPort::new)? }, String::new()))
}

#[cfg(test)]
mod tests;

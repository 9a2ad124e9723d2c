//! Where a Redis is.

use super::HostPort;
use crate::config::Secret;
use std::path::PathBuf;

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

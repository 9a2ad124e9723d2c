//! Where a database, a Redis or a provider is reached, as an operator writes it: read once, checked, and without I/O.
//!
//! How to connect there is the business of [`dependencies`](crate::dependencies) and [`probes`](crate::probes).

mod database;
mod redis;

pub use database::{DatabaseAddress, TlsMode};
pub use redis::{RedisAddress, RedisTopology};

/// A host by name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The name, IPv4 address, or IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

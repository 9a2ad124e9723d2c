//! Where a database, a Redis or a provider is reached, as an operator writes it: read once, checked, and without I/O.
//!
//! How to connect there is the business of [`dependencies`](crate::dependencies) and [`probes`](crate::probes).

mod authority;
mod database;
mod error;
mod redis;

use std::net::Ipv6Addr;

pub use database::{DatabaseAddress, TlsMode};
pub use error::AddressError;
pub use redis::{RedisAddress, RedisTopology};

/// A host by name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The name, IPv4 address, or IPv6 address without brackets. For a database also the folder of a socket, with a `/` first.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Takes a host that can be one: a name, an IPv4 address, or an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(host: &str, port: u16) -> Result<Self, AddressError> {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if inner.is_empty() {
            return Err(AddressError::NoHost);
        }
        let is_host = inner.parse::<Ipv6Addr>().is_ok() || (inner == host && url::Host::parse(host).is_ok());
        if is_host { Ok(Self { host: inner.to_owned(), port }) } else { Err(AddressError::Host) }
    }
}

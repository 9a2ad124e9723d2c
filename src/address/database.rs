//! Where a PostgreSQL is, as Prisma and libpq write it.

use std::path::PathBuf;
use std::time::Duration;

use super::authority::{Parts, not_empty, port, scheme};
use super::{AddressError, HostPort};
use crate::config::Secret;

const DEFAULT_PORT: u16 = 5432;

/// libpq takes the operating system's user, which need not exist in a container and is nothing that a text can tell.
const DEFAULT_USER: &str = "postgres";

/// Where a PostgreSQL is and who logs in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAddress {
    /// The servers, tried in this order; at least one.
    pub servers: Vec<HostPort>,
    /// Who logs in.
    pub user: String,
    /// The password.
    pub password: Option<Secret>,
    /// The name of the database.
    pub database: String,
    /// Whether to talk TLS, and what to demand of the server's certificate.
    pub tls: TlsMode,
    /// Certificates to trust besides those of the operating system.
    pub ca_file: Option<PathBuf>,
    /// How long to wait for a connection, where the address says so.
    pub connect_timeout: Option<Duration>,
    /// Where its tables are; the first of the search path.
    pub schema: Option<String>,
}

impl DatabaseAddress {
    /// Reads `postgresql://USER:PASSWORD@HOST:PORT,…/DATABASE?PARAMETER=VALUE&…`, with libpq's defaults: port 5432, a database of
    /// the user's name, `sslmode=prefer`. Without a user it is `postgres`.
    ///
    /// Of the parameters it takes libpq's `sslmode`, `ssl`, `sslrootcert`, `connect_timeout`, `host`, `hostaddr`, `port`, `user`,
    /// `password` and `dbname`, and Prisma's `schema`, `sslaccept` and, where the server is verified, `sslcert`. All others are
    /// left alone: pools and statement caches are their business.
    ///
    /// # Errors
    /// Says what can't be understood without repeating any of it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = match scheme(text) {
            Some((scheme, rest)) if matches!(scheme.as_str(), "postgresql" | "postgres") => rest,
            _ => return Err(AddressError::Scheme { expected: "postgresql:// or postgres://" }),
        };
        let parts = Parts::split(rest)?;
        let (user, password) = parts.login()?;
        let user = parts.parameter("user")?.or(user).unwrap_or_else(|| DEFAULT_USER.to_owned());
        let path = parts.path()?;
        let database = parts.parameter("dbname")?.or_else(|| not_empty(path.trim_end_matches('/').to_owned()));
        let tls = TlsMode::of(&parts)?;
        Ok(Self {
            servers: servers(&parts)?,
            password: parts.parameter("password")?.map(Secret::new).or(password),
            database: database.unwrap_or_else(|| user.clone()),
            user,
            tls,
            ca_file: ca_file(&parts, tls)?,
            connect_timeout: connect_timeout(&parts)?,
            schema: parts.parameter("schema")?,
        })
    }
}

/// The parameter `host` goes over what stands in the address, as a socket's folder has no place there.
fn servers(parts: &Parts<'_>) -> Result<Vec<HostPort>, AddressError> {
    let ports = parts.parameter("port")?;
    let ports: Vec<u16> = ports.iter().flat_map(|ports| ports.split(',')).map(port).collect::<Result<_, _>>()?;
    let instead = match parts.parameter("host")? {
        None if !parts.has_hosts() => parts.parameter("hostaddr")?,
        host => host,
    };
    let Some(hosts) = instead else {
        let mut servers = parts.servers(DEFAULT_PORT, host_or_socket)?;
        let given = ports.iter().cycle();
        servers.iter_mut().zip(given).for_each(|(server, port)| server.port = *port);
        return Ok(servers);
    };
    let given = ports.iter().copied().cycle().chain(std::iter::repeat(DEFAULT_PORT));
    hosts.split(',').zip(given).map(|(host, port)| host_or_socket(host, port)).collect()
}

fn host_or_socket(host: &str, port: u16) -> Result<HostPort, AddressError> {
    if host.starts_with('/') {
        return Ok(HostPort { host: host.to_owned(), port });
    }
    HostPort::new(host, port)
}

/// Prisma looks at its `sslcert` only where it verifies the server; libpq's is the client's own certificate, with its `sslkey`.
/// The exporter may not even have the file: it must not fail where the gateway does not.
fn ca_file(parts: &Parts<'_>, tls: TlsMode) -> Result<Option<PathBuf>, AddressError> {
    let root = parts.parameter("sslrootcert")?;
    let verifies = matches!(tls, TlsMode::VerifyCa | TlsMode::VerifyFull);
    let file = match root.as_deref() {
        Some("system") => None,
        None if verifies && parts.parameter("sslkey")?.is_none() => parts.parameter("sslcert")?,
        _ => root,
    };
    Ok(file.map(PathBuf::from))
}

/// Whole seconds; for libpq and Prisma none at all is no limit.
fn connect_timeout(parts: &Parts<'_>) -> Result<Option<Duration>, AddressError> {
    let Some(seconds) = parts.parameter("connect_timeout")? else { return Ok(None) };
    let wrong = AddressError::Parameter { name: "connect_timeout", expected: "a number of seconds" };
    let seconds: i32 = seconds.parse().map_err(|_| wrong)?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS where the server offers it, with any certificate.
    Prefer,
    /// TLS, with any certificate; with one that `ca_file` vouches for where one is given, as libpq does.
    Require,
    /// TLS, with a certificate that a known authority vouches for, whatever name it is for.
    VerifyCa,
    /// TLS, with such a certificate for this host.
    VerifyFull,
}

impl TlsMode {
    fn of(parts: &Parts<'_>) -> Result<Self, AddressError> {
        let is_system = parts.parameter("sslrootcert")?.as_deref() == Some("system");
        let is_required = parts.parameter("ssl")?.as_deref() == Some("true");
        let mode = match parts.parameter("sslmode")? {
            Some(mode) => Self::parse(&mode)?,
            None if is_system => Self::VerifyFull,
            None if is_required => Self::Require,
            None => Self::Prefer,
        };
        let is_strict = match parts.parameter("sslaccept")?.as_deref() {
            Some("strict") => true,
            None | Some("accept_invalid_certs") => false,
            Some(_) => {
                let expected = "strict or accept_invalid_certs";
                return Err(AddressError::Parameter { name: "sslaccept", expected });
            }
        };
        Ok(if is_strict && mode != Self::Disable { Self::VerifyFull } else { mode })
    }

    fn parse(word: &str) -> Result<Self, AddressError> {
        match word {
            "disable" => Ok(Self::Disable),
            "allow" | "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => {
                let expected = "one of disable, allow, prefer, require, verify-ca or verify-full";
                Err(AddressError::Parameter { name: "sslmode", expected })
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Where a PostgreSQL is, as Prisma and libpq write it.

use super::HostPort;
use crate::config::Secret;
use std::path::PathBuf;
use std::time::Duration;

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

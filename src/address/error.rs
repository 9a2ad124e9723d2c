//! Why an address is not understood.

/// Why an address is not understood. Repeats no part of it: what stands in the wrong place may well be the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins in another way.
    #[error("the address does not begin with {expected}")]
    Scheme {
        /// How it may begin.
        expected: &'static str,
    },
    /// There is none, or one of several is empty.
    #[error("the address names no host")]
    NoHost,
    /// It can't be a host.
    #[error(
        "the address has a host that is no name and no IP address; an IPv6 address stands in brackets, and in a password / is written %2F, ? %3F and @ %40"
    )]
    Host,
    /// It is no port.
    #[error(
        "the address has a port that is no number from 1 to 65535; in a password / is written %2F, ? %3F and @ %40"
    )]
    Port,
    /// A percent sign begins no byte, or the bytes are no text.
    #[error("the address has a % that begins no UTF-8 text in percent-encoding; a % itself is written %25")]
    PercentEncoding,
    /// Something in the user or the password ends them.
    #[error("the address has an @ behind the host; in a password / is written %2F, ? %3F and @ %40")]
    Unescaped,
    /// A parameter has a value that can't be understood.
    #[error("the address's parameter {name} is not {expected}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// What stands behind the host of a Redis is no database.
    #[error("the address's database is not {expected}")]
    Database {
        /// What can stand there.
        expected: &'static str,
    },
    /// Sentinels are asked for a service.
    #[error("the address names no service for the Sentinels to find, expected HOST:PORT/SERVICE")]
    NoService,
    /// A socket has a path.
    #[error("the address names no socket, expected three slashes and its path such as unix:///run/redis.sock")]
    NoSocket,
}

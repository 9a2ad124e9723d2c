//! Why a gateway can't be asked, or gives no good answer.

use std::time::Duration;

use crate::dependencies::deadline::rounded;
use crate::dependencies::words;
use crate::tls::TlsError;

/// No client can be made of what is configured.
#[derive(Debug, thiserror::Error)]
pub enum GatewayClientError {
    /// The file of certificates is of no use.
    #[error("gateway.ca_file: {0}")]
    Tls(#[from] TlsError),
    /// The key holds what no header can.
    #[error("gateway.api_key: holds a character that cannot be sent, such as a line break")]
    Key,
    /// The HTTP client can't be made.
    #[error("cannot prepare to ask the gateway: {0}")]
    Http(reqwest::Error),
}

/// A gateway can't be reached, or gives no good answer.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No answer came in time.
    #[error("no answer within {:?} ({server})", rounded(*after))]
    TimedOut {
        /// The gateway.
        server: String,
        /// How long it was given.
        after: Duration,
    },
    /// It can't be reached, or broke off.
    #[error("{} ({server})", words::of(source))]
    Unreachable {
        /// The gateway.
        server: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// It does not accept the key.
    #[error(
        "GET {route} answered {status}: the gateway does not accept gateway.api_key; its master key or an admin's is needed"
    )]
    KeyRefused {
        /// What was asked for.
        route: String,
        /// Its answer.
        status: u16,
    },
    /// It is asked for what it tells only to those with a key, and there is none.
    #[error("gateway.api_key is not set, and without it the gateway does not tell its models")]
    NoKey,
    /// Some other answer than 200.
    #[error("GET {route} answered {status}")]
    Status {
        /// What was asked for.
        route: String,
        /// Its answer.
        status: u16,
    },
    /// It sends and sends.
    #[error("the answer to GET {route} is longer than {longest} bytes")]
    TooLong {
        /// What was asked for.
        route: String,
        /// The most that is read, in bytes.
        longest: usize,
    },
    /// It is no JSON, or other JSON than LiteLLM's.
    #[error("cannot read what the gateway answered: {0}")]
    Unreadable(serde_json::Error),
}

impl GatewayError {
    /// Whether nothing but patience was missing.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }
}

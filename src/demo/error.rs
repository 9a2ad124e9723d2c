//! Why the demo ended too early.

use std::io;

use crate::RunError;
use crate::tls::TlsError;

/// The demo could not start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No temporary folder for what is counted, or it could not be removed.
    #[error("the demo's temporary folder: {0}")]
    Folder(#[source] io::Error),
    /// No port on loopback for the simulated gateway.
    #[error("the simulated gateway could not listen on loopback: {0}")]
    Gateway(#[source] io::Error),
    /// No certificates, which an HTTP client wants even where it needs none.
    #[error("cannot prepare to send events: {0}")]
    Tls(#[from] TlsError),
    /// No HTTP client.
    #[error("cannot prepare to send events: {0}")]
    Client(#[from] reqwest::Error),
    /// The exporter itself.
    #[error(transparent)]
    Run(#[from] RunError),
}

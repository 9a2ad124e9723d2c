//! Whether the exporter may be sent traffic.

use crate::state::Startup;

/// Whether the exporter may be sent traffic: it is not shutting down, and has reached once what it was told to. Latched, so that an
/// outage later on never takes all replicas out at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// It is shutting down.
    pub is_draining: bool,
    /// The database was reached, or none is configured.
    pub is_database_initialized: bool,
    /// The models of the gateway were loaded, or there is nothing to load them from but traffic.
    pub is_router_initialized: bool,
}

impl Readiness {
    /// Of an exporter that drains or not, and has reached so much.
    #[must_use]
    pub fn new(is_draining: bool, startup: &Startup) -> Self {
        Self {
            is_draining,
            is_database_initialized: startup.is_database_initialized(),
            is_router_initialized: startup.is_router_initialized(),
        }
    }

    /// Whether it may.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        let Self { is_draining, is_database_initialized, is_router_initialized } = self;
        !is_draining && is_database_initialized && is_router_initialized
    }
}

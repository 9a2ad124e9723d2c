//! A question that nobody waits for any more is given up by the server as well.

use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::CancelToken;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A server that takes longer to hear of it has other worries.
const PATIENCE: Duration = Duration::from_secs(2);

/// Knows how to tell the server to give up what a connection has asked it, from outside of that connection.
#[derive(Clone)]
pub struct Cancel {
    pub(super) token: CancelToken,
    pub(super) tls: MakeRustlsConnect,
}

/// Tells the server to give up what it was asked, when dropped before it was [answered](Self::answered).
#[derive(Debug)]
pub struct CancelOnDrop {
    armed: Option<Cancel>,
}

impl fmt::Debug for Cancel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cancel").finish_non_exhaustive()
    }
}

impl Cancel {
    /// Tells the server, on a connection of its own, as PostgreSQL wants it. That it arrives is not certain: the server's own
    /// limit is. Where nothing is asked it does nothing. Takes two seconds at most.
    pub async fn cancel(self) {
        if !matches!(timeout(PATIENCE, self.token.cancel_query(self.tls)).await, Ok(Ok(()))) {
            tracing::debug!("a question could not be cancelled: the database gives it up when its time is over");
        }
    }

    /// The same when what is returned is dropped.
    #[must_use]
    pub fn on_drop(self) -> CancelOnDrop {
        CancelOnDrop { armed: Some(self) }
    }
}

impl CancelOnDrop {
    /// There is nothing to give up any more.
    pub fn answered(mut self) {
        self.armed = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let (Some(cancel), Ok(runtime)) = (self.armed.take(), Handle::try_current()) {
            runtime.spawn(cancel.cancel());
        }
    }
}

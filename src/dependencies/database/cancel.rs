//! A question that nobody waits for any more is given up by the server as well.

use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::CancelToken;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A server that takes longer to hear of it has other worries.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells the server to give up what it is doing, when dropped before it was [answered](Self::answered).
pub struct Canceller {
    pub(super) armed: Option<(CancelToken, MakeRustlsConnect)>,
}

impl fmt::Debug for Canceller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Canceller").field("is_armed", &self.armed.is_some()).finish()
    }
}

impl Canceller {
    /// There is nothing to give up any more.
    pub fn answered(mut self) {
        self.armed = None;
    }
}

impl Drop for Canceller {
    /// On a connection of its own, as PostgreSQL wants it. That it arrives is not certain: the server's own limit is.
    fn drop(&mut self) {
        let (Some((token, tls)), Ok(runtime)) = (self.armed.take(), Handle::try_current()) else { return };
        runtime.spawn(async move {
            if !matches!(timeout(PATIENCE, token.cancel_query(tls)).await, Ok(Ok(()))) {
                tracing::debug!("a question could not be cancelled: the database gives it up when its time is over");
            }
        });
    }
}

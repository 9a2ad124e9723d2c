//! Which replica reads the spend log, and what it hands over, with a real PostgreSQL and a real Redis. How rows are read is left out:
//! here they are numbers.

mod support;

#[path = "handover/fencing.rs"]
mod fencing;
#[path = "handover/lock.rs"]
mod lock;
#[path = "handover/once.rs"]
mod once;
#[path = "handover/outages.rs"]
mod outages;
#[path = "handover/peer.rs"]
mod peer;
#[path = "handover/pooler.rs"]
mod pooler;
#[path = "handover/shares.rs"]
mod shares;
#[path = "handover/turns.rs"]
mod turns;

use std::time::{Duration, Instant};

use support::deadline::PATIENCE;

/// Asks until `condition` gives a value. Nothing else of the test goes on meanwhile but what serves its connections.
async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

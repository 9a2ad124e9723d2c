//! What replicas share through a real Redis: who leads, what was found, what it cost, what requests said. And the cooldowns that LiteLLM keeps there.
//!
//! Leases are short here, so that the tests are. What no Redis is needed for is tested beside the code.

mod support;

#[path = "replicas/cluster.rs"]
mod cluster;
#[path = "replicas/cooldowns.rs"]
mod cooldowns;
#[path = "replicas/evidence.rs"]
mod evidence;
#[path = "replicas/leadership.rs"]
mod leadership;
#[path = "replicas/outages.rs"]
mod outages;
#[path = "replicas/peer.rs"]
mod peer;
#[path = "replicas/server.rs"]
mod server;
#[path = "replicas/spend_buffers.rs"]
mod spend_buffers;
#[path = "replicas/spending.rs"]
mod spending;
#[path = "replicas/traffic.rs"]
mod traffic;

use std::time::{Duration, Instant};

use support::deadline::PATIENCE;

/// Asks until `condition` gives a value. Nothing else of the test goes on meanwhile but what serves its connections.
fn eventually<T>(what: &str, condition: impl AsyncFnMut() -> Option<T>) -> impl Future<Output = T> {
    within(PATIENCE, what, condition)
}

/// As [`eventually`], for a time that is part of the promise.
async fn within<T>(limit: Duration, what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

//! A holder that was thought to be dead, and is not.

use llm_exporter::handover::Lost;

use super::peer::{Peer, Servers, Way, rows};

/// The session of the one is ended behind its back; the other one takes over before the one asks anybody anything.
async fn deposed(way: Way) -> (Servers, Peer, Peer) {
    let servers = Servers::start(way);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    other.lead().await;
    (servers, one, other)
}

#[tokio::test]
async fn a_holder_that_comes_back_after_a_take_over_can_claim_nothing() {
    for way in [Way::Redis, Way::Schema, Way::Alone] {
        let (_servers, mut one, _other) = deposed(way).await;
        assert!(one.book(&rows(3..5)).await.is_err(), "{way:?}");
        assert_eq!(one.store.counted.len(), 3);
    }
}

#[tokio::test]
async fn a_holder_that_comes_back_after_a_take_over_can_not_tell_progress_that_would_be_believed() {
    for way in [Way::Redis, Way::Schema] {
        let (servers, mut one, mut other) = deposed(way).await;
        other.book(&rows(3..7)).await.expect("it leads");
        // The share says it by itself: the lock is not asked for this.
        assert_eq!(one.publish().await, Err(Lost::Fenced), "{way:?}");
        other.kill();
        let mut third = Peer::new(&servers);
        assert_eq!(third.lead().await, llm_exporter::handover::Start::Shared("after 4".to_owned()));
        assert_eq!(third.claimed.others.len(), 7);
    }
}

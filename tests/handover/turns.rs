//! Who leads, and from where it reads.

use std::time::{Duration, Instant};

use llm_exporter::handover::{Admission, Start};

use super::peer::{Peer, Servers, Way, row, rows};

#[tokio::test]
async fn a_standby_takes_over_within_seconds_and_goes_on_where_the_holder_stopped() {
    for way in [Way::Redis, Way::Schema] {
        let servers = Servers::start(way);
        let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
        assert_eq!(one.lead().await, Start::Own, "nobody has read before");
        assert!(other.stands_by().await);
        assert_eq!((one.facts().active, other.facts().active), (Some(true), Some(false)));
        assert_eq!(one.book(&rows(0..3)).await, Ok(Admission::Claimed));
        one.kill();
        let killed_at = Instant::now();
        assert_eq!(other.lead().await, Start::Shared("after 3".to_owned()));
        assert!(killed_at.elapsed() < Duration::from_secs(10), "{:?}", killed_at.elapsed());
        assert_eq!(other.claimed.others, rows(0..3));
        assert!(other.claimed.own.is_empty());
        let facts = other.facts();
        assert_eq!((facts.active, facts.takeovers), (Some(true), [0, 1, 0]));
        assert_eq!(facts.share.map(|share| share.up), Some(true));
    }
}

#[tokio::test]
async fn a_holder_whose_session_was_ended_stands_by_and_its_rows_stay_claimed() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    assert!(one.book(&rows(3..4)).await.is_err());
    assert_eq!(one.facts().active, Some(false));
    assert_eq!(other.lead().await, Start::Shared("after 3".to_owned()));
    assert!(one.stands_by().await);
    assert_eq!(other.claimed.others, rows(0..3));
}

#[tokio::test]
async fn a_replica_that_was_the_last_to_read_goes_on_from_its_own_progress() {
    for way in [Way::Redis, Way::Schema, Way::Alone] {
        let servers = Servers::start(way);
        let mut peer = Peer::new(&servers);
        peer.lead().await;
        peer.book(&rows(0..3)).await.expect("it leads");
        let mut peer = Peer::restart(&servers, peer.kill());
        assert_eq!(peer.lead().await, Start::Own, "{way:?}");
    }
}

#[tokio::test]
async fn a_replica_that_was_not_the_last_to_read_goes_on_from_what_the_others_shared() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    let one = one.kill();
    other.lead().await;
    other.book(&rows(3..10)).await.expect("it leads");
    other.kill();
    let mut one = Peer::restart(&servers, one);
    assert_eq!(one.lead().await, Start::Shared("after 7".to_owned()));
    assert_eq!((one.claimed.own.len(), one.claimed.others.len()), (3, 7));
}

#[tokio::test]
async fn without_a_share_a_standby_begins_at_the_take_over_also_after_a_restart() {
    let servers = Servers::start(Way::Alone);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    assert_eq!(one.lead().await, Start::Own);
    assert_eq!(one.book(&rows(0..3)).await, Ok(Admission::Unclaimed));
    assert!(other.stands_by().await);
    one.kill();
    assert_eq!(other.lead().await, Start::Now);
    assert_eq!(other.facts().takeovers, [0, 0, 1]);
    let mut other = Peer::restart(&servers, other.kill());
    assert_eq!(other.lead().await, Start::Now, "it has noted nothing of its own since");
    other.book(&[row(9)]).await.expect("it leads");
    let mut other = Peer::restart(&servers, other.kill());
    assert_eq!(other.lead().await, Start::Own);
}

#[tokio::test]
async fn a_lead_that_is_given_back_is_taken_at_once() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..1)).await.expect("it leads");
    assert!(other.stands_by().await);
    one.lead.release().await;
    let released_at = Instant::now();
    other.lead().await;
    assert!(released_at.elapsed() < Duration::from_secs(5), "{:?}", released_at.elapsed());
}

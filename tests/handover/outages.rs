//! A share that is away, forgets, or may not be written.

use std::time::{Duration, Instant};

use llm_exporter::handover::{Admission, Start};

use super::eventually;
use super::peer::{GRACE, Peer, Servers, Way, rows};

#[tokio::test]
async fn a_holder_waits_for_a_share_that_hangs_and_then_counts_without_it() {
    let servers = Servers::start(Way::Redis);
    let mut one = Peer::new(&servers);
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.redis().pause();
    let paused_at = Instant::now();
    assert_eq!(one.book(&rows(3..5)).await, Ok(Admission::Unclaimed));
    assert!(paused_at.elapsed() >= GRACE);
    assert_eq!(one.facts().share.map(|share| share.up), Some(false));
    let before = Instant::now();
    assert_eq!(one.book(&rows(5..6)).await, Ok(Admission::Unclaimed));
    assert!(before.elapsed() < GRACE, "and does not wait for it each time");
    servers.redis().resume();
    eventually("it shares again", async || {
        one.publish().await.expect("it leads");
        one.facts().share.filter(|share| share.up)
    })
    .await;
    one.kill();
    let mut other = Peer::new(&servers);
    assert_eq!(other.lead().await, Start::Shared("after 6".to_owned()));
    assert_eq!(other.claimed.others, rows(0..6), "what was counted meanwhile is told as well");
}

#[tokio::test]
async fn a_short_outage_of_the_share_only_takes_time() {
    let mut servers = Servers::start(Way::Redis);
    let mut one = Peer::new(&servers);
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.redis_mut().stop();
    let later = rows(3..5);
    let book = one.book(&later);
    let restart = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        servers.redis_mut().start_again();
    };
    let (booked, ()) = tokio::join!(book, restart);
    assert_eq!(booked, Ok(Admission::Claimed));
    // It has forgotten everything, and was told again.
    one.kill();
    let mut other = Peer::new(&servers);
    assert_eq!(other.lead().await, Start::Shared("after 5".to_owned()));
    assert_eq!(other.claimed.others, rows(0..5));
}

#[tokio::test]
async fn a_share_that_forgot_some_claims_is_told_all_of_them_again() {
    let servers = Servers::start(Way::Redis);
    let mut one = Peer::new(&servers);
    one.lead().await;
    one.book(&rows(0..25_000)).await.expect("it leads");
    servers.redis().command(&["DEL", "{llm_exporter}:spend_log_claims:public"]);
    one.book(&rows(25_000..25_001)).await.expect("it leads");
    one.kill();
    let mut other = Peer::new(&servers);
    other.lead().await;
    let mut claimed = other.claimed.others;
    claimed.sort_by_key(|mark| mark.id);
    assert_eq!(claimed, rows(0..25_001));
}

#[tokio::test]
async fn a_standby_that_finds_the_share_away_begins_at_the_take_over_and_shares_when_it_is_back() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    assert!(other.stands_by().await);
    servers.redis().pause();
    one.kill();
    assert_eq!(other.lead().await, Start::Now);
    assert_eq!(other.book(&rows(10..12)).await, Ok(Admission::Unclaimed));
    servers.redis().resume();
    eventually("it shares again", async || {
        other.publish().await.expect("it leads");
        other.facts().share.filter(|share| share.up)
    })
    .await;
    let own_epoch = other.lead.epoch();
    other.kill();
    let mut third = Peer::new(&servers);
    assert_eq!(third.lead().await, Start::Shared("after 2".to_owned()));
    assert!(third.lead.epoch() > own_epoch);
    assert_eq!(third.claimed.others.len(), 5);
}

#[tokio::test]
async fn what_was_counted_without_the_share_before_a_restart_is_claimed_after_it() {
    let servers = Servers::start(Way::Redis);
    let mut one = Peer::new(&servers);
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.redis().command(&["ACL", "SETUSER", "default", "-evalsha", "-eval"]);
    assert_eq!(one.book(&rows(3..5)).await, Ok(Admission::Unclaimed));
    let mut one = Peer::restart(&servers, one.kill());
    servers.redis().command(&["ACL", "SETUSER", "default", "+evalsha", "+eval"]);
    assert_eq!(one.lead().await, Start::Own);
    let unclaimed = one.claimed.unclaimed(one.store.counted.keys().copied());
    assert_eq!(unclaimed.len(), 2);
    assert_eq!(one.lead.admit(&unclaimed).await, Ok(Admission::Claimed));
    one.kill();
    let mut other = Peer::new(&servers);
    other.lead().await;
    assert_eq!(other.claimed.others.len(), 5);
}

/// It counted without the share, and was killed: what the share says is not all.
#[tokio::test]
async fn a_standby_does_not_believe_what_a_holder_told_before_the_share_was_away_from_it() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    servers.redis().command(&["ACL", "SETUSER", "default", "-evalsha", "-eval"]);
    assert_eq!(one.book(&rows(3..5)).await, Ok(Admission::Unclaimed));
    assert!(other.stands_by().await);
    one.kill();
    servers.redis().command(&["ACL", "SETUSER", "default", "+evalsha", "+eval"]);
    assert_eq!(other.lead().await, Start::Now, "it would count two rows again");
}

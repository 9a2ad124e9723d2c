//! Who leads, while Redis is there.

use std::time::{Duration, Instant};

use llm_exporter::replicas::{Attempt, Leadership, Lease, Published, ReplicaId, Settings};

use super::peer::{LEASE, Peer, found, lease, settings, settle};
use super::server::Server;
use super::{eventually, within};

const LEASE_KEY: &str = "{llm_exporter}:probe_lease";

fn id() -> ReplicaId {
    ReplicaId::of_this_process()
}

#[tokio::test]
async fn of_two_replicas_one_leads() {
    let server = Server::start();
    let (leader, follower) = settle(Peer::new(), Peer::new(), &server).await;
    let holder: String = server.ask(&["GET", LEASE_KEY]).await;
    let fence = lease(leader.replica.leadership(Instant::now())).map(|(fence, _)| fence);
    assert_eq!(holder, format!("{}:{}", leader.replica.id(), fence.expect("it leads")));
    assert!(follower.errors.is_empty(), "{:?}", follower.errors);
}

#[tokio::test]
async fn a_leader_that_renews_leads_on() {
    let server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    let (first, until) = leader.lead(&server).await;
    eventually("the lease goes on after its first end", async || {
        follower.tick(&server).await;
        let (_, renewed) = leader.lead(&server).await;
        (renewed > until + LEASE).then_some(())
    })
    .await;
    assert_eq!(leader.lead(&server).await.0, first, "nobody else led meanwhile");
    assert_eq!(follower.tick(&server).await, Leadership::Follower);
}

#[tokio::test]
async fn replicas_with_another_prefix_have_a_leader_of_their_own() {
    let server = Server::start();
    let (mut ours, mut theirs) = (Peer::new(), Peer::of(&Settings { prefix: "other:".into(), ..settings() }));
    eventually("both lead", async || {
        lease(ours.tick(&server).await)?;
        lease(theirs.tick(&server).await)
    })
    .await;
    assert_eq!(server.ask::<u64>(&["EXISTS", "other:{llm_exporter}:probe_lease"]).await, 1);
}

#[tokio::test]
async fn a_dead_leader_is_replaced_within_two_lease_times() {
    let server = Server::start();
    let twice = Settings { lease_time: 2 * LEASE, ..settings() };
    let (mut leader, mut follower) = settle(Peer::of(&twice), Peer::of(&twice), &server).await;
    let (old, _) = leader.lead(&server).await;
    // As if it was killed: nobody ticks it any more, and nothing is given back.
    let new = within(2 * twice.lease_time, "the other one leads", async || lease(follower.tick(&server).await)).await;
    assert!(new.0 > old, "each lease has a higher number: {} after {old}", new.0);
}

#[tokio::test]
async fn a_leader_that_slept_through_its_lease_cannot_write() {
    let server = Server::start();
    let (mut sleeper, mut other) = settle(Peer::new(), Peer::new(), &server).await;
    sleeper.lead(&server).await;
    // It looks at its clock, sees that it leads, falls asleep, and writes when it wakes up.
    let before_sleep = Instant::now();
    let (fence, _) = other.lead(&server).await;
    assert!(lease(sleeper.replica.leadership(before_sleep)).is_some(), "it thought that it led");
    assert_eq!(sleeper.publish(before_sleep, &[found("late")]).await, Published::Refused);
    assert_eq!(sleeper.replica.leadership(before_sleep), Leadership::Follower, "it knows better now");
    assert_eq!(other.publish(Instant::now(), &[found("fresh")]).await, Published::Written);
    assert_eq!(other.hear(1, &server).await, ["fresh"]);
    assert_eq!(other.lead(&server).await.0, fence, "and its lease is untouched");
}

#[tokio::test]
async fn a_follower_cannot_write() {
    let server = Server::start();
    let (_leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    assert_eq!(follower.publish(Instant::now(), &[found("d")]).await, Published::Refused);
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_free_at_once() {
    let server = Server::start();
    let long = Settings { lease_time: 6 * LEASE, ..settings() };
    let (mut leader, mut follower) = settle(Peer::of(&long), Peer::of(&long), &server).await;
    let (_, until) = leader.lead(&server).await;
    leader.release().await;
    follower.lead(&server).await;
    assert!(Instant::now() < until, "the other one did not wait for the end of the lease");
}

#[tokio::test]
async fn a_lease_is_only_renewed_and_given_back_by_its_number() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let (ours, theirs) = (Lease::new("", id(), 20 * LEASE), Lease::new("", id(), 20 * LEASE));
    assert_eq!(ours.try_acquire(&mut conn).await, Ok(Attempt::Acquired { fence: 1 }));
    assert_eq!(theirs.try_acquire(&mut conn).await, Ok(Attempt::Taken));
    assert_eq!(theirs.renew(&mut conn, 1).await, Ok(Attempt::Lost));
    assert_eq!(ours.renew(&mut conn, 2).await, Ok(Attempt::Lost));
    assert_eq!(theirs.release(&mut conn, 1).await, Ok(()));
    assert_eq!(ours.renew(&mut conn, 1).await, Ok(Attempt::Renewed), "and it is still there");
    assert_eq!(ours.release(&mut conn, 1).await, Ok(()));
    assert_eq!(theirs.try_acquire(&mut conn).await, Ok(Attempt::Acquired { fence: 2 }));
}

#[tokio::test]
async fn who_holds_the_lease_without_knowing_takes_it_over_by_a_new_number() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let lease = Lease::new("", id(), 20 * LEASE);
    assert_eq!(lease.try_acquire(&mut conn).await, Ok(Attempt::Acquired { fence: 1 }), "and say the answer is lost");
    assert_eq!(lease.try_acquire(&mut conn).await, Ok(Attempt::Acquired { fence: 2 }));
    assert_eq!(lease.renew(&mut conn, 1).await, Ok(Attempt::Lost));
}

#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_them_again() {
    let server = Server::start();
    let (mut leader, _) = settle(Peer::new(), Peer::new(), &server).await;
    let (fence, until) = leader.lead(&server).await;
    server.ask::<()>(&["SCRIPT", "FLUSH"]).await;
    eventually("the lease is renewed", async || (leader.lead(&server).await.1 > until).then_some(())).await;
    assert_eq!(leader.lead(&server).await.0, fence);
}

#[tokio::test]
async fn redis_is_asked_for_the_lead_once_in_a_third_of_a_lease_time_at_most() {
    let server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    let (_, until) = leader.lead(&server).await;
    // The first call of each script is refused, since the server does not know it, and sent again.
    eventually("it was renewed", async || (leader.lead(&server).await.1 > until).then_some(())).await;
    server.ask::<()>(&["CONFIG", "RESETSTAT"]).await;
    let began = Instant::now();
    // Nobody ticks the leader: the follower tries until it leads, and renews later.
    follower.lead(&server).await;
    eventually("some renewals", async || {
        follower.tick(&server).await;
        (began.elapsed() > 3 * LEASE).then_some(())
    })
    .await;
    let statistics: String = server.ask(&["INFO", "commandstats"]).await;
    let calls = statistics.split("cmdstat_evalsha:calls=").nth(1).and_then(|rest| rest.split(',').next());
    let calls: u32 = calls.and_then(|calls| calls.parse().ok()).expect("scripts were called");
    let most = began.elapsed().div_duration_f64(LEASE / 3).floor() + 1.0;
    assert!(f64::from(calls) <= most, "{calls} attempts, not {most}");
    assert!(calls > 3, "{calls} attempts are too few for the test to tell anything");
}

#[tokio::test]
async fn the_keys_of_the_lead_are_gone_some_time_after_the_last_replica() {
    let server = Server::start();
    Peer::new().lead(&server).await;
    let lease: i64 = server.ask(&["PTTL", LEASE_KEY]).await;
    assert!(lease <= 1_000, "{lease} ms");
    let fence: i64 = server.ask(&["TTL", "{llm_exporter}:probe_fence"]).await;
    assert!(fence > 0 && Duration::from_secs(fence.unsigned_abs()) <= Duration::from_hours(24), "{fence} s");
}

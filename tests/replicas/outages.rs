//! Who leads when Redis hangs, is gone, or comes back without its memory.

use std::time::Instant;

use llm_exporter::replicas::{Leadership, Published};

use super::peer::{LEASE, Peer, found, settle};
use super::server::Server;
use super::{eventually, within};

async fn wait_until_alone(peers: [&mut Peer; 2], server: &Server) {
    let [one, other] = peers;
    eventually("each is alone", async || {
        let both = [one.tick(server).await, other.tick(server).await];
        both.iter().all(|leadership| matches!(leadership, Leadership::Alone { .. })).then_some(())
    })
    .await;
}

#[tokio::test]
async fn replicas_probe_for_themselves_while_redis_hangs_and_share_again_afterwards() {
    let server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    let paused_at = Instant::now();
    server.pause();
    let (mut first_alone, mut leads_until) = (None, paused_at);
    // It takes three at most on an idle machine.
    within(6 * LEASE, "each is alone", async || {
        let (one, other) = (leader.tick(&server).await, follower.tick(&server).await);
        let now = Instant::now();
        if let Leadership::Leader { until, .. } = one {
            leads_until = leads_until.max(until);
        }
        assert!(!matches!(other, Leadership::Leader { .. }), "nobody can have got the lease");
        if matches!(other, Leadership::Alone { .. }) {
            first_alone.get_or_insert(now);
        }
        [one, other].iter().all(|leadership| matches!(leadership, Leadership::Alone { .. })).then_some(())
    })
    .await;
    let first_alone = first_alone.expect("it is alone");
    assert!(first_alone >= paused_at + 2 * LEASE, "not alone before two lease times: {:?}", first_alone - paused_at);
    assert!(first_alone > leads_until, "the last leader stopped before");
    server.resume();
    settle(leader, follower, &server).await;
}

#[tokio::test]
async fn replicas_probe_for_themselves_while_redis_is_gone_and_do_not_storm_it() {
    let mut server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    server.kill();
    let (began, before) = (Instant::now(), follower.connects);
    wait_until_alone([&mut leader, &mut follower], &server).await;
    let most = began.elapsed().div_duration_f64(LEASE / 3).floor() + 1.0;
    let connects = u32::try_from(follower.connects - before).expect("few");
    assert!(f64::from(connects) <= most, "{connects} connections were tried, not {most}");
    server.restart_empty();
    settle(leader, follower, &server).await;
}

#[tokio::test]
async fn a_replica_that_starts_without_redis_is_alone_after_two_lease_times() {
    let mut server = Server::start();
    server.kill();
    let (mut one, mut other) = (Peer::new(), Peer::new());
    let began = Instant::now();
    assert!(matches!(one.tick(&server).await, Leadership::Unreachable { .. }));
    wait_until_alone([&mut one, &mut other], &server).await;
    assert!(began.elapsed() >= 2 * LEASE);
}

#[tokio::test]
async fn a_redis_without_its_memory_gets_a_leader_and_evidence_again() {
    let mut server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    assert_eq!(leader.publish(Instant::now(), &[found("before")]).await, Published::Written);
    follower.hear(1, &server).await;
    server.restart_empty();
    eventually("one of them leads and tells", async || {
        for peer in [&mut leader, &mut follower] {
            peer.tick(&server).await;
            if peer.try_publish(Instant::now(), &[found("after")]).await == Some(Published::Written) {
                return Some(());
            }
        }
        None
    })
    .await;
    eventually("both hear it", async || {
        leader.tick(&server).await;
        follower.tick(&server).await;
        [&leader, &follower].iter().all(|peer| peer.heard.iter().any(|heard| heard == "after")).then_some(())
    })
    .await;
    settle(leader, follower, &server).await;
}

#[tokio::test]
async fn errors_say_what_was_asked_and_no_password() {
    let server = Server::with_password("hunter2hunter2");
    let mut peer = Peer::new();
    eventually("it is refused", async || {
        peer.tick(&server).await;
        (!peer.errors.is_empty()).then_some(())
    })
    .await;
    let error = &peer.errors[0];
    assert!(error.starts_with("redis did not decide who probes: "), "{error}");
    assert!(error.to_lowercase().contains("auth"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    assert!(!format!("{:?}", peer.replica).contains("hunter2"));
}

//! A leader that is lost is replaced.

use std::time::{Duration, Instant};

use crate::support::deadline::PATIENCE;
use crate::support::provider::{Behaviour, Provider};
use crate::support::redis::Redis;
use crate::{Setup, probes, probes_itself, wait_for_role, wait_for_state};

#[test]
fn a_leader_that_is_killed_is_replaced_within_two_leases() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let setup = Setup::new(&redis, &provider);
    let mut leader = setup.start();
    wait_for_role(&leader, true);
    let follower = setup.start();
    wait_for_state(&follower, "healthy", PATIENCE);
    assert_eq!(probes_itself(&follower), Some(false));
    let interval = follower.metrics().value("llm_exporter_probe_interval_seconds", &[]);
    assert_eq!(interval, Some(0.5), "one that stands by tells it too");

    leader.signal("KILL");
    leader.wait_exit(PATIENCE);
    let lost_at = Instant::now();
    follower.wait_until("it takes over", PATIENCE, |follower| probes(follower) > 0.0);
    // And its next turn is an interval away at most.
    let most = setup.lease * 2 + setup.interval * 2;
    assert!(lost_at.elapsed() <= most, "it took {:?}", lost_at.elapsed());
    assert_eq!(probes_itself(&follower), Some(true));
    provider.behave(Behaviour::Status(500));
    wait_for_state(&follower, "unhealthy", PATIENCE);
}

#[test]
fn a_leader_that_is_stopped_hands_over_before_it_is_gone() {
    let (redis, provider) = (Redis::start(), Provider::start());
    // What is left of a lease when a leader is lost is two thirds of it at least.
    let setup = Setup { lease: Duration::from_secs(9), ..Setup::new(&redis, &provider) };
    let leader = setup.start();
    wait_for_role(&leader, true);
    let follower = setup.start();
    wait_for_state(&follower, "healthy", PATIENCE);

    leader.sigterm();
    let stopped_at = Instant::now();
    leader.wait_until("it probes no more", PATIENCE, |leader| probes_itself(leader) == Some(false));
    let before = probes(&leader);
    follower.wait_until("it takes over", PATIENCE, |follower| probes(follower) > 0.0);
    assert!(stopped_at.elapsed() < setup.lease * 2 / 3, "it took {:?}", stopped_at.elapsed());
    assert!(probes(&leader) <= before + 1.0, "but for one that was under way, it has sent none since");
}

#[test]
fn a_leader_that_leaves_at_once_says_goodbye_all_the_same() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let setup =
        Setup { lease: Duration::from_secs(60), shutdown: "delay: 0s, grace: 5s", ..Setup::new(&redis, &provider) };
    let mut leader = setup.start();
    wait_for_role(&leader, true);
    leader.sigterm();
    assert!(leader.wait_exit(PATIENCE).success());
    assert_eq!(redis.command(&["EXISTS", "{llm_exporter}:probe_lease"]), "0", "nobody waits for the end of its lease");
}

#[test]
fn a_leader_that_slept_knows_that_it_leads_no_more() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let setup = Setup::new(&redis, &provider);
    let leader = setup.start();
    wait_for_role(&leader, true);
    let follower = setup.start();
    wait_for_state(&follower, "healthy", PATIENCE);

    leader.signal("STOP");
    wait_for_role(&follower, true);
    leader.signal("CONT");
    let before = probes(&leader);
    wait_for_role(&leader, false);
    let led_by_now = probes(&follower);
    follower.wait_until("it goes on", PATIENCE, |follower| probes(follower) > led_by_now + 2.0);
    assert!(probes(&leader) <= before + 1.0, "but for one that was under way, it has sent none since");
    assert_eq!(probes_itself(&follower), Some(true));
}

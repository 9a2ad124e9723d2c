//! Who probes, and that all show the same.

use std::time::Duration;

use crate::support::deadline::PATIENCE;
use crate::support::provider::{Behaviour, Provider};
use crate::support::redis::Redis;
use crate::{DEPLOYMENT, Setup, probes, probes_itself, state, wait_for_role, wait_for_state};

/// An interval of one second, and as much for a busy machine.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn one_of_two_probes_and_both_show_the_same_verdict_within_an_interval() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let setup = Setup { interval: Duration::from_secs(1), ..Setup::new(&redis, &provider) };
    let leader = setup.start();
    wait_for_role(&leader, true);
    let follower = setup.start();
    wait_for_role(&follower, false);

    wait_for_state(&leader, "healthy", PATIENCE);
    wait_for_state(&follower, "healthy", SOON);
    provider.behave(Behaviour::Status(500));
    wait_for_state(&leader, "unhealthy", PATIENCE);
    wait_for_state(&follower, "unhealthy", SOON);
    for replica in [&leader, &follower] {
        let answer = replica.get("/health/models").json();
        let error = answer["unhealthy"][0]["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains("500"), "each says why: {answer}");
        assert_eq!(replica.get("/health").status, 503);
    }
    provider.behave(Behaviour::Healthy);
    wait_for_state(&leader, "healthy", PATIENCE);
    wait_for_state(&follower, "healthy", SOON);

    let skipped = |reason: &str| {
        let labels = [("deployment", DEPLOYMENT), ("reason", reason)];
        follower.metrics().sum("llm_probes_skipped_total", &labels)
    };
    follower.wait_until("its turns are counted as left out", PATIENCE, |_| skipped("not_leader") > 2.0);
    assert_eq!((probes(&follower), probes_itself(&leader), probes_itself(&follower)), (0.0, Some(true), Some(false)));
    // In this order: one may be under way, and then it is seen by the provider first.
    let (counted, asked) = (probes(&leader), provider.all_requests() as f64);
    assert!((counted..=counted + 1.0).contains(&asked), "the provider was asked {asked} times, the leader {counted}");
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn a_newcomer_knows_what_was_found_before_it_came() {
    let (redis, provider) = (Redis::start(), Provider::start());
    provider.behave(Behaviour::Status(500));
    let setup = Setup::new(&redis, &provider);
    let leader = setup.start();
    wait_for_state(&leader, "unhealthy", PATIENCE);
    // From now on nobody finds anything out: what the newcomer knows is what was shared.
    provider.behave(Behaviour::Hang);
    let newcomer = setup.start();
    wait_for_state(&newcomer, "unhealthy", PATIENCE);
    assert_eq!(probes(&newcomer), 0.0);
    let answer = newcomer.get("/health/models").json();
    let failures = answer["unhealthy"][0]["consecutive_failures"].as_u64().unwrap_or_default();
    assert!(failures >= 3, "it knows of each: {answer}");
}

#[test]
fn a_newcomer_thinks_no_better_of_an_outage_whose_probes_are_far_apart() {
    let (redis, provider) = (Redis::start(), Provider::start());
    provider.behave(Behaviour::Status(500));
    // No three probes lie within what is fresh: the verdict rests on older ones.
    let interval = Duration::from_secs(2);
    let setup = Setup { interval, health: ", stale_after: 3s, freshness: 1s", ..Setup::new(&redis, &provider) };
    let leader = setup.start();
    // With the fourth, the first three are told.
    leader.wait_until("the fourth probe", PATIENCE, |leader| probes(leader) >= 4.0);
    assert_eq!(state(&leader), "unhealthy");
    let newcomer = setup.start();
    wait_for_role(&newcomer, false);
    wait_for_state(&newcomer, "unhealthy", PATIENCE);
    let log = newcomer.log();
    assert!(!log.contains(r#"to="degraded""#), "it never thought so: {log}");
}

#[test]
fn exporters_of_another_namespace_are_not_replicas_of_these() {
    let (redis, provider, other_provider) = (Redis::start(), Provider::start(), Provider::start());
    other_provider.behave(Behaviour::Status(500));
    let one = Setup { namespace: "one", ..Setup::new(&redis, &provider) }.start();
    let other = Setup { namespace: "other", ..Setup::new(&redis, &other_provider) }.start();
    wait_for_state(&one, "healthy", PATIENCE);
    wait_for_state(&other, "unhealthy", PATIENCE);
    assert_eq!((probes_itself(&one), probes_itself(&other)), (Some(true), Some(true)));
    assert_eq!(state(&one), "healthy", "what the other found is of another deployment with this id");
}

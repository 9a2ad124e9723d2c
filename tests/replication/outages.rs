//! Redis goes and comes back, again and again.

use std::time::{Duration, Instant};

use crate::support::deadline::PATIENCE;
use crate::support::exporter::Exporter;
use crate::support::provider::Provider;
use crate::support::redis::Redis;
use crate::{Setup, probes, probes_itself, wait_for_role, wait_for_state};

const FLAPS: u32 = 3;

#[test]
fn a_redis_that_flaps_starts_no_storm_of_probes() {
    let (mut redis, provider) = (Redis::start(), Provider::start());
    let setup = Setup { lease: Duration::from_secs(6), ..Setup::new(&redis, &provider) };
    let replicas = [setup.start(), setup.start()];
    for replica in &replicas {
        wait_for_state(replica, "healthy", PATIENCE);
    }
    let (began, before) = (Instant::now(), provider.all_requests());
    for _ in 0..FLAPS {
        redis.stop();
        wait_for_redis(&replicas, "disconnected");
        redis.start_again();
        wait_for_redis(&replicas, "connected");
        redis.pause();
        wait_for_redis(&replicas, "disconnected");
        redis.resume();
        wait_for_redis(&replicas, "connected");
    }
    let (sent, elapsed) = (provider.all_requests() - before, began.elapsed());
    // One replica's turns; and a Redis that forgets who led lets the next one begin before the last one knows.
    let turns = elapsed.as_secs_f64() / setup.interval.mul_f64(0.9).as_secs_f64();
    let twice = f64::from(FLAPS) * (setup.lease / 3).div_duration_f64(setup.interval);
    assert!(sent as f64 <= turns + twice + 2.0, "{sent} probes in {elapsed:?}");
    wait_for_one_leader(&replicas);
}

#[test]
fn without_redis_each_probes_for_itself_after_two_leases_and_with_it_one_for_all() {
    let (mut redis, provider) = (Redis::start(), Provider::start());
    let setup = Setup { lease: Duration::from_secs(2), ..Setup::new(&redis, &provider) };
    let replicas = [setup.start(), setup.start()];
    wait_for_one_leader(&replicas);

    redis.stop();
    let lost_at = Instant::now();
    for replica in &replicas {
        wait_for_role(replica, true);
    }
    assert!(lost_at.elapsed() > setup.lease, "a leader that is still at it is waited for: {:?}", lost_at.elapsed());
    let before = replicas.each_ref().map(probes);
    for (replica, before) in replicas.iter().zip(before) {
        replica.wait_until("it probes", PATIENCE, |replica| probes(replica) > before + 1.0);
        wait_for_state(replica, "healthy", PATIENCE);
    }

    redis.start_again();
    wait_for_one_leader(&replicas);
    for replica in &replicas {
        wait_for_state(replica, "healthy", PATIENCE);
        let log = replica.log();
        assert_eq!(log.matches("nothing can be shared").count(), 1, "an outage is told once: {log}");
        assert_eq!(log.matches("sharing with other replicas again").count(), 1, "{log}");
    }
}

#[test]
fn an_exporter_that_never_reached_redis_probes_all_the_same() {
    let (mut redis, provider) = (Redis::start(), Provider::start());
    redis.stop();
    let setup = Setup { lease: Duration::from_secs(1), ..Setup::new(&redis, &provider) };
    let exporter = setup.start();
    wait_for_state(&exporter, "healthy", PATIENCE);
    assert_eq!(exporter.get("/health").status, 503, "Redis is configured and not there");
}

fn wait_for_redis(replicas: &[Exporter], expected: &str) {
    for replica in replicas {
        replica.wait_until(expected, PATIENCE, |replica| replica.get("/health").json()["redis"] == expected);
    }
}

fn wait_for_one_leader(replicas: &[Exporter]) {
    let [one, other] = replicas else { panic!("two replicas") };
    one.wait_until("one of two probes", PATIENCE, |one| {
        let roles = [probes_itself(one), probes_itself(other)];
        roles == [Some(true), Some(false)] || roles == [Some(false), Some(true)]
    });
}

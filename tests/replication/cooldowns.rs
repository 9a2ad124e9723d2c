//! The cooldowns that LiteLLM keeps in Redis.

use std::time::Duration;

use crate::support::deadline::PATIENCE;
use crate::support::exporter::Exporter;
use crate::support::provider::Provider;
use crate::support::redis::Redis;
use crate::{DEPLOYMENT, Setup, wait_for_state};

#[test]
fn a_deployment_in_cooldown_is_degraded_until_the_key_expires() {
    it_is_seen("", "deployment:only:cooldown");
}

#[test]
fn cooldowns_are_read_behind_the_namespace_of_the_gateway() {
    it_is_seen("prod", "prod:deployment:only:cooldown");
}

fn it_is_seen(namespace: &'static str, key: &str) {
    let (redis, provider) = (Redis::start(), Provider::start());
    let exporter = Setup { namespace, ..Setup::new(&redis, &provider) }.start();
    wait_for_state(&exporter, "healthy", PATIENCE);
    exporter.wait_until("it has looked", PATIENCE, |exporter| cooldown(exporter) == Some(0.0));
    assert_eq!(exporter.get("/health/models").json()["healthy"][0]["cooldown"], false);

    // As long as LiteLLM's own by default.
    redis.command(&["SET", key, r#"{"exception_received": "429", "cooldown_time": 5}"#, "PX", "5000"]);
    wait_for_state(&exporter, "degraded", PATIENCE);
    assert_eq!(cooldown(&exporter), Some(1.0));
    let answer = exporter.get("/health/models").json();
    assert_eq!(answer["healthy"][0]["cooldown"], true, "it can serve: {answer}");
    assert_eq!(exporter.get("/health").status, 200);

    wait_for_state(&exporter, "healthy", PATIENCE);
    assert_eq!(redis.command(&["EXISTS", key]), "0", "not before it expired");
    assert_eq!(cooldown(&exporter), Some(0.0));
}

fn cooldown(exporter: &Exporter) -> Option<f64> {
    let metrics = exporter.metrics();
    let of_ours =
        metrics.samples("llm_deployment_cooldown").find(|it| it.labels.include(&[("deployment", DEPLOYMENT)]));
    of_ours.map(|sample| sample.value)
}

#[test]
fn a_user_that_may_read_alone_sees_cooldowns_and_probes_for_itself() {
    let (redis, provider) = (Redis::start(), Provider::start());
    redis.command(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">secret",
        "%R~deployment:*",
        "resetchannels",
        "+@read",
        "+@connection",
    ]);
    let url = redis.url().replace("redis://", "redis://reader:secret@");
    let exporter = Setup { redis: url, lease: Duration::from_secs(1), ..Setup::new(&redis, &provider) }.start();
    wait_for_state(&exporter, "healthy", PATIENCE);
    redis.command(&["SET", "deployment:only:cooldown", "{}"]);
    wait_for_state(&exporter, "degraded", PATIENCE);
    assert_eq!(exporter.get("/health").status, 200, "Redis answers");
    let log = exporter.log();
    assert_eq!(log.matches("nothing can be shared").count(), 1, "{log}");
    assert!(log.contains("NOPERM") || log.contains("permission"), "it says why: {log}");
}

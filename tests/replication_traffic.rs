//! Two exporters beside one gateway, whose events come to one of them or the other: both judge by all of them.

mod support;

use serde_json::Value;
use support::deadline::PATIENCE;
use support::events::{array, event};
use support::exporter::{Exporter, Launch};
use support::provider::Provider;
use support::redis::Redis;

/// Exporters that share this Redis, whose one listed deployment is at this provider.
fn exporter(redis: &Redis, provider: &Provider) -> Exporter {
    let (redis, api_base) = (redis.url(), provider.api_base());
    let models = format!(
        "models:\n  - {{model: gpt-4o, deployment: dep-gpt-4o, provider: openai, api_base: '{api_base}', api_key: sk-test}}"
    );
    let probes = "probes: {interval: 1s, confirm_after: 1s, max_backoff: 1s}";
    Launch::default().config(&format!("redis: {{url: '{redis}'}}\n{models}\n{probes}\n")).start()
}

fn exporter_without_probes(redis: &Redis) -> Exporter {
    Launch::default().config(&format!("redis: {{url: '{}'}}\nprobes: {{enabled: false}}\n", redis.url())).start()
}

/// What the JSON says of this model.
fn model(exporter: &Exporter, model: &str) -> Option<Value> {
    let list = exporter.get(&format!("/health/models?model={model}"));
    if list.status == 404 {
        return None;
    }
    let json = list.json();
    let mut lists = json.as_object().expect("an object").values().filter_map(Value::as_array).flatten();
    lists.find(|entry| entry["model"] == model).cloned()
}

fn wait_for_status(exporter: &Exporter, name: &str, status: &str) {
    exporter.wait_until(&format!("{name} is {status}"), PATIENCE, |exporter| {
        model(exporter, name).is_some_and(|entry| entry["status"] == status)
    });
}

/// How often a probe was left out for this reason.
fn skipped(exporter: &Exporter, reason: &str) -> f64 {
    exporter.metrics().sum("llm_probes_skipped_total", &[("reason", reason)])
}

#[test]
fn what_one_is_told_both_judge_by() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let both = [exporter(&redis, &provider), exporter(&redis, &provider)];
    both.iter().for_each(|exporter| wait_for_status(exporter, "gpt-4o", "healthy"));

    let failures = [(); 3].map(|()| event("gpt-4o").failed());
    both[0].push(array(&failures));
    for exporter in &both {
        wait_for_status(exporter, "gpt-4o", "unhealthy");
        let entry = model(exporter, "gpt-4o").expect("it is listed");
        assert_eq!(entry["reason"], "failures_in_a_row", "not by probes: the provider can be reached\n{entry}");
        assert_eq!(entry["consecutive_failures"], 3, "{entry}");
    }
    let words = both.each_ref().map(|exporter| model(exporter, "gpt-4o").expect("it is listed")["error"].clone());
    assert!(words[0].is_string() && words[0] == words[1], "both say why: {words:?}");

    both[1].push(array(&[event("gpt-4o"), event("gpt-4o")]));
    for exporter in &both {
        wait_for_status(exporter, "gpt-4o", "healthy");
        assert_eq!(model(exporter, "gpt-4o").expect("it is listed")["reason"], "answers");
    }
}

#[test]
fn requests_are_counted_by_the_one_that_was_told_of_them() {
    let redis = Redis::start();
    let (told, other) = (exporter_without_probes(&redis), exporter_without_probes(&redis));
    told.push(array(&[event("gpt-4o"), event("gpt-4o").failed(), event("gpt-4o")]));
    // No list names it: it becomes known also where no request of it is.
    wait_for_status(&other, "gpt-4o", "healthy");
    let counters = ["llm_requests_total", "llm_request_errors_total", "llm_input_tokens_total", "llm_cost_usd_total"];
    let counted = |exporter: &Exporter| {
        let metrics = exporter.metrics();
        counters.map(|name| metrics.samples(name).filter(|sample| sample.value > 0.0).count())
    };
    assert!(counted(&told)[0] > 0, "the metrics are called so");
    assert_eq!(counted(&other), [0; 4]);
    assert_eq!(other.metrics().sum("llm_request_duration_seconds_count", &[]), 0.0);
    let entry = model(&other, "gpt-4o").expect("it is known");
    assert_eq!(entry["api_base"], model(&told, "gpt-4o").expect("it is known")["api_base"]);
}

#[test]
fn fresh_traffic_at_the_follower_keeps_the_leader_from_probing() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let leader = exporter(&redis, &provider);
    leader.wait_until("it probes", PATIENCE, |_| provider.all_requests() > 0);
    let follower = exporter(&redis, &provider);
    follower
        .wait_until("it leaves the probes to the leader", PATIENCE, |follower| skipped(follower, "not_leader") > 0.0);

    follower.push(event("gpt-4o").json());
    let skips = |at_least: f64| {
        leader.wait_until("the leader sends no probe", PATIENCE, |leader| skipped(leader, "fresh_traffic") >= at_least);
    };
    skips(1.0);
    let (requests, connections) = (provider.all_requests(), provider.connections());
    skips(4.0);
    assert_eq!((provider.all_requests(), provider.connections()), (requests, connections), "nor anybody else");
}

#[test]
fn what_it_was_told_last_survives_a_restart() {
    let redis = Redis::start();
    let mut before = exporter_without_probes(&redis);
    before.push(array(&[(); 3].map(|()| event("gpt-4o").failed())));
    before.sigterm();
    before.wait_exit(PATIENCE);
    wait_for_status(&exporter_without_probes(&redis), "gpt-4o", "unhealthy");
}

#[test]
fn what_could_not_be_told_while_redis_was_away_is_told_once_it_is_back() {
    let mut redis = Redis::start();
    let both = [exporter_without_probes(&redis), exporter_without_probes(&redis)];
    both[0].push(event("gpt-4o").json());
    wait_for_status(&both[1], "gpt-4o", "healthy");
    redis.stop();
    both[0].wait_until("it notices", PATIENCE, |exporter| {
        exporter.push(event("gpt-4o-mini").failed().json());
        exporter.log().contains("nothing can be shared")
    });
    redis.start_again();
    both[1].wait_until("it hears of it", PATIENCE, |exporter| model(exporter, "gpt-4o-mini").is_some());
}

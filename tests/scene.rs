//! The whole of it at work: two real exporters beside a gateway with a real PostgreSQL and a real Redis, fed recorded and made-up
//! events; a real Prometheus and a real VictoriaMetrics that scrape them and evaluate the rules of `alerts/` as they are; and a real
//! Alertmanager with the example's routes. Then things break.
//!
//! It takes some six minutes, nearly all of it waiting, for alerts wait before they fire. So it is no part of `cargo test`:
//! `cargo test --test scene` plays it, and `tests/run` does beside the other tests.

mod support;

#[path = "scene/books.rs"]
mod books;
#[path = "scene/dashboards.rs"]
mod dashboards;
#[path = "scene/faults.rs"]
mod faults;
#[path = "scene/fleet.rs"]
mod fleet;
#[path = "scene/play.rs"]
mod play;
#[path = "scene/receivers.rs"]
mod receivers;
#[path = "scene/stage.rs"]
mod stage;
#[path = "scene/traffic.rs"]
mod traffic;
#[path = "scene/unanswered.rs"]
mod unanswered;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use dashboards::{Query, queries_of};
use play::{Play, say};
use stage::Stage;
use support::dashboard_files::Dashboard;
use support::deadline::poll;
use support::exporter::Exporter;
use support::prometheus::{Prometheus, ScrapeJob};
use support::query_api::Api;
use unanswered::Unanswered;

/// How often everybody is asked.
const BEAT: Duration = Duration::from_secs(1);

/// How long it may take until all is well, and then until all faults are over: many times as long as it does on a quiet machine.
const PATIENCE: Duration = Duration::from_mins(20);

/// The alert that always fires.
const DEAD_MAN: &str = "LLMDeadMansSwitch";

/// Who waits for it.
const TOLD_ALWAYS: &str = "dead-mans-switch";

#[test]
fn every_query_of_the_dashboards_has_data_and_every_fault_is_told_and_ends() {
    let queries: Vec<Query> = Dashboard::load_all().iter().flat_map(queries_of).collect();
    let mut stage = Stage::set();
    let mut unanswered = [
        Unanswered::new("Prometheus", queries.clone()),
        // Which keeps no exemplars.
        Unanswered::new("VictoriaMetrics", queries.into_iter().filter(|query| !query.is_for_exemplars())),
    ];
    let mut play = Play::new();
    beat_until(&mut stage, &mut unanswered, "all is well", |stage| why_not_well(stage));
    say(&format!("{:?} queries wait for a fault", unanswered.each_ref().map(Unanswered::len)));
    beat_until(&mut stage, &mut unanswered, "all faults are over", |stage| {
        play.advance(stage);
        play.told()
    });
    let left = unanswered.iter().map(Unanswered::told).collect::<String>();
    assert!(left.is_empty(), "without data throughout:\n{left}");
}

/// Lets everything go on, second by second, until nothing is left that `left` tells.
fn beat_until(
    stage: &mut Stage,
    unanswered: &mut [Unanswered; 2],
    what: &str,
    mut left: impl FnMut(&mut Stage) -> String,
) {
    let began = Instant::now();
    loop {
        let beat = Instant::now();
        stage.beat();
        for (unanswered, api) in unanswered.iter_mut().zip([stage.prometheus.queries(), stage.victoria.queries()]) {
            unanswered.ask(api);
        }
        let left = left(stage);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{left}\n{}", stage.last_words());
        // The pace, and not what is waited for.
        thread::sleep(BEAT.saturating_sub(beat.elapsed()));
    }
}

/// What speaks against it that nothing is wrong, and that this is what everybody is told.
fn why_not_well(stage: &Stage) -> String {
    let alerts = stage.prometheus.alerts().into_iter().filter(|alert| alert["labels"]["alertname"] != DEAD_MAN);
    let rules = [stage.prometheus.queries(), stage.vmalert.queries()].into_iter().flat_map(broken_rules);
    let is_told = stage.receivers.told().iter().any(|told| told.receiver == TOLD_ALWAYS);
    let silence = (!is_told).then(|| format!("{TOLD_ALWAYS} is not told that alerts work"));
    let left = alerts.map(|alert| alert.to_string()).chain(rules).chain(silence);
    left.map(|line| line + "\n").collect()
}

/// The rules that were not evaluated yet, or could not be.
fn broken_rules(api: Api) -> Vec<String> {
    let answer = api.get("rules", &[]).unwrap_or_else(|error| panic!("rules: {error}"));
    let groups = answer["groups"].as_array().expect("there are groups of rules");
    assert!(!groups.is_empty(), "there are rules");
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().expect("a group has rules"));
    let broken =
        rules.filter(|rule| rule["health"] != "ok" || rule["lastError"].as_str().is_some_and(|it| !it.is_empty()));
    broken.map(|rule| format!("{}: {} {}", rule["name"], rule["health"], rule["lastError"])).collect()
}

#[test]
fn a_query_without_data_stays_unanswered_and_is_named() {
    let exporter = Exporter::start();
    let prometheus = Prometheus::scraping(&[ScrapeJob { name: "one", target: exporter.address(), path: "/metrics" }]);
    let target = |expr: &str| json!({"expr": expr});
    let dashboard = json!({
        "templating": {"list": [
            {"name": "job", "type": "query", "includeAll": true, "allValue": ".+", "query": "label_values(up, job)"},
            {"name": "model", "type": "query", "query": {"query": "label_values(llm_model_up{job=~\"$job\"}, model)"}},
        ]},
        "panels": [{"title": "Open", "targets": [target("up{job=~\"$job\"}"), target("scalar(up)"), target("up ==")]}, {
            "title": "A row",
            "panels": [{"title": "Closed", "targets": [target("up == 2"), target("0 * up / 0"), target("rate(up[$__rate_interval])")]}],
        }],
    });
    let queries = queries_of(&Dashboard::parse("made-up.json", &dashboard.to_string()));
    assert_eq!(queries.len(), 8);
    let mut unanswered = Unanswered::new("Prometheus", queries);
    let all_that_can = poll(PATIENCE, || {
        unanswered.ask(prometheus.queries());
        (unanswered.len() <= 4).then_some(())
    });
    let told = unanswered.told();
    assert!(all_that_can.is_some(), "{told}");
    for (query, why) in [
        ("variable model: values of model in llm_model_up{job=~\".+\"}", "no values"),
        ("Open: up ==", "400: "),
        ("Closed: up == 2", "no series"),
        ("Closed: 0 * up / 0", "no series that is a number"),
    ] {
        let line = format!("Prometheus: made-up.json, {query}: {why}");
        assert!(told.lines().any(|told| told.starts_with(&line)), "{line}\n{told}");
    }
}

//! As a whole or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::support::deadline::PATIENCE;
use crate::support::events::{array, event};
use crate::support::exporter::Launch;
use crate::{RELOAD, SUCCESSFUL, is_listed, post, refused, reload, states, success_time, wait_for_state, write};

/// One failure says little.
const PATIENT: &str = "health: {failure_threshold: 3, min_requests: 1000}\n";
/// One failure says all.
const STRICT: &str = "health: {failure_threshold: 1, min_requests: 1000}\n";

#[test]
fn another_threshold_changes_the_verdict_on_what_was_seen_before() {
    let exporter = Launch::default().config(PATIENT).start();
    exporter.push(array(&[event("m").failed()]));
    assert_eq!(states(&exporter, "m"), ["degraded"]);
    let started = success_time(&exporter);

    reload(&exporter, STRICT);
    assert_eq!(states(&exporter, "m"), ["unhealthy"]);
    assert_eq!(exporter.metrics().sum("llm_deployment_health", &[("model", "m"), ("state", "unhealthy")]), 1.0);
    assert!(success_time(&exporter) > started);
    let log = exporter.log();
    assert!(log.contains("the configuration was reloaded") && log.contains("health.failure_threshold"), "{log}");
    exporter
        .wait_until("the log tells of the verdict", PATIENCE, |exporter| exporter.log().contains("to=\"unhealthy\""));
}

#[test]
fn a_signal_does_the_same_and_never_ends_the_process() {
    let exporter = Launch::default().config(PATIENT).start();
    exporter.push(array(&[event("m").failed()]));
    write(&exporter, STRICT);
    exporter.signal("HUP");
    wait_for_state(&exporter, "m", "unhealthy");
    for _ in 0..20 {
        exporter.signal("HUP");
    }
    write(&exporter, PATIENT);
    exporter.signal("HUP");
    wait_for_state(&exporter, "m", "degraded");
}

#[test]
fn a_configuration_with_mistakes_leaves_the_one_in_use_until_they_are_mended() {
    let exporter = Launch::default().config(PATIENT).start();
    exporter.push(array(&[event("m").failed()]));
    let started = success_time(&exporter);

    let reasons = refused(&exporter, "health: {failure_threshold: 0, min_requests: 1000}\nprobes: {intervall: 3s}\n");
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("health.failure_threshold: found 0"), "{reasons:?}");
    assert!(reasons[1].starts_with("probes.intervall: unknown key"), "{reasons:?}");
    let log = exporter.log();
    for reason in ["health.failure_threshold: found 0", "probes.intervall: unknown key"] {
        let told = log.lines().any(|line| line.contains("ERROR") && line.contains(reason));
        assert!(told, "{reason} is not in the log:\n{log}");
    }
    assert_eq!((states(&exporter, "m"), success_time(&exporter)), (vec!["degraded".to_owned()], started));
    let health = exporter.get("/health/readiness");
    assert_eq!(health.status, 200, "it serves on: {}", health.text());

    // By signal as well, and where there is nothing to read.
    std::fs::remove_file(exporter.folder().join("llm-exporter.yml")).expect("it is there");
    exporter.signal("HUP");
    exporter.wait_until("the log tells of the file", PATIENCE, |exporter| exporter.log().contains("cannot be read"));
    assert_eq!(success_time(&exporter), started);

    reload(&exporter, STRICT);
    assert_eq!(states(&exporter, "m"), ["unhealthy"]);
    assert!(success_time(&exporter) > started);
}

#[test]
fn what_takes_a_restart_is_named_and_nothing_of_it_is_taken_over() {
    let exporter = Launch::default().config(PATIENT).start();
    exporter.push(array(&[event("m").failed()]));
    let (started, password) = (success_time(&exporter), "geheim-0815");
    let yaml = format!(
        "{STRICT}models: [{{model: new, provider: openai, upstream_model: openai/new}}]\n\
         labels: {{consumer: [team]}}\nstorage: {{interval: 3s}}\ndatabase: {{url: 'postgres://me:{password}@nowhere.invalid/db'}}\n"
    );
    let reasons = refused(&exporter, &yaml);
    let expected = "database.url, labels.consumer, storage.interval: can't change while the exporter runs, restart it";
    assert_eq!(reasons, [expected]);
    assert!(exporter.log().contains(expected), "{}", exporter.log());
    assert!(!exporter.log().contains(password), "{}", exporter.log());
    assert_eq!((states(&exporter, "m"), success_time(&exporter)), (vec!["degraded".to_owned()], started));
    assert!(!is_listed(&exporter, "new"));

    // Taken back, the one in use is the one that was last read.
    reload(&exporter, PATIENT);
    assert_eq!(exporter.metrics().value(SUCCESSFUL, &[]), Some(1.0));
}

#[test]
fn a_file_of_certificates_that_is_none_is_a_mistake_with_its_key() {
    let exporter = Launch::default().config(PATIENT).start();
    let reasons = refused(&exporter, "probes: {ca_file: llm-exporter.yml}\n");
    assert!(reasons.len() == 1 && reasons[0].starts_with("probes.ca_file: "), "{reasons:?}");
}

#[test]
fn counters_go_on_and_what_was_counted_is_recognised() {
    let exporter = Launch::default().config(PATIENT).start();
    let batch = array(&[event("m"), event("m"), event("m").failed()]);
    assert_eq!(exporter.push(batch.clone()), json!({"accepted": 3, "duplicates": 0, "rejected": 0}));
    reload(&exporter, STRICT);
    assert_eq!(exporter.push(batch), json!({"accepted": 0, "duplicates": 3, "rejected": 0}));
    assert_eq!(exporter.metrics().sum("llm_requests_total", &[("model", "m")]), 3.0);
}

#[test]
fn no_push_is_lost_while_the_configuration_is_reloaded() {
    const PUSHES: u32 = 200;
    let exporter = Launch::default().config(PATIENT).start();
    let is_done = AtomicBool::new(false);
    let reloads = thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            for _ in 0..PUSHES {
                let summary = exporter.push(array(&[event("m"), event("m")]));
                assert_eq!(summary, json!({"accepted": 2, "duplicates": 0, "rejected": 0}));
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let mut reloads = 0;
        while !is_done.load(Ordering::Relaxed) && !pushing.is_finished() {
            let answer = post(&exporter, if reloads % 2 == 0 { STRICT } else { PATIENT });
            assert_eq!(answer.status, 200, "{}", answer.text());
            reloads += 1;
        }
        reloads
    });
    assert!(reloads > 1, "{reloads}");
    assert_eq!(exporter.metrics().sum("llm_requests_total", &[("model", "m")]), f64::from(2 * PUSHES));
}

#[test]
fn another_token_holds_from_then_on() {
    let exporter = Launch::default().config("ingest: {token: the-old-one}\n").start();
    let with = |token: &str| {
        let request = crate::support::http::Request::new("POST", RELOAD);
        exporter.send(&request.header("Authorization", &format!("Bearer {token}"))).status
    };
    assert_eq!((with("the-old-one"), with("the-new-one")), (200, 401));
    reload(&exporter, "ingest: {token: the-new-one}\n");
    assert_eq!((with("the-old-one"), with("the-new-one")), (401, 200));
    let log = exporter.log();
    assert!(log.contains("changed=\"ingest.token\"") && !log.contains("the-new-one"), "{log}");
}

#[test]
fn another_level_of_the_log_holds_from_then_on() {
    let exporter = Launch::default().config(PATIENT).start();
    let told = || exporter.log().matches("the configuration was reloaded").count();
    reload(&exporter, "log: {level: error}\n");
    reload(&exporter, "log: {level: error}\nhealth: {failure_threshold: 2}\n");
    assert_eq!(told(), 0, "{}", exporter.log());
    reload(&exporter, PATIENT);
    exporter.wait_until("it is told again", PATIENCE, |_| told() == 1);
}

//! Who reads, what is said of it, and an end in good order.

use std::time::Duration;

use serde_json::Value;

use crate::scene::{Scene, Way, becomes_active, is_active, say, sum, takeovers};
use crate::support::deadline::PATIENCE;
use crate::support::events::{array, event};
use crate::support::exporter::Exporter;
use crate::support::spend_log::{becomes_status, told};

#[test]
fn one_reads_and_the_other_says_that_it_stands_by() {
    let scene = Scene::new(Way::Redis);
    scene.write();
    let one = scene.start(0);
    becomes_active(&one);
    let other = scene.start(1);
    becomes_status(&other, "standby");
    becomes_status(&one, "up");
    scene.becomes_equal([&one, &other]);
    assert!(is_active(&one) && !is_active(&other));
    let (metrics, source) = (other.metrics(), [("source", "litellm_spend_logs")]);
    assert_eq!(metrics.value("llm_source_active", &source), Some(0.0));
    assert_eq!(metrics.value("llm_source_up", &source), Some(1.0), "it could if it should");
    assert_eq!(metrics.value("llm_source_lag_seconds", &source), None, "it is behind nothing");
    assert_eq!(told(&other)["lag_seconds"], Value::Null);
    assert_eq!(sum([&other]), (0, 0));
    for _ in 0..2 {
        other.push(array(&[event("gpt-4")]));
        one.push(array(&[event("gpt-4")]));
    }
    let warnings = |exporter: &Exporter| exporter.log().matches("counts it twice").count();
    assert_eq!((warnings(&other), warnings(&one)), (1, 0), "{}", other.log());
}

#[test]
fn an_end_in_good_order_hands_over_at_once() {
    let scene = Scene::new(Way::Redis);
    scene.write();
    let mut one = scene.start(0);
    becomes_active(&one);
    let other = scene.start(1);
    becomes_status(&other, "standby");
    scene.becomes_equal([&one, &other]);
    let counted = sum([&one]);
    one.sigterm();
    let took = becomes_active(&other);
    say("handed over", took);
    assert!(took < Duration::from_secs(5), "sooner than a session that is silent is ended: {took:?}");
    assert!(one.wait_exit(PATIENCE).success());
    scene.write();
    let one = scene.start(0);
    becomes_status(&one, "standby");
    scene.becomes_equal([&other, &one]);
    assert_eq!(sum([&one]), counted, "the other one counted what came later");
    assert_eq!(takeovers(&other, "shared"), 1.0);
}

//! What an exporter tells of its dependencies, which must be the same wherever it is told.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::Exporter;
use crate::support::exposition::Exposition;

/// By their names in metrics.
const ALL: [&str; 3] = ["database", "redis", "gateway"];

/// What is answered while something hangs must not hang with it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What `/health/services` says, after it was compared with the gauges and `/health`.
pub(crate) fn services(exporter: &Exporter) -> Value {
    let consistent = poll(PATIENCE, || {
        let before = asked(exporter);
        let (metrics, health) = (exporter.metrics(), exporter.get("/health"));
        // Another check may have ended in between: only what was asked for between two equal answers can be compared.
        if asked(exporter) != before {
            return None;
        }
        ALL.iter().for_each(|name| assert_gauges_agree(name, &before[name], &metrics));
        let json = health.json();
        assert_eq!((&json["db"], &json["redis"]), (&before["database"]["status"], &before["redis"]["status"]));
        let is_any_down = ALL.iter().any(|name| before[name]["status"] == "disconnected");
        assert_eq!(health.status, if is_any_down { 503 } else { 200 }, "{json} {before}");
        assert_eq!(metrics.value("llm_healthy", &[]), Some(f64::from(u8::from(!is_any_down))));
        Some(before)
    });
    consistent.expect("between two checks is time to ask four times")
}

/// Without the sources, whose lag is never twice the same.
fn asked(exporter: &Exporter) -> Value {
    let mut json = exporter.get("/health/services").json();
    json.as_object_mut().expect("an object").remove("sources");
    json
}

fn assert_gauges_agree(name: &str, json: &Value, metrics: &Exposition) {
    let gauge = |metric: &str| metrics.value(metric, &[("dependency", name)]);
    let up = match json["status"].as_str() {
        Some("connected") => Some(1.0),
        Some("disconnected") => Some(0.0),
        Some("not_configured") => None,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(gauge("llm_dependency_up"), up, "{name}: {json}");
    let (latency, millis) = (gauge("llm_dependency_latency_seconds"), json["latency_ms"].as_f64());
    assert_eq!(latency.is_some(), millis.is_some(), "{name}: {json}");
    // JSON leaves out what is below a microsecond.
    let apart = latency.unwrap_or_default() - millis.unwrap_or_default() / 1e3;
    assert!(apart.abs() < 1.01e-6, "{name}: {latency:?} and {json}");
    let last_success = gauge("llm_dependency_last_success_timestamp_seconds").map(f64::floor);
    let told: Option<jiff::Timestamp> = json["last_success"].as_str().map(|time| time.parse().expect("RFC 3339"));
    assert_eq!(last_success, told.map(|time| time.as_second() as f64), "{name}: {json}");
    assert_eq!(json["error"].is_string(), up == Some(0.0) && json["last_check"].is_string(), "{name}: {json}");
    if up == Some(1.0) {
        assert!(latency.is_some() && last_success.is_some(), "{name}: {json}");
    }
}

/// Waits until this dependency has this status, and returns what is said of it.
pub(crate) fn wait_for(exporter: &Exporter, name: &str, status: &str) -> Value {
    let reached = poll(PATIENCE, || {
        let told = services(exporter)[name].take();
        (told["status"] == status && !told["last_check"].is_null()).then_some(told)
    });
    reached.unwrap_or_else(|| panic!("{name} is not {status}: {}\n{}", services(exporter), exporter.log()))
}

/// Waits until it is down, and returns why.
pub(crate) fn wait_for_error(exporter: &Exporter, name: &str) -> String {
    wait_for(exporter, name, "disconnected")["error"].as_str().expect("seen above").to_owned()
}

/// Waits until so many changes of this dependency are logged; that no more were is seen by the next one.
pub(crate) fn wait_for_log(exporter: &Exporter, name: &str, expected: [usize; 2]) {
    let subject = format!("dependency=\"{name}\"");
    let count = |word: &str| {
        let log = exporter.log();
        log.lines().filter(|line| line.contains(&subject) && line.contains(word)).count()
    };
    let counts = || [count(": connected "), count(": disconnected ")];
    exporter.wait_until("each change is logged", PATIENCE, |_| counts() >= expected);
    assert_eq!(counts(), expected, "connected and disconnected, each change once\n{}", exporter.log());
}

/// Whatever it waits for, it answers.
pub(crate) fn assert_answers_at_once(exporter: &Exporter) {
    for path in ["/health/liveliness", "/metrics", "/health", "/health/services", "/health/readiness"] {
        let asked_at = Instant::now();
        exporter.get(path);
        assert!(asked_at.elapsed() < AT_ONCE, "{path} took {:?}", asked_at.elapsed());
    }
}

/// A secret is in nothing that it says.
pub(crate) fn assert_kept_secret(exporter: &Exporter, secret: &str) {
    for path in ["/health/services", "/health", "/health/models?debug=true", "/metrics", "/"] {
        assert!(!exporter.get(path).text().contains(secret), "{path}");
    }
    assert!(!exporter.log().contains(secret), "{}", exporter.log());
}

//! The rules, alerts and runbooks in `alerts/` say what the exporter and Prometheus can answer, and keep their promises.

mod support;
#[path = "rules/vocabulary.rs"]
mod vocabulary;

/// Fails with all that is wrong at once.
fn assert_none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n  {}\n", mistakes.join("\n  "));
}

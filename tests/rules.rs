//! The rules, alerts and runbooks in `alerts/` say what the exporter and Prometheus can answer, and keep their promises.

mod support;

#[path = "rules/alertmanager.rs"]
mod alertmanager;
#[path = "rules/alerts.rs"]
mod alerts;
#[path = "rules/blame.rs"]
mod blame;
#[path = "rules/names.rs"]
mod names;
#[path = "rules/objectives.rs"]
mod objectives;
#[path = "rules/runbooks.rs"]
mod runbooks;
#[path = "rules/unit_tests.rs"]
mod unit_tests;
#[path = "rules/vocabulary.rs"]
mod vocabulary;

use std::sync::LazyLock;

use support::promql::Vocabulary;
use support::rule_files::Rules;

/// The rules of the project, and what a Prometheus with them has.
static RULES: LazyLock<Rules> = LazyLock::new(Rules::load);
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| RULES.vocabulary());

/// Fails with all that is wrong at once.
fn assert_none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n  {}\n", mistakes.join("\n  "));
}

/// Fails unless one of the mistakes says these words, or there is any where there are no words.
fn assert_told(mistakes: &[String], words: &str, of: &str) {
    let is_told = mistakes.iter().any(|mistake| mistake.contains(words));
    assert!(if words.is_empty() { mistakes.is_empty() } else { is_told }, "{of}: {mistakes:?}, not {words:?}");
}

//! The dashboards in `dashboards/` ask for what there is, and keep the conventions of Grafana's dashboard linter and our own.

mod support;

#[path = "dashboards/exclusions.rs"]
mod exclusions;
#[path = "dashboards/fields.rs"]
mod fields;
#[path = "dashboards/layout.rs"]
mod layout;
#[path = "dashboards/links.rs"]
mod links;
#[path = "dashboards/lint.rs"]
mod lint;
#[path = "dashboards/panels.rs"]
mod panels;
#[path = "dashboards/queries.rs"]
mod queries;
#[path = "dashboards/targets.rs"]
mod targets;
#[path = "dashboards/texts.rs"]
mod texts;
#[path = "dashboards/variables.rs"]
mod variables;

use std::sync::LazyLock;

use support::dashboard_files::Dashboard;
use support::promql::Vocabulary;
use support::rule_files::Rules;

/// The dashboards of the project, and what a Prometheus with its rules has.
static DASHBOARDS: LazyLock<Vec<Dashboard>> = LazyLock::new(Dashboard::load_all);
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Rules::load().vocabulary());

/// Fails with all that is wrong at once.
fn assert_none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n  {}\n", mistakes.join("\n  "));
}

/// Fails unless one of the mistakes says these words, or there is any where there are no words.
fn assert_told(mistakes: &[String], words: &str, of: &str) {
    let is_told = mistakes.iter().any(|mistake| mistake.contains(words));
    assert!(if words.is_empty() { mistakes.is_empty() } else { is_told }, "{of}: {mistakes:?}, not {words:?}");
}

/// A good dashboard of one panel, with something replaced.
fn changed(from: &str, to: &str) -> Dashboard {
    const GOOD: &str = include_str!("dashboards/good.json");
    assert!(GOOD.contains(from), "{from} is replaced");
    Dashboard::parse("good.json", &if from.is_empty() { GOOD.to_owned() } else { GOOD.replacen(from, to, 1) })
}

//! How the queries of panels are written.

use std::time::Duration;

use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr};

use crate::VOCABULARY;
use crate::support::dashboard_files::Target;
use crate::support::grafana::{self, RATE_INTERVAL};
use crate::support::promql::{Found, Meaning, selectors};

/// What makes of a counter how fast it grows.
const GROWTH: [&str; 3] = ["rate", "irate", "increase"];

/// Prometheus understands it.
pub(crate) fn promql(target: &Target) -> Option<String> {
    parser::parse(&grafana::query(&target.expr)).err().map(|error| format!("{}: {error}", target.expr))
}

/// A rate looks as far back as there are samples enough, and no point of the picture is left out.
pub(crate) fn rate_interval(target: &Target) -> Option<String> {
    let interval = RATE_INTERVAL.trim_end_matches('s').parse().map(Duration::from_secs).expect("seconds");
    let is_wrong = |found: &Found<'_>| {
        matches!(found.function, Some("rate" | "irate")) && found.range.is_some_and(|range| range != interval)
    };
    first(target, is_wrong).map(|selector| format!("the rate of {selector} is not over $__rate_interval"))
}

/// What the viewer chose is what is asked for.
pub(crate) fn matched(target: &Target, label: &str) -> Option<String> {
    let (label, value) = (label.to_owned(), format!("${label}"));
    let is_wrong = |found: &Found<'_>| {
        let matchers = &found.selector.matchers.matchers;
        !matchers.iter().any(|it| it.name == label && it.value == value && matches!(it.op, MatchOp::Re(_)))
    };
    first(target, is_wrong).map(|selector| format!("{selector} has no {label}=~\"{value}\""))
}

/// Counters are nothing by themselves: they begin at any number, and again at 0.
pub(crate) fn counter_agg(target: &Target) -> Option<String> {
    let is_counter = |found: &Found<'_>| {
        let name = found.selector.name.as_deref().unwrap_or_default();
        VOCABULARY.meaning(name) == Some(Meaning::Counter) || name.ends_with("_total")
    };
    let grows = |found: &Found<'_>| found.range.is_some() && found.function.is_some_and(|it| GROWTH.contains(&it));
    first(target, |found| is_counter(found) && !grows(found))
        .map(|selector| format!("{selector} is a counter outside of rate, irate and increase"))
}

/// The name of the first metric for which this is so. What can't be parsed is told by another convention.
fn first(target: &Target, is_wrong: impl Fn(&Found<'_>) -> bool) -> Option<String> {
    let query: Expr = parser::parse(&grafana::query(&target.expr)).ok()?;
    let found = selectors(&query);
    found.iter().find(|found| is_wrong(found)).map(|found| found.selector.name.clone().unwrap_or_default())
}

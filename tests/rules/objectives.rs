//! The objectives: how fast a budget may burn, and what counts as late.

use std::collections::BTreeSet;

use llm_exporter::state::TIME_TO_FIRST_TOKEN;
use promql_parser::parser::token::{T_GTE, T_GTR, T_LAND, T_MUL};
use promql_parser::parser::{self, BinaryExpr, Expr};

use crate::support::promql::selectors;
use crate::support::rule_files::Rule;
use crate::{RULES, assert_none, assert_told};

/// Long window, short window, how many times too fast, and who is told (Google's SRE workbook, chapter 5).
const BURNS: [(&str, &str, f64, &str); 4] = [
    ("1h", "5m", 14.4, "critical"),
    ("6h", "30m", 6.0, "critical"),
    ("1d", "2h", 3.0, "warning"),
    ("3d", "6h", 1.0, "warning"),
];
/// The part of the bad among all, over a window.
const RATIO: &str = "job_slo:llm_slo_bad_events:ratio_rate";
const OBJECTIVE: &str = "job_slo:llm_slo_objective:ratio";

#[test]
fn budgets_that_burn_too_fast_are_told_in_time() {
    let alerts: Vec<&Rule> = RULES.alerts.iter().filter(|alert| is_burn(alert)).collect();
    let names: BTreeSet<&str> = alerts.iter().map(|alert| alert.name()).collect();
    assert!(names.len() >= 2, "there is one for each objective: {names:?}");
    let each = alerts.iter().flat_map(|alert| mistakes(alert));
    let missing = names.iter().flat_map(|name| windows_without(name, &alerts));
    assert_none(&each.chain(missing).collect::<Vec<_>>());
}

fn is_burn(alert: &Rule) -> bool {
    alert.expr.contains(RATIO)
}

fn windows_without(name: &str, alerts: &[&Rule]) -> Vec<String> {
    let has = |window: &str| alerts.iter().any(|alert| alert.name() == name && window_of(alert) == Some(window));
    BURNS.iter().filter(|(long, ..)| !has(long)).map(|(long, ..)| format!("{name}: none looks {long} back")).collect()
}

fn window_of(alert: &Rule) -> Option<&str> {
    alert.labels.get("window").map(String::as_str)
}

fn mistakes(alert: &Rule) -> Vec<String> {
    let place = format!("{}, window {}", alert.place(), window_of(alert).unwrap_or("none"));
    let Some((long, short, factor, severity)) = BURNS.into_iter().find(|burn| Some(burn.0) == window_of(alert)) else {
        return vec![format!("{place}: is not one of {:?}", BURNS.map(|burn| burn.0))];
    };
    let read = parser::parse(&alert.expr).map(|query| conditions(&query)).unwrap_or_default();
    let burn = |window: &str| Condition::Burn { window: window.to_owned(), factor };
    let expected = [burn(long), burn(short)];
    let missing = expected.iter().filter(|condition| !read.contains(condition));
    let missing = missing.map(|condition| format!("{place}: does not ask for {condition:?}"));
    let others =
        read.iter().filter(|it| matches!(it, Condition::Burn { .. } | Condition::Other(_)) && !expected.contains(it));
    let others = others.map(|condition| format!("{place}: asks for {condition:?}"));
    let is_guarded =
        read.iter().any(|it| matches!(it, Condition::Guard { window, least } if window == long && *least > 1.0));
    let unguarded = (!is_guarded).then(|| format!("{place}: a single bad event of {long} could fire it"));
    let told = alert.labels.get("severity").map_or("", String::as_str);
    let wrong = (told != severity).then(|| format!("{place}: its severity is {told} and not {severity}"));
    missing.chain(others).chain(unguarded).chain(wrong).collect()
}

/// What must hold for an alert to fire.
#[derive(Debug, PartialEq)]
enum Condition {
    /// More of this window is bad than this many times what may be.
    Burn { window: String, factor: f64 },
    /// At least so many were bad in this window.
    Guard { window: String, least: f64 },
    /// Something that is not understood.
    Other(String),
}

fn conditions(query: &Expr) -> Vec<Condition> {
    match query {
        Expr::Paren(paren) => conditions(&paren.expr),
        Expr::Binary(both) if both.op.id() == T_LAND => {
            conditions(&both.lhs).into_iter().chain(conditions(&both.rhs)).collect()
        }
        Expr::Binary(comparison) => {
            vec![burn(comparison).or_else(|| guard(comparison)).unwrap_or_else(|| other(query))]
        }
        _ => vec![other(query)],
    }
}

fn other(query: &Expr) -> Condition {
    Condition::Other(query.to_string())
}

fn burn(comparison: &BinaryExpr) -> Option<Condition> {
    let window = name_of(&comparison.lhs)?.strip_prefix(RATIO)?;
    let (T_GTR, Expr::Binary(product)) = (comparison.op.id(), &*comparison.rhs) else { return None };
    let (T_MUL, Expr::NumberLiteral(factor)) = (product.op.id(), &*product.lhs) else { return None };
    let allowed = product.rhs.to_string();
    let is_allowed = allowed.starts_with("(1 - ") && selectors(&product.rhs).len() == 1 && allowed.contains(OBJECTIVE);
    is_allowed.then(|| Condition::Burn { window: window.to_owned(), factor: factor.val })
}

fn guard(comparison: &BinaryExpr) -> Option<Condition> {
    let (_, window) = name_of(&comparison.lhs)?.split_once(":llm_slo_bad_events:increase")?;
    let (T_GTE | T_GTR, Expr::NumberLiteral(least)) = (comparison.op.id(), &*comparison.rhs) else { return None };
    Some(Condition::Guard { window: window.to_owned(), least: least.val })
}

fn name_of(query: &Expr) -> Option<&str> {
    match query {
        Expr::VectorSelector(selector) => selector.name.as_deref(),
        Expr::Paren(paren) => name_of(&paren.expr),
        _ => None,
    }
}

#[test]
fn a_first_token_is_late_beyond_a_bound_of_the_histogram() {
    let of_objectives = RULES.recorded.iter().filter(|rule| rule.labels.get("slo").is_some_and(|slo| slo == "ttft"));
    let bounds: BTreeSet<String> = of_objectives.flat_map(|rule| bounds_in(&rule.expr)).collect();
    assert_eq!(bounds.len(), 1, "one bound decides what is late: {bounds:?}");
    let bound: f64 = bounds.first().and_then(|bound| bound.parse().ok()).expect("it is a number");
    assert!(TIME_TO_FIRST_TOKEN.seconds().contains(&bound), "{bound} is a bound of the histogram");
    let told = RULES.alerts.iter().filter(|alert| alert.expr.contains("slo=\"ttft\""));
    let told: Vec<&str> = told.filter_map(|alert| alert.annotations.get("description")).map(String::as_str).collect();
    assert!(!told.is_empty() && told.iter().all(|text| text.contains(&format!(" {bound} s"))), "{bound} s: {told:?}");
}

fn bounds_in(query: &str) -> Vec<String> {
    let parsed = parser::parse(query).expect("a query");
    let found = selectors(&parsed);
    let matchers = found.iter().flat_map(|found| found.selector.matchers.find_matchers("le"));
    matchers.map(|matcher| matcher.value).collect()
}

#[test]
fn a_wrong_factor_window_or_guard_is_told() {
    let good = "job_slo:llm_slo_bad_events:ratio_rate1h{slo=\"ttft\"} > 14.4 * (1 - job_slo:llm_slo_objective:ratio)
        and job_slo:llm_slo_bad_events:ratio_rate5m > 14.4 * (1 - job_slo:llm_slo_objective:ratio)
        and job_slo:llm_slo_bad_events:increase1h >= 10";
    for (from, to, words) in [
        ("", "", ""),
        ("14.4", "14", "asks for Burn { window: \"1h\", factor: 14.0 }"),
        ("rate5m", "rate30m", "does not ask for Burn { window: \"5m\", factor: 14.4 }"),
        ("increase1h", "increase6h", "a single bad event of 1h could fire it"),
        (">= 10", ">= 1", "a single bad event of 1h could fire it"),
        ("(1 - job_slo:llm_slo_objective:ratio)", "job_slo:llm_slo_objective:ratio", "asks for Other"),
    ] {
        let labels =
            [("severity", "critical"), ("window", "1h")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expr = if from.is_empty() { good.to_owned() } else { good.replace(from, to) };
        let alert = Rule { alert: Some("Burn".to_owned()), expr, labels: labels.into(), ..Rule::default() };
        assert_told(&mistakes(&alert), words, &alert.expr);
        let other = Rule { labels: [("window".to_owned(), "6h".to_owned())].into(), ..alert };
        assert_told(&mistakes(&other), "its severity is  and not critical", "other labels");
    }
}

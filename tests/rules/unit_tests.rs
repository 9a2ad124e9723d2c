//! Every alert is tested to fire, not to fire, and to resolve. What Prometheus says to these tests is promtool's business.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use promql_parser::parser;
use serde::Deserialize;
use serde_json::Value;

use crate::support::promql::{Vocabulary, selectors};
use crate::support::rule_files::{Rule, Rules, folder};
use crate::support::yaml;
use crate::{RULES, VOCABULARY, assert_none, assert_told};

#[derive(Debug, Deserialize)]
struct TestFile {
    tests: Vec<Group>,
    #[serde(flatten)]
    _rest: Value,
}

/// Some series, and what is to come of them.
#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    name: String,
    #[serde(default)]
    input_series: Vec<Series>,
    #[serde(default)]
    alert_rule_test: Vec<Case>,
    #[serde(default)]
    promql_expr_test: Vec<Asked>,
}

#[derive(Debug, Deserialize)]
struct Series {
    series: String,
}

#[derive(Debug, Deserialize)]
struct Asked {
    expr: String,
}

/// Which alerts of a name there are at a moment.
#[derive(Debug, Deserialize)]
struct Case {
    eval_time: String,
    alertname: String,
    #[serde(default)]
    exp_alerts: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    #[serde(default)]
    exp_labels: BTreeMap<String, String>,
}

#[test]
fn every_alert_is_tested_to_fire_not_to_fire_and_to_resolve() {
    assert_none(&untested(&RULES.alerts, &groups()));
}

#[test]
fn what_the_tests_make_up_could_come_from_the_exporter() {
    assert_none(&groups().iter().flat_map(|group| made_up(group, &VOCABULARY)).collect::<Vec<_>>());
}

#[test]
fn every_test_of_an_alert_is_of_one_that_there_is() {
    assert_none(&groups().iter().flat_map(|group| nameless(group, &RULES.alerts)).collect::<Vec<_>>());
}

fn groups() -> Vec<Group> {
    let entries = fs::read_dir(folder().join("tests")).expect("the folder of the unit tests");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    paths.iter().flat_map(|path| yaml::read::<TestFile>(path).tests).collect()
}

/// Whether a group shows something of an alert.
type Shows = fn(&Rule, &Group) -> bool;

fn untested(alerts: &[Rule], groups: &[Group]) -> Vec<String> {
    let kinds: [(&str, Shows); 3] = [("fires", fires), ("does not fire", keeps_quiet), ("resolves", resolves)];
    let missing = |alert: &Rule| {
        let kinds = if always_fires(alert) { &kinds[..1] } else { &kinds[..] };
        let of = kinds
            .iter()
            .filter(|(name, does)| !groups.iter().any(|group| is_named(group, alert, name) && does(alert, group)));
        of.map(|(name, _)| {
            format!("{} {}: no group \"{} {name} …\" shows it", alert.place(), labels(alert), alert.name())
        })
        .collect::<Vec<_>>()
    };
    alerts.iter().flat_map(missing).collect()
}

/// Whether it looks at nothing.
fn always_fires(alert: &Rule) -> bool {
    parser::parse(&alert.expr).is_ok_and(|query| selectors(&query).is_empty())
}

fn labels(alert: &Rule) -> String {
    alert.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn is_named(group: &Group, alert: &Rule, kind: &str) -> bool {
    group
        .name
        .strip_prefix(alert.name())
        .and_then(|rest| rest.strip_prefix(' '))
        .is_some_and(|rest| rest.starts_with(kind))
}

fn fires(alert: &Rule, group: &Group) -> bool {
    cases(alert, group).any(|case| is_there(alert, case))
}

fn keeps_quiet(alert: &Rule, group: &Group) -> bool {
    cases(alert, group).count() > 0 && !fires(alert, group)
}

fn resolves(alert: &Rule, group: &Group) -> bool {
    let at = |wanted: bool| {
        cases(alert, group).filter(move |case| is_there(alert, case) == wanted).map(|case| seconds(&case.eval_time))
    };
    matches!((at(true).min(), at(false).max()), (Some(fired), Some(gone)) if fired < gone)
}

fn cases<'a>(alert: &Rule, group: &'a Group) -> impl Iterator<Item = &'a Case> {
    let name = alert.name().to_owned();
    group.alert_rule_test.iter().filter(move |case| case.alertname == name)
}

/// Whether the alert of exactly these labels is among those that are expected.
fn is_there(alert: &Rule, case: &Case) -> bool {
    let is_it =
        |expected: &Expected| alert.labels.iter().all(|(name, value)| expected.exp_labels.get(name) == Some(value));
    case.exp_alerts.iter().any(is_it)
}

/// A duration as Prometheus writes it: `1h30m`.
fn seconds(text: &str) -> u64 {
    const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let unit = |letter: char| UNITS.iter().find(|(name, _)| *name == letter).map(|(_, seconds)| *seconds);
    let pieces = text.split_inclusive(|character: char| character.is_ascii_alphabetic());
    let piece = |piece: &str| {
        let (number, letter) = (piece.trim_end_matches(|it: char| it.is_ascii_alphabetic()), piece.chars().last()?);
        Some(number.parse::<u64>().ok()? * unit(letter).or((piece == "0").then_some(0))?)
    };
    pieces.map(|it| piece(it).unwrap_or_else(|| panic!("{text} is no duration of whole seconds"))).sum()
}

fn made_up(group: &Group, vocabulary: &Vocabulary) -> Vec<String> {
    let series = group.input_series.iter().map(|series| &series.series);
    let all = series.chain(group.promql_expr_test.iter().map(|asked| &asked.expr));
    let told = |query: &String| {
        vocabulary.read(query).mistakes.into_iter().map(|it| format!("{:?}: {it}", group.name)).collect::<Vec<_>>()
    };
    all.flat_map(told).collect()
}

fn nameless(group: &Group, alerts: &[Rule]) -> Vec<String> {
    let is_known = |name: &str| alerts.iter().any(|alert| alert.name() == name);
    let unknown = group.alert_rule_test.iter().filter(|case| !is_known(&case.alertname));
    let unknown = unknown.map(|case| format!("{:?}: there is no alert {}", group.name, case.alertname));
    let first = group.name.split(' ').next().unwrap_or_default();
    let is_of_alerts = !group.alert_rule_test.is_empty();
    let wrong = (is_of_alerts && !is_known(first)).then(|| format!("{:?}: begins with no alert's name", group.name));
    unknown.chain(wrong).collect()
}

#[test]
fn what_is_not_tested_is_told() {
    let rules = Rules::parse(
        "groups: [{name: a, rules: [{alert: Down, expr: 'llm_healthy == 0', labels: {severity: warning}}]}]",
    );
    const FIRING: &str = "exp_alerts: [{exp_labels: {job: x, severity: warning}}]";
    let case = |at: &str, rest: &str| format!("{{eval_time: {at}, alertname: Down, {rest}}}");
    let group = |name: &str, cases: &[String]| format!("{{name: {name}, alert_rule_test: [{}]}}", cases.join(","));
    let fires = group("Down fires", &[case("5m", FIRING)]);
    let quiet = group("Down does not fire, since", &[case("5m", "exp_alerts: []")]);
    let resolves =
        group("Down resolves", &[case("5m", FIRING), case("1h10m", "exp_alerts: []")]).replace("fire, ", "fire ");
    let other = fires.replace("warning", "critical");
    let early = group("Down resolves", &[case("5m", "exp_alerts: []"), case("10m", FIRING)]);
    let quiet = quiet.replace(", since", " since");
    for (groups, words) in [
        ([&fires, &quiet, &resolves], ""),
        ([&other, &quiet, &resolves], "no group \"Down fires …\""),
        ([&fires, &fires, &resolves], "no group \"Down does not fire …\""),
        ([&fires, &quiet, &early], "no group \"Down resolves …\""),
        ([&fires, &quiet, &quiet], "no group \"Down resolves …\""),
    ] {
        let text = format!("tests: [{}]", groups.map(String::as_str).join(","));
        let file: TestFile = yaml::parse(&text).expect("it can be read");
        assert_told(&untested(&rules.alerts, &file.tests), words, &text);
    }
}

#[test]
fn what_can_not_be_is_told() {
    let rules = Rules::parse("groups: [{name: a, rules: [{alert: Down, expr: 'llm_healthy == 0'}]}]");
    for (text, words) in [
        ("{name: Down fires, input_series: [{series: 'llm_healthy{job=\"x\"}'}]}", ""),
        ("{name: Down fires, input_series: [{series: 'llm_health{job=\"x\"}'}]}", "there is no metric llm_health"),
        ("{name: Down fires, input_series: [{series: 'llm_healthy{model=\"x\"}'}]}", "llm_healthy has no label model"),
        ("{name: Up fires, alert_rule_test: [{eval_time: 5m, alertname: Up}]}", "there is no alert Up"),
        ("{name: It fires, alert_rule_test: [{eval_time: 5m, alertname: Down}]}", "begins with no alert's name"),
    ] {
        let group: Group = yaml::parse(text).expect("it can be read");
        let told = [made_up(&group, &rules.vocabulary()), nameless(&group, &rules.alerts)].concat();
        assert_told(&told, words, text);
    }
}

//! Every alert says how urgent it is, what it is about, and what to do.

use std::collections::BTreeSet;

use crate::support::promql::{Labels, Vocabulary};
use crate::support::rule_files::Rule;
use crate::support::words::{template_labels, unknown_metrics};
use crate::{RULES, VOCABULARY, assert_none, assert_told};

pub(crate) const RUNBOOKS: &str = "https://github.com/llm-exporter/llm-exporter/blob/main/alerts/runbooks/";
/// Who is told: somebody at once, somebody today, a digest, and a machine.
const SEVERITIES: [&str; 4] = ["critical", "warning", "info", "none"];
/// What an alert can be about.
const COMPONENTS: [&str; 13] = [
    "gateway",
    "model",
    "deployment",
    "provider",
    "dependency",
    "cost",
    "budget",
    "key",
    "source",
    "ledger",
    "exporter",
    "slo",
    "watchdog",
];
const ANNOTATIONS: [&str; 3] = ["summary", "description", "runbook_url"];

#[test]
fn every_alert_says_what_it_is() {
    let each = RULES.alerts.iter().flat_map(|alert| mistakes(alert, &VOCABULARY));
    assert_none(&each.chain(doubled(&RULES.alerts)).collect::<Vec<_>>());
}

fn mistakes(alert: &Rule, vocabulary: &Vocabulary) -> Vec<String> {
    let result = alert.result(vocabulary);
    let texts = ANNOTATIONS.iter().filter_map(|name| missing(alert, name));
    let texts = texts.chain(closed(alert, "severity", &SEVERITIES)).chain(closed(alert, "component", &COMPONENTS));
    let texts = texts.chain(runbook(alert)).chain(gateway(alert, &result));
    let texts = texts.chain(templates(alert, &result)).chain(metrics(alert, vocabulary));
    texts.map(|text| format!("{}: {text}", alert.place())).collect()
}

fn missing(alert: &Rule, annotation: &str) -> Option<String> {
    let is_there = alert.annotations.get(annotation).is_some_and(|text| !text.trim().is_empty());
    (!is_there).then(|| format!("has no {annotation}"))
}

fn closed(alert: &Rule, label: &str, values: &[&str]) -> Option<String> {
    let value = alert.labels.get(label).map_or("", String::as_str);
    (!values.contains(&value)).then(|| format!("its {label} is {value:?}, and none of {}", values.join(", ")))
}

fn runbook(alert: &Rule) -> Option<String> {
    let (url, expected) = (alert.annotations.get("runbook_url")?, format!("{RUNBOOKS}{}.md", alert.name()));
    (*url != expected).then(|| format!("its runbook_url is {url} and not {expected}"))
}

/// Several gateways are several jobs. Only who watches whether there is anything at all knows of none.
fn gateway(alert: &Rule, result: &Labels) -> Option<String> {
    let may_lack = alert.labels.get("component").is_some_and(|component| component == "watchdog");
    (!may_lack && !result.has("job")).then(|| "does not say which gateway: its result has no job".to_owned())
}

fn templates(alert: &Rule, result: &Labels) -> Vec<String> {
    let all = alert.annotations.values().chain(alert.labels.values());
    let unknown: BTreeSet<&str> =
        all.flat_map(|text| template_labels(text)).filter(|label| !result.has(label)).collect();
    let known = result.names().collect::<Vec<_>>().join(", ");
    unknown.into_iter().map(|label| format!("its texts use the label {label}, and there is only {known}")).collect()
}

fn metrics(alert: &Rule, vocabulary: &Vocabulary) -> Vec<String> {
    alert.annotations.values().flat_map(|text| unknown_metrics(text, vocabulary)).collect()
}

/// Two of one name must differ in a label, and be about the same thing.
fn doubled(alerts: &[Rule]) -> Vec<String> {
    let pairs = alerts.iter().enumerate().flat_map(|(at, one)| alerts[at + 1..].iter().map(move |other| (one, other)));
    let alike = pairs.filter(|(one, other)| one.name() == other.name());
    let component = |rule: &Rule| rule.labels.get("component").cloned();
    let is_wrong = |one: &Rule, other: &Rule| one.labels == other.labels || component(one) != component(other);
    let wrong = alike.filter(|(one, other)| is_wrong(one, other));
    wrong.map(|(one, _)| format!("{}: twice, with the same labels or about different things", one.place())).collect()
}

#[test]
fn an_alert_that_lacks_something_is_told() {
    let vocabulary = Vocabulary::of_exporter();
    assert_told(&mistakes(&alert(), &vocabulary), "", "a good one");
    for (change, words) in [
        ((|alert| drop(alert.labels.remove("severity"))) as fn(&mut Rule), "its severity is \"\""),
        (|alert| drop(alert.labels.insert("severity".into(), "urgent".into())), "its severity is \"urgent\""),
        (|alert| drop(alert.labels.insert("component".into(), "models".into())), "its component is \"models\""),
        (|alert| drop(alert.annotations.remove("summary")), "has no summary"),
        (|alert| drop(alert.annotations.insert("description".into(), " ".into())), "has no description"),
        (|alert| alert.alert = Some("LLMOther".into()), "its runbook_url is"),
        (|alert| alert.expr = "max by (model) (llm_model_up) == 0".into(), "its result has no job"),
        (
            |alert| drop(alert.annotations.insert("summary".into(), "{{ $labels.provider }}".into())),
            "use the label provider, and there is only component, job, model, severity",
        ),
        (
            |alert| drop(alert.annotations.insert("summary".into(), "see llm_model_ups, by model".into())),
            "names llm_model_ups, which is no metric",
        ),
    ] {
        let mut changed = alert();
        change(&mut changed);
        assert_told(&mistakes(&changed, &vocabulary), words, words);
    }
}

#[test]
fn two_alerts_that_are_the_same_are_told() {
    let (one, mut other) = (alert(), alert());
    assert_told(&doubled(&[one.clone(), other.clone()]), "twice", "the same labels");
    other.labels.insert("severity".into(), "warning".into());
    assert_told(&doubled(&[one.clone(), other.clone()]), "", "different ones");
    other.labels.insert("component".into(), "gateway".into());
    assert_told(&doubled(&[one, other]), "twice", "about different things");
}

fn alert() -> Rule {
    let text = |text: &str| text.to_owned();
    Rule {
        alert: Some(text("LLMModelDown")),
        expr: text("max by (job, model) (llm_model_up) == 0"),
        labels: [("severity", "critical"), ("component", "model")]
            .map(|(name, value)| (text(name), text(value)))
            .into(),
        annotations: [
            ("summary", text("{{ $labels.model }} is down")),
            ("description", text("see llm_model_up and llm_request_duration_seconds")),
            ("runbook_url", format!("{RUNBOOKS}LLMModelDown.md")),
        ]
        .map(|(name, value)| (text(name), value))
        .into(),
        ..Rule::default()
    }
}

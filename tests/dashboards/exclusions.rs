//! Where a convention is broken on purpose: `dashboards/.lint`, as Grafana's dashboard linter reads it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::lint::{self, Violation};
use crate::support::dashboard_files::folder;
use crate::support::yaml;
use crate::{DASHBOARDS, assert_none, assert_told};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    exclusions: BTreeMap<String, Option<Excluded>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Excluded {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    reason: String,
    dashboard: Option<String>,
    panel: Option<String>,
    target_idx: Option<Value>,
}

/// A place where a convention need not be kept, and why.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    rule: String,
    reason: String,
    dashboard: Option<String>,
    panel: Option<String>,
    target: Option<usize>,
}

/// Those of the project.
pub(crate) fn load() -> Vec<Exclusion> {
    flat(yaml::read(&folder().join(".lint")))
}

fn flat(file: File) -> Vec<Exclusion> {
    let each = |(rule, excluded): (String, Option<Excluded>)| {
        let Excluded { reason, entries } = excluded.unwrap_or_default();
        // Without entries it is the whole rule.
        let entries = if entries.is_empty() { vec![Entry::default()] } else { entries };
        entries.into_iter().map(move |entry| Exclusion::new(&rule, &reason, entry))
    };
    file.exclusions.into_iter().flat_map(each).collect()
}

impl Exclusion {
    fn new(rule: &str, reason: &str, entry: Entry) -> Self {
        let Entry { reason: own, dashboard, panel, target_idx } = entry;
        let reason = if own.trim().is_empty() { reason.to_owned() } else { own };
        let target =
            target_idx.map(|index| index.to_string().trim_matches('"').parse().expect("targetIdx is a number"));
        Self { rule: rule.to_owned(), reason, dashboard, panel, target }
    }

    pub(crate) fn covers(&self, violation: &Violation) -> bool {
        let Self { rule, reason: _, dashboard, panel, target } = self;
        rule == violation.rule
            && dashboard.as_ref().is_none_or(|it| *it == violation.dashboard)
            && (panel.is_none() || *panel == violation.panel)
            && (target.is_none() || *target == violation.target)
    }
}

#[test]
fn every_exclusion_has_a_reason_and_is_needed() {
    let violations: Vec<Violation> = DASHBOARDS.iter().flat_map(lint::violations).collect();
    assert_none(&mistakes(&load(), &violations));
}

fn mistakes(exclusions: &[Exclusion], violations: &[Violation]) -> Vec<String> {
    exclusions.iter().flat_map(|exclusion| wrong(exclusion, violations)).collect()
}

fn wrong(exclusion: &Exclusion, violations: &[Violation]) -> Vec<String> {
    let Exclusion { rule, reason, dashboard, panel, target } = exclusion;
    let unknown = (!lint::names().any(|name| name == rule)).then_some("is no convention");
    let groundless = reason.trim().is_empty().then_some("no reason is given");
    let needless = (!violations.iter().any(|it| exclusion.covers(it))).then_some("excludes nothing");
    let target = target.map(|target| target.to_string());
    let place = [Some(rule), dashboard.as_ref(), panel.as_ref(), target.as_ref()];
    let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
    let told = [unknown, groundless, needless].into_iter().flatten();
    told.map(|mistake| format!(".lint: {}: {mistake}", place.join(", "))).collect()
}

#[test]
fn an_exclusion_that_is_not_needed_is_told() {
    let violations = lint::violations(&crate::changed(", instance=~\\\"$instance\\\"", ""));
    let entry = |entry: &str| format!("exclusions: {{target-instance-rule: {{reason: why, entries: [{entry}]}}}}");
    for (text, words) in [
        ("exclusions: {target-instance-rule: {reason: why}}".to_owned(), ""),
        (entry("{dashboard: Good, panel: Requests, targetIdx: \"0\"}"), ""),
        (entry("{dashboard: Good, panel: Requests, targetIdx: 0}"), ""),
        (entry("{dashboard: Good}, {dashboard: Bad}"), "Bad: excludes nothing"),
        (entry("{panel: Deployments}"), "Deployments: excludes nothing"),
        (entry("{panel: Requests, targetIdx: 1}"), "1: excludes nothing"),
        ("exclusions: {target-job-rule: {reason: why}}".to_owned(), "excludes nothing"),
        ("exclusions: {target-jobs-rule: {reason: why}}".to_owned(), "is no convention"),
        ("exclusions: {target-instance-rule: }".to_owned(), "no reason is given"),
    ] {
        let exclusions = flat(yaml::parse(&text).expect("it can be read"));
        assert_told(&mistakes(&exclusions, &violations), words, &text);
    }
}

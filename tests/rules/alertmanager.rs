//! What the example for Alertmanager routes and leaves out are alerts that there are.

use promql_parser::label::Matcher;
use promql_parser::parser;
use serde::Deserialize;
use serde_json::Value;

use crate::support::promql::{Labels, Vocabulary, selectors};
use crate::support::rule_files::{Rule, Rules, folder};
use crate::support::yaml;
use crate::{RULES, VOCABULARY, assert_none, assert_told};

#[derive(Debug, Deserialize)]
struct Config {
    route: Route,
    #[serde(default)]
    inhibit_rules: Vec<Inhibition>,
}

#[derive(Debug, Deserialize)]
struct Route {
    #[serde(default)]
    matchers: Vec<String>,
    #[serde(default)]
    group_by: Vec<String>,
    #[serde(default)]
    routes: Vec<Route>,
    #[serde(flatten)]
    _rest: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inhibition {
    source_matchers: Vec<String>,
    target_matchers: Vec<String>,
    #[serde(default)]
    equal: Vec<String>,
}

/// The alerts that there are, each with the labels that it has.
struct Known {
    vocabulary: Vocabulary,
    alerts: Vec<Labels>,
}

#[test]
fn alertmanager_is_told_of_alerts_that_there_are() {
    let config: Config = yaml::read(&folder().join("alertmanager.example.yml"));
    assert!(!config.inhibit_rules.is_empty() && !config.route.routes.is_empty(), "it routes and leaves out");
    assert_none(&mistakes(&config, &Known::of(&RULES, &VOCABULARY)));
}

impl Known {
    fn of(rules: &Rules, vocabulary: &Vocabulary) -> Self {
        let told = |query: String| vocabulary.read(&query).shape.labels().unwrap_or_default().without(["alertstate"]);
        let of_alert = |alert: &Rule| {
            let named = told(format!("ALERTS{{alertname=\"{}\"}}", alert.name()));
            named.only(["alertname"]).overwritten_by(alert.result(vocabulary))
        };
        let alerts = rules.alerts.iter().map(of_alert).collect();
        Self { vocabulary: vocabulary.clone(), alerts }
    }

    /// The alerts that all of these match.
    fn matched(&self, matchers: &[String]) -> Vec<&Labels> {
        let queries: Vec<_> = matchers.iter().filter_map(|matcher| parsed(matcher)).collect();
        let takes = |labels: &Labels| {
            queries.iter().all(|matcher| labels.get(&matcher.name).is_some_and(|it| it.may_match(matcher)))
        };
        self.alerts.iter().filter(|labels| takes(labels)).collect()
    }
}

fn parsed(matcher: &str) -> Option<Matcher> {
    let query = parser::parse(&format!("ALERTS{{{matcher}}}")).ok()?;
    let found = selectors(&query);
    found.first()?.selector.matchers.matchers.first().cloned()
}

fn mistakes(config: &Config, known: &Known) -> Vec<String> {
    let of_inhibitions = config.inhibit_rules.iter().flat_map(|rule| inhibition(rule, known));
    route(&config.route, known).into_iter().chain(of_inhibitions).collect()
}

fn route(route: &Route, known: &Known) -> Vec<String> {
    let labels = known.vocabulary.labels("ALERTS").cloned().unwrap_or_default();
    let unknown = route.group_by.iter().filter(|label| *label != "..." && !labels.has(label));
    let unknown = unknown.map(|label| format!("group_by: no alert has the label {label}"));
    let nobody = known.matched(&route.matchers).is_empty();
    let nobody = nobody.then(|| format!("route {}: takes no alert", route.matchers.join(", ")));
    let below = route.routes.iter().flat_map(|below| self::route(below, known));
    named(&route.matchers, known).into_iter().chain(unknown).chain(nobody).chain(below).collect()
}

/// Labels and values that no alert has.
fn named(matchers: &[String], known: &Known) -> Vec<String> {
    matchers.iter().flat_map(|matcher| known.vocabulary.read(&format!("ALERTS{{{matcher}}}")).mistakes).collect()
}

fn inhibition(rule: &Inhibition, known: &Known) -> Vec<String> {
    let Inhibition { source_matchers, target_matchers, equal } = rule;
    let place = format!("{} inhibits {}", source_matchers.join(", "), target_matchers.join(", "));
    let (sources, targets) = (known.matched(source_matchers), known.matched(target_matchers));
    let sides = [("source", &sources), ("target", &targets)];
    let nobody =
        sides.iter().filter(|(_, alerts)| alerts.is_empty()).map(|(side, _)| format!("the {side} is no alert"));
    let lacks = |alerts: &[&Labels], label: &str| !alerts.iter().any(|labels| labels.has(label));
    let never = equal.iter().filter(|label| lacks(&sources, label) && lacks(&targets, label));
    let never = never.map(|label| format!("equal: none of these alerts has the label {label}"));
    let named = [source_matchers, target_matchers].into_iter().flat_map(|matchers| named(matchers, known));
    nobody.chain(never).chain(named).map(|mistake| format!("{place}: {mistake}")).collect()
}

#[test]
fn what_is_no_alert_is_told() {
    let rules = Rules::parse(
        "groups: [{name: a, rules: [
            {alert: Gateway, expr: 'max by (job) (llm_healthy) == 0', labels: {severity: critical, component: gateway}},
            {alert: Model, expr: 'max by (job, model) (llm_model_up) == 0', labels: {severity: warning, component: model}}]}]",
    );
    let known = Known::of(&rules, &rules.vocabulary());
    let inhibiting = |source: &str, target: &str, equal: &str| {
        format!(
            "route: {{}}\ninhibit_rules: [{{source_matchers: ['{source}'], target_matchers: ['{target}'], equal: [{equal}]}}]"
        )
    };
    for (text, words) in [
        ("route: {group_by: [job, alertname], routes: [{matchers: ['severity=\"critical\"']}]}".to_owned(), ""),
        ("route: {group_by: [jobs]}".to_owned(), "no alert has the label jobs"),
        ("route: {routes: [{matchers: ['severity=\"info\"']}]}".to_owned(), "info is no value of severity"),
        (
            "route: {routes: [{matchers: ['alertname=~\"Model|Modell\"']}]}".to_owned(),
            "Modell is no value of alertname",
        ),
        (
            "route: {routes: [{matchers: ['severity=\"critical\"', 'component=\"model\"']}]}".to_owned(),
            "takes no alert",
        ),
        (inhibiting("alertname=\"Gateway\"", "component=\"model\"", "job"), ""),
        (inhibiting("alertname=\"Gate\"", "component=\"model\"", "job"), "the source is no alert"),
        (inhibiting("alertname=\"Gateway\"", "component=\"models\"", "job"), "models is no value of component"),
        (
            inhibiting("alertname=\"Gateway\"", "component=\"model\"", "job, models"),
            "none of these alerts has the label models",
        ),
        (inhibiting("alertname=\"Gateway\"", "provider=\"x\"", "job"), "has no label provider"),
    ] {
        assert_told(&mistakes(&yaml::parse(&text).expect("it can be read"), &known), words, &text);
    }
}

//! The conventions of <https://github.com/grafana/dashboard-linter>, by its names, so that its own file of exclusions holds here too.

use std::fmt;

use crate::support::dashboard_files::{Dashboard, Panel, Target};
use crate::{DASHBOARDS, assert_none, exclusions, panels, targets, variables};

/// A convention that is not kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) dashboard: String,
    pub(crate) panel: Option<String>,
    /// The position of the query in its panel.
    pub(crate) target: Option<usize>,
    words: String,
}

/// Looks at one thing and says what is wrong with it.
enum Look {
    Dashboard(fn(&Dashboard) -> Vec<String>),
    Panel(fn(&Panel) -> Option<String>),
    Target(fn(&Target) -> Option<String>),
}

/// Each convention. Those of panels are asked of all that show data.
const RULES: [(&str, Look); 15] = [
    ("template-datasource-rule", Look::Dashboard(variables::datasource)),
    ("template-job-rule", Look::Dashboard(|it| variables::chosen(it, "job"))),
    ("template-instance-rule", Look::Dashboard(|it| variables::chosen(it, "instance"))),
    ("template-label-promql-rule", Look::Dashboard(variables::label_promql)),
    ("template-on-time-change-reload-rule", Look::Dashboard(variables::on_time_change_reload)),
    ("uneditable-dashboard-rule", Look::Dashboard(variables::uneditable)),
    ("panel-datasource-rule", Look::Panel(panels::datasource)),
    ("panel-title-description-rule", Look::Panel(panels::title_description)),
    ("panel-units-rule", Look::Panel(panels::units)),
    ("panel-no-targets-rule", Look::Panel(panels::no_targets)),
    ("target-promql-rule", Look::Target(targets::promql)),
    ("target-rate-interval-rule", Look::Target(targets::rate_interval)),
    ("target-job-rule", Look::Target(|it| targets::matched(it, "job"))),
    ("target-instance-rule", Look::Target(|it| targets::matched(it, "instance"))),
    ("target-counter-agg-rule", Look::Target(targets::counter_agg)),
];

#[test]
fn the_conventions_are_kept_or_a_reason_is_given() {
    let excluded = exclusions::load();
    let found = DASHBOARDS.iter().flat_map(violations);
    let left = found.filter(|violation| !excluded.iter().any(|exclusion| exclusion.covers(violation)));
    assert_none(&left.map(|violation| violation.to_string()).collect::<Vec<_>>());
}

/// All conventions that a dashboard does not keep.
pub(crate) fn violations(dashboard: &Dashboard) -> Vec<Violation> {
    RULES.iter().flat_map(|(rule, look)| look.at(rule, dashboard)).collect()
}

/// The names of the conventions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

impl Look {
    fn at(&self, rule: &'static str, dashboard: &Dashboard) -> Vec<Violation> {
        let violation = |panel: Option<&Panel>, target, words| Violation {
            rule,
            dashboard: dashboard.title.clone(),
            panel: panel.map(|panel| panel.title.clone()),
            target,
            words,
        };
        let panels = dashboard.data_panels();
        match self {
            Self::Dashboard(look) => look(dashboard).into_iter().map(|words| violation(None, None, words)).collect(),
            Self::Panel(look) => panels.filter_map(|panel| Some(violation(Some(panel), None, look(panel)?))).collect(),
            Self::Target(look) => {
                let targets = panels.flat_map(|panel| panel.targets.iter().enumerate().map(move |it| (panel, it)));
                let told = |(panel, (at, target))| Some(violation(Some(panel), Some(at), look(target)?));
                targets.filter_map(told).collect()
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, dashboard, panel, target, words } = self;
        write!(f, "{rule}: {dashboard}")?;
        if let Some(panel) = panel {
            write!(f, ", {panel}")?;
        }
        if let Some(target) = target {
            write!(f, ", query {target}")?;
        }
        write!(f, ": {words}")
    }
}

#[test]
fn a_convention_that_is_not_kept_is_told() {
    assert_eq!(violations(&crate::changed("", "")), []);
    for (from, to, rule) in [
        ("\"name\": \"datasource\"", "\"name\": \"source\"", "template-datasource-rule"),
        ("\"label\": \"Data source\"", "\"label\": \"Prometheus\"", "template-datasource-rule"),
        ("\"name\": \"job\"", "\"name\": \"jobs\"", "template-job-rule"),
        ("\"allValue\": \".+\"", "\"allValue\": \".*\"", "template-job-rule"),
        ("\"label\": \"Instance\"", "\"label\": \"Exporter\"", "template-instance-rule"),
        (
            "label_values(llm_exporter_build_info, job)",
            "labels(llm_exporter_build_info, job)",
            "template-label-promql-rule",
        ),
        (
            "label_values(llm_exporter_build_info, job)",
            "label_values(llm_exporter_build{, job)",
            "template-label-promql-rule",
        ),
        ("\"refresh\": 2", "\"refresh\": 1", "template-on-time-change-reload-rule"),
        ("\"editable\": false", "\"editable\": true", "uneditable-dashboard-rule"),
        ("\"uid\": \"${datasource}\"", "\"uid\": \"PBFA97CFB590B2093\"", "panel-datasource-rule"),
        ("\"title\": \"Requests\"", "\"title\": \"\"", "panel-title-description-rule"),
        ("\"description\": \"Each one.\"", "\"description\": \" \"", "panel-title-description-rule"),
        ("\"unit\": \"reqps\"", "\"unit\": \"\"", "panel-units-rule"),
        ("\"unit\": \"reqps\"", "\"unit\": \"requests\"", "panel-units-rule"),
        ("\"value\": \"short\"", "\"value\": \"long\"", "panel-units-rule"),
        ("\"targets\": [", "\"targets\": [], \"other\": [", "panel-no-targets-rule"),
        ("[$__rate_interval])", "[$__rate])", "target-promql-rule"),
        ("[$__rate_interval]", "[5m]", "target-rate-interval-rule"),
        (
            "rate(llm_requests_total{job=~\\\"$job\\\", instance=~\\\"$instance\\\"}[$__rate_interval]",
            "increase(llm_requests_total{job=~\\\"$job\\\", instance=~\\\"$instance\\\"}[1h]",
            "",
        ),
        ("job=~\\\"$job\\\", instance", "instance", "target-job-rule"),
        ("job=~\\\"$job\\\", instance", "job=\\\"$job\\\", instance", "target-job-rule"),
        (", instance=~\\\"$instance\\\"", "", "target-instance-rule"),
        (
            "(rate(llm_requests_total{job=~\\\"$job\\\", instance=~\\\"$instance\\\"}[$__rate_interval]))",
            "(llm_requests_total{job=~\\\"$job\\\", instance=~\\\"$instance\\\"})",
            "target-counter-agg-rule",
        ),
        ("rate(", "max_over_time(", "target-counter-agg-rule"),
        ("rate(llm_requests_total", "rate(llm_request_duration_seconds_count", ""),
        ("rate(llm_requests_total", "max_over_time(llm_request_duration_seconds_count", "target-counter-agg-rule"),
    ] {
        let found = violations(&crate::changed(from, to));
        let is_told = found.iter().any(|violation| violation.rule == rule);
        assert!(if rule.is_empty() { found.is_empty() } else { is_told }, "{from} → {to}: {found:?}, not {rule}");
    }
}

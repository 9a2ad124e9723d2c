//! The queries of the dashboards, as Grafana sends them when somebody looks.

use std::collections::BTreeMap;
use std::fmt;

use super::support::dashboard_files::{Dashboard, Variable};

/// What Grafana itself puts into a query, for somebody who looks at the last quarter of an hour.
const OF_GRAFANA: [(&str, &str); 8] = [
    ("__rate_interval", "1m"),
    ("__interval_ms", "15000"),
    ("__interval", "15s"),
    ("__range_ms", "900000"),
    ("__range_s", "900"),
    ("__range", "15m"),
    ("__from", "0"),
    ("__to", "4102444800000"),
];

/// What only a bug of the exporter makes happen, and none is known: queries that show where it did are asked for all there is.
const NEVER: [&str; 2] = ["llm_exporter_collector_failures_total", "llm_exporter_task_restarts_total"];

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    /// The value of an expression.
    Value(String),
    /// The exemplars of its series.
    Exemplars(String),
    /// The values of a label in the series of a selector.
    LabelValues {
        /// Which label.
        label: String,
        /// Which series.
        selector: String,
    },
}

/// One query of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Query {
    /// The file's name.
    pub(crate) dashboard: String,
    /// The panel's title, or what else asks it.
    pub(crate) asked_by: String,
    /// What it asks, with all variables filled in.
    pub(crate) question: Question,
}

impl Query {
    /// Whether it asks for exemplars.
    pub(crate) fn is_for_exemplars(&self) -> bool {
        matches!(self.question, Question::Exemplars(_))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dashboard, asked_by, question } = self;
        match question {
            Question::Value(promql) => write!(f, "{dashboard}, {asked_by}: {promql}"),
            Question::Exemplars(promql) => write!(f, "{dashboard}, {asked_by}: exemplars of {promql}"),
            Question::LabelValues { label, selector } => {
                write!(f, "{dashboard}, {asked_by}: values of {label} in {selector}")
            }
        }
    }
}

/// The queries of a dashboard: of its variables, its annotations and its panels, those in closed rows included.
pub(crate) fn queries_of(dashboard: &Dashboard) -> Vec<Query> {
    let variables = variables(dashboard);
    let query =
        |asked_by: &str, question| Query { dashboard: dashboard.file.clone(), asked_by: asked_by.to_owned(), question };
    let mut queries = Vec::new();
    for variable in dashboard.templating.list.iter().filter(|variable| variable.kind == "query") {
        queries.push(query(&format!("variable {}", variable.name), of_variable(variable, &variables)));
    }
    for annotation in dashboard.annotations.list.iter().filter(|annotation| !annotation.expr.is_empty()) {
        let promql = fill(&annotation.expr, &variables);
        queries.push(query(&format!("annotation {}", annotation.name), Question::Value(promql)));
    }
    for panel in dashboard.all_panels() {
        for target in &panel.targets {
            let promql = with_nothing_hidden(fill(&target.expr, &variables));
            if target.exemplar {
                queries.push(query(&panel.title, Question::Exemplars(promql.clone())));
            }
            queries.push(query(&panel.title, Question::Value(promql)));
        }
    }
    queries
}

fn with_nothing_hidden(promql: String) -> String {
    let is_of_never = NEVER.iter().any(|metric| promql.contains(metric));
    let all = promql.strip_suffix(" > 0").filter(|_| is_of_never).map(str::to_owned);
    all.unwrap_or(promql)
}

/// What is chosen where nobody has chosen: all.
fn variables(dashboard: &Dashboard) -> BTreeMap<String, String> {
    let value = |variable: &Variable| Some((variable.name.clone(), variable.all_value.clone()?));
    dashboard.templating.list.iter().filter_map(value).collect()
}

fn of_variable(variable: &Variable, variables: &BTreeMap<String, String>) -> Question {
    let query = fill(variable.query(), variables);
    let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    match inside.and_then(|arguments| arguments.rsplit_once(',')) {
        Some((selector, label)) => {
            Question::LabelValues { label: label.trim().to_owned(), selector: selector.trim().to_owned() }
        }
        None => Question::Value(query),
    }
}

/// Puts values in the place of `$name`, `${name}` and `${name:format}`. A name that nobody knows stays, and the query fails.
fn fill(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let bare = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let (name, tail) = match braced {
            Some((name, tail)) => (name.split(':').next().unwrap_or_default(), tail),
            None => after.split_at(bare),
        };
        match value_of(name, variables) {
            Some(value) => {
                filled.push_str(value);
                rest = tail;
            }
            None => {
                filled.push('$');
                rest = after;
            }
        }
    }
    filled + rest
}

fn value_of<'a>(name: &str, variables: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let of_grafana = || OF_GRAFANA.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    variables.get(name).map(String::as_str).or_else(of_grafana)
}

//! The queries of the dashboards, as Grafana sends them when somebody looks.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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

/// The queries of all dashboards in a folder.
pub(crate) fn queries_in(folder: &Path) -> Vec<Query> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.map(|entry| entry.expect("a folder of ours can be read").path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let json = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        queries_of(&file.file_name().expect("it is a file").to_string_lossy(), &json)
    };
    files.iter().flat_map(read).collect()
}

/// The queries of one dashboard: of its variables, its annotations and its panels, those in closed rows included.
pub(crate) fn queries_of(name: &str, dashboard: &Value) -> Vec<Query> {
    let variables = variables(dashboard);
    let query =
        |asked_by: &str, question| Query { dashboard: name.to_owned(), asked_by: asked_by.to_owned(), question };
    let mut queries = Vec::new();
    for variable in list(&dashboard["templating"]["list"]) {
        if let Some(question) = of_variable(variable, &variables) {
            queries.push(query(&format!("variable {}", text(&variable["name"])), question));
        }
    }
    for annotation in list(&dashboard["annotations"]["list"]) {
        if let Some(expr) = annotation["expr"].as_str() {
            let name = format!("annotation {}", text(&annotation["name"]));
            queries.push(query(&name, Question::Value(fill(expr, &variables))));
        }
    }
    for panel in panels(dashboard) {
        for target in list(&panel["targets"]) {
            let promql = with_nothing_hidden(fill(text(&target["expr"]), &variables));
            if target["exemplar"] == true {
                queries.push(query(text(&panel["title"]), Question::Exemplars(promql.clone())));
            }
            queries.push(query(text(&panel["title"]), Question::Value(promql)));
        }
    }
    queries
}

fn with_nothing_hidden(promql: String) -> String {
    let is_of_never = NEVER.iter().any(|metric| promql.contains(metric));
    let all = promql.strip_suffix(" > 0").filter(|_| is_of_never).map(str::to_owned);
    all.unwrap_or(promql)
}

fn panels(holder: &Value) -> Vec<&Value> {
    list(&holder["panels"]).iter().flat_map(|panel| std::iter::once(panel).chain(panels(panel))).collect()
}

/// What is chosen where nobody has chosen: all, or the first.
fn variables(dashboard: &Value) -> BTreeMap<String, String> {
    let value = |variable: &Value| {
        let options = [&variable["allValue"], &variable["current"]["value"], &variable["options"][0]["value"]];
        let all = options[0].as_str().filter(|_| variable["includeAll"] == true);
        let value = all.or_else(|| options[1..].iter().find_map(|option| option.as_str()));
        Some((text(&variable["name"]).to_owned(), value?.to_owned()))
    };
    list(&dashboard["templating"]["list"]).iter().filter_map(value).collect()
}

fn of_variable(variable: &Value, variables: &BTreeMap<String, String>) -> Option<Question> {
    if variable["type"] != "query" {
        return None;
    }
    let query = variable["query"].as_str().or_else(|| variable["query"]["query"].as_str())?;
    let query = fill(query, variables);
    let inside = |function: &str| query.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(arguments) = inside("label_values") {
        let (selector, label) = arguments.rsplit_once(',').expect("label_values has a selector and a label");
        return Some(Question::LabelValues { label: label.trim().to_owned(), selector: selector.trim().to_owned() });
    }
    Some(Question::Value(inside("query_result").unwrap_or(&query).to_owned()))
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

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! What a viewer can choose.

use promql_parser::parser;

use crate::support::dashboard_files::{Dashboard, Variable};
use crate::support::grafana;
use crate::{DASHBOARDS, VOCABULARY, assert_none, assert_told};

/// What every dashboard lets its viewers choose, in this order, besides the data source.
const CHOSEN: [&str; 4] = ["job", "instance", "provider", "model"];
/// When the time range changes, as Grafana writes it.
const ON_TIME_CHANGE: u64 = 2;

/// The data source can be chosen.
pub(crate) fn datasource(dashboard: &Dashboard) -> Vec<String> {
    let all: Vec<&Variable> = of_kind(dashboard, "datasource").collect();
    let [one] = all.as_slice() else { return vec![format!("has {} variables for a data source", all.len())] };
    let expected = ("datasource", "Data source", "prometheus");
    let found = (one.name.as_str(), one.label.as_str(), one.query());
    (found != expected).then(|| format!("its data source is {found:?} and not {expected:?}")).into_iter().collect()
}

/// This label can be chosen: one value, some, or all.
pub(crate) fn chosen(dashboard: &Dashboard, name: &str) -> Vec<String> {
    let Some(variable) = dashboard.templating.list.iter().find(|variable| variable.name == name) else {
        return vec![format!("has no variable {name}")];
    };
    let label = name[..1].to_uppercase() + &name[1..];
    let all_value = variable.all_value.as_deref().unwrap_or_default();
    let mistakes = [
        (variable.kind != "query").then(|| format!("is a {} and no query", variable.kind)),
        (variable.label != label).then(|| format!("is labelled {:?} and not {label:?}", variable.label)),
        (!is_chosen_source(variable))
            .then(|| format!("asks {} and not the data source that is chosen", variable.datasource)),
        (!variable.multi).then(|| "is for one value only".to_owned()),
        (!variable.include_all).then(|| "can't be all".to_owned()),
        (all_value != ".+").then(|| format!("takes {all_value:?} for all and not \".+\"")),
    ];
    mistakes.into_iter().flatten().map(|mistake| format!("{name} {mistake}")).collect()
}

fn is_chosen_source(variable: &Variable) -> bool {
    variable.datasource["uid"].as_str().is_some_and(|uid| ["$datasource", "${datasource}"].contains(&uid))
}

/// What is offered is asked for in a way that Prometheus understands.
pub(crate) fn label_promql(dashboard: &Dashboard) -> Vec<String> {
    let told = |variable: &Variable| {
        let Some((selector, _)) = label_values(variable.query()) else {
            return Some(format!(
                "{} asks {:?}, which is not label_values(metric, label)",
                variable.name,
                variable.query()
            ));
        };
        let error = parser::parse(selector).err()?;
        Some(format!("{} asks {selector:?}: {error}", variable.name))
    };
    of_kind(dashboard, "query").filter_map(told).collect()
}

fn label_values(query: &str) -> Option<(&str, &str)> {
    let (selector, label) = query.strip_prefix("label_values(")?.strip_suffix(')')?.rsplit_once(',')?;
    Some((selector.trim(), label.trim()))
}

/// What is offered is what there is in the time range.
pub(crate) fn on_time_change_reload(dashboard: &Dashboard) -> Vec<String> {
    let stale = of_kind(dashboard, "query").filter(|variable| variable.refresh != ON_TIME_CHANGE);
    stale.map(|variable| format!("{} is not asked anew when the time range changes", variable.name)).collect()
}

/// The file is the truth, and not what somebody clicked.
pub(crate) fn uneditable(dashboard: &Dashboard) -> Vec<String> {
    dashboard.editable.then(|| "can be edited".to_owned()).into_iter().collect()
}

fn of_kind<'a>(dashboard: &'a Dashboard, kind: &'a str) -> impl Iterator<Item = &'a Variable> {
    dashboard.templating.list.iter().filter(move |variable| variable.kind == kind)
}

#[test]
fn every_dashboard_lets_choose_the_same() {
    assert_none(&DASHBOARDS.iter().flat_map(differing).collect::<Vec<_>>());
}

fn differing(dashboard: &Dashboard) -> Vec<String> {
    let names: Vec<&str> = dashboard.templating.list.iter().map(|variable| variable.name.as_str()).collect();
    let is_in_order = names.first() == Some(&"datasource") && names.get(1..1 + CHOSEN.len()) == Some(&CHOSEN);
    let order = (!is_in_order).then(|| format!("its variables are {names:?}: datasource first, and then {CHOSEN:?}"));
    let each =
        CHOSEN.iter().flat_map(|name| chosen(dashboard, name)).chain(of_kind(dashboard, "query").flat_map(unknown));
    order.into_iter().chain(each).map(|mistake| format!("{}: {mistake}", dashboard.title)).collect()
}

/// What is offered is a label of something that there is.
fn unknown(variable: &Variable) -> Vec<String> {
    let Some((selector, label)) = label_values(variable.query()) else { return Vec::new() };
    let reading = VOCABULARY.read(selector);
    let lacks = reading.shape.labels().is_some_and(|labels| !labels.has(label));
    let lacks = lacks.then(|| format!("{selector} has no label {label}"));
    reading.mistakes.into_iter().chain(lacks).map(|mistake| format!("{}: {mistake}", variable.name)).collect()
}

#[test]
fn every_variable_that_is_used_can_be_chosen() {
    assert_none(&DASHBOARDS.iter().flat_map(undeclared).collect::<Vec<_>>());
}

/// In whatever text of the file it stands.
fn undeclared(dashboard: &Dashboard) -> Vec<String> {
    let is_declared = |name: &str| dashboard.templating.list.iter().any(|variable| variable.name == name);
    let mut unknown: Vec<&str> =
        grafana::variables(&dashboard.text).into_iter().filter(|it| !is_declared(it)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown.into_iter().map(|name| format!("{}: there is no variable {name}", dashboard.title)).collect()
}

#[test]
fn a_variable_that_can_not_be_meant_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("\"name\": \"provider\"", "\"name\": \"vendor\"", "its variables are"),
        ("instance=~\\\"$instance\\\"", "instance=~\\\"$exporter\\\"", "there is no variable exporter"),
        ("${job:queryparam}", "${gateway:queryparam}", "there is no variable gateway"),
        (
            "label_values(llm_exporter_build_info, job)",
            "label_values(llm_build_info, job)",
            "there is no metric llm_build_info",
        ),
        (
            "label_values(llm_exporter_build_info, job)",
            "label_values(llm_exporter_build_info, jobs)",
            "has no label jobs",
        ),
    ] {
        let dashboard = crate::changed(from, to);
        assert_told(&[differing(&dashboard), undeclared(&dashboard)].concat(), words, to);
    }
}

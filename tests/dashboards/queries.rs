//! Every query asks for what there is, and every label that is shown is one of its result.

use crate::support::blame;
use crate::support::dashboard_files::{Annotation, Dashboard, Panel, Target};
use crate::support::grafana;
use crate::{DASHBOARDS, VOCABULARY, assert_none, assert_told};

/// The legend that Grafana makes by itself.
const AUTOMATIC: &str = "__auto";

#[test]
fn every_query_asks_for_what_there_is() {
    assert_none(&DASHBOARDS.iter().flat_map(mistakes).collect::<Vec<_>>());
}

fn mistakes(dashboard: &Dashboard) -> Vec<String> {
    let of_panels = dashboard.data_panels().flat_map(of_panel);
    let of_annotations = dashboard.annotations.list.iter().filter(|it| !it.expr.is_empty()).flat_map(of_annotation);
    of_panels.chain(of_annotations).map(|mistake| format!("{}, {mistake}", dashboard.title)).collect()
}

fn of_panel(panel: &Panel) -> Vec<String> {
    let told = |target: &Target| {
        let linked = panel
            .field_config
            .defaults
            .links
            .iter()
            .flat_map(|link| [&link.url, &link.title].into_iter().flat_map(|text| grafana::link_labels(text)));
        let shown =
            grafana::legend_labels(&target.legend_format).into_iter().chain(linked.filter(|_| is_linked(panel)));
        let told = of_query(&target.expr, shown).into_iter().chain(unnamed(panel, target));
        told.map(|mistake| format!("{}, query {}: {mistake}", panel.title, target.ref_id)).collect::<Vec<_>>()
    };
    panel.targets.iter().flat_map(told).collect()
}

/// A link of a panel with one query is on all of its series.
fn is_linked(panel: &Panel) -> bool {
    panel.targets.len() == 1
}

/// Prometheus' own names of series are no legend for people.
fn unnamed(panel: &Panel, target: &Target) -> Option<String> {
    let is_unnamed = [AUTOMATIC, ""].contains(&target.legend_format.trim());
    (panel.kind != "table" && is_unnamed).then(|| "has no legend".to_owned())
}

fn of_annotation(annotation: &Annotation) -> Vec<String> {
    let Annotation { name, expr, tag_keys, text_format, title_format } = annotation;
    let shown = [text_format, title_format].into_iter().flat_map(|text| grafana::legend_labels(text));
    let shown = shown.chain(tag_keys.split(',').map(str::trim).filter(|key| !key.is_empty()));
    of_query(expr, shown).into_iter().map(|mistake| format!("annotation {name}: {mistake}")).collect()
}

fn of_query<'a>(expr: &str, shown: impl Iterator<Item = &'a str>) -> Vec<String> {
    let query = grafana::query(expr);
    let reading = VOCABULARY.read(&query);
    let labels = reading.shape.labels();
    let lacks = |label: &&str| labels.as_ref().is_some_and(|labels| !labels.has(label));
    let known = labels.iter().flat_map(|labels| labels.names()).collect::<Vec<_>>().join(", ");
    let lacking = shown.filter(lacks).map(|label| format!("shows {label}, and there is only {known}"));
    reading.mistakes.iter().cloned().chain(lacking).chain(blame::mistakes(&query)).collect()
}

#[test]
fn a_query_for_what_there_is_not_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("rate(llm_requests_total", "rate(llm_request_total", "there is no metric llm_request_total"),
        ("sum by (model)", "sum by (modell)", "no label modell"),
        ("{{model}}", "{{provider}}", "shows provider, and there is only model"),
        ("\"{{model}}\"", "\"__auto\"", "has no legend"),
        ("max by (deployment)", "max by (provider, model)", ""),
        (
            "  \"panels\": [",
            "  \"annotations\": {\"list\": [{\"name\": \"a\", \"expr\": \"sum by (job) (ALERTS)\", \"titleFormat\": \"{{alertname}}\"}]}, \"panels\": [",
            "shows alertname, and there is only job",
        ),
        (
            "rate(llm_requests_total{",
            "rate(llm_request_errors_total{error!~\\\"auth|other\\\", ",
            "is not what speaks against nobody",
        ),
        (
            "rate(llm_requests_total{",
            "rate(llm_request_errors_total{error=\\\"timout\\\", ",
            "timout is no value of error",
        ),
    ] {
        assert_told(&mistakes(&crate::changed(from, to)), words, to);
    }
}

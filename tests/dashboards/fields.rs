//! What is said of single fields is said of fields that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::dashboard_files::{Dashboard, Panel, Target};
use crate::support::grafana;
use crate::{DASHBOARDS, VOCABULARY, assert_none, assert_told};

/// Where `organize` names fields: the keys of these.
const NAMING: [&str; 3] = ["excludeByName", "indexByName", "renameByName"];

#[test]
fn every_field_that_is_named_is_there() {
    assert_none(&DASHBOARDS.iter().flat_map(mistakes).collect::<Vec<_>>());
}

fn mistakes(dashboard: &Dashboard) -> Vec<String> {
    let told = |panel: &Panel| {
        let place = format!("{}, {}", dashboard.title, panel.title);
        unknown(panel).into_iter().map(move |mistake| format!("{place}: {mistake}"))
    };
    dashboard.data_panels().flat_map(told).collect()
}

fn unknown(panel: &Panel) -> Vec<String> {
    let Some(there) = fields(panel) else { return Vec::new() };
    let renamed: BTreeSet<String> = renamings(panel).map(|(_, to)| to).collect();
    let organized = panel.transformations.iter().filter(|it| it.id == "organize");
    let organized = organized.flat_map(|it| NAMING.iter().flat_map(|key| keys_of(&it.options[key])));
    let organized = organized.filter(|name| !there.contains(name)).map(|name| format!("organizes {name:?}"));
    let overridden = panel.field_config.overrides.iter().filter(|it| it.matcher.id == "byName");
    let overridden = overridden.filter_map(|it| it.matcher.options.as_str());
    let is_there = |name: &str| there.contains(name) || renamed.contains(name) || is_legend(panel, name);
    let overridden = overridden.filter(|name| !is_there(name)).map(|name| format!("overrides {name:?}"));
    organized.chain(overridden).map(|it| format!("{it}, which is no field: {}", join(&there))).collect()
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The fields of a table: labels, and the values of each query. `None` where a query is not understood.
fn fields(panel: &Panel) -> Option<BTreeSet<String>> {
    let mut fields: BTreeSet<String> = ["Time", "Value"].map(str::to_owned).into();
    for target in &panel.targets {
        let labels = VOCABULARY.read(&grafana::query(&target.expr)).shape.labels()?;
        fields.extend(labels.names().map(str::to_owned));
        fields.insert(format!("Value #{}", target.ref_id));
    }
    let made = panel.transformations.iter().filter_map(|it| it.options.get("alias")?.as_str());
    fields.extend(made.map(str::to_owned));
    Some(fields)
}

fn renamings(panel: &Panel) -> impl Iterator<Item = (String, String)> {
    let tables = panel.transformations.iter().filter_map(|it| it.options.get("renameByName")?.as_object());
    let pairs = tables.flatten().filter_map(|(from, to)| Some((from.clone(), to.as_str()?.to_owned())));
    pairs.collect::<Vec<_>>().into_iter()
}

fn keys_of(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// Whether a legend, with something for its labels, reads like this.
fn is_legend(panel: &Panel, name: &str) -> bool {
    panel.targets.iter().any(|target| reads_like(target, name))
}

fn reads_like(target: &Target, name: &str) -> bool {
    let mut pieces = target.legend_format.split("{{").enumerate().map(|(at, piece)| match at {
        0 => piece,
        _ => piece.split_once("}}").map_or(piece, |(_, rest)| rest),
    });
    let Some(mut left) = name.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut is_open = false;
    for piece in pieces {
        is_open = piece.is_empty();
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.is_empty() || is_open
}

#[test]
fn a_field_that_is_not_there_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("\"deployment\": \"Name\"", "\"deployments\": \"Name\"", "organizes \"deployments\""),
        ("\"options\": \"Name\"", "\"options\": \"Names\"", "overrides \"Names\""),
    ] {
        assert_told(&mistakes(&crate::changed(from, to)), words, to);
    }
    for (legend, name, is) in [
        ("p{{quantile}}", "p0.95", true),
        ("p{{quantile}}", "q0.95", false),
        ("{{slo}}, 1 hour", "ttft, 1 hour", true),
        ("{{slo}}, 1 hour", "ttft, 6 hours", false),
        ("down", "down", true),
        ("down", "up", false),
    ] {
        let target = Target { legend_format: legend.to_owned(), ..Target::default() };
        assert_eq!(reads_like(&target, name), is, "{legend} {name}");
    }
}

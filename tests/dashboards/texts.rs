//! What people read, and how the files are written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::dashboard_files::{Dashboard, Panel};
use crate::support::words::unknown_metrics;
use crate::{DASHBOARDS, VOCABULARY, assert_none, assert_told};

#[test]
fn every_panel_is_one_of_its_kind_and_says_why_it_is_empty() {
    assert_none(&DASHBOARDS.iter().flat_map(mistakes).collect::<Vec<_>>());
}

fn mistakes(dashboard: &Dashboard) -> Vec<String> {
    let ids = doubled(dashboard.all_panels().map(|panel| panel.id.to_string()));
    let ids = ids.into_iter().map(|id| format!("several panels have the id {id}"));
    let titles = doubled(dashboard.data_panels().map(|panel| panel.title.clone()));
    let titles = titles.into_iter().map(|title| format!("several panels are called {title:?}"));
    let silent = dashboard.data_panels().filter(|panel| panel.field_config.defaults.no_value.trim().is_empty());
    let silent = silent.map(|panel| format!("{}: does not say why it is empty (noValue)", panel.title));
    let named = dashboard.all_panels().flat_map(named);
    let own = unknown_metrics(&dashboard.description, &VOCABULARY);
    let told = ids.chain(titles).chain(silent).chain(named).chain(own);
    told.map(|mistake| format!("{}: {mistake}", dashboard.title)).collect()
}

/// What a panel's texts name must be there.
fn named(panel: &Panel) -> Vec<String> {
    let texts = [&panel.title, &panel.description, &panel.field_config.defaults.no_value];
    let unknown = texts.into_iter().flat_map(|text| unknown_metrics(text, &VOCABULARY));
    unknown.map(|mistake| format!("{}: {mistake}", panel.title)).collect()
}

fn doubled(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

#[test]
fn every_file_is_formatted_alike() {
    assert_none(&DASHBOARDS.iter().filter_map(unformatted).collect::<Vec<_>>());
}

/// So that a change shows as what it is: two spaces, keys in the order of the alphabet.
fn unformatted(dashboard: &Dashboard) -> Option<String> {
    let value: Value = serde_json::from_str(&dashboard.text).ok()?;
    let pretty = serde_json::to_string_pretty(&value).ok()? + "\n";
    let differs = |(own, pretty): &(&str, &str)| own != pretty;
    let line = dashboard.text.lines().zip(pretty.lines()).position(|pair| differs(&pair));
    (dashboard.text != pretty).then(|| format!("{}: not as serde_json writes it, from line {line:?}", dashboard.file))
}

#[test]
fn what_is_missing_or_doubled_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("\"id\": 3", "\"id\": 1", "several panels have the id 1"),
        ("\"title\": \"Deployments\"", "\"title\": \"Requests\"", "several panels are called \"Requests\""),
        ("\"title\": \"Details\"", "\"title\": \"Requests\"", ""),
        ("\"noValue\": \"None known\"", "\"noValue\": \"\"", "Deployments: does not say why it is empty"),
        ("From llm_requests_total.", "From llm_request_total.", "names llm_request_total, which is no metric"),
        ("  \"uid\": \"good\"", " \"uid\": \"good\"", "not as serde_json writes it, from line Some("),
    ] {
        let dashboard = crate::changed(from, to);
        assert_told(&[mistakes(&dashboard), unformatted(&dashboard).into_iter().collect()].concat(), words, to);
    }
}

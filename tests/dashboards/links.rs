//! Dashboards are found by fixed names, and lead to each other.

use std::collections::BTreeSet;

use crate::support::dashboard_files::{Dashboard, Link, Override, Property};
use crate::{DASHBOARDS, assert_none, assert_told};

/// The addresses that others rely on.
const UIDS: [&str; 4] = ["llm-cost", "llm-exporter", "llm-models", "llm-overview"];
const TAG: &str = "llm";
const SCHEMA: u64 = 39;

#[test]
fn the_dashboards_are_where_they_are_looked_for() {
    let uids: Vec<&str> = DASHBOARDS.iter().map(|dashboard| dashboard.uid.as_str()).collect();
    assert_eq!(uids, UIDS, "in the order of their files");
    let titles: BTreeSet<&str> = DASHBOARDS.iter().map(|dashboard| dashboard.title.as_str()).collect();
    assert_eq!(titles.len(), DASHBOARDS.len(), "each has a title of its own: {titles:?}");
}

#[test]
fn every_dashboard_leads_to_the_others() {
    let uids: Vec<&str> = DASHBOARDS.iter().map(|dashboard| dashboard.uid.as_str()).collect();
    assert_none(&DASHBOARDS.iter().flat_map(|dashboard| mistakes(dashboard, &uids)).collect::<Vec<_>>());
}

fn mistakes(dashboard: &Dashboard, uids: &[&str]) -> Vec<String> {
    let untagged = (!dashboard.tags.iter().any(|tag| tag == TAG)).then(|| format!("has no tag {TAG}"));
    let schema = (dashboard.schema_version != SCHEMA).then(|| format!("its schema is {}", dashboard.schema_version));
    let unlinked = uids.iter().filter(|uid| **uid != dashboard.uid && !leads_to(dashboard, uid));
    let unlinked = unlinked.map(|uid| format!("does not lead to {uid}"));
    let lost = targets(dashboard).into_iter().filter(|uid| !uids.contains(&uid.as_str()));
    let lost = lost.map(|uid| format!("a link leads to /d/{uid}, which is not there"));
    let told = untagged.into_iter().chain(schema).chain(unlinked).chain(lost);
    told.map(|mistake| format!("{}: {mistake}", dashboard.title)).collect()
}

/// By its own address, or as one of all that have the tag.
fn leads_to(dashboard: &Dashboard, uid: &str) -> bool {
    let is_by_tag = |link: &Link| link.kind == "dashboards" && link.tags.iter().any(|tag| tag == TAG);
    dashboard.links.iter().any(|link| is_by_tag(link) || uid_in(&link.url).as_deref() == Some(uid))
}

/// The dashboards to which links in panels lead.
fn targets(dashboard: &Dashboard) -> BTreeSet<String> {
    let of_overrides = |it: &Override| it.properties.iter().flat_map(urls_in).collect::<Vec<_>>();
    let own = dashboard.all_panels().flat_map(|it| it.links.iter().chain(&it.field_config.defaults.links));
    let own = own.chain(&dashboard.links).map(|link| link.url.clone());
    let overridden = dashboard.all_panels().flat_map(|it| it.field_config.overrides.iter().flat_map(of_overrides));
    own.chain(overridden).filter_map(|url| uid_in(&url)).collect()
}

fn urls_in(property: &Property) -> Vec<String> {
    let links = property.value.as_array().into_iter().flatten();
    links.filter_map(|link| Some(link.get("url")?.as_str()?.to_owned())).collect()
}

fn uid_in(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("/d/")?;
    rest.split(['/', '?']).next().map(str::to_owned)
}

#[test]
fn a_link_that_leads_nowhere_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("\"type\": \"dashboards\"", "\"type\": \"link\"", "does not lead to other"),
        ("\"llm\"", "\"llms\"", "does not lead to other"),
        ("\"schemaVersion\": 39,\n  \"tags\": [\n    \"llm\"", "\"tags\": [\n    \"ai\"", "has no tag llm"),
        ("/d/good?", "/d/llm-usage?", "a link leads to /d/llm-usage, which is not there"),
    ] {
        assert_told(&mistakes(&crate::changed(from, to), &["good", "other"]), words, to);
    }
}

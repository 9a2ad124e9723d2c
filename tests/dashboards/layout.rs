//! Panels stand side by side without gaps, and what is heavy stays closed.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::token::{T_BOTTOMK, T_TOPK};
use promql_parser::parser::{self, Expr};

use crate::support::dashboard_files::{Area, Dashboard, Panel};
use crate::support::grafana;
use crate::support::promql::Values;
use crate::{DASHBOARDS, VOCABULARY, assert_none, assert_told};

/// How many cells Grafana puts side by side.
const WIDTH: usize = 24;
/// Labels of which there may be thousands.
const MANY: [&str; 8] = ["deployment", "id", "alias", "key", "team", "user", "org", "end_user"];

#[test]
fn panels_leave_no_hole_and_cover_no_other() {
    assert_none(&DASHBOARDS.iter().flat_map(misplaced).collect::<Vec<_>>());
}

fn misplaced(dashboard: &Dashboard) -> Vec<String> {
    let in_rows = dashboard.panels.iter().filter(|panel| panel.collapsed).flat_map(within);
    let rows = dashboard.panels.iter().filter(|panel| panel.kind == "row").filter_map(wrong_row);
    let top = uncovered(&dashboard.panels, 0).into_iter();
    top.chain(in_rows).chain(rows).map(|mistake| format!("{}: {mistake}", dashboard.title)).collect()
}

/// The panels of a closed row stand below it.
fn within(row: &Panel) -> Vec<String> {
    uncovered(&row.panels, row.grid_pos.y + 1).into_iter().map(|mistake| format!("{}: {mistake}", row.title)).collect()
}

fn wrong_row(row: &Panel) -> Option<String> {
    let Area { x, y: _, w, h } = row.grid_pos;
    let is_whole = x == 0 && w == WIDTH && h == 1;
    let holds = row.collapsed != row.panels.is_empty();
    (!is_whole || !holds).then(|| format!("the row {:?} is no line across, or open with panels in it", row.title))
}

/// Cells of `panels`, from `top` to the lowest, that are covered never or twice.
fn uncovered(panels: &[Panel], top: usize) -> Vec<String> {
    let mut covered: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for panel in panels {
        let Area { x, y, w, h } = panel.grid_pos;
        for cell in (y..y + h).flat_map(|line| (x..x + w).map(move |column| (line, column))) {
            covered.entry(cell).or_default().push(&panel.title);
        }
    }
    let bottom = covered.keys().next_back().map_or(top, |(line, _)| line + 1);
    let all = (top..bottom).flat_map(|line| (0..WIDTH).map(move |column| (line, column)));
    let holes =
        all.filter(|cell| !covered.contains_key(cell)).map(|(line, column)| format!("nothing at {column}, {line}"));
    let doubled = covered.iter().filter(|(_, titles)| titles.len() > 1);
    let doubled: BTreeSet<String> = doubled.map(|(_, titles)| format!("{} overlap", titles.join(" and "))).collect();
    let outside = covered.keys().filter(|(line, column)| *column >= WIDTH || *line < top);
    let outside = outside.map(|(line, column)| format!("{column}, {line} is outside")).take(1);
    holes.take(1).chain(doubled).chain(outside).collect()
}

#[test]
fn tables_that_may_be_long_are_closed() {
    assert_none(&DASHBOARDS.iter().flat_map(heavy).collect::<Vec<_>>());
}

fn heavy(dashboard: &Dashboard) -> Vec<String> {
    let open = dashboard.panels.iter().filter(|panel| panel.kind == "table");
    let endless = open.filter(|table| table.targets.iter().any(|target| is_endless(&grafana::query(&target.expr))));
    endless.map(|it| format!("{}, {}: may be long: limit it, or close its row", dashboard.title, it.title)).collect()
}

/// Whether there may be thousands of rows.
fn is_endless(query: &str) -> bool {
    let labels = VOCABULARY.read(query).shape.labels().unwrap_or_default();
    let varies = |name: &&str| labels.get(name).is_some_and(|values| matches!(values, Values::Any));
    let is_limited = parser::parse(query).is_ok_and(|query| is_limited(&query));
    MANY.iter().any(varies) && !is_limited && !labels.has("alertname")
}

fn is_limited(query: &Expr) -> bool {
    match query {
        Expr::Aggregate(aggregate) => [T_TOPK, T_BOTTOMK].contains(&aggregate.op.id()),
        Expr::Paren(paren) => is_limited(&paren.expr),
        Expr::Unary(unary) => is_limited(&unary.expr),
        Expr::Binary(binary) => is_limited(&binary.lhs) || is_limited(&binary.rhs),
        Expr::Call(call) => call.args.args.iter().any(|argument| is_limited(argument)),
        _ => false,
    }
}

#[test]
fn what_stands_wrong_is_told() {
    for (from, to, words) in [
        ("", "", ""),
        ("\"h\": 8,\n        \"w\": 24", "\"h\": 8,\n        \"w\": 23", "nothing at 23, 0"),
        ("\"h\": 8,\n        \"w\": 24", "\"h\": 9,\n        \"w\": 24", "Requests and Details overlap"),
        ("\"h\": 8,\n        \"w\": 24", "\"h\": 8,\n        \"w\": 25", "24, 0 is outside"),
        ("\"y\": 9", "\"y\": 10", "Details: nothing at 0, 9"),
        ("\"y\": 9", "\"y\": 8", "Details: 0, 8 is outside"),
        ("\"collapsed\": true", "\"collapsed\": false", "open with panels in it"),
    ] {
        let dashboard = crate::changed(from, to);
        assert_told(&[misplaced(&dashboard), heavy(&dashboard)].concat(), words, to);
    }
    for (query, is) in [
        ("max by (deployment) (llm_deployment_info)", true),
        ("topk(10, max by (deployment) (llm_deployment_info))", false),
        ("sort_desc(topk(10, sum by (team) (llm_consumer_cost_usd_total)))", false),
        ("sum by (state) (llm_deployment_health)", false),
        ("max by (deployment) (llm_deployment_info{deployment=\"x\"})", false),
    ] {
        assert_eq!(is_endless(query), is, "{query}");
    }
}

//! Every alert has its runbook, and what a runbook tells people to ask can be answered.

use std::collections::BTreeSet;
use std::fs;

use llm_exporter::config::Config;
use llm_exporter::server::ROUTES;
use promql_parser::parser;

use crate::support::blame;
use crate::support::promql::Vocabulary;
use crate::support::rule_files::{Rule, folder};
use crate::support::words::unknown_metrics;
use crate::{RULES, VOCABULARY, assert_none, assert_told};

const SECTIONS: [&str; 4] = ["What it means", "Why it matters", "How to look", "What to do"];
const INDEX: &str = "README";
/// Ports of others, and how their routes begin.
const OTHERS: [(&str, &[&str]); 3] = [
    ("localhost:9090", &["/api/v1/", "/-/", "/metrics", "/alerts", "/rules", "/targets", "/graph"]),
    ("localhost:9093", &["/api/v2/", "/-/", "/metrics"]),
    (
        "litellm:4000",
        &[
            "/health",
            "/v1/",
            "/model/",
            "/key/",
            "/team/",
            "/user/",
            "/customer/",
            "/budget/",
            "/spend/",
            "/global/",
            "/cache/",
        ],
    ),
];
/// What `/health/services` says of a dependency: it is named in the same way as a key.
const FIELDS: [&str; 3] = ["error", "status", "last_success"];

/// A runbook, by the name of its alert.
#[derive(Debug, Clone, Default)]
struct Runbook {
    name: String,
    text: String,
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let runbooks = runbooks();
    let alerts: BTreeSet<&str> = RULES.alerts.iter().map(Rule::name).collect();
    let written: BTreeSet<&str> = runbooks.iter().map(|it| it.name.as_str()).filter(|name| *name != INDEX).collect();
    let missing = alerts.difference(&written).map(|name| format!("{name} has no runbook"));
    let left = written.difference(&alerts).map(|name| format!("{name}.md belongs to no alert"));
    assert_none(&missing.chain(left).collect::<Vec<_>>());
}

#[test]
fn every_runbook_says_what_it_must() {
    let told = runbooks().into_iter().filter(|runbook| runbook.name != INDEX);
    assert_none(&told.flat_map(|runbook| sections(&runbook)).collect::<Vec<_>>());
}

#[test]
fn the_index_tells_of_every_alert() {
    let runbooks = runbooks();
    let index = runbooks.iter().find(|runbook| runbook.name == INDEX).expect("there is an index");
    assert_none(&RULES.alerts.iter().flat_map(|alert| unlisted(alert, &index.text)).collect::<Vec<_>>());
}

#[test]
fn what_a_runbook_asks_can_be_answered() {
    assert_none(&runbooks().iter().flat_map(|runbook| mistakes(runbook, &VOCABULARY)).collect::<Vec<_>>());
}

fn runbooks() -> Vec<Runbook> {
    let entries = fs::read_dir(folder().join("runbooks")).expect("the folder of the runbooks");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let named = paths.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)));
    let read = named.map(|(name, path)| Runbook { name, text: fs::read_to_string(path).expect("a text") });
    let mut runbooks: Vec<Runbook> = read.collect();
    runbooks.sort_by(|one, other| one.name.cmp(&other.name));
    runbooks
}

fn sections(runbook: &Runbook) -> Vec<String> {
    let Runbook { name, text } = runbook;
    let mut lines = text.lines();
    let untitled = (lines.next() != Some(&format!("# {name}"))).then(|| format!("{name}: its title is not its name"));
    let found: Vec<&str> = lines.filter_map(|line| line.strip_prefix("## ")).collect();
    let wrong = (found != SECTIONS).then(|| format!("{name}: its sections are {found:?} and not {SECTIONS:?}"));
    let empty =
        text.split("\n## ").skip(1).filter(|section| section.lines().skip(1).all(|line| line.trim().is_empty()));
    let empty = empty.map(|section| format!("{name}: nothing below {section:?}"));
    untitled.into_iter().chain(wrong).chain(empty).collect()
}

fn unlisted(alert: &Rule, index: &str) -> Vec<String> {
    let name = alert.name();
    let Some(row) = index.lines().find(|line| line.starts_with(&format!("| [{name}]({name}.md) |"))) else {
        return vec![format!("the index has no row for {name}")];
    };
    let cells: Vec<&str> = row.split('|').flat_map(|cell| cell.split(',')).map(str::trim).collect();
    let told = ["severity", "component"].into_iter().filter_map(|label| Some((label, alert.labels.get(label)?)));
    let missing = told.filter(|(_, value)| !cells.contains(&value.as_str()));
    missing.map(|(label, value)| format!("the index does not say that the {label} of {name} is {value}")).collect()
}

fn mistakes(runbook: &Runbook, vocabulary: &Vocabulary) -> Vec<String> {
    let Runbook { name, text } = runbook;
    let queries = blocks(text, "promql").flat_map(|block| asked(block, vocabulary));
    let routes = addresses(text).filter_map(|address| unknown_route(&address));
    let keys = unknown_keys(text).into_iter();
    let links = broken_links(text).into_iter();
    let metrics = unknown_metrics(text, vocabulary).into_iter();
    queries.chain(routes).chain(keys).chain(links).chain(metrics).map(|it| format!("{name}: {it}")).collect()
}

fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let start = format!("```{language}\n");
    let found: Vec<&str> = text.split(&start).skip(1).filter_map(|rest| rest.split("```").next()).collect();
    found.into_iter()
}

/// A block holds a query on each line, or on several.
fn asked(block: &str, vocabulary: &Vocabulary) -> Vec<String> {
    let (mut query, mut told) = (String::new(), Vec::new());
    for line in block.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty()) {
        query.push_str(line);
        query.push('\n');
        if parser::parse(&query).is_ok() {
            told.extend(vocabulary.read(&query).mistakes.into_iter().chain(blame::mistakes(&query)));
            query.clear();
        }
    }
    told.extend((!query.is_empty()).then(|| format!("no query: {query}")));
    told
}

/// What follows `http://`, as far as it is an address.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    let is_end = |character: char| character.is_whitespace() || "'\"`)|;<>,".contains(character);
    let found: Vec<String> =
        text.split("http://").skip(1).filter_map(|rest| Some(rest.split(is_end).next()?.to_owned())).collect();
    found.into_iter()
}

fn unknown_route(address: &str) -> Option<String> {
    let (host, path) = address.split_once('/').map(|(host, path)| (host, format!("/{path}")))?;
    let path = path.split('?').next().unwrap_or_default();
    let is_known = match OTHERS.iter().find(|(other, _)| *other == host) {
        Some((_, starts)) => starts.iter().any(|start| path.starts_with(start)),
        None if host.starts_with("localhost:") || host.starts_with("127.0.0.1:") => {
            path == "/" || ROUTES.iter().any(|(route, _)| *route == path)
        }
        None => true,
    };
    (!is_known).then(|| format!("{host} has no route {path}"))
}

/// Words in backticks that look like keys of our sections.
fn unknown_keys(text: &str) -> Vec<String> {
    let keys: Vec<&str> = Config::key_paths().collect();
    let is_of_key = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.');
    let is_section =
        |name: &str| keys.iter().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    let looks_like_one = |word: &&str| {
        is_of_key(word)
            && word.split_once('.').is_some_and(|(first, rest)| is_section(first) && !FIELDS.contains(&rest))
    };
    let is_known = |word: &str| keys.contains(&word) || is_section(word);
    let words = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(looks_like_one);
    words.filter(|word| !is_known(word)).map(|word| format!("{word} is no key of the configuration")).collect()
}

fn broken_links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let of_files = targets.filter(|target| !target.is_empty() && !target.contains("://"));
    let is_broken = |target: &&str| !folder().join("runbooks").join(target).exists();
    of_files.filter(is_broken).map(|target| format!("a link leads to {target}, which is not there")).collect()
}

#[test]
fn a_runbook_that_lacks_something_is_told() {
    let good = "# Down\n\n## What it means\na\n## Why it matters\na\n## How to look\na\n## What to do\na\n";
    for (from, to, words) in [
        ("", "", ""),
        ("# Down", "# Up", "its title is not its name"),
        ("## Why it matters\na\n", "", "its sections are [\"What it means\", \"How to look\""),
        ("## Why it matters\na\n", "## Why it matters\n", "nothing below \"Why it matters"),
    ] {
        let text = if from.is_empty() { good.to_owned() } else { good.replacen(from, to, 1) };
        assert_told(&sections(&Runbook { name: "Down".to_owned(), text }), words, to);
    }
}

#[test]
fn a_row_of_the_index_that_is_missing_or_wrong_is_told() {
    let labels =
        [("severity", "warning"), ("component", "model")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let alert = Rule { alert: Some("Down".to_owned()), labels: labels.into(), ..Rule::default() };
    for (row, words) in [
        ("| [Down](Down.md) | model | warning, critical | a |", ""),
        ("| [Up](Up.md) | model | warning | a |", "no row for Down"),
        ("| [Down](Down.md) | gateway | warning | a |", "the component of Down is model"),
        ("| [Down](Down.md) | model | critical | a |", "the severity of Down is warning"),
    ] {
        assert_told(&unlisted(&alert, row), words, row);
    }
}

#[test]
fn what_can_not_be_answered_is_told() {
    let vocabulary = Vocabulary::of_exporter();
    for (text, words) in [
        ("```promql\nsum by (model) (\n  rate(llm_requests_total[5m])  # a\n)\n\nllm_healthy == 0  # b\n```\n", ""),
        ("```promql\nllm_health == 0\n```\n", "there is no metric llm_health"),
        ("```promql\nllm_healthy ==\n```\n", "no query"),
        ("```promql\nrate(llm_request_errors_total{error!~\"auth|other\"}[5m])\n```\n", "speaks against nobody"),
        ("```sh\ncurl -s 'http://localhost:4000/health/models?model=a' | x\n```\n", ""),
        ("```sh\ncurl -s http://localhost:4000/health/model | x\n```\n", "localhost:4000 has no route /health/model"),
        ("`curl http://localhost:9090/api/v2/alerts`", "localhost:9090 has no route /api/v2/alerts"),
        ("`curl http://litellm:4000/healthy-looking/no`", ""),
        ("`curl http://litellm:4000/metrics`", "litellm:4000 has no route /metrics"),
        ("set `ingest.max_body`, `sources.litellm_spend_logs` and see `database.error`", ""),
        ("set `ingest.maximum`", "ingest.maximum is no key"),
        ("look at `llm_requests_total`, `llm_consumer_…` and `llm_requests`", "names llm_requests, which is no metric"),
        ("see [it](NotThere.md)", "a link leads to NotThere.md"),
    ] {
        assert_told(&mistakes(&Runbook { name: "Down".to_owned(), text: text.to_owned() }, &vocabulary), words, text);
    }
}

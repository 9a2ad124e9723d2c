//! The whole exposition of all captured events, and of what a list, probes and checks add, in both formats, as it stands in `data/golden`.
//!
//! Left out are the groups `process`, which is about this process and not the same twice, and `exporter`, whose version
//! changes with every release. All other groups are a pure function of the events and the time, which stands still here.
//! `UPDATE_GOLDEN=1 cargo test --test golden` writes the files anew; a commit that does so says why.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use llm_exporter::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, SkipReason, Usd};
use llm_exporter::exposition::Dialect;
use llm_exporter::state::{
    Booked, Check, ComparedModel, Comparison, Counted, Dependency, Expected, ListFacts, ListSource, Listing, Period,
    ProbedBy, Reading, ReadingProgress, Settings, Source, State,
};
use support::captures;
use support::exposition::{Exposition, Format};
use support::pipeline::{NOW, Pipeline, settings};

const LEFT_OUT: [&str; 2] = ["process", "exporter"];
/// So many lines of a difference are shown.
const SHOWN: usize = 20;

fn rendered(dialect: Dialect) -> String {
    let expected = Expected { dependencies: [true; 3], lists: [true; 3], check_holds: Duration::from_secs(40) };
    let pipeline = Pipeline::with(Settings { expected, ..settings(&["team", "key"]) }).without(&LEFT_OUT);
    for scenario in captures::scenarios() {
        pipeline.take(&captures::body(&scenario)).expect("a captured body is JSON");
    }
    pipeline.state.note_gateway_version("1.109.1");
    note_what_no_event_tells(&pipeline.state);
    pipeline.text(dialect, NOW)
}

/// A list of models, one probe at each level, a cooldown, a comparison of each period and a check of each dependency.
fn note_what_no_event_tells(state: &State) {
    for source in ListSource::ALL {
        state.note_list(source, ListFacts { error: None, last_success_at: Some(NOW), deployments: 2 });
    }
    let listing = |id, model, upstream_model| Listing { id, model, provider: "openai", upstream_model, api_base: "" };
    let listings =
        [listing("dep-mock-fast", "mock-fast", "openai/gpt-4o-mini"), listing("dep-idle", "idle", "openai/o3")];
    state.list(&listings, NOW);
    for level in ProbeLevel::ALL {
        state.record_probe("dep-idle", &probe(level), ProbedBy::Us);
    }
    state.note_probe_skipped("dep-mock-fast", SkipReason::FreshTraffic);
    state.note_cooldowns(&HashSet::from(["dep-idle".to_owned()]), NOW);
    let reading = Reading { progress: ReadingProgress::UpToDate, workers: Some(4), ..Reading::starting(NOW) };
    state.note_reading(Source::LitellmSpendLogs, reading);
    for (period, from, daily) in [(Period::Hour, NOW, None), (Period::Day, NOW, Some(booked(1)))] {
        let counted = Counted { requests: 2, unstored: 1, cost: booked(1).cost };
        let compared = ComparedModel { model: "idle".to_owned(), counted, spend_log: booked(2), daily };
        state.note_comparison(period, Some(Comparison { from, models: vec![compared] }));
    }
    state.note_books_read(NOW);
    for (dependency, result) in Dependency::ALL.into_iter().zip([Ok(()), Err("refused".to_owned()), Ok(())]) {
        state.note_dependency(dependency, Check { at: NOW, latency: Duration::from_micros(2_500), result });
    }
}

/// So many requests of a tenth of a millidollar each.
fn booked(requests: u64) -> Booked {
    Booked { requests, cost: Usd::from_all_picos(u128::from(requests) * 100_000_000) }
}

fn probe(level: ProbeLevel) -> ProbeOutcome {
    let failure = ProbeFailure { kind: ErrorKind::Auth, message: "401".to_owned() };
    ProbeOutcome {
        level,
        at: NOW,
        duration: Duration::from_millis(40),
        result: if level == ProbeLevel::Models { Err(failure) } else { Ok(()) },
        time_to_first_token: (level == ProbeLevel::Completion).then_some(Duration::from_millis(30)),
        usage: level.is_billed().then(|| ProbeUsage { tokens: 70, cost: Usd::from_f64(0.000_1).expect("a price") }),
        retry_after: None,
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(name)
}

/// Compares with a golden file, or writes it. Whichever it does, the file breaks no rule of its format.
fn assert_golden(name: &str, format: Format, found: &str) {
    let path = path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|set| set == "1") {
        fs::write(&path, found).expect("the golden files can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if let Err(violation) = Exposition::parse(format, found) {
        panic!("what is exposed is not valid: {violation}");
    }
    let difference = difference(&expected, found);
    assert!(
        difference.is_empty(),
        "{name} is no longer what is exposed (- golden, + now). If that is meant, set UPDATE_GOLDEN=1 and say why in the commit.\n{}",
        difference.join("\n")
    );
}

/// The lines that only one of two texts has, each after the number of its own line, as far as they are worth showing.
fn difference(expected: &str, found: &str) -> Vec<String> {
    let only_in = |text: &str, other: &str, mark: char| {
        let others: HashSet<&str> = other.lines().collect();
        let lines = text.lines().enumerate().filter(|(_, line)| !others.contains(line));
        lines.take(SHOWN).map(|(index, line)| format!("{mark}{:5}  {line}", index + 1)).collect::<Vec<_>>()
    };
    let lines = [only_in(expected, found, '-'), only_in(found, expected, '+')].concat();
    if lines.is_empty() && expected != found {
        return vec!["the same lines in another order, or another end".to_owned()];
    }
    lines
}

#[test]
fn the_openmetrics_exposition_of_all_captures_is_the_golden_one() {
    assert_golden("captures.openmetrics.txt", Format::OpenMetrics, &rendered(Dialect::OpenMetrics));
}

#[test]
fn the_text_exposition_of_all_captures_is_the_golden_one() {
    assert_golden("captures.text.txt", Format::Text004, &rendered(Dialect::Text));
}

#[test]
fn rendering_again_changes_nothing() {
    assert_eq!(rendered(Dialect::OpenMetrics), rendered(Dialect::OpenMetrics), "stable order of everything");
}

#[test]
fn the_captures_fill_every_family_but_those_that_need_what_was_not_captured() {
    let exposed = Exposition::parse(Format::Text004, &rendered(Dialect::Text)).expect("strictly valid");
    let is_missing = |name: &&str| exposed.family(name).is_none();
    let named = llm_exporter::catalogue::metrics().into_iter().map(|metric| metric.name);
    let missing: Vec<&str> = named
        .filter(|name| !name.starts_with("process_") && !name.starts_with("llm_exporter_"))
        .filter(is_missing)
        .collect();
    // No key was captured whose budget is reset, no list of who may spend is read, and there is neither another replica nor Redis.
    let of_lists = ["llm_key_expiry_timestamp_seconds", "llm_budgets_up", "llm_budgets_last_success_timestamp_seconds"];
    let of_others =
        ["llm_source_active", "llm_source_takeovers_total", "llm_source_share_up", "llm_gateway_spend_buffer_length"];
    assert_eq!(missing, [&["llm_budget_reset_timestamp_seconds"][..], &of_lists, &of_others].concat());
}

//! What a row of each table takes, and the whole process with full tables.

mod support;

use std::fs;
use std::ops::Range;

use llm_exporter::event::{ConsumerLabel, RequestEvent};
use llm_exporter::state::{Source, State};
use support::{NOW, event, state};

/// The default limit of consumers, and ten models of each.
const CONSUMERS: usize = 10_000;
const MODELS: usize = 10;

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn main() {
    // `cargo test --benches` runs this without wanting figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let labels = || vec![ConsumerLabel::Key, ConsumerLabel::Team];
    // First, while the process holds nothing else; and what is freed again last, since its memory would be used for what follows.
    let state = fill(state(CONSUMERS, labels()), 0..CONSUMERS, 0..MODELS, Calls::Remembered);
    let process = resident_bytes();
    let deployments = grown_by(|| fill(support::state(10, Vec::new()), 0..1, 0..1_000, Calls::Unknown));
    let consumers = grown_by(|| fill(support::state(200_000, labels()), 0..100_000, 0..1, Calls::Unknown));
    let calls = grown_by(|| fill(support::state(10, Vec::new()), 0..100_000, 0..1, Calls::Remembered));
    let scrape = grown_by(|| state.snapshot(NOW));
    println!("| what | bytes |\n|---|--:|");
    println!("| process, {CONSUMERS} consumers x {MODELS} models with the default limits | {process} |");
    println!("| and the copy that a scrape of it is rendered from | {scrape} |");
    println!("| deployment, with its model's histograms | {} |", deployments / 1_000);
    println!("| consumer row | {} |", consumers / 100_000);
    println!("| 100,000 calls of which another attempt may be told, the most that are remembered | {calls} |");
}

/// Whether events say which call they belong to: those that do are remembered for a while.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    Remembered,
    Unknown,
}

fn fill(state: State, consumers: Range<usize>, models: Range<usize>, calls: Calls) -> State {
    for consumer in consumers {
        for model in models.clone() {
            let event = event(consumer, model);
            let call = event.call.filter(|_| calls == Calls::Remembered);
            state.record(Source::LitellmCallback, &RequestEvent { call, ..event }, NOW);
        }
    }
    state
}

/// By how much the process grew. What was made is kept, so that its memory is not used again for the next.
fn grown_by<T>(make: impl FnOnce() -> T) -> u64 {
    let before = resident_bytes();
    let made = make();
    let grown = resident_bytes().saturating_sub(before);
    std::mem::forget(made);
    grown
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of each process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the resident size is told");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kibibytes * 1024
}

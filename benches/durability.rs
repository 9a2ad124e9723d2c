//! Events a second: concurrent batches of LiteLLM's are taken with every durability, in one run.
//!
//! Each event of a batch is another consumer's, so that a commit has about as many rows to write as there were events: a batch of one
//! consumer's changes a handful. Nothing is received by HTTP, which would take time from every column alike: what is lost to
//! durability shows here at its largest.

mod support;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use llm_exporter::keeping::restore;
use llm_exporter::own::StorageFacts;
use llm_exporter::sink::Sink;
use llm_exporter::sources::litellm;
use llm_exporter::state::State;
use llm_exporter::storage::{Committer, Store};
use support::{NOW, consumer_labels, state};
use tokio::runtime::Runtime;

/// Workers of the proxy that push at the same time.
const PUSHERS: [usize; 3] = [1, 8, 32];
const BATCH: usize = 50;
/// Batches of other consumers each.
const BODIES: usize = 40;
/// Each way of keeping has this long, and its turn so often.
const TURN: Duration = Duration::from_secs(2);
const TURNS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Off,
    Interval,
    Sync,
}

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn main() {
    // `cargo test --benches` runs this without wanting figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = std::env::args().skip_while(|argument| argument != "--folder").nth(1);
    let folder = tempfile::tempdir_in(folder.as_deref().unwrap_or("target")).expect("a folder on a real disk");
    let bodies = bodies();
    println!("| pushers | off | interval | sync | interval / off | sync / off |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for pushers in PUSHERS {
        let mut best = [0.0_f64; 3];
        for _ in 0..TURNS {
            for (place, way) in [Way::Off, Way::Interval, Way::Sync].into_iter().enumerate() {
                best[place] = best[place].max(rate(way, pushers, &bodies, folder.path()));
            }
        }
        let [off, interval, sync] = best;
        let ratio = |rate: f64| format!("**{:.0} %**", rate / off * 100.0);
        let (of_interval, of_sync) = (ratio(interval), ratio(sync));
        println!("| {pushers} | {off:.0} | {interval:.0} | {sync:.0} | {of_interval} | {of_sync} |");
    }
}

/// Events a second, each batch acknowledged before its pusher sends the next.
fn rate(way: Way, pushers: usize, bodies: &[Vec<u8>], folder: &Path) -> f64 {
    let runtime = Runtime::new().expect("threads");
    let state = Arc::new(state(10_000, consumer_labels()[..2].to_vec()));
    // The window is one event, so that each is new.
    let sink = Sink::new(Arc::clone(&state), 1);
    let folder = tempfile::tempdir_in(folder).expect("a folder on a real disk");
    let committer = (way != Way::Off).then(|| committer(&state, &sink, folder.path()));
    let started = Instant::now();
    let batches: usize = thread::scope(|scope| {
        let push = |first| push(way, &sink, committer.as_ref(), &runtime, started, bodies.iter().cycle().skip(first));
        let firsts = (0..pushers).map(|pusher| pusher * BODIES / pushers);
        let pushers: Vec<_> = firsts.map(|first| scope.spawn(move || push(first))).collect();
        pushers.into_iter().map(|pusher| pusher.join().expect("it does not panic")).sum()
    });
    let rate = (batches * BATCH) as f64 / started.elapsed().as_secs_f64();
    if let Some(committer) = committer {
        runtime.block_on(committer.stop()).expect("there is room");
    }
    rate
}

fn push<'a>(
    way: Way,
    sink: &Sink,
    committer: Option<&Committer>,
    runtime: &Runtime,
    started: Instant,
    bodies: impl Iterator<Item = &'a Vec<u8>>,
) -> usize {
    let mut batches = 0;
    for body in bodies.take_while(|_| started.elapsed() < TURN) {
        _ = litellm::take(black_box(body), sink, NOW).expect("captures are JSON");
        if let (Way::Sync, Some(committer)) = (way, committer) {
            runtime.block_on(committer.settled()).expect("there is room");
        }
        batches += 1;
    }
    batches
}

/// The captured batch, each of its events with a key of its own.
fn bodies() -> Vec<Vec<u8>> {
    let captured = std::fs::read_to_string("tests/data/litellm-callback/batch_50_concurrent.json");
    let captured = captured.expect("the captures are part of the repository");
    let body = |number: usize| {
        let mut keys = (number * BATCH..).map(|key| format!("{key:064x}"));
        let mut aliases = (number * BATCH..).map(|key| format!("key-{key}"));
        let body = with_values(&captured, "\"user_api_key_hash\": \"", &mut keys);
        with_values(&body, "\"user_api_key_alias\": \"", &mut aliases).into_bytes()
    };
    (0..BODIES).map(body).collect()
}

/// The same text with other values after each such name.
fn with_values(text: &str, name: &str, values: &mut dyn Iterator<Item = String>) -> String {
    let mut parts = text.split(name);
    let mut made = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        let (_, rest) = part.split_once('"').expect("a text ends");
        made += &format!("{name}{value}\"{rest}");
    }
    made
}

fn committer(state: &Arc<State>, sink: &Sink, folder: &Path) -> Committer {
    let opened = Store::open(folder, NOW).expect("an empty folder takes a store");
    let (mut keeper, _) = restore(&opened.store, state, sink, 1_000_000).expect("it is empty");
    let facts = Arc::new(StorageFacts::default());
    let started = Committer::start(opened.store, move || keeper.take_changes(), Duration::from_secs(1), facts);
    started.expect("a thread")
}

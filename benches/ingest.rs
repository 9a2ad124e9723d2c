//! Bytes a second: decode and record LiteLLM's batches, against serde_json skipping the same bytes.

mod support;

use std::hint::black_box;
use std::sync::Arc;

use llm_exporter::sink::Sink;
use llm_exporter::sources::litellm;
use serde::de::IgnoredAny;
use support::pairs::compare;
use support::{NOW, consumer_labels, state};

/// 50 events as LiteLLM sent them, and single ones of other kinds.
const CAPTURES: [&str; 4] = ["batch_50_concurrent", "chat_stream_success", "fallback", "metadata_full"];

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn main() {
    // `cargo test --benches` runs this without wanting figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("| body | bytes | decode and record | serde_json skips the bytes | ratio | serde_json `Value` |");
    println!("|---|--:|--:|--:|--:|--:|");
    CAPTURES.iter().for_each(|name| println!("{}", row(name, &capture(name))));
    println!("{}", row("one with a prompt of 100 KB", &with_long_prompt()));
}

fn row(name: &str, body: &[u8]) -> String {
    // The window is one event, so that each is new.
    let sink = Sink::new(Arc::new(state(10_000, consumer_labels()[..2].to_vec())), 1);
    let take = || _ = litellm::take(black_box(body), &sink, NOW).expect("captures are JSON");
    let skip = || _ = serde_json::from_slice::<IgnoredAny>(black_box(body)).expect("captures are JSON");
    let tree = || _ = serde_json::from_slice::<serde_json::Value>(black_box(body)).expect("captures are JSON");
    let (against_skip, against_tree) = (compare(take, skip), compare(take, tree));
    let speed = |nanoseconds: f64| format!("{:.2} GB/s", body.len() as f64 / nanoseconds);
    let ratio = format!("{:.0} %", against_skip.ratio * 100.0);
    let [ours, floor, tree] = [against_skip.first, against_skip.second, against_tree.second].map(speed);
    format!("| {name} | {} | {ours} | {floor} | **{ratio}** | {tree} |", body.len())
}

fn capture(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/data/litellm-callback/{name}.json")).expect("the captures are part of the repository")
}

/// Lines of code in a prompt: an escape every few words, and brackets within strings.
fn with_long_prompt() -> Vec<u8> {
    let line = "    if (is_open(door)) { say(\"it is open\"); rooms[3] = \"hall\"; }\n";
    let prompt = line.repeat(100_000 / line.len());
    let mut events: serde_json::Value = serde_json::from_slice(&capture("chat_success")).expect("captures are JSON");
    events[0]["messages"] = serde_json::json!([{"role": "user", "content": prompt}]);
    events.to_string().into_bytes()
}

//! Bytes a second: decode and record captured LiteLLM batches, against serde_json skipping the same bytes.

mod support;

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use llm_exporter::sink::Sink;
use llm_exporter::sources::litellm;
use serde::de::IgnoredAny;
use support::{NOW, consumer_labels, state};

/// 50 events as LiteLLM sent them, and single ones of other kinds.
const BODIES: [&str; 4] = ["batch_50_concurrent", "chat_stream_success", "fallback", "metadata_full"];

fn main() {
    divan::main();
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/data/litellm-callback/{name}.json")).expect("the captures are part of the repository")
}

/// The floor: serde_json reads the bytes and keeps nothing.
#[divan::bench(args = BODIES)]
fn skip(bencher: Bencher<'_, '_>, name: &str) {
    let body = read(name);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| serde_json::from_slice::<IgnoredAny>(black_box(&body)).expect("captures are JSON"));
}

/// Decode and record. The window is one event, so that each is new.
#[divan::bench(args = BODIES)]
fn decode_and_record(bencher: Bencher<'_, '_>, name: &str) {
    let body = read(name);
    let sink = Sink::new(Arc::new(state(10_000, consumer_labels()[..2].to_vec())), 1);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| litellm::take(black_box(&body), &sink, NOW).expect("captures are JSON"));
}

/// The other way: serde_json into a tree of values.
#[divan::bench(args = BODIES)]
fn value_tree(bencher: Bencher<'_, '_>, name: &str) {
    let body = read(name);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| serde_json::from_slice::<serde_json::Value>(black_box(&body)).expect("captures are JSON"));
}

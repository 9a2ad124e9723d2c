//! What one decoded event costs, on a deployment and a consumer that are known.

mod support;

use divan::Bencher;
use divan::counter::ItemsCount;
use llm_exporter::event::{AttemptKey, CallKey, RequestEvent};
use llm_exporter::sink::Sink;
use llm_exporter::state::{Source, State};
use std::hint::black_box;
use std::sync::Arc;
use support::{NOW, consumer_labels, event, state};

/// Events of a hundred consumers on ten models, over and over.
const EVENTS: usize = 1_000;

fn main() {
    divan::main();
}

fn events() -> Vec<RequestEvent<'static>> {
    (0..EVENTS).map(|number| event(number % 100, number % 10)).collect()
}

fn warm(state: &State, events: &[RequestEvent<'_>]) {
    events.iter().for_each(|event| state.record(Source::LitellmCallback, event, NOW));
}

/// The raw operation beside it: one look-up by three labels, with the standard map and its hash.
#[divan::bench]
fn standard_map_lookup(bencher: Bencher<'_, '_>) {
    let keys: Vec<(String, String, String)> = (0..EVENTS)
        .map(|number| {
            (format!("gpt-4o-{:04}", number % 10), "azure".into(), format!("deployment-{:04}-eu-west", number % 10))
        })
        .collect();
    let mut map = std::collections::HashMap::new();
    keys.iter().for_each(|key| *map.entry(key.clone()).or_insert(0_u64) += 1);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        for key in &keys {
            *map.get_mut(black_box(key)).expect("it was put in") += 1;
        }
    });
}

/// With the default configuration: no consumer labels.
#[divan::bench]
fn without_consumers(bencher: Bencher<'_, '_>) {
    let (state, events) = (state(10_000, Vec::new()), events());
    warm(&state, &events);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| warm(&state, black_box(&events)));
}

/// The same while other replicas are to be told what requests say, ten thousand of them at once.
#[divan::bench]
fn without_consumers_shared_with_replicas(bencher: Bencher<'_, '_>) {
    const ROUNDS_UNTIL_TOLD: usize = 10;
    let (state, events) = (state(10_000, Vec::new()), events());
    state.gather_news();
    warm(&state, &events);
    let mut rounds = 0;
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        warm(&state, black_box(&events));
        rounds += 1;
        if rounds % ROUNDS_UNTIL_TOLD == 0 {
            black_box(state.take_news());
        }
    });
}

/// With two consumer labels, key and team.
#[divan::bench]
fn with_two_consumer_labels(bencher: Bencher<'_, '_>) {
    let (state, events) = (state(10_000, consumer_labels()[..2].to_vec()), events());
    warm(&state, &events);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| warm(&state, black_box(&events)));
}

/// With five consumer labels.
#[divan::bench]
fn with_five_consumer_labels(bencher: Bencher<'_, '_>) {
    let (state, events) = (state(10_000, consumer_labels()), events());
    warm(&state, &events);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| warm(&state, black_box(&events)));
}

/// Through the sink: each event is a new call, in a window that is full.
#[divan::bench]
fn through_a_full_window(bencher: Bencher<'_, '_>) {
    const WINDOW: usize = 1_000_000;
    let sink = Sink::new(Arc::new(state(10_000, consumer_labels()[..2].to_vec())), WINDOW);
    let mut events = events();
    let mut next = 0_u64;
    let mut renew = |events: &mut Vec<RequestEvent<'_>>| {
        for event in events {
            next += 1;
            event.attempt = AttemptKey::of(&[&next.to_string()]);
            event.call = Some(CallKey::of(&next.to_string()));
        }
    };
    for _ in 0..WINDOW / EVENTS {
        renew(&mut events);
        events.iter().for_each(|event| _ = black_box(sink.take(Source::LitellmCallback, event, NOW)));
    }
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| {
            renew(&mut events);
            events.clone()
        })
        .bench_local_refs(|events| {
            for event in events {
                black_box(sink.take(Source::LitellmCallback, event, NOW));
            }
        });
}

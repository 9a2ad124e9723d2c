//! Many who push and many who scrape, all at once: nothing is lost, nothing is seen twice, nothing goes back.

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use llm_exporter::event::{
    AttemptKey, Caller, Cost, Deployment, ErrorKind, InputTokens, Outcome, OutputTokens, RequestEvent, Timestamp,
    Usage, Usd,
};
use support::exposition::Exposition;
use support::pipeline::{NOW, Pipeline, settings};

const WRITERS: usize = 4;
const SCRAPERS: usize = 2;
/// Each writer's own attempts. Every third fails, and every fifth is delivered twice.
const ATTEMPTS: usize = 4_500;
const MODELS: usize = 7;
/// Fewer than there are consumers, so that rows overflow while others scrape.
const CONSUMERS: usize = 5;

fn attempt(writer: usize, number: usize) -> RequestEvent<'static> {
    let is_failed = number.is_multiple_of(3);
    let model = format!("model {}", number % MODELS);
    let deployment = Deployment {
        id: format!("{model} of {}", number % 2).into(),
        model: model.into(),
        provider: "provider".into(),
        upstream_model: "upstream".into(),
        api_base: "https://provider.example".into(),
        rate_limits: None,
    };
    let ended_at = Timestamp::from_micros(NOW.as_micros() - 1_000_000);
    let key = AttemptKey::of(&[&writer.to_string(), &number.to_string()]);
    RequestEvent {
        outcome: match is_failed {
            true => Outcome::Failure { kind: ErrorKind::ServerError, message: None },
            false => Outcome::Success,
        },
        started_at: Timestamp::from_micros(NOW.as_micros() - 2_000_000),
        usage: Usage { input: InputTokens::split(10, 3, 0, 0, 0), output: OutputTokens::split(5, 1, 0, 0) },
        cost: Cost::Booked(Usd::from_f64(0.000_002_5).expect("a price")),
        caller: Caller { key: Some(format!("key {writer} {}", number % 3).into()), ..Caller::default() },
        ..support::attempt::attempt(key, deployment, ended_at)
    }
}

fn write(pipeline: &Pipeline, writer: usize) {
    for number in 0..ATTEMPTS {
        let event = attempt(writer, number);
        pipeline.record(&event, NOW);
        if number.is_multiple_of(5) {
            pipeline.record(&event, NOW);
        }
    }
}

/// Everything that may only grow, by its line up to the value.
fn counters(exposition: &Exposition) -> HashMap<String, f64> {
    let is_counter = |name: &str| ["_total", "_bucket", "_count", "_sum"].iter().any(|suffix| name.ends_with(suffix));
    let samples = exposition.families().iter().flat_map(|family| &family.samples);
    let samples = samples.filter(|sample| is_counter(&sample.name));
    samples.map(|sample| (format!("{} {:?}", sample.name, sample.labels), sample.value)).collect()
}

/// What is true of every single moment.
fn check_moment(exposition: &Exposition) {
    let requests = exposition.sum("llm_requests_total", &[]);
    assert_eq!(exposition.sum("llm_source_events_total", &[]), requests, "one moment, one number");
    assert_eq!(exposition.sum("llm_consumer_requests_total", &[]), requests);
    assert_eq!(exposition.sum("llm_request_duration_seconds_count", &[]), requests);
    assert_eq!(exposition.sum("llm_input_tokens_total", &[]), 10.0 * requests);
    let errors = exposition.sum("llm_request_errors_total", &[]);
    assert_eq!(exposition.sum("llm_consumer_errors_total", &[]), errors);
}

/// Scrapes until nobody writes any more, and once after that. Returns how often.
fn scrape(pipeline: &Pipeline, writing: &AtomicUsize) -> usize {
    let mut before = HashMap::new();
    for scrapes in 1.. {
        let is_last = writing.load(Ordering::Acquire) == 0;
        let scraped = pipeline.scrape();
        check_moment(&scraped);
        let after = counters(&scraped);
        for (series, value) in &before {
            assert!(
                after.get(series).is_some_and(|now| now >= value),
                "{series}: {value}, then {:?}",
                after.get(series)
            );
        }
        if is_last {
            return scrapes;
        }
        before = after;
    }
    unreachable!("the writers end")
}

#[test]
fn totals_are_exact_and_every_scrape_is_a_moment_that_was() {
    let mut limits = settings(&["key"]);
    limits.consumers = CONSUMERS;
    let pipeline = Pipeline::with(limits);
    let writing = AtomicUsize::new(WRITERS);
    thread::scope(|scope| {
        let scrapers: Vec<_> = (0..SCRAPERS).map(|_| scope.spawn(|| scrape(&pipeline, &writing))).collect();
        for writer in 0..WRITERS {
            let (pipeline, writing) = (&pipeline, &writing);
            scope.spawn(move || {
                write(pipeline, writer);
                writing.fetch_sub(1, Ordering::Release);
            });
        }
        for scraper in scrapers {
            assert!(scraper.join().expect("a scraper that found nothing wrong") >= 1);
        }
    });
    let scraped = pipeline.scrape();
    let attempts = (WRITERS * ATTEMPTS) as f64;
    for (name, expected) in [
        ("llm_requests_total", attempts),
        ("llm_source_events_total", attempts),
        ("llm_source_duplicates_total", attempts / 5.0),
        ("llm_request_errors_total", attempts / 3.0),
        ("llm_input_tokens_total", attempts * 10.0),
        ("llm_output_tokens_total", attempts * 5.0),
        ("llm_consumer_requests_total", attempts),
    ] {
        assert_eq!(scraped.sum(name, &[]), expected, "{name}");
    }
    assert!((scraped.sum("llm_cost_usd_total", &[]) - attempts * 0.000_002_5).abs() < 1e-9);
    assert!((scraped.sum("llm_request_duration_seconds_sum", &[]) - attempts).abs() < 1e-6);
    assert_eq!(scraped.value("llm_exporter_series", &[("table", "consumers")]), Some(CONSUMERS as f64));
}

#[test]
fn one_attempt_that_everybody_delivers_at_once_counts_once() {
    let pipeline = Pipeline::new();
    let event = attempt(0, 1);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| pipeline.record_all(&vec![event.clone(); 100]));
        }
    });
    let scraped = pipeline.scrape();
    assert_eq!(scraped.sum("llm_requests_total", &[]), 1.0);
    assert_eq!(scraped.sum("llm_source_duplicates_total", &[]), (WRITERS * 100 - 1) as f64);
}

//! A real Prometheus scrapes the real binary in both text formats and answers the questions that dashboards ask.

mod support;

use std::collections::BTreeMap;

use support::captures;
use support::exporter::{Exporter, TEXT_004};
use support::prometheus::{Prometheus, ScrapeJob};
use support::relay;

/// The scenario with many events, pushed in two halves: an increase needs a scrape between them.
const BUSY: &str = "batch_50_concurrent";

/// The requests that reached a deployment, by public model name, over all captures. The cache hit, the unknown model
/// and the refused key reached none.
const REQUESTS: &[(&str, f64)] = &[
    ("mock-fast", 50.0),
    ("up-429", 1.0),
    ("up-500", 1.0),
    ("up-embed", 1.0),
    ("up-ok", 5.0),
    ("up-ok-slowstream", 1.0),
    ("up-primary-bad", 1.0),
    ("up-streamcut", 1.0),
    ("up-timeout", 1.0),
    ("up-tools", 1.0),
];

/// The requests of them that failed, by public model name and kind.
const ERRORS: &[(&str, &str)] = &[
    ("up-429", "rate_limited_provider"),
    ("up-500", "server_error"),
    ("up-ok-slowstream", "client_cancelled"),
    ("up-primary-bad", "server_error"),
    ("up-streamcut", "stream_aborted"),
    ("up-timeout", "timeout"),
];

#[test]
fn prometheus_scrapes_both_formats_and_answers_queries() {
    let exporter = Exporter::start();
    let prometheus = Prometheus::scraping(&[
        ScrapeJob { name: "openmetrics", target: exporter.address(), path: "/metrics" },
        ScrapeJob { name: "text", target: relay::asking_for(TEXT_004, exporter.address()), path: "/metrics" },
    ]);
    push_everything_with_a_scrape_between(&exporter, &prometheus);

    for job in ["openmetrics", "text"] {
        prometheus.wait_for(&format!("up{{job=\"{job}\"}}"));
        prometheus.wait_for(&format!("scrape_samples_scraped{{job=\"{job}\"}}"));
        assert_requests_and_errors(&prometheus, job);
        assert_quantiles(&prometheus, job);
    }
    assert_same_buckets(&prometheus);
    assert_exemplars(&prometheus);
}

fn push_everything_with_a_scrape_between(exporter: &Exporter, prometheus: &Prometheus) {
    let events = captures::events(BUSY);
    let (first, second) = events.split_at(events.len() / 2);
    for scenario in captures::scenarios().iter().filter(|scenario| *scenario != BUSY) {
        exporter.push(captures::body(scenario));
    }
    exporter.push(serde_json::to_vec(first).expect("events are JSON"));
    wait_for_requests(prometheus, "mock-fast", 25);
    exporter.push(serde_json::to_vec(second).expect("events are JSON"));
    wait_for_requests(prometheus, "mock-fast", 50);
}

/// Waits until both jobs have seen that many requests.
fn wait_for_requests(prometheus: &Prometheus, model: &str, requests: u32) {
    prometheus.wait_for(&format!("count(sum by (job) (llm_requests_total{{model=\"{model}\"}}) == {requests}) == 2"));
}

fn assert_requests_and_errors(prometheus: &Prometheus, job: &str) {
    let expected: BTreeMap<String, f64> = REQUESTS.iter().map(|(model, n)| ((*model).to_owned(), *n)).collect();
    let requests = format!("sum by (model) (llm_requests_total{{job=\"{job}\"}})");
    prometheus.wait_until_equal(&requests, &expected, || prometheus.values_by("model", &requests));

    let labels = |model: &str, error: &str| BTreeMap::from([("error", error), ("model", model)].map(owned));
    let expected: BTreeMap<_, _> = ERRORS.iter().map(|(model, error)| (labels(model, error), 1.0)).collect();
    let failed = format!("sum by (model, error) (llm_request_errors_total{{job=\"{job}\"}}) > 0");
    prometheus.wait_until_equal(&failed, &expected, || prometheus.query(&failed).into_iter().collect());
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn assert_quantiles(prometheus: &Prometheus, job: &str) {
    let increase = format!("increase(llm_request_duration_seconds_bucket{{model=\"mock-fast\",job=\"{job}\"}}[10m])");
    let p90 = prometheus.wait_for(&format!("histogram_quantile(0.9, sum by (le) ({increase}))"));
    let slowest = captures::events(BUSY).iter().map(duration_seconds).fold(0.0, f64::max);
    assert!(p90 > 0.0 && p90 < 10.0 * slowest, "p90 is {p90}, and the slowest request took {slowest} seconds");
}

fn assert_same_buckets(prometheus: &Prometheus) {
    let expected = prometheus.wait_until("there are buckets", || {
        Some(buckets(prometheus, "openmetrics")).filter(|buckets| !buckets.is_empty())
    });
    prometheus.wait_until_equal("both formats have the same buckets", &expected, || buckets(prometheus, "text"));
}

fn buckets(prometheus: &Prometheus, job: &str) -> BTreeMap<String, f64> {
    prometheus.values_by("le", &format!("sum by (le) (llm_request_duration_seconds_bucket{{job=\"{job}\"}})"))
}

fn assert_exemplars(prometheus: &Prometheus) {
    let sent: Vec<String> =
        captures::events(BUSY).iter().filter_map(|event| event["trace_id"].as_str().map(str::to_owned)).collect();
    let stored = prometheus.wait_until("an exemplar is stored", || {
        Some(prometheus.exemplars("llm_request_duration_seconds_bucket{model=\"mock-fast\"}"))
            .filter(|stored| !stored.is_empty())
    });
    for labels in stored {
        let trace_id = labels["trace_id"].as_str().expect("an exemplar has a trace id");
        assert!(sent.iter().any(|sent| sent == trace_id), "{trace_id} was never sent");
    }
}

fn duration_seconds(event: &serde_json::Value) -> f64 {
    let time = |key: &str| event[key].as_f64().expect("an event has a start and an end");
    time("endTime") - time("startTime")
}

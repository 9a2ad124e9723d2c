//! Latencies.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};
use crate::state::{DURATION, GATEWAY_OVERHEAD, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN};

metrics! {
    /// Duration of every request counted in llm_requests_total, from its start to the last byte or the error, from the gateway's
    /// events.
    REQUEST_DURATION = Histogram "llm_request_duration_seconds" ["model", "provider", "stream"];
    /// Time from the start of a streamed request to its first token, from the gateway's events.
    FIRST_TOKEN = Histogram "llm_time_to_first_token_seconds" ["model", "provider"];
    /// Mean time between the output tokens of a streamed request: (end - first token) / (output tokens - 1), from the gateway's
    /// events.
    PER_OUTPUT_TOKEN = Histogram "llm_time_per_output_token_seconds" ["model", "provider"];
    /// The gateway's own share of a request's duration, from its events.
    OVERHEAD = Histogram "llm_gateway_overhead_seconds" ["model", "provider"];
}

#[derive(Debug)]
pub(super) struct Latency;

impl Collector for Latency {
    fn name(&self) -> &'static str {
        "latency"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let rows = &view.snapshot.upstreams;
        out.family(&REQUEST_DURATION);
        for row in rows.iter() {
            out.histogram(row.labels, Some(("stream", "false")), &DURATION, &row.facts.whole_duration);
            out.histogram(row.labels, Some(("stream", "true")), &DURATION, &row.facts.stream_duration);
        }
        out.family(&FIRST_TOKEN);
        for row in rows.iter() {
            out.histogram(row.labels, None, &TIME_TO_FIRST_TOKEN, &row.facts.time_to_first_token);
        }
        out.family(&PER_OUTPUT_TOKEN);
        for row in rows.iter() {
            out.histogram(row.labels, None, &TIME_PER_OUTPUT_TOKEN, &row.facts.time_per_output_token);
        }
        out.family(&OVERHEAD);
        for row in rows.iter() {
            out.histogram(row.labels, None, &GATEWAY_OVERHEAD, &row.facts.gateway_overhead);
        }
        Ok(())
    }
}

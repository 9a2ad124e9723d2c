//! What is known of one model at one provider: latencies, and usage without a price.

use super::histogram::{DURATION, GATEWAY_OVERHEAD, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN};
use super::{Exemplar, Histogram, TraceId};
use crate::event::{Cost, Delivery, RequestEvent, Timestamp, UnpricedReason};

/// The label names of the upstreams table.
pub(super) const LABELS: [&str; 2] = ["model", "provider"];

/// Latencies and unpriced usage of one model at one provider.
///
/// Histograms are kept here and not by deployment: each is some fifteen series.
#[derive(Debug, Clone, Default)]
pub struct UpstreamFacts {
    /// Durations of attempts whose answer came at once.
    pub whole_duration: Histogram,
    /// Durations of streams.
    pub stream_duration: Histogram,
    /// Time to the first token, streams only.
    pub time_to_first_token: Histogram,
    /// Mean time between output tokens, streams only.
    pub time_per_output_token: Histogram,
    /// The gateway's own share.
    pub gateway_overhead: Histogram,
    /// Successes without a price, by the index of their reason.
    pub unpriced_requests: [u64; UnpricedReason::ALL.len()],
    /// Their tokens.
    pub unpriced_tokens: [u64; UnpricedReason::ALL.len()],
}

impl UpstreamFacts {
    pub(super) fn record(&mut self, event: &RequestEvent<'_>, at: Timestamp) {
        self.record_latency(event, at);
        if let Cost::Unpriced(reason) = event.cost {
            self.unpriced_requests[reason as usize] += 1;
            let tokens = &mut self.unpriced_tokens[reason as usize];
            *tokens = tokens.saturating_add(event.usage.total());
        }
    }

    fn record_latency(&mut self, event: &RequestEvent<'_>, at: Timestamp) {
        let trace_id = event.trace_id.as_deref().and_then(TraceId::new);
        let exemplar = trace_id.map(|id| Exemplar::new(id, at));
        let by_delivery = match event.delivery {
            Delivery::Whole => &mut self.whole_duration,
            Delivery::Stream => &mut self.stream_duration,
        };
        // A clock that ran backwards is no reason for a request without a duration: it took no time we could see.
        by_delivery.observe(&DURATION, event.duration().unwrap_or_default(), exemplar);
        if let Some(waited) = event.time_to_first_token() {
            self.time_to_first_token.observe(&TIME_TO_FIRST_TOKEN, waited, exemplar);
        }
        if let Some(interval) = event.time_per_output_token() {
            self.time_per_output_token.observe(&TIME_PER_OUTPUT_TOKEN, interval, exemplar);
        }
        if let Some(overhead) = event.gateway_overhead {
            self.gateway_overhead.observe(&GATEWAY_OVERHEAD, overhead, exemplar);
        }
    }
}

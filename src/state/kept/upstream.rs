//! Models at a provider.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::histogram::KeptHistogram;
use super::{Counts, Kept, counts_of, restore_counts};
use crate::event::UnpricedReason;
use crate::state::{DURATION, GATEWAY_OVERHEAD, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN, UpstreamFacts};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::state) struct KeptUpstream {
    whole_duration: KeptHistogram,
    stream_duration: KeptHistogram,
    time_to_first_token: KeptHistogram,
    time_per_output_token: KeptHistogram,
    gateway_overhead: KeptHistogram,
    unpriced_requests: Counts,
    unpriced_tokens: Counts,
}

impl Kept for Arc<UpstreamFacts> {
    type Form = KeptUpstream;

    fn form(&self) -> KeptUpstream {
        let names = UnpricedReason::ALL.map(UnpricedReason::as_str);
        KeptUpstream {
            whole_duration: KeptHistogram::new(&self.whole_duration, &DURATION),
            stream_duration: KeptHistogram::new(&self.stream_duration, &DURATION),
            time_to_first_token: KeptHistogram::new(&self.time_to_first_token, &TIME_TO_FIRST_TOKEN),
            time_per_output_token: KeptHistogram::new(&self.time_per_output_token, &TIME_PER_OUTPUT_TOKEN),
            gateway_overhead: KeptHistogram::new(&self.gateway_overhead, &GATEWAY_OVERHEAD),
            unpriced_requests: counts_of(&self.unpriced_requests, names),
            unpriced_tokens: counts_of(&self.unpriced_tokens, names),
        }
    }

    fn from_form(_: &[&str], form: KeptUpstream, _: Duration) -> Self {
        let names = UnpricedReason::ALL.map(UnpricedReason::as_str);
        Self::new(UpstreamFacts {
            whole_duration: form.whole_duration.restored(&DURATION),
            stream_duration: form.stream_duration.restored(&DURATION),
            time_to_first_token: form.time_to_first_token.restored(&TIME_TO_FIRST_TOKEN),
            time_per_output_token: form.time_per_output_token.restored(&TIME_PER_OUTPUT_TOKEN),
            gateway_overhead: form.gateway_overhead.restored(&GATEWAY_OVERHEAD),
            unpriced_requests: restore_counts(&form.unpriced_requests, names),
            unpriced_tokens: restore_counts(&form.unpriced_tokens, names),
        })
    }
}

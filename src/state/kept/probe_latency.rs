//! How long probes took.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Kept;
use super::histogram::KeptHistogram;
use crate::state::{PROBE_DURATION, ProbeLatency, TIME_TO_FIRST_TOKEN};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::state) struct KeptProbeLatency {
    duration: KeptHistogram,
    time_to_first_token: KeptHistogram,
}

impl Kept for ProbeLatency {
    type Form = KeptProbeLatency;

    fn form(&self) -> KeptProbeLatency {
        KeptProbeLatency {
            duration: KeptHistogram::new(&self.duration, &PROBE_DURATION),
            time_to_first_token: KeptHistogram::new(&self.time_to_first_token, &TIME_TO_FIRST_TOKEN),
        }
    }

    fn from_form(_: &[&str], form: KeptProbeLatency, _: Duration) -> Self {
        Self {
            duration: form.duration.restored(&PROBE_DURATION),
            time_to_first_token: form.time_to_first_token.restored(&TIME_TO_FIRST_TOKEN),
        }
    }
}

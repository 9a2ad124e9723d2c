//! What the gateway spent and has not written to its database yet.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};
use crate::state::{LabelSet, SpendBuffer};

metrics! {
    /// Entries that wait in the gateway's Redis to be written to its database, by what they are. Absent without Redis, and while it
    /// does not answer.
    LENGTH = Gauge "llm_gateway_spend_buffer_length" ["buffer"];
}

#[derive(Debug)]
pub(super) struct SpendBuffers;

impl Collector for SpendBuffers {
    fn name(&self) -> &'static str {
        "spend_buffers"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&LENGTH);
        let known = view.snapshot.spend_buffers.iter().flatten();
        for (buffer, length) in SpendBuffer::ALL.iter().zip(known) {
            out.sample(&LabelSet::new([("buffer", buffer.as_str())]), None, (*length).into());
        }
        Ok(())
    }
}

//! Tokens.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};

metrics! {
    /// Input tokens of successful and of billed requests, by kind; the kinds are disjoint. From the gateway's events.
    INPUT = Counter "llm_input_tokens_total" ["model", "provider", "deployment", "kind"];
    /// Output tokens of successful and of billed requests, by kind; the kinds are disjoint. From the gateway's events.
    OUTPUT = Counter "llm_output_tokens_total" ["model", "provider", "deployment", "kind"];
}

#[derive(Debug)]
pub(super) struct Tokens;

impl Collector for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&INPUT);
        for row in view.snapshot.with_traffic() {
            for (kind, count) in row.facts.input.by_kind() {
                out.sample(row.labels, Some(("kind", kind)), count.into());
            }
        }
        out.family(&OUTPUT);
        for row in view.snapshot.with_traffic() {
            for (kind, count) in row.facts.output.by_kind() {
                out.sample(row.labels, Some(("kind", kind)), count.into());
            }
        }
        Ok(())
    }
}

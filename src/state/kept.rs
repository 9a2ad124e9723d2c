//! How facts are written down, to be the same after a restart.
//!
//! As JSON with names, so that a later version reads what an earlier one wrote: what it does not know it leaves out, what it misses is at
//! zero. What is known only for a while (who answered lately, what a provider's headers said) is not kept.

mod deployment;
mod histogram;
mod model;
mod probe_latency;
mod source;
mod upstream;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ConsumerFacts, FallbackFacts};
pub(super) use source::KeptSource;

/// Does the same with each table whose rows are kept.
macro_rules! each_kept_table {
    ($traffic:expr, |$table:ident| $body:expr) => {{
        let traffic = $traffic;
        let $table = &mut traffic.deployments;
        $body;
        let $table = &mut traffic.upstreams;
        $body;
        let $table = &mut traffic.models;
        $body;
        let $table = &mut traffic.fallbacks;
        $body;
        let $table = &mut traffic.consumers;
        $body;
        let $table = &mut traffic.probe_latencies;
        $body;
    }};
}
pub(super) use each_kept_table;

/// Facts that are kept across restarts.
pub(super) trait Kept: Sized {
    /// What is written down.
    type Form: Serialize + DeserializeOwned;

    fn form(&self) -> Self::Form;

    /// The facts of the row with these label values, for an exporter that remembers outcomes for `window`.
    fn from_form(values: &[&str], form: Self::Form, window: Duration) -> Self;
}

/// Counts by the names of what they count, without those that are zero: an enum may get new variants in any place.
pub(super) type Counts = BTreeMap<Cow<'static, str>, u64>;

fn counts_of(counts: &[u64], names: impl IntoIterator<Item = &'static str>) -> Counts {
    let named = names.into_iter().zip(counts);
    named.filter(|(_, count)| **count > 0).map(|(name, count)| (Cow::Borrowed(name), *count)).collect()
}

/// What a name means no more is left out.
fn restore_counts<const N: usize>(kept: &Counts, names: impl IntoIterator<Item = &'static str>) -> [u64; N] {
    let mut counts = [0; N];
    for (count, name) in counts.iter_mut().zip(names) {
        *count = kept.get(name).copied().unwrap_or_default();
    }
    counts
}

/// Facts that are written down as they are.
macro_rules! kept_as_they_are {
    ($($facts:ty),+) => {
        $(impl Kept for $facts {
            type Form = Self;

            fn form(&self) -> Self {
                *self
            }

            fn from_form(_: &[&str], form: Self, _: Duration) -> Self {
                form
            }
        })+
    };
}

kept_as_they_are!(ConsumerFacts, FallbackFacts);

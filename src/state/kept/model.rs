//! Public model names.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Counts, Kept, counts_of, restore_counts};
use crate::event::{ErrorKind, Usd};
use crate::state::ModelFacts;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::state) struct KeptModel {
    cache_hits: u64,
    cache_saved: Usd,
    rejected: Counts,
    retries: u64,
}

impl Kept for ModelFacts {
    type Form = KeptModel;

    fn form(&self) -> KeptModel {
        let Self { cache_hits, cache_saved, rejected, retries } = self;
        KeptModel {
            cache_hits: *cache_hits,
            cache_saved: *cache_saved,
            rejected: counts_of(rejected, ErrorKind::ALL.map(ErrorKind::as_str)),
            retries: *retries,
        }
    }

    fn from_form(_: &[&str], form: KeptModel, _: Duration) -> Self {
        let KeptModel { cache_hits, cache_saved, rejected, retries } = form;
        let rejected = restore_counts(&rejected, ErrorKind::ALL.map(ErrorKind::as_str));
        Self { cache_hits, cache_saved, rejected, retries }
    }
}

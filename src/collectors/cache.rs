//! The gateway's cache.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};

metrics! {
    /// Answers from the gateway's cache, which reach no deployment and cost nothing. From its events.
    HITS = Counter "llm_cache_hits_total" ["model"];
    /// What the answers counted in llm_cache_hits_total had cost when they were not yet in the cache, in US dollars.
    SAVED = Counter "llm_cache_saved_usd_total" ["model"];
}

#[derive(Debug)]
pub(super) struct Cache;

impl Collector for Cache {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&HITS);
        for row in view.snapshot.models.iter() {
            out.sample(row.labels, None, row.facts.cache_hits.into());
        }
        out.family(&SAVED);
        for row in view.snapshot.models.iter() {
            out.sample(row.labels, None, row.facts.cache_saved.as_f64().into());
        }
        Ok(())
    }
}

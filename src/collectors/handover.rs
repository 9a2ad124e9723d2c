//! Which replica reads a source that only one may read, and what it can hand over.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};
use crate::own::{HandoverFacts, StartKind};
use crate::state::Source;

metrics! {
    /// 1 if this exporter reads the source, 0 if it stands by while another replica does. Absent where the source is not configured.
    ACTIVE = Gauge "llm_source_active" ["source"];
    /// How often this exporter began to read the source, by from where: own is where it stopped itself, shared where the replica
    /// before it stopped, and now the moment itself, so that rows of the hand-over may be missing.
    TAKEOVERS = Counter "llm_source_takeovers_total" ["source", "start"];
    /// 1 if the last word about what is read could be shared with the other replicas, 0 if not: who takes over then may not know what
    /// was counted. By where it is shared. Absent where it is not, or before the first word.
    SHARE_UP = Gauge "llm_source_share_up" ["source", "share"];
}

/// The only source that is pulled.
const SOURCE: Source = Source::LitellmSpendLogs;

#[derive(Debug)]
pub(super) struct Handover;

impl Collector for Handover {
    fn name(&self) -> &'static str {
        "handover"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let HandoverFacts { active, takeovers, share } = view.own.handover().facts();
        let labels = view.own.labels().and("source", SOURCE.as_str());
        out.family(&ACTIVE);
        if let Some(active) = active {
            out.sample(&labels, None, active.into());
        }
        out.family(&TAKEOVERS);
        for (start, count) in StartKind::ALL.iter().zip(takeovers).filter(|_| active.is_some()) {
            out.sample(&labels, Some(("start", start.as_str())), count.into());
        }
        out.family(&SHARE_UP);
        if let Some(share) = share {
            out.sample(&labels, Some(("share", share.kind)), share.up.into());
        }
        Ok(())
    }
}

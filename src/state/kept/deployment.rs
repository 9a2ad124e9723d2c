//! Deployments.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Counts, Kept, counts_of, restore_counts};
use crate::event::{Deployment, ErrorKind, InputTokens, OutputTokens, ProbeLevel, SkipReason, Timestamp, Usd};
use crate::state::{DeploymentFacts, ProbeCounts, ProbeFacts, Standing};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::state) struct KeptDeployment {
    upstream_model: String,
    api_base: String,
    standing: KeptStanding,
    seen_at: Option<Timestamp>,
    last_served_at: Option<Timestamp>,
    requests: u64,
    errors: Counts,
    input: InputTokens,
    output: OutputTokens,
    cost: Usd,
    probes: BTreeMap<Cow<'static, str>, KeptProbes>,
    probes_skipped: Counts,
    probe_tokens: u64,
    probe_cost: Usd,
    last_billed_probe_at: Option<Timestamp>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct KeptProbes {
    done: u64,
    failed: Counts,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptStanding {
    #[default]
    Unlisted,
    Listed,
    OtherName,
    Gone(Timestamp),
}

impl Kept for Arc<DeploymentFacts> {
    type Form = KeptDeployment;

    fn form(&self) -> KeptDeployment {
        let probes = &self.probes;
        KeptDeployment {
            upstream_model: self.info.upstream_model.clone(),
            api_base: self.info.api_base.clone(),
            standing: self.standing.into(),
            seen_at: self.seen_at,
            last_served_at: self.last_served_at,
            requests: self.requests,
            errors: counts_of(&self.errors, ErrorKind::ALL.map(ErrorKind::as_str)),
            input: self.input,
            output: self.output,
            cost: self.cost,
            probes: kept_probes(probes),
            probes_skipped: counts_of(&probes.skipped, SkipReason::ALL.map(SkipReason::as_str)),
            probe_tokens: probes.tokens,
            probe_cost: probes.cost,
            last_billed_probe_at: probes.last_billed_at,
        }
    }

    fn from_form(values: &[&str], form: KeptDeployment, window: Duration) -> Self {
        let [model, provider, id] =
            [0, 1, 2].map(|place| Cow::Borrowed(values.get(place).copied().unwrap_or_default()));
        let told = Deployment {
            id,
            model,
            provider,
            upstream_model: form.upstream_model.into(),
            api_base: form.api_base.into(),
            rate_limits: None,
        };
        let mut facts = DeploymentFacts::new(&told, values, window);
        facts.standing = form.standing.into();
        (facts.seen_at, facts.last_served_at) = (form.seen_at, form.last_served_at);
        facts.requests = form.requests;
        facts.errors = restore_counts(&form.errors, ErrorKind::ALL.map(ErrorKind::as_str));
        (facts.input, facts.output, facts.cost) = (form.input, form.output, form.cost);
        facts.probes = ProbeFacts {
            counts: ProbeLevel::ALL.map(|level| restored_probes(form.probes.get(level.as_str()))),
            skipped: restore_counts(&form.probes_skipped, SkipReason::ALL.map(SkipReason::as_str)),
            tokens: form.probe_tokens,
            cost: form.probe_cost,
            last_billed_at: form.last_billed_probe_at,
        };
        Self::new(facts)
    }
}

fn kept_probes(probes: &ProbeFacts) -> BTreeMap<Cow<'static, str>, KeptProbes> {
    let by_level = ProbeLevel::ALL.iter().zip(&probes.counts).filter(|(_, counts)| counts.done > 0);
    let kept = |counts: &ProbeCounts| KeptProbes {
        done: counts.done,
        failed: counts_of(&counts.failed, ErrorKind::OF_PROBES.map(ErrorKind::as_str)),
    };
    by_level.map(|(level, counts)| (Cow::Borrowed(level.as_str()), kept(counts))).collect()
}

fn restored_probes(kept: Option<&KeptProbes>) -> ProbeCounts {
    let restored = |kept: &KeptProbes| ProbeCounts {
        done: kept.done,
        failed: restore_counts(&kept.failed, ErrorKind::OF_PROBES.map(ErrorKind::as_str)),
    };
    kept.map(restored).unwrap_or_default()
}

impl From<Standing> for KeptStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Unlisted => Self::Unlisted,
            Standing::Listed => Self::Listed,
            Standing::OtherName => Self::OtherName,
            Standing::Gone { since } => Self::Gone(since),
        }
    }
}

impl From<KeptStanding> for Standing {
    fn from(kept: KeptStanding) -> Self {
        match kept {
            KeptStanding::Unlisted => Self::Unlisted,
            KeptStanding::Listed => Self::Listed,
            KeptStanding::OtherName => Self::OtherName,
            KeptStanding::Gone(since) => Self::Gone { since },
        }
    }
}

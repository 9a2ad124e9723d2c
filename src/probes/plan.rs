//! How much a deployment is asked now, and why no more. Pure.

use super::price::worst_case;
use super::question;
use super::target::{NoTarget, Target};
use crate::config::Probes;
use crate::discovery::{Listed, Mode, ProbeChoice};
use crate::event::{ProbeLevel, SkipReason, Usd};

/// How much a deployment is asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The level; `None` when nothing is asked.
    pub level: Option<ProbeLevel>,
    /// The dearer levels, the dearest first, and why each is not it.
    pub skipped: Vec<Skipped>,
}

/// A level that is not asked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// The level.
    pub level: ProbeLevel,
    /// Why.
    pub why: WhySkipped,
}

/// Whether a billed probe may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billed {
    /// The last one was not long ago.
    NotDue,
    /// It is time for one.
    Due {
        /// What is left of the day's budget.
        left: Usd,
    },
}

/// Why a level is not asked at. `Display` says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhySkipped {
    /// Probes are off: all of them, or those of this deployment.
    #[error("probes are switched off")]
    Disabled,
    /// A name with `*`.
    #[error("it stands for many models")]
    Wildcard,
    /// There is no address that could be asked.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// The deployment's own setting `probe` allows less.
    #[error("its own `probe` allows no more")]
    Limited,
    /// `probes.models` is off.
    #[error("`probes.models` is off")]
    ModelsOff,
    /// Nothing is known that lists the provider's models.
    #[error("no list of models is known of its provider")]
    NoList,
    /// `probes.completion.enabled` is off.
    #[error("billed probes are not switched on")]
    BilledOff,
    /// Nobody says what the model is for.
    #[error("its mode is not known")]
    UnknownMode,
    /// Images, sound and the like.
    #[error("its mode takes no billed probe")]
    OtherMode,
    /// The provider's dialect is not spoken, or not for this mode.
    #[error("how its provider is asked for this is not known")]
    Unspoken,
    /// The provider wants a key.
    #[error("its key is not known")]
    NoKey,
    /// What a probe would cost is not known.
    #[error("its price is not known")]
    NoPrice,
    /// The last billed probe was not long ago.
    #[error("the last billed probe was not long ago")]
    NotDue,
    /// `probes.completion.daily_budget_usd` is zero.
    #[error("`probes.completion.daily_budget_usd` is 0")]
    NoBudget,
    /// Less is left than a probe may cost.
    #[error("less is left of today's budget than it may cost")]
    BudgetSpent,
}

impl WhySkipped {
    /// The reason by which it is counted, where it is.
    #[must_use]
    pub const fn counted_as(self) -> Option<SkipReason> {
        match self {
            Self::Disabled => Some(SkipReason::Disabled),
            Self::Wildcard | Self::NoTarget(_) => Some(SkipReason::NotProbeable),
            Self::NoBudget | Self::BudgetSpent => Some(SkipReason::Budget),
            Self::Limited
            | Self::ModelsOff
            | Self::NoList
            | Self::BilledOff
            | Self::UnknownMode
            | Self::OtherMode
            | Self::Unspoken
            | Self::NoKey
            | Self::NoPrice
            | Self::NotDue => None,
        }
    }
}

/// Which level a deployment is asked at now, and why at no dearer one.
#[must_use]
pub fn plan(listed: &Listed, config: &Probes, billed: Billed) -> Plan {
    let target = match askable(listed, config) {
        Ok(target) => target,
        Err(why) => return Plan { level: None, skipped: vec![Skipped { level: ProbeLevel::Connect, why }] },
    };
    let dearest = question::billed_level(listed.mode).unwrap_or(ProbeLevel::Completion);
    let mut skipped = Vec::new();
    for (level, why) in [
        (dearest, why_no_billed(listed, &target, config, billed)),
        (ProbeLevel::Models, why_no_list(listed, &target, config)),
    ] {
        match why {
            None => return Plan { level: Some(level), skipped },
            Some(why) => skipped.push(Skipped { level, why }),
        }
    }
    Plan { level: Some(ProbeLevel::Connect), skipped }
}

fn askable<'a>(listed: &'a Listed, config: &Probes) -> Result<Target<'a>, WhySkipped> {
    if !config.enabled || listed.probe == ProbeChoice::Off {
        return Err(WhySkipped::Disabled);
    }
    if listed.is_wildcard() {
        return Err(WhySkipped::Wildcard);
    }
    Ok(Target::of(listed)?)
}

fn why_no_billed(listed: &Listed, target: &Target<'_>, config: &Probes, billed: Billed) -> Option<WhySkipped> {
    match listed.probe {
        ProbeChoice::Completion => {}
        ProbeChoice::AsConfigured if config.completion.enabled => {}
        ProbeChoice::AsConfigured => return Some(WhySkipped::BilledOff),
        ProbeChoice::Off | ProbeChoice::Connect | ProbeChoice::Models => return Some(WhySkipped::Limited),
    }
    match listed.mode {
        None => return Some(WhySkipped::UnknownMode),
        Some(Mode::Other) => return Some(WhySkipped::OtherMode),
        Some(_) => {}
    }
    if question::billed(target, listed.mode, config.completion.max_tokens).is_none() {
        return Some(WhySkipped::Unspoken);
    }
    if target.is_at_provider && !target.has_key() {
        return Some(WhySkipped::NoKey);
    }
    let Some(cost) = worst_case(listed, config) else { return Some(WhySkipped::NoPrice) };
    let Billed::Due { left } = billed else { return Some(WhySkipped::NotDue) };
    // A price of zero often means that nobody knows it: without a budget nothing is billed, not even that.
    if config.completion.daily_budget().is_zero() {
        return Some(WhySkipped::NoBudget);
    }
    (cost > left).then_some(WhySkipped::BudgetSpent)
}

fn why_no_list(listed: &Listed, target: &Target<'_>, config: &Probes) -> Option<WhySkipped> {
    match listed.probe {
        ProbeChoice::Connect => return Some(WhySkipped::Limited),
        ProbeChoice::Models => {}
        _ if !config.models => return Some(WhySkipped::ModelsOff),
        _ => {}
    }
    question::list(target).is_none().then_some(WhySkipped::NoList)
}

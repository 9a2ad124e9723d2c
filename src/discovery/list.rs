//! What was read of one list.

use std::collections::BTreeMap;

use super::Listed;

/// The deployments of one list, and what was wrong with it without making it useless.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelList {
    /// The deployments that could be read.
    pub deployments: Vec<Listed>,
    /// What could not, in words for the log, without secrets.
    pub notes: Vec<String>,
}

/// Why an entry of a list is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unfit {
    NotAnEntry,
    NoModelName,
    NoModel,
}

impl Unfit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnEntry => "not an entry of a list of models",
            Self::NoModelName => "without model_name",
            Self::NoModel => "without litellm_params.model",
        }
    }
}

impl ModelList {
    /// From entries of which some may be unfit.
    pub(super) fn of(entries: impl IntoIterator<Item = Result<Listed, Unfit>>) -> Self {
        let mut list = Self::default();
        let mut unfit = BTreeMap::<Unfit, usize>::new();
        for entry in entries {
            match entry {
                Ok(listed) => list.deployments.push(listed),
                Err(reason) => *unfit.entry(reason).or_default() += 1,
            }
        }
        let count = |(reason, count): (&Unfit, &usize)| format!("{count} {}", reason.as_str());
        let reasons: Vec<_> = unfit.iter().map(count).collect();
        if !reasons.is_empty() {
            list.notes.push(format!("entries of the list of models are left out: {}", reasons.join(", ")));
        }
        list
    }
}

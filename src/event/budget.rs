//! Budgets, as a gateway tells them with a request, and whose they are.

use std::borrow::Cow;

use super::{Timestamp, Usd};

/// The budget of whoever pays, as of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget<'a> {
    /// What kind of entity it belongs to.
    pub scope: BudgetScope,
    /// The gateway's id for the entity.
    pub id: Cow<'a, str>,
    /// The name that people use for it; empty where it has none.
    pub alias: Cow<'a, str>,
    /// The limit; `None` for an entity that has none, or none any more.
    pub limit: Option<Usd>,
    /// What is spent of it.
    pub spent: Usd,
    /// When spending starts again at nothing.
    pub resets_at: Option<Timestamp>,
}

/// What kind of entity a budget belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetScope {
    /// An API key.
    Key,
    /// A team.
    Team,
    /// A user.
    User,
    /// An organisation.
    Org,
    /// An end user, on whose behalf callers ask.
    EndUser,
}

impl BudgetScope {
    /// Every scope, in the order of the metrics.
    pub const ALL: [Self; 5] = [Self::Key, Self::Team, Self::User, Self::Org, Self::EndUser];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Team => "team",
            Self::User => "user",
            Self::Org => "org",
            Self::EndUser => "end_user",
        }
    }

    /// The place of this scope in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

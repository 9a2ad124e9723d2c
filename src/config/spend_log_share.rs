//! The closed names of `sources.litellm_spend_logs.share`.

use std::{fmt, str::FromStr};

use super::log::UnknownName;

/// Where replicas share how far they have read the spend log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpendLogShare {
    /// In Redis where one is configured, and else nowhere.
    #[default]
    Auto,
    /// In a schema `llm_exporter` of the gateway's own database.
    Database,
    /// Nowhere.
    None,
}

impl SpendLogShare {
    /// What [`FromStr`] takes, for error messages.
    pub const ALLOWED: &str = "one of auto, database or none";

    /// Every name.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Database, Self::None];

    /// Returns the name as it is written in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Database => "database",
            Self::None => "none",
        }
    }
}

impl FromStr for SpendLogShare {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|share| share.as_str() == given);
        known.ok_or_else(|| UnknownName::new(given, Self::ALLOWED))
    }
}

impl fmt::Display for SpendLogShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

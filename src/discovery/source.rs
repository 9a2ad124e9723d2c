//! Where the lists come from, and how each fared.

use super::Roster;
use crate::event::Timestamp;

/// Where a list of deployments comes from, from the highest authority down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListSource {
    /// The gateway's own list.
    Gateway,
    /// The gateway's configuration file.
    ConfigFile,
    /// The operator's own entries.
    OwnModels,
}

impl ListSource {
    /// Every source, in the order of authority.
    pub const ALL: [Self; 3] = [Self::Gateway, Self::ConfigFile, Self::OwnModels];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::ConfigFile => "config_file",
            Self::OwnModels => "models",
        }
    }
}

/// How one source of lists fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// Which it is.
    pub source: ListSource,
    /// Why it could not be read the last time, in words, with secrets masked; `None` where it could.
    pub error: Option<String>,
    /// When the list that is used was asked for; `None` where there has never been one.
    pub last_success_at: Option<Timestamp>,
    /// How many deployments that list has.
    pub deployments: usize,
}

impl SourceStatus {
    /// Whether the source could be read the last time.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.error.is_none()
    }
}

/// What a refresh found.
#[derive(Debug, Clone, PartialEq)]
pub struct Refreshed {
    /// All deployments.
    pub roster: Roster,
    /// The sources that are configured, in the order of authority.
    pub sources: Vec<SourceStatus>,
}

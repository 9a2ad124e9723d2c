//! Where lists of models come from, and how the latest reading of each went.

use std::sync::Arc;

use crate::event::Timestamp;

/// Where a list of models comes from, in the order of their authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListSource {
    /// The gateway: `GET /model/info`.
    Gateway,
    /// The gateway's configuration file.
    ConfigFile,
    /// The operator: `models` in our own configuration.
    OwnModels,
}

impl ListSource {
    /// Every source, in the order of the metrics.
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

    /// The place of this source in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What is known of one list of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFacts {
    /// Why it could not be read the last time, in words without secrets; `None` where it could.
    pub error: Option<Arc<str>>,
    /// When the list that is in use was asked for; `None` where it could never be read.
    pub last_success_at: Option<Timestamp>,
    /// How many deployments that list has.
    pub deployments: usize,
}

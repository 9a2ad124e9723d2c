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

/// How reading a list went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListReading {
    /// When it was asked for.
    pub at: Timestamp,
    /// How many deployments it has; why it could not be read, in words without secrets.
    pub result: Result<usize, String>,
}

/// What is known of one list of models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFacts {
    /// Whether the latest reading went well; `None` before the first.
    pub up: Option<bool>,
    /// When the list that is in use was asked for.
    pub last_success_at: Option<Timestamp>,
    /// How many deployments it has.
    pub deployments: usize,
    /// Why it could not be read the last time that it could not.
    pub last_error: Option<Arc<str>>,
}

impl ListFacts {
    pub(super) fn note(&mut self, reading: ListReading) {
        let ListReading { at, result } = reading;
        self.up = Some(result.is_ok());
        match result {
            Ok(deployments) => {
                self.deployments = deployments;
                self.last_success_at = Some(at);
            }
            Err(words) => self.last_error = Some(words.into()),
        }
    }
}

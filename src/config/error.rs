//! What is wrong with a configuration, and where. A secret's value never gets in here.

use std::{fmt, path::PathBuf};

use super::SecretFileError;
use crate::{address::AddressError, tls::TlsError};

/// Everything that is wrong with a configuration; `Display` writes one mistake a line.
#[derive(Debug)]
pub struct ConfigError {
    mistakes: Vec<Mistake>,
}

impl ConfigError {
    /// Returns `Err` with the mistakes if there are any.
    pub(super) fn check(mistakes: Vec<Mistake>) -> Result<(), Self> {
        if mistakes.is_empty() {
            return Ok(());
        }
        Err(Self { mistakes })
    }

    /// Every mistake: the file's first, then the environment's, then those between keys.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.mistakes.iter().enumerate() {
            let line_break = if n == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// The file as a whole: it can't be read or is no YAML.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the line where one is known.
        reason: String,
    },
    /// One key.
    #[error("{key}: {problem} ({origin})")]
    Key {
        /// The key's full path, such as `ingest.max_body` or `labels.consumer[1]`.
        key: String,
        /// What is wrong with it.
        problem: Problem,
        /// Where it was set.
        origin: Origin,
    },
}

/// What is wrong with one key.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is no such key.
    #[error("unknown key{}", did_you_mean(*.near))]
    UnknownKey {
        /// A key that is written much like it.
        near: Option<&'static str>,
    },
    /// A value stands where a section belongs.
    #[error("found a value, expected a section with the keys {keys}")]
    NotASection {
        /// The section's keys.
        keys: String,
    },
    /// The value has the wrong type or is out of range.
    #[error("found {found}, expected {expected}")]
    Value {
        /// The value as it was given.
        found: String,
        /// What the key takes.
        expected: &'static str,
    },
    /// A secret has the wrong type or form; what was found stays hidden.
    #[error("expected {expected}")]
    Secret {
        /// What the key takes.
        expected: &'static str,
    },
    /// A list holds the same twice.
    #[error("found {found}, which gives {gives} a second time")]
    Repeated {
        /// The later of the two.
        found: String,
        /// What both stand for.
        gives: String,
    },
    /// A secret's file gives none.
    #[error(transparent)]
    SecretFile(#[from] SecretFileError),
    /// Two keys set the same thing.
    #[error("is set together with {other} ({other_origin}), expected one of the two")]
    Both {
        /// The other key's path.
        other: &'static str,
        /// Where the other key was set.
        other_origin: Origin,
    },
    /// Two keys of one entry of a list set the same thing.
    #[error("is set together with {other}, expected one of the two")]
    BothHere {
        /// The other key's name.
        other: &'static str,
    },
    /// An entry of a list lacks a key.
    #[error("has no {key}, expected {expected}")]
    Missing {
        /// The key's name.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// An address with a secret in it can't be understood.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A file of certificates is of no use.
    #[error(transparent)]
    Certificates(Box<TlsError>),
    /// Billed probes are wanted and may not cost anything.
    #[error("asks for billed probes, which need a budget: set probes.completion.daily_budget_usd above 0")]
    NoBudget,
    /// What the gateway's own variable says can't be understood.
    #[error("{problem}; set {key} in the configuration file or as {variable} to overrule the gateway's variable")]
    OfGateway {
        /// What is wrong with it.
        problem: Box<Problem>,
        /// The key that it stands for.
        key: &'static str,
        /// Our own variable for that key.
        variable: String,
    },
    /// A value is above another key's.
    #[error("found {found}, expected at most {other}, which is {limit}")]
    Above {
        /// The value.
        found: String,
        /// The other key's path.
        other: &'static str,
        /// The other key's value.
        limit: String,
    },
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean {near}?"))
}

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File(PathBuf),
    /// By the environment variable of this name.
    Environment(String),
    /// Nowhere: it is the default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment(variable) => write!(f, "in the environment: {variable}"),
            Self::Default => f.write_str("the default"),
        }
    }
}

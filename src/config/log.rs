//! The section `log`, and the closed names its keys take.

use std::{fmt, str::FromStr};

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// The least severe level that is logged.
    pub level: LogLevel,
    /// How a record is written.
    pub format: LogFormat,
}

/// The least severe level that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What needs somebody to act.
    Error,
    /// And what may.
    Warn,
    /// And what changes in the process's life.
    #[default]
    Info,
    /// And what a developer looks for.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// What [`FromStr`] takes, for error messages.
    pub const ALLOWED: &str = "one of off, error, warn, info, debug or trace";

    /// Every level, from the quietest.
    pub const ALL: [Self; 6] = [Self::Off, Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// Returns the level's name as it is written in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How a log record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// What [`FromStr`] takes, for error messages.
    pub const ALLOWED: &str = "text or json";

    /// Every format.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// Returns the format's name as it is written in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// A text that is none of the names a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is unknown, expected {expected}")]
pub struct UnknownName {
    given: String,
    expected: &'static str,
}

impl UnknownName {
    /// What was given, and what might have been.
    pub(super) fn new(given: &str, expected: &'static str) -> Self {
        Self { given: given.to_owned(), expected }
    }
}

impl FromStr for LogLevel {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|level| level.as_str() == given);
        known.ok_or_else(|| UnknownName::new(given, Self::ALLOWED))
    }
}

impl FromStr for LogFormat {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == given);
        known.ok_or_else(|| UnknownName::new(given, Self::ALLOWED))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

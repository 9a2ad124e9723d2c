//! The section `log`, and the closed names its keys take.

use super::names::named;

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

named!(LogLevel: Off = "off", Error = "error", Warn = "warn", Info = "info", Debug = "debug", Trace = "trace");

/// How a log record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

named!(LogFormat: Text = "text", Json = "json");

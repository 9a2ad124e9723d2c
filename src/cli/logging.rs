//! Where log records go: standard error, as text or JSON.

use std::io::{self, IsTerminal};

use llm_exporter::config::{Log, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, Registry, filter::Targets, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// Which records are logged.
pub(super) struct Level(reload::Handle<Targets, Registry>);

impl Level {
    /// From now on those from this level on.
    pub(super) fn set(&self, level: LogLevel) {
        // It fails where nothing is logged any more.
        _ = self.0.reload(targets(level));
    }
}

/// Starts logging, once in a process.
pub(super) fn init(log: &Log) -> Level {
    let records = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let records = match log.format {
        LogFormat::Text => records.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => records.json().flatten_event(true).boxed(),
    };
    let (filter, level) = reload::Layer::new(targets(log.level));
    tracing_subscriber::registry().with(records.with_filter(filter)).init();
    Level(level)
}

/// Our own records from the level on. Those of libraries are for whoever looks for a fault, and never below info: an
/// HTTP library's debug records show headers, and with them tokens.
fn targets(level: LogLevel) -> Targets {
    let own = filter(level);
    let libraries = if own >= LevelFilter::DEBUG { LevelFilter::INFO } else { own.min(LevelFilter::WARN) };
    Targets::new().with_default(libraries).with_target("llm_exporter", own)
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_never_log_below_info() {
        let targets = targets(LogLevel::Trace);
        assert!(targets.would_enable("llm_exporter::server", &Level::TRACE));
        assert!(targets.would_enable("hyper", &Level::INFO));
        assert!(!targets.would_enable("hyper", &Level::DEBUG));
    }

    #[test]
    fn libraries_only_warn_unless_a_fault_is_looked_for() {
        let targets = targets(LogLevel::Info);
        assert!(targets.would_enable("llm_exporter", &Level::INFO));
        assert!(!targets.would_enable("actix_server", &Level::INFO));
        assert!(targets.would_enable("actix_server", &Level::WARN));
    }

    #[test]
    fn a_quiet_level_holds_for_libraries_too() {
        let targets = targets(LogLevel::Error);
        assert!(!targets.would_enable("llm_exporter", &Level::WARN));
        assert!(!targets.would_enable("hyper", &Level::WARN));
        assert!(targets.would_enable("hyper", &Level::ERROR));
    }
}

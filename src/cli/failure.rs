//! Why a command failed, in words for a terminal.

use std::{error::Error, io, path::PathBuf};

use llm_exporter::{
    ProbeError, ReconcileError, RunError,
    config::{ConfigError, SecretFileError},
    demo::DemoError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", config_mistakes(.0))]
    Config(#[from] ConfigError),
    #[error("cannot start: {}", with_causes(.0))]
    Runtime(#[source] io::Error),
    #[error("{}", with_causes(.0))]
    Run(#[from] RunError),
    #[error("{}", with_causes(.0))]
    Demo(#[from] DemoError),
    #[error("{}", with_causes(.0))]
    Probe(#[from] ProbeError),
    #[error("{failed} of {probes} probes failed")]
    Probes { failed: usize, probes: usize },
    #[error("{}", with_causes(.0))]
    Reconcile(#[from] ReconcileError),
    #[error("{}", drift(*drift_usd))]
    Drift { drift_usd: f64 },
    #[error("cannot write to standard output: {0}")]
    Output(#[source] io::Error),
    #[error("--token-file {}: {reason}", file.display())]
    TokenFile { file: PathBuf, reason: SecretFileError },
    #[error("the token is not printable ASCII, so it fits in no HTTP header")]
    Token,
    #[error("cannot prepare the HTTP client: {}", with_causes(.0))]
    Client(#[source] reqwest::Error),
    #[error("{failed} of {files} files could not be sent")]
    Replay { failed: usize, files: usize },
}

/// Writes the failure to standard error.
#[expect(clippy::print_stderr, reason = "the program's last words go to the terminal")]
pub(crate) fn report(failure: &Failure) {
    eprintln!("error: {failure}");
}

/// Joins an error and its causes, as `error: cause: cause`.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Some errors repeat their cause in their own message.
        if !text.ends_with(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

fn drift(drift_usd: f64) -> String {
    let (cents, more) = (format!("{:.2}", drift_usd.abs()), if drift_usd > 0.0 { "more" } else { "less" });
    match cents.as_str() {
        "0.00" => "the spend log and what was counted differ by more than half a cent for some models".to_owned(),
        _ => format!("the spend log has {cents} USD {more} than was counted"),
    }
}

fn config_mistakes(error: &ConfigError) -> String {
    let count = match error.mistakes().len() {
        1 => "a mistake".to_owned(),
        n => format!("{n} mistakes"),
    };
    let list: String = error.mistakes().iter().map(|mistake| format!("\n  {mistake}")).collect();
    format!("the configuration has {count}{list}")
}

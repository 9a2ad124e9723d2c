//! The command line: what it takes, and which command does what.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage (which `clap` reports).

mod check_config;
mod demo;
mod failure;
mod logging;
mod probe;
mod reconcile;
mod replay;
mod serve;

use std::io::{self, Write};

use clap::{Parser, Subcommand};

pub(crate) use self::failure::{Failure, report};

const EXAMPLES: &str = "\
Examples:
  llm-exporter demo
  llm-exporter
  llm-exporter --config llm-exporter.yml --listen 127.0.0.1:4000 --listen '[::1]:4000'
  LLM_EXPORTER__LOG__LEVEL=debug llm-exporter
  llm-exporter check-config --config llm-exporter.yml
  llm-exporter probe gpt-4
  llm-exporter replay events.ndjson.gz
  llm-exporter reconcile --from 2026-11-23 --to 2026-11-24";

/// Prometheus metrics and health routes for LLM gateways, from one state.
///
/// Settings come from the file, then the environment (LLM_EXPORTER__SECTION__KEY), then flags;
/// each has a default.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// What `serve` takes, which is what runs without a command.
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive events, serve metrics and health routes (the default)
    Serve(serve::Args),
    /// See it live: the exporter with a simulated gateway behind it
    Demo(demo::Args),
    /// Check the configuration: print its values, or every mistake
    CheckConfig(check_config::Args),
    /// Probe every deployment once and print what was found
    Probe(probe::Args),
    /// Send recorded event files to a running exporter
    Replay(replay::Args),
    /// Compare what a running exporter counted with the spend log
    Reconcile(reconcile::Args),
    /// Print the table of all metrics in Markdown
    Catalogue,
}

impl Cli {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command.unwrap_or(Command::Serve(self.serve)) {
            Command::Serve(args) => serve::serve(args),
            Command::Demo(args) => demo::demo(args),
            Command::CheckConfig(args) => check_config::check_config(args),
            Command::Probe(args) => probe::probe(args),
            Command::Replay(args) => replay::replay(args),
            Command::Reconcile(args) => reconcile::run(args),
            Command::Catalogue => print(&llm_exporter::catalogue::markdown()),
        }
    }
}

/// Writes to standard output; a reader that left early (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// The process's environment, as text.
///
/// What is not Unicode becomes `\u{FFFD}`, which no setting takes: the configuration reports it
/// if it is ours, where `std::env::vars` would panic.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        (text(name), text(value))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_declared_without_contradiction() {
        Cli::command().debug_assert();
    }
}

//! `probe`: every probe once, now, and a table of what was found.

use std::path::PathBuf;

use llm_exporter::config::{Config, Overrides};
use llm_exporter::event::ProbeOutcome;
use llm_exporter::{Probed, probe_once};

use super::{Failure, environment, logging, print};

const HEADERS: [&str; COLUMNS] = ["MODEL", "DEPLOYMENT", "LEVEL", "RESULT", "LATENCY", "COST", "NOTES"];
const COLUMNS: usize = 7;

/// What `probe` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Probes each deployment at the dearest level that is allowed, once, whatever its traffic says. A level that was not asked at stands
under NOTES with the reason. Exits with 1 if a probe failed.

Examples:
  llm-exporter probe
  llm-exporter probe --config llm-exporter.yml gpt-4 claude")]
pub(super) struct Args {
    /// Only the deployments of these public models
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    /// Read settings from this YAML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Probes, and prints the table.
pub(super) fn probe(args: Args) -> Result<(), Failure> {
    let Args { models, config } = args;
    let config = Config::load(config.as_deref(), environment(), Overrides::default())?;
    logging::init(&config.log);
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    let probed = runtime.block_on(probe_once(&config, &models))?;
    print(&table(&probed))?;
    match probed.iter().filter(|probed| probed.has_failed()).count() {
        0 => Ok(()),
        failed => Err(Failure::Probes { failed, probes: probed.len() }),
    }
}

fn table(probed: &[Probed]) -> String {
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(HEADERS.map(str::to_owned)).chain(probed.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(probed: &Probed) -> [String; COLUMNS] {
    let Probed { listed, outcome, skipped: _ } = probed;
    let of_outcome = |text: fn(&ProbeOutcome) -> String| outcome.as_ref().map_or_else(|| "-".to_owned(), text);
    [
        shown(&listed.model),
        shown(&listed.id),
        of_outcome(|outcome| outcome.level.as_str().to_owned()),
        outcome.as_ref().map_or("skipped", result).to_owned(),
        of_outcome(|outcome| format!("{:.0} ms", outcome.duration.as_secs_f64() * 1_000.0)),
        of_outcome(|outcome| outcome.usage.map_or_else(|| "0".to_owned(), |usage| format!("${}", usage.cost.as_f64()))),
        shown(&notes(probed)),
    ]
}

fn result(outcome: &ProbeOutcome) -> &'static str {
    match &outcome.result {
        Ok(()) => "ok",
        Err(failure) => failure.kind.as_str(),
    }
}

/// What went wrong, and why no dearer level was asked at.
fn notes(probed: &Probed) -> String {
    let failure = probed.outcome.as_ref().and_then(|outcome| outcome.result.as_ref().err());
    let failed = failure.map(|failure| failure.message.clone());
    let skipped = probed.skipped.iter().map(|skipped| match &probed.outcome {
        Some(_) => format!("no {}: {}", skipped.level.as_str(), skipped.why),
        None => format!("not probed: {}", skipped.why),
    });
    failed.into_iter().chain(skipped).collect::<Vec<_>>().join("; ")
}

/// Words of others that break no line of the table and control no terminal.
fn shown(words: &str) -> String {
    words.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

//! `reconcile`: what was counted beside what the gateway booked, as a table.

use std::path::PathBuf;

use llm_exporter::config::{Config, Overrides};
use llm_exporter::event::{Timestamp, Usd, UtcHour};
use llm_exporter::ledger::{Total, agree_to_the_cent, parse_moment};
use llm_exporter::state::{Booked, Counted};
use llm_exporter::{Reconciled, reconcile};
use url::Url;

use super::{Failure, environment, logging, print};

const COLUMNS: usize = 7;
const HEADERS: [&str; COLUMNS] =
    ["MODEL", "COUNTED", "ROWS", "DIFFERENCE", "COUNTED USD", "SPEND LOG USD", "DRIFT USD"];

/// What `reconcile` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Asks a running exporter what it counted, reads LiteLLM's spend log in the configured database, and prints both by model. The hours are
those in which requests began, in UTC, and whole: from the one of --from to the one of --to. Exits with 1 where they do not agree to
the cent.

Examples:
  llm-exporter reconcile --from 2026-11-23 --to 2026-11-24
  llm-exporter reconcile --from 2026-11-24T08:00:00+01:00 --to 2026-11-24T12:00:00+01:00 --url http://exporter:4000")]
pub(super) struct Args {
    /// The first hour: a time with its offset, or a date in UTC
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    from: Timestamp,
    /// Where the last hour ends
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    to: Timestamp,
    /// Where the exporter is, instead of the first address that it is configured to serve on
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// Read settings from this YAML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Compares, and prints the table.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let Args { from, to, url, config } = args;
    let config = Config::load(config.as_deref(), environment(), Overrides::default())?;
    logging::init(&config.log);
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    let reconciled = runtime.block_on(reconcile(&config, from, to, url))?;
    let total = Total::of(&reconciled.models);
    print(&[heading(&reconciled, from, to), table(&reconciled, &total), remark(&total)].concat())?;
    if agree_to_the_cent(&reconciled.models) {
        return print("The spend log and what was counted agree to the cent.\n");
    }
    let Total { counted, spend_log } = total;
    Err(Failure::Drift { drift_usd: spend_log.cost.difference(counted.cost) })
}

/// Which hours, and what must be known of them.
fn heading(reconciled: &Reconciled, from: Timestamp, to: Timestamp) -> String {
    let Reconciled { first, end, counting_since, models: _ } = reconciled;
    let is_rounded = first.beginning() != from || end.beginning() != to;
    let whole = if is_rounded { " (rounded to whole hours)" } else { "" };
    let mut heading = format!("Requests that began from {first} to {end}{whole}\n");
    match counting_since {
        None => heading.push_str("The exporter has counted nothing yet.\n"),
        Some(since) if *since > first.beginning() => {
            let since = UtcHour::of(*since);
            heading.push_str(&format!("What the exporter counted is not complete before {}.\n", since.plus(1)));
        }
        Some(_) => {}
    }
    heading
}

fn table(reconciled: &Reconciled, total: &Total) -> String {
    let models = reconciled.models.iter().map(|it| row(&it.model, &it.counted, &it.spend_log));
    let rows: Vec<[String; COLUMNS]> = std::iter::once(HEADERS.map(str::to_owned))
        .chain(models)
        .chain(std::iter::once(row("TOTAL", &total.counted, &total.spend_log)))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let [model, numbers @ ..] = row;
        let numbers = numbers.iter().zip(&widths[1..]).map(|(cell, width)| format!("  {cell:>width$}"));
        format!("{model:width$}{}\n", numbers.collect::<String>(), width = widths[0])
    };
    rows.iter().map(line).collect()
}

fn row(model: &str, counted: &Counted, spend_log: &Booked) -> [String; COLUMNS] {
    let difference = i128::from(spend_log.requests) - i128::from(counted.requests);
    [
        model.to_owned(),
        counted.requests.to_string(),
        spend_log.requests.to_string(),
        difference.to_string(),
        usd(counted.cost),
        usd(spend_log.cost),
        signed_usd(spend_log.cost.difference(counted.cost)),
    ]
}

fn usd(amount: Usd) -> String {
    format!("{:.6}", amount.as_f64())
}

/// Without the minus of what rounds to nothing.
fn signed_usd(amount: f64) -> String {
    let text = format!("{amount:.6}");
    if text == "-0.000000" { text.replace('-', "") } else { text }
}

/// What the numbers of requests come to.
fn remark(total: &Total) -> String {
    let Total { counted, spend_log } = total;
    let surplus = counted.requests.saturating_sub(spend_log.requests);
    match (total.requests_agree(), surplus) {
        (true, 0) => String::new(),
        (true, surplus) => {
            format!("{surplus} of the requests failed and have no row: another attempt made up for them.\n")
        }
        (false, _) => "The numbers of requests differ by more than failed attempts without a row.\n".to_owned(),
    }
}

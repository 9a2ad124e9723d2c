//! Budgets, expiries and names, read from the tables of LiteLLM in a real PostgreSQL and shown by the running exporter.

mod support;

#[path = "budgets/faults.rs"]
mod faults;
#[path = "budgets/names.rs"]
mod names;
#[path = "budgets/numbers.rs"]
mod numbers;
#[path = "budgets/pushes.rs"]
mod pushes;
#[path = "budgets/tables.rs"]
mod tables;

use support::deadline::PATIENCE;
use support::exporter::{Exporter, Launch};
use support::exposition::Exposition;
use support::postgres::Postgres;

const LIMIT: &str = "llm_budget_limit_usd";
const SPENT: &str = "llm_budget_spent_usd";
const RESET: &str = "llm_budget_reset_timestamp_seconds";
const EXPIRY: &str = "llm_key_expiry_timestamp_seconds";
const UP: &str = "llm_budgets_up";
const LAST_SUCCESS: &str = "llm_budgets_last_success_timestamp_seconds";

const SCOPES: [&str; 5] = ["key", "team", "user", "org", "end_user"];

/// An exporter that reads this database many times a second, with more configuration.
fn exporter_of(url: &str, more: &str) -> Exporter {
    let yaml = format!("database: {{url: '{url}'}}\nsources: {{litellm_budgets: {{interval: 50ms}}}}\n{more}");
    Launch::default().config(&yaml).start()
}

fn exporter(server: &Postgres) -> Exporter {
    exporter_of(&server.url(), "")
}

/// The series of one scope as alias and value, by id where they have no alias.
fn by_alias(scraped: &Exposition, metric: &str, scope: &str) -> Vec<(String, f64)> {
    let samples = scraped.samples(metric).filter(|sample| scope.is_empty() || sample.labels.get("scope") == scope);
    let named = samples.map(|sample| match sample.labels.get("alias") {
        "" => (sample.labels.get("id").to_owned(), sample.value),
        alias => (alias.to_owned(), sample.value),
    });
    let mut values: Vec<_> = named.collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}

/// Waits until the scrape agrees, and returns it.
fn scrape_when(exporter: &Exporter, what: &str, condition: impl Fn(&Exposition) -> bool) -> Exposition {
    exporter.wait_until(what, PATIENCE, |exporter| condition(&exporter.metrics()));
    exporter.metrics()
}

/// Waits until every scope was read, and read again after now.
fn read_anew(exporter: &Exporter) -> Exposition {
    let is_up = |scraped: &Exposition| SCOPES.iter().all(|scope| scraped.value(UP, &[("scope", scope)]) == Some(1.0));
    let before = scrape_when(exporter, "all scopes are read", is_up);
    let last = |scraped: &Exposition| scraped.value(LAST_SUCCESS, &[("scope", "key")]);
    // The second reading from now began after this call.
    let second = scrape_when(exporter, "they are read again", |scraped| last(scraped) > last(&before));
    scrape_when(exporter, "and again", |scraped| {
        SCOPES.iter().all(|scope| scraped.value(LAST_SUCCESS, &[("scope", scope)]) > last(&second))
    })
}

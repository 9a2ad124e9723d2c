//! What a running exporter counted, beside what the gateway booked, once, for somebody who waits for it.

mod exporter;

use std::collections::BTreeMap;

use reqwest::StatusCode;
use url::Url;

use crate::config::Config;
use crate::event::{Timestamp, UtcHour};
use crate::ledger::{Books, BooksError, add_up, compare, has_room};
use crate::state::ComparedModel;
use crate::tls::TlsError;

use exporter::Exporter;

/// The most hours at once: longer than any exporter keeps what it counted.
const MOST_HOURS: i64 = 40 * 24;

/// Nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// There is no time between the two.
    #[error("--from must be before --to")]
    Nothing,
    /// There is more than an exporter keeps.
    #[error("from --from to --to are more than 40 days: an exporter keeps what it counted for 35")]
    TooLong,
    /// No database is configured.
    #[error("there is no spend log to read: set database.url, or DATABASE_URL")]
    NoDatabase,
    /// Certificates can't be used.
    #[error("database.ca_file: {0}")]
    DatabaseCertificates(#[source] TlsError),
    /// The spend log can't be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The HTTP client can't be made.
    #[error("cannot prepare to ask the exporter")]
    Setup(#[from] TlsError),
    /// The exporter can't be reached.
    #[error("cannot ask the exporter at {server} what it counted; --url says where it is")]
    Unreachable {
        /// Its address.
        server: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// The exporter refuses.
    #[error("the exporter at {server} answered {status} when it was asked what it counted: {answer}")]
    Refused {
        /// Its address.
        server: String,
        /// The status of its answer.
        status: StatusCode,
        /// The beginning of its answer.
        answer: String,
    },
    /// What answers is no exporter.
    #[error("what answers at {server} is no exporter that tells what it counted")]
    NotAnExporter {
        /// Its address.
        server: String,
        /// What is wrong with the answer.
        source: serde_json::Error,
    },
}

/// Both sides of some hours.
#[derive(Debug)]
pub struct Reconciled {
    /// The first hour.
    pub first: UtcHour,
    /// The one after the last.
    pub end: UtcHour,
    /// Since when the exporter counts everything; `None` where nothing was counted yet.
    pub counting_since: Option<Timestamp>,
    /// Both sides, by model.
    pub models: Vec<ComparedModel>,
}

/// Compares the hours that `from` to `to` touch: what the exporter at `url` counted, or at the first address of `config` where none is
/// given, and what the database of `config` says.
///
/// # Errors
/// When either side can't be asked. That they differ is no error.
pub async fn reconcile(
    config: &Config,
    from: Timestamp,
    to: Timestamp,
    url: Option<Url>,
) -> Result<Reconciled, ReconcileError> {
    let (first, end) = (UtcHour::of(from), UtcHour::at_or_after(to));
    if from >= to {
        return Err(ReconcileError::Nothing);
    }
    if end.number().saturating_sub(first.number()) > MOST_HOURS {
        return Err(ReconcileError::TooLong);
    }
    let books = Books::new(&config.database).map_err(ReconcileError::DatabaseCertificates)?;
    let books = books.ok_or(ReconcileError::NoDatabase)?;
    let exporter = Exporter::at(url.unwrap_or_else(|| exporter::beside(&config.listen)))?;
    let (counting_since, counted) = exporter.counted(first, end).await?;
    let books = books.open().await?;
    let nothing = BTreeMap::new();
    let mut hours = Vec::new();
    for hour in first.until(end) {
        let counted = counted.get(&hour).unwrap_or(&nothing);
        let booked = books.hour(hour, |model, so_far| has_room(counted, model, so_far, config.limits.models)).await?;
        hours.push(compare(counted, &booked));
    }
    let models = add_up(hours.iter().map(Vec::as_slice));
    Ok(Reconciled { first, end, counting_since, models })
}

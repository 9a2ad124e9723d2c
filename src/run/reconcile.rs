//! What a running exporter counted, beside what the gateway booked, once, for somebody who waits for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use url::Url;

use crate::config::Config;
use crate::event::{Timestamp, UtcHour};
use crate::ledger::json::LedgerJson;
use crate::ledger::{Books, BooksError, add_up, compare, has_room};
use crate::state::{ComparedModel, Counted, clean};
use crate::tls::TlsError;

/// How long the exporter may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 << 20;

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
    let exporter = Exporter::new(url.or_else(|| own_url(&config.listen)))?;
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

/// Where an exporter with these addresses is reached from beside it.
fn own_url(listen: &[SocketAddr]) -> Option<Url> {
    let mut address = *listen.first()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    Url::parse(&format!("http://{address}")).ok()
}

type CountedByHour = BTreeMap<UtcHour, BTreeMap<String, Counted>>;

/// A running exporter.
struct Exporter {
    http: reqwest::Client,
    url: Url,
}

impl Exporter {
    fn new(url: Option<Url>) -> Result<Self, ReconcileError> {
        let mut url = url.unwrap_or_else(|| Url::parse("http://127.0.0.1:4000").expect("it is a URL"));
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("ledger");
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client(None)?)
            .redirect(Policy::none())
            // A proxy from the environment would catch loopback too.
            .no_proxy()
            .timeout(PATIENCE)
            .build();
        let server = server(&url);
        let http = http.map_err(|source| ReconcileError::Unreachable { server, source })?;
        Ok(Self { http, url })
    }

    /// Since when it counts, and what it counted.
    async fn counted(
        &self,
        first: UtcHour,
        end: UtcHour,
    ) -> Result<(Option<Timestamp>, CountedByHour), ReconcileError> {
        let mut hours = CountedByHour::new();
        let mut next = first;
        loop {
            let answer = self.ask(next, end).await?;
            let (counting_since, more) = (answer.counting_since(), answer.next().map(UtcHour::of));
            hours.extend(answer.hours().map(|counted| (counted.hour, counted.models)));
            match more {
                // One that goes backwards would go on for ever.
                Some(hour) if hour > next => next = hour,
                _ => return Ok((counting_since, hours)),
            }
        }
    }

    async fn ask(&self, first: UtcHour, end: UtcHour) -> Result<LedgerJson, ReconcileError> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("from", &first.to_string()).append_pair("to", &end.to_string());
        let answer = self.http.get(url).send().await.map_err(|error| self.unreachable(error))?;
        let status = answer.status();
        let body = self.body(answer).await?;
        if status != StatusCode::OK {
            let answer = clean(String::from_utf8_lossy(&body).trim()).into_owned();
            return Err(ReconcileError::Refused { server: server(&self.url), status, answer });
        }
        serde_json::from_slice(&body)
            .map_err(|source| ReconcileError::NotAnExporter { server: server(&self.url), source })
    }

    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, ReconcileError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(error))? {
            body.extend_from_slice(&chunk);
            // What is cut off is no JSON.
            if body.len() > LONGEST_ANSWER {
                break;
            }
        }
        Ok(body)
    }

    fn unreachable(&self, error: reqwest::Error) -> ReconcileError {
        // The URL may hold a password.
        ReconcileError::Unreachable { server: server(&self.url), source: error.without_url() }
    }
}

fn server(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

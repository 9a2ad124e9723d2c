//! Asks one deployment at one level, and dates what came of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::ClientConfig;
use tokio::time::Instant;

use super::exchange::Exchange;
use super::finding::Finding;
use super::proxy::{self, Proxies};
use super::target::Target;
use super::{completion, connect, listing, question, single};
use crate::config::Probes;
use crate::discovery::Listed;
use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, Timestamp};
use crate::redact::redact_message;
use crate::tls::{self, TlsError};

/// Deployments of one provider whose turns come together share a connection; later ones prove that a new one can be made.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// A key that is shorter is as good as none, and may be part of any word.
const SHORTEST_KEY: usize = 4;

/// Probes can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    /// TLS can't be prepared.
    #[error("`probes.ca_file`: {0}")]
    Tls(#[from] TlsError),
    /// Nor can the HTTP client.
    #[error("the HTTP client of the probes cannot be made: {0}")]
    Client(#[source] reqwest::Error),
}

/// Asks deployments. Holds what all probes share: share it too.
#[derive(Debug)]
pub struct Prober {
    config: Probes,
    http: Client,
    tls: Arc<ClientConfig>,
    proxies: Proxies,
}

impl Prober {
    /// Prepares probes; sends none. Proxies are taken from the environment.
    ///
    /// # Errors
    /// When the certificates can't be used.
    pub fn new(config: &Probes) -> Result<Self, ProberError> {
        Self::with(config, Client::builder(), Proxies::from_environment())
    }

    /// The same without any proxy, whatever the environment says.
    ///
    /// # Errors
    /// When the certificates can't be used.
    pub fn direct(config: &Probes) -> Result<Self, ProberError> {
        Self::with(config, Client::builder().no_proxy(), Proxies::none())
    }

    fn with(config: &Probes, client: ClientBuilder, proxies: Proxies) -> Result<Self, ProberError> {
        let tls = tls::client(config.ca_file.as_deref())?;
        let http = client
            .tls_backend_preconfigured(tls.clone())
            // A key belongs to the host that it was given for.
            .redirect(Policy::none())
            .referer(false)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("llm-exporter/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ProberError::Client)?;
        Ok(Self { config: config.clone(), http, tls: Arc::new(tls), proxies })
    }

    /// Asks a deployment at this level, within `probes.timeout` in all.
    ///
    /// What can't be asked at this level is asked at a cheaper one, and a server that does not answer to the question has still
    /// proven that it is there: the outcome tells its level. Never bills for more than `level` allows, nor for a mode that takes no
    /// billed probe.
    pub async fn probe(&self, listed: &Listed, level: ProbeLevel) -> ProbeOutcome {
        let started = Instant::now();
        let finding = match Target::of(listed) {
            _ if listed.is_wildcard() => {
                Finding::failure(level, ErrorKind::BadRequest, "it stands for many models and can't be asked")
            }
            Err(none) => Finding::failure(level, ErrorKind::BadRequest, none.to_string()),
            Ok(target) => self.ask(listed, &target, level).await,
        };
        let Finding { level, result, first_token, usage, retry_after } = finding;
        ProbeOutcome {
            level,
            at: Timestamp::from(SystemTime::now()),
            duration: started.elapsed(),
            result: result.map_err(|failure| without_secrets(failure, listed)),
            time_to_first_token: first_token,
            usage,
            retry_after,
        }
    }

    async fn ask(&self, listed: &Listed, target: &Target<'_>, level: ProbeLevel) -> Finding {
        let timeout = self.config.timeout;
        let exchange = Exchange { http: &self.http, target, deadline: Instant::now() + timeout, timeout };
        if level.is_billed() && question::billed_level(listed.mode) == Some(level) {
            let max_tokens = self.config.completion.max_tokens;
            if let Some(question) = question::billed(target, listed.mode, max_tokens) {
                let book = (listed, &self.config);
                return match level {
                    ProbeLevel::Completion => completion::ask(exchange, question, book).await,
                    level => single::ask(exchange, question, level, book).await,
                };
            }
        }
        match question::list(target) {
            Some(question) if level > ProbeLevel::Connect => listing::ask(exchange, question).await,
            _ => self.connect(exchange).await,
        }
    }

    async fn connect(&self, exchange: Exchange<'_>) -> Finding {
        let base = exchange.target.base();
        let result = if self.proxies.apply_to(base) {
            proxy::connect(exchange).await
        } else {
            connect::connect(base, &self.tls, exchange.timeout).await
        };
        Finding { result, ..Finding::success(ProbeLevel::Connect) }
    }
}

/// Providers repeat what they were sent.
fn without_secrets(failure: ProbeFailure, listed: &Listed) -> ProbeFailure {
    let ProbeFailure { kind, mut message } = failure;
    if let Some(key) = listed.api_key.as_ref().map(|key| key.expose().trim()).filter(|key| key.len() >= SHORTEST_KEY) {
        message = message.replace(key, "***");
    }
    ProbeFailure { kind, message: redact_message(&message) }
}

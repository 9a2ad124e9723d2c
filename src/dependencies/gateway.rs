//! Asks a LiteLLM proxy what is not billed: whether it lives, its version, its models. Never its `/health`: that sends a real request
//! to every deployment.

mod error;

use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::config::Secret;

pub use error::{GatewayClientError, GatewayError};

/// The longest list of models that is read: tens of thousands of deployments.
const LONGEST_LIST: usize = 64 << 20;

/// The longest answer to anything else.
const LONGEST_WORD: usize = 64 << 10;

/// No version is longer; what is, is none.
const LONGEST_VERSION: usize = 64;

/// A client of one gateway. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Prepares to ask the gateway at `url`, which may have a path that its routes stand behind.
    ///
    /// # Errors
    /// When the file of certificates can't be used, or the key can't be sent.
    pub fn new(url: &Url, api_key: Option<&Secret>, ca_file: Option<&Path>) -> Result<Self, GatewayClientError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client(ca_file)?)
            .user_agent(concat!("llm-exporter/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            // It stands beside us, and its key is for nobody else.
            .no_proxy()
            .build()
            .map_err(GatewayClientError::Http)?;
        let authorization = api_key.map(bearer).transpose()?;
        Ok(Self { http, url: url.clone(), authorization })
    }

    /// Asks whether it lives: `GET /health/liveliness`, which needs no key.
    ///
    /// # Errors
    /// When the answer is not 200, or does not come in time.
    pub async fn liveliness(&self, patience: Duration) -> Result<(), GatewayError> {
        let request = self.request(&["health", "liveliness"]);
        self.get(request, LONGEST_WORD, patience).await.map(drop)
    }

    /// Asks for its version: `GET /health/readiness/details`, which needs the key. `None` without a key, or when it does not tell.
    ///
    /// # Errors
    /// When the answer is not 200, does not come in time, or is no JSON.
    pub async fn version(&self, patience: Duration) -> Result<Option<String>, GatewayError> {
        #[derive(Deserialize)]
        struct Details {
            litellm_version: Option<String>,
        }
        let Some(request) = self.authorized(&["health", "readiness", "details"]) else { return Ok(None) };
        let body = self.get(request, LONGEST_WORD, patience).await?;
        let Details { litellm_version } = serde_json::from_slice(&body).map_err(GatewayError::Unreadable)?;
        Ok(litellm_version.filter(|version| version.len() <= LONGEST_VERSION))
    }

    /// Asks for its models: the body of `GET /model/info`, which needs the key.
    ///
    /// # Errors
    /// When there is no key, the answer is not 200, does not come in time, or is longer than 64 MiB.
    pub async fn model_info(&self, patience: Duration) -> Result<Vec<u8>, GatewayError> {
        let request = self.authorized(&["model", "info"]).ok_or(GatewayError::NoKey)?;
        self.get(request, LONGEST_LIST, patience).await
    }

    fn request(&self, route: &[&str]) -> Request {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(route);
        }
        Request::new(Method::GET, url)
    }

    fn authorized(&self, route: &[&str]) -> Option<Request> {
        let authorization = self.authorization.clone()?;
        let mut request = self.request(route);
        request.headers_mut().insert(AUTHORIZATION, authorization);
        Some(request)
    }

    /// Sends a request and reads its whole answer, which leaves the connection fit for the next.
    async fn get(&self, request: Request, longest: usize, patience: Duration) -> Result<Vec<u8>, GatewayError> {
        let route = request.url().path().to_owned();
        let is_authorized = request.headers().contains_key(AUTHORIZATION);
        let exchange = async {
            let answer = self.http.execute(request).await.map_err(|error| self.unreachable(error))?;
            let status = answer.status();
            match status {
                StatusCode::OK => self.body(answer, &route, longest).await,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_authorized => {
                    Err(GatewayError::KeyRefused { route: route.clone(), status: status.as_u16() })
                }
                _ => Err(GatewayError::Status { route: route.clone(), status: status.as_u16() }),
            }
        };
        let answered = timeout(patience, exchange).await;
        answered.unwrap_or(Err(GatewayError::TimedOut { server: self.server(), after: patience }))
    }

    async fn body(&self, mut answer: Response, route: &str, longest: usize) -> Result<Vec<u8>, GatewayError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(error))? {
            if body.len() + chunk.len() > longest {
                return Err(GatewayError::TooLong { route: route.to_owned(), longest });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: reqwest::Error) -> GatewayError {
        // The address may hold a password.
        GatewayError::Unreachable { server: self.server(), source: error.without_url() }
    }

    fn server(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn bearer(key: &Secret) -> Result<HeaderValue, GatewayClientError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| GatewayClientError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

//! Whether a host is reached through a proxy (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`): then the direct way may be
//! closed, and says nothing.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Method;
use url::Url;

use super::exchange::Exchange;
use super::question::Question;
use crate::event::{ErrorKind, ProbeFailure};

/// The proxies that the environment names, read as the HTTP client reads them.
pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn from_environment() -> Self {
        Self(Matcher::from_system())
    }

    /// None at all.
    pub(super) fn none() -> Self {
        Self(Matcher::builder().build())
    }

    /// Whether one stands between us and this address.
    pub(super) fn apply_to(&self, url: &Url) -> bool {
        // The parser of the client is another one: an address that it refuses is not reached at all.
        url.as_str().parse().is_ok_and(|uri| self.0.intercept(&uri).is_some())
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They may have passwords.
        f.write_str("Proxies(..)")
    }
}

/// Reaches the host through its proxy: any answer of its own will do.
pub(super) async fn connect(exchange: Exchange<'_>) -> Result<(), ProbeFailure> {
    let url = exchange.target.base().clone();
    let is_tunnelled = url.scheme() == "https";
    let response = exchange.send_without_key(Question { method: Method::HEAD, url, body: None }).await;
    let status = response.map_err(|unanswered| unanswered.failure)?.status().as_u16();
    // Without a tunnel the proxy answers in the place of a host that it can't reach.
    let is_proxys_own = status == 407 || (!is_tunnelled && matches!(status, 502..=504));
    if is_proxys_own {
        let message = format!("{}: the proxy answered HTTP {status}", exchange.target.authority());
        return Err(ProbeFailure { kind: ErrorKind::Connect, message });
    }
    Ok(())
}

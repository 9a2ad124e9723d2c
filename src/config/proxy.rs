//! What LiteLLM's own environment says of the gateway, its database and its Redis: the layer right above the defaults. An exporter
//! that stands beside the proxy and has its environment needs no configuration of its own.
//!
//! The names and what goes over what are LiteLLM's (seen with 1.109.1). An empty variable is the same as none.

mod database;
mod redis;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use url::Url;

use super::{
    Problem, Secret,
    kind::{API_KEY, GatewayUrl},
};

/// Where the proxy listens unless it is told otherwise.
const PROXY_PORT: u16 = 4000;

const MASTER_KEY: &str = "LITELLM_MASTER_KEY";
const PORT: &str = "PORT";

/// The variables that an environment has for the proxy, among all others. Without `Debug`: secrets are in there.
pub(super) struct ProxyEnvironment(BTreeMap<String, String>);

/// What a variable says, with its name.
pub(super) struct Said<T> {
    pub(super) variable: &'static str,
    pub(super) value: Result<T, Problem>,
}

impl ProxyEnvironment {
    pub(super) fn new(env: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(env.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The gateway's address. Who has the proxy's master key, and no address, stands beside the proxy; unless what listens on the
    /// proxy's port is the exporter itself.
    pub(super) fn gateway_url(&self, listen: &[SocketAddr]) -> Option<Said<Url>> {
        self.said("LITELLM_PROXY_URL", GatewayUrl::read_text).or_else(|| self.beside(listen))
    }

    fn beside(&self, listen: &[SocketAddr]) -> Option<Said<Url>> {
        self.get(MASTER_KEY)?;
        let port = match self.port(PORT, PROXY_PORT) {
            Ok(port) => port,
            Err(problem) => return Some(Said { variable: PORT, value: Err(problem) }),
        };
        let is_own = listen.iter().any(|address| address.port() == port);
        let said = || Said { variable: MASTER_KEY, value: GatewayUrl::read_text(&format!("http://127.0.0.1:{port}")) };
        (!is_own).then(said)
    }

    pub(super) fn api_key(&self) -> Option<Said<Secret>> {
        self.said(MASTER_KEY, |key| API_KEY.read_text(key))
    }

    pub(super) fn config_file(&self) -> Option<Said<PathBuf>> {
        self.said("CONFIG_FILE_PATH", |path| Ok(PathBuf::from(path)))
    }

    fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }

    fn said<T>(&self, variable: &'static str, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<Said<T>> {
        let value = read(self.get(variable)?);
        Some(Said { variable, value })
    }

    fn is_on(&self, variable: &str) -> bool {
        self.get(variable)
            .is_some_and(|value| ["true", "1", "yes", "on"].iter().any(|on| value.eq_ignore_ascii_case(on)))
    }

    fn port(&self, variable: &str, default: u16) -> Result<u16, Problem> {
        let Some(text) = self.get(variable) else { return Ok(default) };
        text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            let found = format!("{text:?}");
            Problem::Value { found, expected: "a port from 1 to 65535" }
        })
    }
}

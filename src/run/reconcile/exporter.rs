//! A running exporter, asked over HTTP what it counted.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use url::Url;

use super::ReconcileError;
use crate::event::{Timestamp, UtcHour};
use crate::ledger::json::LedgerJson;
use crate::state::{Counted, clean};

/// How long the exporter may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 << 20;

/// Where an exporter that listens there is reached from beside it.
pub(super) fn beside(listen: &[SocketAddr]) -> Url {
    let mut url = Url::parse("http://127.0.0.1:4000").expect("it is a URL");
    if let Some(address) = listen.first() {
        let ip = match address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        url.set_ip_host(ip).and_then(|()| url.set_port(Some(address.port()))).expect("a URL of HTTP has both");
    }
    url
}

/// What was counted, by hour and model.
type CountedByHour = BTreeMap<UtcHour, BTreeMap<String, Counted>>;

/// A running exporter.
pub(super) struct Exporter {
    http: reqwest::Client,
    url: Url,
}

impl Exporter {
    /// The one whose routes are below `url`.
    pub(super) fn at(mut url: Url) -> Result<Self, ReconcileError> {
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
    pub(super) async fn counted(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exporter_on_every_address_is_asked_on_loopback() {
        for (listen, url) in [
            ("0.0.0.0:9400", "http://127.0.0.1:9400/"),
            ("[::]:4000", "http://[::1]:4000/"),
            ("10.0.0.7:80", "http://10.0.0.7/"),
            ("[fe80::1%2]:4000", "http://[fe80::1]:4000/"),
        ] {
            assert_eq!(beside(&[listen.parse().expect(listen)]).as_str(), url, "{listen}");
        }
        assert_eq!(beside(&[]).as_str(), "http://127.0.0.1:4000/");
    }
}

//! Connects to where a deployment is: DNS, TCP, and TLS with the name checked. Asks nothing.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::failing;
use crate::event::{ErrorKind, ProbeFailure};

/// How much later than the one before each address of a host is tried, while none has answered.
const HEAD_START: Duration = Duration::from_millis(250);

/// What failed, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Dns,
    Tcp,
    Tls,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

/// Where it broke off, and why; without a cause when the time was up.
#[derive(Debug)]
struct Broken {
    step: Step,
    cause: Option<io::Error>,
}

/// Everything that one connection needs.
#[derive(Clone)]
struct Way {
    /// The name to check, where TLS is wanted.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    deadline: Instant,
}

/// Connects to the host of `url`, over whichever of its addresses answers first.
pub(super) async fn connect(url: &Url, tls: &Arc<ClientConfig>, timeout: Duration) -> Result<(), ProbeFailure> {
    let deadline = Instant::now() + timeout;
    let broken = match try_all(url, tls, deadline).await {
        Ok(()) => return Ok(()),
        Err(broken) => broken,
    };
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let (kind, cause) = match &broken.cause {
        Some(cause) if cause.kind() == io::ErrorKind::TimedOut => (ErrorKind::Timeout, failing::words(cause)),
        Some(cause) => (ErrorKind::Connect, failing::words(cause)),
        None => (ErrorKind::Timeout, format!("no answer within {timeout:?}")),
    };
    Err(ProbeFailure { kind, message: format!("{} {host}:{port}: {cause}", broken.step) })
}

async fn try_all(url: &Url, tls: &Arc<ClientConfig>, deadline: Instant) -> Result<(), Broken> {
    let addresses = within(deadline, Step::Dns, resolve(url)).await?;
    let way = Way { tls: wants_tls(url, tls)?, deadline };
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let left = deadline.saturating_duration_since(Instant::now());
    // Half of the time is for the last address.
    let head_start = HEAD_START.min(left / count / 2);
    let mut attempts = JoinSet::new();
    for (number, address) in (0..).zip(addresses) {
        let way = way.clone();
        attempts.spawn(async move {
            sleep(head_start * number).await;
            way.go(address).await
        });
    }
    // The others end with the first that arrives. Of failures the one that came farthest tells most.
    let mut farthest = Broken { step: Step::Dns, cause: Some(io::Error::other("the name has no address")) };
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(broken)) if broken.step > farthest.step => farthest = broken,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Err(farthest)
}

async fn resolve(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().unwrap_or_default();
    Ok(match url.host() {
        Some(Host::Ipv4(address)) => vec![SocketAddr::from((address, port))],
        Some(Host::Ipv6(address)) => vec![SocketAddr::from((address, port))],
        Some(Host::Domain(name)) => lookup_host((name, port)).await?.collect(),
        None => Vec::new(),
    })
}

fn wants_tls(url: &Url, tls: &Arc<ClientConfig>) -> Result<Option<(TlsConnector, ServerName<'static>)>, Broken> {
    if url.scheme() != "https" {
        return Ok(None);
    }
    let name = match url.host() {
        Some(Host::Ipv4(address)) => Ok(ServerName::from(std::net::IpAddr::V4(address))),
        Some(Host::Ipv6(address)) => Ok(ServerName::from(std::net::IpAddr::V6(address))),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()),
        None => ServerName::try_from(String::new()),
    };
    let name = name.map_err(|error| Broken { step: Step::Tls, cause: Some(io::Error::other(error)) })?;
    Ok(Some((TlsConnector::from(Arc::clone(tls)), name)))
}

impl Way {
    async fn go(self, address: SocketAddr) -> Result<(), Broken> {
        let stream = within(self.deadline, Step::Tcp, TcpStream::connect(address)).await?;
        if let Some((connector, name)) = self.tls {
            within(self.deadline, Step::Tls, connector.connect(name, stream)).await?;
        }
        Ok(())
    }
}

async fn within<T>(deadline: Instant, step: Step, work: impl Future<Output = io::Result<T>>) -> Result<T, Broken> {
    match timeout_at(deadline, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(cause)) => Err(Broken { step, cause: Some(cause) }),
        Err(_) => Err(Broken { step, cause: None }),
    }
}

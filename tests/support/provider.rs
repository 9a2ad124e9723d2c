//! A stand-in for a provider of models: a small HTTP server that speaks the dialects of OpenAI, Azure, Anthropic, Gemini, Cohere and
//! Ollama, can be told to fail in every way that real ones do while it runs, and counts what it is asked.

mod answers;
mod behaviour;
mod certificates;
mod connection;
mod record;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) use behaviour::Behaviour;
pub(crate) use certificates::Certificates;
use connection::serve;
use record::Record;
pub(crate) use record::Request as SeenRequest;

/// A running stand-in, which is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Provider {
    address: SocketAddr,
    certificates: Option<Certificates>,
    record: Arc<Record>,
}

impl Provider {
    /// Starts one that is healthy, over plain HTTP.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts one that is healthy, over TLS, with a certificate for `127.0.0.1` by the authority in [`ca_file`](Self::ca_file).
    pub(crate) fn start_tls() -> Self {
        Self::start_with(Some(Certificates::for_name("127.0.0.1")))
    }

    /// Starts one over TLS, whose certificate by the same authority is for this name.
    pub(crate) fn start_tls_as(name: &str) -> Self {
        Self::start_with(Some(Certificates::for_name(name)))
    }

    fn start_with(certificates: Option<Certificates>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let record = Arc::new(Record::default());
        let tls = certificates.as_ref().map(Certificates::server);
        let shared = Arc::clone(&record);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if shared.has_ended() {
                    return;
                }
                shared.note_connection();
                let (record, tls) = (Arc::clone(&shared), tls.clone());
                thread::spawn(move || serve(stream, tls, &record));
            }
        });
        Self { address, certificates, record }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address without a path: the `api_base` of Azure, Anthropic, Cohere and Ollama.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The `api_base` of OpenAI and whoever speaks its dialect.
    pub(crate) fn api_base(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// The `api_base` of Gemini.
    pub(crate) fn gemini_base(&self) -> String {
        format!("{}/v1beta", self.url())
    }

    /// The certificate of the authority that signed the one it shows.
    pub(crate) fn ca_file(&self) -> &Path {
        self.certificates.as_ref().expect("only one over TLS has an authority").ca_file()
    }

    /// The same, as configurations hold it.
    pub(crate) fn ca_path(&self) -> PathBuf {
        self.ca_file().to_owned()
    }

    /// Answers everything in this way from now on.
    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.record.behave(behaviour);
    }

    /// Answers this route (`POST /v1/chat/completions`) in this way from now on, whatever it does elsewhere.
    pub(crate) fn behave_at(&self, route: &str, behaviour: Behaviour) {
        self.record.behave_at(route, behaviour);
    }

    /// How often this route (`GET /v1/models`) was asked for.
    pub(crate) fn requests(&self, route: &str) -> usize {
        self.record.count(|request| request.route == route)
    }

    /// How often anything was asked for.
    pub(crate) fn all_requests(&self) -> usize {
        self.record.count(|_| true)
    }

    /// How often something was asked for that a provider sends a bill for.
    pub(crate) fn billed_requests(&self) -> usize {
        self.record.count(SeenRequest::is_billed)
    }

    /// How many connections were made, with or without a request.
    pub(crate) fn connections(&self) -> usize {
        self.record.connections()
    }

    /// The last request for this route.
    pub(crate) fn last(&self, route: &str) -> Option<SeenRequest> {
        self.record.last(route)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.record.end();
        // Wakes whoever accepts.
        let _: io::Result<TcpStream> = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

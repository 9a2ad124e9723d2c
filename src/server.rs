//! The HTTP server: routes over the state, one short handler each.
//!
//! What takes long (rendering a scrape, decoding a body) runs on the blocking pool and a few at a time, so that health
//! routes never wait behind it.

mod auth;
mod body;
mod commits;
mod connections;
mod health;
mod heavy;
mod ingest;
mod landing;
mod ledger;
mod marked;
mod metrics;
mod pieces;
mod portions;
mod refusal;
mod reload;
mod shared;
mod unread;

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, Handler, HttpResponse, HttpServer, Resource, Responder, web};

pub use commits::Commits;
use connections::Connections;
pub use reload::{Reloaded, Reloads};
pub use shared::{IngestRules, Shared};

use crate::own::{TRAFFIC_HEADER, Traffic};

/// A client that has not sent its request line and headers by then is gone.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be kept unused: LiteLLM pushes every five seconds, Prometheus scrapes every fifteen to sixty.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A worker is one thread and does one thing at a time. With two for each core a probe seldom waits for the worker that is just
/// copying somebody's scrape.
const WORKERS_PER_CORE: usize = 2;

/// A server that has its addresses and does not serve yet.
pub struct Bound {
    server: Server,
    addresses: Vec<SocketAddr>,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// An address could not be had.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address}: {source}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    source: io::Error,
}

impl Bound {
    /// Listens on `addresses`.
    ///
    /// # Errors
    /// When one of them can't be had.
    pub fn new(shared: web::Data<Shared>, addresses: &[SocketAddr]) -> Result<Self, BindError> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from) * WORKERS_PER_CORE;
        let most_connections = connections::most_per_worker(workers);
        let open = Connections::new(most_connections * workers);
        let mut server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .wrap(from_fn(connections::close))
                .wrap(headers(shared.own().traffic()))
                .configure(routes)
        })
        .workers(workers)
        .max_connections(most_connections)
        .on_connect(move |connection, kept_with_it| open.add(connection, kept_with_it))
        .client_request_timeout(HEADERS_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        // In whole seconds, and never none: whoever stops the server sets the limit by dropping it.
        .shutdown_timeout(u64::MAX)
        .disable_signals();
        for address in addresses {
            server = server.bind(address).map_err(|source| BindError { address: *address, source })?;
        }
        let addresses = server.addrs();
        Ok(Self { server: server.run(), addresses })
    }

    /// Where it listens: the real ports, where port 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until its handle stops it.
    pub fn serve(self) -> Server {
        self.server
    }
}

/// Every route, and one line for what each is there for.
pub const ROUTES: [(&str, &str); 10] = [
    ("/metrics", "metrics for Prometheus: OpenMetrics 1.0 or text 0.0.4, by Accept"),
    ("/health", "is the gateway well? 200 or 503"),
    ("/health/readiness", "may the exporter be sent traffic? 200 or 503"),
    ("/health/liveliness", "does the exporter run? 200"),
    ("/health/liveness", "the same, by its other name"),
    ("/health/models", "every deployment and its state; ?model=NAME for one model"),
    ("/health/services", "database, Redis, router and gateway"),
    ("/ledger", "what was counted, by hour and model; ?from=TIME&to=TIME, by default the last day"),
    (ingest::PATH, "POST here: LiteLLM's generic_api callback"),
    (reload::PATH, "POST here: read the configuration again"),
];

/// What every answer says of the traffic, errors too.
fn headers(traffic: Traffic) -> DefaultHeaders {
    traffic.notice().into_iter().fold(DefaultHeaders::new(), |headers, word| headers.add((TRAFFIC_HEADER, word)))
}

/// Those that are posted to and have nothing to show.
const POSTED_TO: [&str; 2] = [ingest::PATH, reload::PATH];

fn routes(app: &mut web::ServiceConfig) {
    app.service(readable("/", landing::page))
        .service(readable("/metrics", metrics::scrape))
        .service(readable("/health", health::health))
        .service(readable("/health/readiness", health::readiness))
        .service(readable("/health/liveliness", health::liveliness))
        .service(readable("/health/liveness", health::liveliness))
        .service(readable("/health/models", health::models))
        .service(readable("/health/services", health::services))
        .service(readable("/ledger", ledger::ledger))
        .service(writable(ingest::PATH, ingest::take))
        .service(writable(reload::PATH, reload::reload));
}

/// A resource for POST.
fn writable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler)).default_service(web::to(|| only(&[Method::POST])))
}

/// A resource for GET and HEAD.
fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Copy,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler))
        .route(web::head().to(handler))
        .default_service(web::to(|| only(&[Method::GET, Method::HEAD])))
}

/// 405, with the methods that are allowed.
async fn only(allowed: &[Method]) -> HttpResponse {
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let mut response = HttpResponse::MethodNotAllowed().finish();
    if let Ok(allow) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

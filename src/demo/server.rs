//! The simulated gateway and its providers as a server on loopback: what the exporter asks of real ones.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;
use url::Url;

use super::fleet::MODELS;
use super::model_info::ModelInfo;
use super::weather::{Trouble, Weather};
use super::{LITELLM_VERSION, MASTER_KEY, Provider, now};
use crate::own::Round;
use crate::supervise::Rounds;

/// Before it is tried again after it broke.
const PAUSE: Duration = Duration::from_secs(1);

/// A server that has its address: who asks before it serves is answered then.
#[derive(Debug)]
pub(super) struct GatewayServer {
    listener: TcpListener,
    url: Url,
    weather: Weather,
}

#[derive(Debug)]
struct Facts {
    url: Url,
    weather: Weather,
}

impl GatewayServer {
    /// Takes a free port on loopback.
    pub(super) fn bind(weather: Weather) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?)).map_err(io::Error::other)?;
        Ok(Self { listener, url, weather })
    }

    /// Where it is.
    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    /// Serves until `stopping` is true; a server that breaks is replaced.
    pub(super) async fn serve(self: Arc<Self>, mut stopping: watch::Receiver<bool>, rounds: Rounds) {
        loop {
            let started = Instant::now();
            let Err(error) = self.serve_once(&mut stopping).await else { return };
            rounds.note(Round::Failed, started);
            tracing::warn!(%error, "the simulated gateway broke; starting it again");
            sleep(PAUSE).await;
        }
    }

    async fn serve_once(&self, stopping: &mut watch::Receiver<bool>) -> io::Result<()> {
        let mut server = self.start()?;
        tokio::select! {
            ended = &mut server => return Err(ended.err().unwrap_or_else(|| io::Error::other("it ended by itself"))),
            _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
        }
        // Told to: what is only dropped may still accept, and complain that nobody answers.
        let handle = server.handle();
        tokio::join!(server, handle.stop(false)).0
    }

    fn start(&self) -> io::Result<Server> {
        let facts = Data::new(Facts { url: self.url.clone(), weather: self.weather });
        let server = HttpServer::new(move || App::new().app_data(facts.clone()).configure(routes))
            .workers(1)
            .disable_signals()
            .listen(self.listener.try_clone()?)?;
        Ok(server.run())
    }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/health/liveliness", web::get().to(liveliness))
        .route("/health/readiness/details", web::get().to(details))
        .route("/model/info", web::get().to(model_info))
        .route("/providers/{provider}/{rest:.*}", web::get().to(list_of_models));
}

async fn liveliness() -> HttpResponse {
    HttpResponse::Ok().json("I'm alive!")
}

async fn details(request: HttpRequest) -> HttpResponse {
    if !has_key(&request) {
        return HttpResponse::Unauthorized().finish();
    }
    HttpResponse::Ok().json(json!({"status": "connected", "db": "Not connected", "litellm_version": LITELLM_VERSION}))
}

async fn model_info(request: HttpRequest, facts: Data<Facts>) -> HttpResponse {
    if !has_key(&request) {
        return HttpResponse::Unauthorized().finish();
    }
    HttpResponse::Ok().json(ModelInfo::of(facts.url.as_str()))
}

/// A provider's list of models, in OpenAI's form, which the others' resemble.
async fn list_of_models(path: Path<(String, String)>, facts: Data<Facts>) -> HttpResponse {
    let (name, rest) = path.into_inner();
    let provider = Provider::ALL.into_iter().find(|provider| provider.as_str() == name);
    let Some(provider) = provider.filter(|_| rest.ends_with("models")) else {
        return HttpResponse::NotFound().json(json!({"error": {"message": "no such route in the simulation"}}));
    };
    if facts.weather.trouble(provider, now()) == Some(Trouble::Outage) {
        let message = format!("{name} has an outage (simulated)");
        return HttpResponse::ServiceUnavailable().json(json!({"error": {"message": message}}));
    }
    let deployments = MODELS.iter().flat_map(|model| model.deployments);
    let models = deployments.filter(|deployment| deployment.provider == provider);
    let data: Vec<_> = models.map(|it| json!({"id": it.upstream_model, "object": "model"})).collect();
    HttpResponse::Ok().json(json!({"object": "list", "data": data}))
}

fn has_key(request: &HttpRequest) -> bool {
    let sent = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    sent.and_then(|header| header.strip_prefix("Bearer ")) == Some(MASTER_KEY)
}

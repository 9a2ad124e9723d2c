//! `POST /-/reload`: the configuration read again, as SIGHUP does.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tokio::sync::{mpsc, oneshot};

use super::auth;
use super::refusal::refuse;
use super::shared::Shared;

/// Where it is asked for.
pub(super) const PATH: &str = "/-/reload";

/// What became of reading it again; else every reason why the one before stays, in words without secrets.
pub type Reloaded = Result<(), Vec<String>>;

/// Asks for the configuration to be read again.
#[derive(Debug)]
pub struct Reloads(mpsc::Sender<oneshot::Sender<Reloaded>>);

impl Reloads {
    /// With who does it.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<oneshot::Sender<Reloaded>>) {
        let (sender, receiver) = mpsc::channel(1);
        (Self(sender), receiver)
    }

    /// Where nobody does.
    pub(super) fn none() -> Self {
        Self::new().0
    }

    /// Asks, and waits for its end; `None` where nobody does it, or not any more.
    async fn ask(&self) -> Option<Reloaded> {
        let (sender, receiver) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        receiver.await.ok()
    }
}

/// Whoever may push may ask for it: from this machine always, from others with the token.
pub(super) async fn reload(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let checked = auth::check(&request, shared.ingest.token.read().as_ref());
    if let Err(refusal) = checked {
        return refuse(&shared, refusal, auth::sentence(refusal));
    }
    match shared.reloads.ask().await {
        Some(Ok(())) => answer(StatusCode::OK, "the configuration was reloaded\n".to_owned()),
        Some(Err(reasons)) => {
            let list: String = reasons.iter().map(|reason| format!("  {reason}\n")).collect();
            answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the configuration was not reloaded, the one in use stays:\n{list}"),
            )
        }
        None => answer(StatusCode::SERVICE_UNAVAILABLE, "the exporter is stopping\n".to_owned()),
    }
}

fn answer(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status).insert_header(ContentType::plaintext()).body(text)
}

//! The JSON health routes.
//!
//! Those that probe the exporter itself answer at once, from what is at hand. Those that tell of the gateway judge every
//! deployment, which may be thousands, and write a megabyte: off the threads that answer the others.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{Data, Query};
use serde::{Deserialize, Serialize};

use super::refusal::fail;
use super::shared::Shared;
use super::{heavy, marked};
use crate::health::explanation::explain;
use crate::health::json::{HealthJson, ModelsJson, ReadinessJson, ServicesJson};
use crate::health::{Policy, Report, StorageJson};
use crate::own::Traffic;
use crate::state::Fleet;

/// What is usually told of one.
const BYTES_PER_DEPLOYMENT: usize = 448;

/// `GET /health/liveliness`: depends on nothing.
pub(super) async fn liveliness() -> HttpResponse {
    // No object, so that nothing can stand beside it.
    respond(Answer::new(StatusCode::OK, &"I'm alive!", Traffic::Gateway))
}

/// `GET /health/readiness`
pub(super) async fn readiness(shared: Data<Shared>) -> HttpResponse {
    let readiness = shared.readiness();
    respond(Answer::new(serving(readiness.is_ready()), &ReadinessJson::new(readiness), shared.own.traffic()))
}

/// `GET /health`
pub(super) async fn health(shared: Data<Shared>) -> HttpResponse {
    let storage = StorageJson::new(&shared.own.storage().status());
    let answer = |judged: &Judged| {
        let health = HealthJson::new(&judged.report, storage);
        Answer::new(serving(judged.report.is_healthy()), &health, judged.traffic)
    };
    judged(shared, answer).await
}

/// The filter of `/health/models`.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    model: Option<String>,
    /// Whether to explain the verdicts.
    debug: Option<Switch>,
}

/// On or off, as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Switch {
    #[serde(rename = "true", alias = "1", alias = "")]
    On,
    #[serde(rename = "false", alias = "0")]
    Off,
}

/// `GET /health/models`
pub(super) async fn models(shared: Data<Shared>, Query(filter): Query<Filter>) -> HttpResponse {
    judged(shared, move |Judged { fleet, policy, report, traffic }| {
        let only = filter.model.as_deref();
        let status = match only {
            None => StatusCode::OK,
            Some(name) => match report.models.iter().find(|model| model.name() == name) {
                None => StatusCode::NOT_FOUND,
                Some(model) => serving(model.up != Some(false)),
            },
        };
        let models = ModelsJson::new(report, only);
        let models =
            if filter.debug == Some(Switch::On) { models.explained(explain(fleet, policy, only)) } else { models };
        let deployments = if only.is_some() { 0 } else { report.deployments.len() };
        Answer::with_room(deployments, status, &models, *traffic)
    })
    .await
}

/// `GET /health/services`
pub(super) async fn services(shared: Data<Shared>) -> HttpResponse {
    judged(shared, |judged| Answer::new(StatusCode::OK, &ServicesJson::new(&judged.report), judged.traffic)).await
}

/// A status and its JSON.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    json: Vec<u8>,
}

impl Answer {
    fn new(status: StatusCode, json: &impl Serialize, traffic: Traffic) -> Self {
        Self::with_room(0, status, json, traffic)
    }

    /// One that tells of so many deployments: a list of thousands would grow, and be copied, a dozen times.
    fn with_room(deployments: usize, status: StatusCode, json: &impl Serialize, traffic: Traffic) -> Self {
        let mut text = Vec::with_capacity(deployments * BYTES_PER_DEPLOYMENT);
        marked::write(&mut text, json, traffic).expect("texts, numbers and lists of them are JSON");
        Self { status, json: text }
    }
}

/// The facts of one moment and the verdicts on them.
struct Judged {
    fleet: Fleet,
    policy: Policy,
    report: Report,
    traffic: Traffic,
}

/// Answers from the verdicts as of now.
async fn judged(shared: Data<Shared>, answer: impl FnOnce(&Judged) -> Answer + Send + 'static) -> HttpResponse {
    let for_judging = shared.clone();
    let judge_and_answer = move || {
        let fleet = for_judging.fleet();
        let policy = for_judging.policy();
        let report = Report::new(&fleet, &policy, for_judging.readiness());
        answer(&Judged { fleet, policy, report, traffic: for_judging.own.traffic() })
    };
    match heavy::run(judge_and_answer).await {
        Ok(answer) => respond(answer),
        Err(broken) => fail(&shared, "judge the gateway", &broken),
    }
}

fn respond(answer: Answer) -> HttpResponse {
    let Answer { status, json } = answer;
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header(ContentType::json()).body(json)
}

fn serving(is_well: bool) -> StatusCode {
    if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

//! The JSON health routes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Query};
use serde::{Deserialize, Serialize};

use super::shared::Shared;
use crate::health::json::{HealthJson, ModelsJson, ReadinessJson, ServicesJson};

/// `GET /health`
pub(super) async fn health(shared: Data<Shared>) -> HttpResponse {
    let report = shared.report();
    answer(serving(report.is_healthy()), &HealthJson::new(&report))
}

/// `GET /health/readiness`
pub(super) async fn readiness(shared: Data<Shared>) -> HttpResponse {
    let report = shared.report();
    answer(serving(report.is_ready()), &ReadinessJson::new(&report))
}

/// `GET /health/liveliness`: depends on nothing.
pub(super) async fn liveliness() -> HttpResponse {
    answer(StatusCode::OK, &"I'm alive!")
}

/// The filter of `/health/models`.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    model: Option<String>,
}

/// `GET /health/models`
pub(super) async fn models(shared: Data<Shared>, filter: Query<Filter>) -> HttpResponse {
    let report = shared.report();
    let only = filter.model.as_deref();
    let status = match only {
        None => StatusCode::OK,
        Some(name) => match report.models.iter().find(|model| model.model == name) {
            None => StatusCode::NOT_FOUND,
            Some(model) => serving(model.up != Some(false)),
        },
    };
    answer(status, &ModelsJson::new(&report, only))
}

/// `GET /health/services`
pub(super) async fn services(shared: Data<Shared>) -> HttpResponse {
    answer(StatusCode::OK, &ServicesJson::new(&shared.report()))
}

fn serving(is_well: bool) -> StatusCode {
    if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn answer(status: StatusCode, json: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(json)
}

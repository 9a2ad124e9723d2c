//! `GET /ledger`: what was counted, by hour and model.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::refusal::fail;
use super::shared::{Shared, now};
use super::{heavy, marked};
use crate::event::{Timestamp, UtcHour};
use crate::ledger::json::LedgerJson;
use crate::ledger::parse_moment;

/// What is shown where no time is given.
const LAST: Duration = Duration::from_hours(24);

/// An answer has at most so many hours and models, a megabyte; what is left is asked for from where it ends.
const MOST: usize = 10_000;

/// From when to when.
#[derive(Debug, Deserialize)]
pub(super) struct Range {
    from: Option<String>,
    to: Option<String>,
}

/// `GET /ledger`
pub(super) async fn ledger(shared: Data<Shared>, Query(range): Query<Range>) -> HttpResponse {
    let (first, end) = match range.hours(now()) {
        Ok(hours) => hours,
        Err(sentence) => return HttpResponse::BadRequest().json(serde_json::json!({ "error": sentence })),
    };
    let (state, traffic) = (shared.state().clone(), shared.own.traffic());
    let answer = move || {
        let hours = state.counted(first, end, MOST);
        let mut text = Vec::new();
        let ledger = LedgerJson::new(state.counting_since(), first, end, &hours, MOST);
        marked::write(&mut text, &ledger, traffic).expect("texts, numbers and lists of them are JSON");
        text
    };
    match heavy::run(answer).await {
        Ok(json) => {
            HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header(ContentType::json()).body(json)
        }
        Err(broken) => fail(&shared, "tell what was counted", &broken),
    }
}

impl Range {
    /// The hours that it touches, and the one after them.
    fn hours(&self, now: Timestamp) -> Result<(UtcHour, UtcHour), String> {
        let read = |name: &str, text: &Option<String>| {
            let moment = text.as_deref().map(parse_moment).transpose();
            moment.map_err(|expected| format!("{name}: {expected}"))
        };
        let end = read("to", &self.to)?.unwrap_or(now);
        let begin = read("from", &self.from)?.unwrap_or(end.minus(LAST));
        if begin > end {
            return Err("from must not be after to".to_owned());
        }
        Ok((UtcHour::of(begin), UtcHour::at_or_after(end)))
    }
}

//! `GET /metrics`.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use flate2::write::GzEncoder;

use super::heavy;
use super::portions::Portions;
use super::refusal::refuse;
use super::shared::{Shared, now};
use crate::breather::Breather;
use crate::collectors::View;
use crate::exposition::{Compression, Format, compression, format, render};
use crate::health::Report;
use crate::own::{LastScrape, Refusal};

/// What is packed before others have their turn.
const PACKED_AT_A_TIME: usize = 32 * 1024;

/// Renders all metrics, off the threads that answer health probes.
pub(super) async fn scrape(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let Ok(permit) = Arc::clone(&shared.scrapes).try_acquire_owned() else {
        let sentence = "too many scrapes at once: scrape less often, or raise scrape.max_concurrent";
        return refuse(&shared, Refusal::TooManyScrapes, sentence);
    };
    let format = format(&header(&request, ACCEPT));
    let compression = compression(&header(&request, ACCEPT_ENCODING));
    let for_rendering = shared.clone();
    let rendering = move || {
        // Held here and not by the request: a client that leaves ends the request, and not the rendering.
        let _held = permit;
        rendered(&for_rendering, format, compression)
    };
    let body = heavy::run(rendering).await;
    let Some(Ok(body)) = body else { return HttpResponse::InternalServerError().finish() };
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.content_type())).insert_header((VARY, "Accept, Accept-Encoding"));
    if compression == Compression::Gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.body(Portions::new(body))
}

/// The body. What was compressed is kept, to be written over by the next scrape; what is sent as it is goes with it.
fn rendered(shared: &Shared, format: Format, compression: Compression) -> std::io::Result<Vec<u8>> {
    let text = render_all(shared, format);
    match compression {
        Compression::Identity => Ok(text),
        Compression::Gzip => {
            let packed = pack(&text);
            *shared.scrape_buffer.lock() = text;
            packed
        }
    }
}

fn render_all(shared: &Shared, format: Format) -> Vec<u8> {
    let started = Instant::now();
    let snapshot = shared.state.snapshot(now());
    let report = Report::new(&snapshot.fleet, &shared.policy, shared.readiness());
    let view = View { snapshot: &snapshot, report: &report, own: &shared.own };
    let buffer = std::mem::take(&mut *shared.scrape_buffer.lock());
    let scrape = render(&shared.collectors, &view, format.dialect(), buffer);
    for position in &scrape.broken {
        let collector = shared.collectors[*position].name();
        tracing::error!(collector, "a group of metrics could not be collected and is missing from this scrape");
    }
    let last = LastScrape { duration: started.elapsed(), bytes: scrape.body.len() as u64 };
    shared.own.note_scrape(last, &scrape.broken);
    scrape.body
}

fn pack(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 8), flate2::Compression::fast());
    let mut breather = Breather::every(PACKED_AT_A_TIME);
    for portion in text.chunks(PACKED_AT_A_TIME) {
        encoder.write_all(portion)?;
        breather.worked(portion.len());
    }
    encoder.finish()
}

/// The values of a header, joined as one list. What is no text says nothing.
fn header(request: &HttpRequest, name: HeaderName) -> String {
    let values: Vec<&str> = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

//! `GET /metrics`.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use flate2::write::GzEncoder;

use super::connections::SENDING_TIMEOUT;
use super::heavy;
use super::portions::Portions;
use super::refusal::{fail, refuse};
use super::shared::{Shared, now};
use crate::collectors::View;
use crate::exposition::{Broken, Compression, Format, Style, compression, format, render};
use crate::own::{LastScrape, Refusal};

/// Renders all metrics, off the threads that answer health probes. A scrape has its place until it is sent.
pub(super) async fn scrape(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let Ok(place) = Arc::clone(&shared.scrapes).try_acquire_owned() else {
        let sentence = "too many scrapes at once: scrape less often, or raise scrape.max_concurrent";
        return refuse(&shared, Refusal::TooManyScrapes, sentence);
    };
    let format = format(&header(&request, ACCEPT));
    let compression = compression(&header(&request, ACCEPT_ENCODING));
    let for_rendering = shared.clone();
    // Held there and not by the request: a client that leaves ends the request, and not the rendering.
    let rendering = move || (rendered(&for_rendering, format, compression), place);
    let rendered = heavy::run(rendering).await.map_err(io::Error::other);
    let (body, place) = match rendered.and_then(|(body, place)| Ok((body?, place))) {
        Ok(rendered) => rendered,
        Err(error) => return fail(&shared, "render a scrape", &error),
    };
    shared.commits.of_scrape().await;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.content_type())).insert_header((VARY, "Accept, Accept-Encoding"));
    if compression == Compression::Gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.body(Portions::new(body, SENDING_TIMEOUT, place))
}

/// The body, written and compressed portion by portion: of the whole text only what the client gets is ever in memory.
fn rendered(shared: &Shared, format: Format, compression: Compression) -> io::Result<Vec<u8>> {
    let patient = match compression {
        Compression::Identity => render_all(shared, format, || Patient(Vec::new()))?,
        Compression::Gzip => {
            let packer = || Patient(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
            Patient(render_all(shared, format, packer)?.0.finish()?)
        }
    };
    Ok(patient.0)
}

fn render_all<W: Write>(shared: &Shared, format: Format, begin: impl Fn() -> W) -> io::Result<W> {
    let started = Instant::now();
    let snapshot = shared.state.snapshot(now());
    let report = shared.report(&snapshot.fleet);
    let view = View { snapshot: &snapshot, report: &report, own: &shared.own };
    let style = Style { dialect: format.dialect(), created: shared.created };
    let scrape = render(&shared.collectors, &view, style, begin)?;
    for Broken { position, reason } in &scrape.broken {
        let collector = shared.collectors[*position].name();
        tracing::error!(collector, %reason, "a group of metrics is missing from this scrape");
    }
    let last = LastScrape { duration: started.elapsed(), bytes: scrape.bytes };
    shared.own.note_scrape(last, scrape.broken.iter().map(|broken| broken.position));
    Ok(scrape.out)
}

/// Gives other threads their turn after each portion that is written.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, portion: &[u8]) -> io::Result<usize> {
        let written = self.0.write(portion)?;
        std::thread::yield_now();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The values of a header, joined as one list. What is no text says nothing.
fn header(request: &HttpRequest, name: HeaderName) -> String {
    let values: Vec<&str> = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

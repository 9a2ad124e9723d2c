//! `GET /`: what this is, and where to go.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Data;

use super::shared::Shared;
use super::{POSTED_TO, ROUTES};
use crate::own::Traffic;

/// A plain page with links to every route.
pub(super) async fn page(shared: Data<Shared>) -> HttpResponse {
    let row = |(path, purpose): &(&str, &str)| {
        // A link is a GET: there is nothing to see behind a route that is posted to.
        let shown = if POSTED_TO.contains(path) {
            format!("<code>{path}</code>")
        } else {
            format!(r#"<a href="{path}">{path}</a>"#)
        };
        format!("<tr><td>{shown}</td><td>{purpose}</td></tr>\n")
    };
    let rows: String = ROUTES.iter().map(row).collect();
    let (version, notice) = (crate::VERSION, notice(shared.own.traffic()));
    HttpResponse::Ok().insert_header(ContentType::html()).body(format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>llm-exporter</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}td{{padding:.15rem 1rem .15rem 0;vertical-align:top}}</style>
<h1>llm-exporter {version}</h1>
<p>Metrics and health of an LLM gateway, from one state: what the metrics say, the health routes say.</p>
{notice}<table>
{rows}</table>
</html>
"#
    ))
}

/// What nobody may overlook.
const fn notice(traffic: Traffic) -> &'static str {
    match traffic {
        Traffic::Gateway => "",
        Traffic::Simulated => {
            "<p><strong>This is the demo: all traffic is simulated.</strong> No gateway, model, provider, team or bill in it is real.</p>\n"
        }
    }
}

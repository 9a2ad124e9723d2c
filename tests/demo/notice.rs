//! Nobody takes the demo for a gateway: everything says that it is simulated, and nothing else ever does.

use llm_exporter::server::ROUTES;

use super::support::demo::Demo;
use super::support::exporter::Exporter;
use super::support::http::{Request, Response};

const HEADER: &str = "x-llm-exporter-traffic";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Those that answer with a JSON object.
const OBJECTS: [&str; 5] = ["/health", "/health/readiness", "/health/models", "/health/services", "/ledger"];

/// An answer of every route, and some errors.
fn answers(exporter: &Exporter) -> Vec<(String, Response)> {
    let routes = ROUTES.iter().map(|(path, _)| Request::new("GET", path));
    let more = [
        Request::new("GET", "/"),
        Request::new("HEAD", "/metrics"),
        Request::new("POST", "/ingest/litellm").body("[]"),
        Request::new("POST", "/ingest/litellm").body("no JSON"),
        Request::new("POST", "/metrics"),
        Request::new("GET", "/nowhere"),
        Request::new("GET", "/ledger?from=never"),
        Request::new("GET", "/health/models?debug=perhaps"),
        Request::new("GET", "/health/models?model=nobody"),
    ];
    routes.chain(more).map(|request| (format!("{request:?}"), exporter.send(&request))).collect()
}

#[test]
fn every_answer_of_the_demo_says_that_it_is_simulated() {
    let exporter = Demo::start();
    for (request, answer) in answers(&exporter) {
        assert_eq!(answer.header(HEADER), Some("simulated"), "{request}: {}", answer.status);
    }
    for path in OBJECTS {
        let object = exporter.get(path).json();
        assert_eq!(object["traffic"], "simulated", "{path}: {object}");
        assert!(object.as_object().is_some_and(|object| object.len() > 2), "{path} tells the rest too: {object}");
    }
    assert!(exporter.get("/").text().contains("all traffic is simulated"));
    let info = exporter.metrics().value("llm_exporter_build_info", &[("version", VERSION), ("traffic", "simulated")]);
    assert_eq!(info, Some(1.0));
    assert!(exporter.log().contains("all traffic is simulated"), "{}", exporter.log());
}

#[test]
fn an_exporter_of_a_real_gateway_never_says_so() {
    let exporter = Exporter::start();
    for (request, answer) in answers(&exporter) {
        assert_eq!(answer.header(HEADER), None, "{request}");
        let is_text = answer.header("content-type").is_some();
        assert!(!is_text || !answer.text().contains("\"simulated\""), "{request}: {}", answer.text());
    }
    for path in OBJECTS {
        assert!(exporter.get(path).json().get("traffic").is_none(), "{path}");
    }
    assert!(!exporter.get("/").text().contains("all traffic"));
    let info = exporter.metrics().value("llm_exporter_build_info", &[("version", VERSION), ("traffic", "gateway")]);
    assert_eq!(info, Some(1.0));
}

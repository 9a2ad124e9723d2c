//! What scripts rely on: status codes, fields, methods, headers.

use jiff::Timestamp;
use serde_json::Value;

use crate::scene::{Scene, endpoints, wait_for};
use crate::support::http::Request;
use crate::support::provider::{Behaviour, Provider};

const ROUTES: [&str; 6] =
    ["/health", "/health/readiness", "/health/liveliness", "/health/liveness", "/health/models", "/health/services"];

#[test]
fn health_fails_exactly_while_no_model_answers() {
    let provider = Provider::start();
    let exporter = Scene::quick().model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    assert_eq!((exporter.get("/health").status, status(&exporter.get("/health").json())), (200, "healthy".to_owned()));
    provider.behave(Behaviour::Status(500));
    wait_for(&exporter, "gpt", "unhealthy");
    let answer = exporter.get("/health");
    assert_eq!((answer.status, status(&answer.json())), (503, "unhealthy".to_owned()));
    assert_eq!(exporter.get("/health/readiness").status, 200, "the exporter itself is ready");
    assert_eq!(exporter.get("/health/liveliness").status, 200, "and alive");
    provider.behave(Behaviour::Healthy);
    wait_for(&exporter, "gpt", "healthy");
    assert_eq!(exporter.get("/health").status, 200);
}

#[test]
fn the_lists_carry_what_scripts_read() {
    let (well, down) = (Provider::start(), Provider::start());
    down.behave(Behaviour::Status(500));
    let exporter = Scene::quick().model("well", &well.api_base()).model("down", &down.api_base()).start();
    wait_for(&exporter, "well", "healthy");
    wait_for(&exporter, "down", "unhealthy");
    let health = exporter.get("/health").json();
    let counts = ["healthy_count", "degraded_count", "unhealthy_count", "unknown_count"].map(|name| &health[name]);
    assert_eq!(counts, [1, 0, 1, 0]);
    for (list, model, at) in [("healthy_endpoints", "well", &well), ("unhealthy_endpoints", "down", &down)] {
        let endpoint = &health[list][0];
        assert_eq!((&endpoint["model"], &endpoint["api_base"]), (&model.into(), &at.api_base().into()), "{endpoint}");
        let last_check: Timestamp = endpoint["last_check"].as_str().expect("a time").parse().expect("RFC 3339");
        assert!(Timestamp::now().duration_since(last_check).as_secs() < 60, "{endpoint}");
    }
    assert_eq!(health["healthy_endpoints"][0].get("error"), None);
    assert_eq!(health["unhealthy_endpoints"][0]["error"], "HTTP 500: provider says 500");
    assert_eq!(exporter.get("/health").status, 200, "one of two models answers");
    for (query, expected) in [("well", 200), ("down", 503), ("nobody", 404), ("", 404)] {
        assert_eq!(exporter.get(&format!("/health/models?model={query}")).status, expected, "{query}");
    }
    assert_eq!(exporter.get("/health/models").status, 200);
    assert_eq!(endpoints(&exporter).len(), 2);
}

#[test]
fn each_health_route_takes_head_refuses_others_and_is_never_stored() {
    let provider = Provider::start();
    provider.behave(Behaviour::Status(500));
    let exporter = Scene::quick().model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "unhealthy");
    let routes = ROUTES.into_iter().chain(["/health/models?model=gpt", "/health/models?model=nobody"]);
    for path in routes {
        let by_get = exporter.get(path);
        let by_head = exporter.send(&Request::new("HEAD", path));
        assert_eq!((by_head.status, by_head.body.len()), (by_get.status, 0), "{path}");
        for answer in [&by_get, &by_head] {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let refused = exporter.send(&Request::new(method, path));
            assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
    }
    // The liveness routes say so whatever the provider does.
    assert_eq!(exporter.get("/health/liveness").status, 200);
    assert_eq!(exporter.get("/health/models?model=gpt&debug=maybe").status, 400, "what is no filter is refused");
    for debug in ["debug=true", "debug=1", "debug"] {
        let answer = exporter.get(&format!("/health/models?model=gpt&{debug}")).json();
        assert_eq!(answer["debug"].as_array().map(Vec::len), Some(1), "{debug}");
    }
}

fn status(health: &Value) -> String {
    health["status"].as_str().unwrap_or_default().to_owned()
}

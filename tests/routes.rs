//! What the real binary answers on its routes: status, headers, and JSON that agrees with the gauges of a scrape.
//!
//! What stands in the exposition is shown elsewhere; here a scrape is what the health routes are compared with.

mod support;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use llm_exporter::server::ROUTES;
use serde_json::{Value, json};
use support::deadline::{PATIENCE, poll};
use support::events::{Event, array, event};
use support::exporter::{Exporter, Launch, OPEN_METRICS, TEXT_004};
use support::exposition::Exposition;
use support::http::{Request, Response};

const INGEST: &str = "/ingest/litellm";
/// What is posted to shows nothing.
const POSTED_TO: [&str; 2] = [INGEST, "/-/reload"];
const HEALTH: [&str; 6] =
    ["/health", "/health/readiness", "/health/liveliness", "/health/liveness", "/health/models", "/health/services"];
const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// So many failures in a row make a deployment unhealthy, by the default policy.
const FAILURE_THRESHOLD: usize = 3;

// What each route answers.

#[test]
fn each_health_route_answers_before_any_event() {
    let exporter = Exporter::start();
    let health = json!({
        "status": "healthy", "db": "not_configured", "redis": "not_configured",
        "litellm_version": null, "version": VERSION,
        "healthy_endpoints": [], "unhealthy_endpoints": [], "unknown_endpoints": [],
        "healthy_count": 0, "degraded_count": 0, "unhealthy_count": 0, "unknown_count": 0, "storage": {"status": "ok"},
    });
    let services = json!({
        "database": {"status": "not_configured"}, "redis": {"status": "not_configured"},
        "router": {"status": "initialized", "models": 0, "lists": []}, "gateway": {"status": "not_configured", "version": null},
        "sources": {},
    });
    let readiness = json!({"status": "ready", "db_initialized": true, "router_initialized": true});
    let models = json!({"healthy": [], "unhealthy": [], "unknown": []});
    let expected = [health, readiness, json!("I'm alive!"), json!("I'm alive!"), models, services];
    for (path, expected) in HEALTH.into_iter().zip(expected) {
        let answer = exporter.get(path);
        let mut told = answer.json();
        // When it was written last is a matter of moments.
        told.as_object_mut().and_then(|told| told.get_mut("storage")?.as_object_mut()?.remove("last_commit"));
        assert_eq!(told, expected, "{path}");
        let headers = ["content-type", "cache-control"].map(|name| answer.header(name).expect("a header"));
        assert_eq!((answer.status, headers), (200, ["application/json", "no-store"]), "{path}");
    }
}

#[test]
fn a_deployment_is_told_with_the_evidence_behind_its_verdict() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("good")]));
    exporter.push(array(&failures("bad")));
    let answer = exporter.get("/health").json();
    let (good, bad) = (&answer["healthy_endpoints"][0], &answer["unhealthy_endpoints"][0]);
    let message = "litellm.InternalServerError: InternalServerError: OpenAIException - The server had an error while \
                   processing your request (mock)";
    for time in [&good["last_check"], &good["last_success"], &bad["last_check"], &bad["last_error_at"]] {
        assert_eq!(time.as_str().map(str::len), Some("2024-01-15T10:30:00Z".len()), "{time}");
        seconds(time);
    }
    assert_eq!(
        *good,
        json!({
            "model": "good", "deployment": "dep-good", "provider": "openai", "upstream_model": "openai/gpt-4o-mini",
            "api_base": "http://127.0.0.1:18080/b/ok/v1", "status": "healthy", "reason": "answers",
            "last_check": good["last_check"], "last_success": good["last_check"], "consecutive_failures": 0,
            "last_error": null, "last_error_at": null,
        })
    );
    assert_eq!(
        *bad,
        json!({
            "model": "bad", "deployment": "dep-bad", "provider": "openai", "upstream_model": "openai/gpt-4o-mini",
            "api_base": "http://127.0.0.1:18080/b/err500/v1", "status": "unhealthy", "reason": "failures_in_a_row",
            "last_check": bad["last_check"], "last_success": null, "consecutive_failures": FAILURE_THRESHOLD,
            "error": message, "last_error": message, "last_error_at": bad["last_check"],
        })
    );
    let models = exporter.get("/health/models").json();
    assert_eq!(models, json!({"healthy": [good], "unhealthy": [bad], "unknown": []}));
}

#[test]
fn models_can_be_narrowed_to_one() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("good"), event("good").on("second"), event("a/b c&d=é")]));
    exporter.push(array(&failures("bad")));
    exporter.push(array(&[event("stale").ended(Duration::from_mins(6))]));

    let ask = |query: &str| exporter.get(&format!("/health/models?model={query}"));
    let count = |answer: &Response| {
        let json = answer.json();
        ["healthy", "unhealthy", "unknown"].map(|list| json[list].as_array().expect("a list").len())
    };
    let cases = [
        ("good", 200, [2, 0, 0]),
        ("a/b%20c%26d%3D%C3%A9", 200, [1, 0, 0]),
        ("a/b+c%26d%3D%C3%A9", 200, [1, 0, 0]),
        ("bad", 503, [0, 1, 0]),
        ("stale", 200, [0, 0, 1]),
        ("nobody", 404, [0, 0, 0]),
        ("", 404, [0, 0, 0]),
    ];
    for (query, status, counts) in cases {
        let answer = ask(query);
        assert_eq!((answer.status, count(&answer)), (status, counts), "{query:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{query:?}");
        let head = exporter.send(&Request::new("HEAD", &format!("/health/models?model={query}")));
        assert_eq!(head.status, status, "{query:?}");
    }
    let all = exporter.get("/health/models?other=1");
    assert_eq!(
        (all.status, count(&all)),
        (200, [3, 1, 1]),
        "without a name all are told, and that they are is no error"
    );
}

#[test]
fn head_is_get_without_the_body() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("m")]));
    for path in paths() {
        let (get, head) = (exporter.get(path), exporter.send(&Request::new("HEAD", path)));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        // A scrape tells of the one before it, so its length may differ.
        let same = |answer: &Response| headers(answer, if path == "/metrics" { &["content-length"] } else { &[] });
        assert_eq!(same(&head), same(&get), "{path}");
        let length =
            |answer: &Response| answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        assert_eq!(length(&get), Some(get.body.len()), "{path}");
        assert!(length(&head) > Some(0), "{path}");
    }
}

#[test]
fn other_methods_are_told_which_ones_to_use() {
    let exporter = Exporter::start();
    for path in paths() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = exporter.send(&Request::new(method, path));
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
    }
}

#[test]
fn what_is_no_route_is_not_found() {
    let exporter = Exporter::start();
    for path in
        ["/nothing", "/metrics/nothing", "/health/nothing", "/ingest", "/ingest/nothing", "/health/../etc/passwd"]
    {
        for method in ["GET", "POST"] {
            assert_eq!(exporter.send(&Request::new(method, path)).status, 404, "{method} {path}");
        }
    }
}

#[test]
fn the_landing_page_leads_to_every_route() {
    let exporter = Exporter::start();
    let page = exporter.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains(VERSION), "{}", page.text());
    let links: Vec<&str> = page.text().split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for (path, _) in ROUTES {
        assert!(page.text().contains(path), "{path} is not on the page");
        assert!(links.contains(&path) || POSTED_TO.contains(&path), "{path} is no link");
    }
    for link in links {
        assert_eq!(exporter.get(link).status, 200, "{link}");
    }
}

// Verdicts.

#[test]
fn one_bad_model_does_not_make_the_gateway_unhealthy_and_all_of_them_do() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("a"), event("b")]));
    assert_health(&exporter, "healthy", [2, 0, 0, 0]);
    exporter.push(array(&failures("a")));
    assert_health(&exporter, "healthy", [1, 0, 1, 0]);
    exporter.push(array(&failures("b")));
    assert_health(&exporter, "unhealthy", [0, 0, 2, 0]);
    assert_eq!(exporter.get("/health/readiness").status, 200, "it is the gateway that is ill, not the exporter");
    assert_eq!(exporter.get("/health/models").status, 200);
    exporter.push(array(&[event("b")]));
    assert_health(&exporter, "healthy", [1, 1, 1, 0]);
    exporter.push(array(&[event("b")]));
    assert_health(&exporter, "healthy", [1, 0, 1, 0]);
    let recovered = exporter.get("/health/models?model=b").json();
    let endpoint = &recovered["healthy"][0];
    assert_eq!(endpoint.get("error"), None, "nothing speaks against it any more");
    assert!(endpoint["last_error"].is_string(), "but what was is kept: {endpoint}");
}

#[test]
fn a_model_is_up_while_one_of_its_deployments_is() {
    let exporter = Exporter::start();
    exporter.push(array(&failures("m")));
    assert_health(&exporter, "unhealthy", [0, 0, 1, 0]);
    exporter.push(array(&[event("m").on("second")]));
    assert_health(&exporter, "healthy", [1, 0, 1, 0]);
    assert_eq!(exporter.get("/health/models?model=m").status, 200);
}

#[test]
fn a_model_without_fresh_evidence_is_unknown_and_not_ill() {
    let exporter = Exporter::start();
    let old = failures("m").map(|failure| failure.ended(Duration::from_mins(6)));
    exporter.push(array(&old));
    assert_health(&exporter, "healthy", [0, 0, 0, 1]);
    assert_eq!(exporter.metrics().samples("llm_model_up").count(), 0, "unknown is absent");
}

#[test]
fn what_json_says_a_scrape_says() {
    let exporter = Exporter::start();
    let degraded = [event("degraded"), event("degraded").failed()];
    let stale = event("stale").ended(Duration::from_mins(6));
    exporter.push(array(&[event("good"), event("good").on("second"), event("half"), stale]));
    exporter.push(array(&degraded));
    exporter.push(array(&failures("bad")));
    exporter.push(array(&failures("half").map(|failure| failure.on("broken"))));

    assert_health(&exporter, "healthy", [4, 1, 2, 1]);
    let metrics = exporter.metrics();
    let models = exporter.get("/health/models").json();
    let lists = ["healthy", "unhealthy", "unknown"].map(|list| models[list].as_array().expect("a list").clone());
    let endpoints = lists.concat();
    assert_eq!(endpoints.len(), 7);
    for endpoint in &endpoints {
        assert_agrees(&metrics, endpoint);
    }
    assert_eq!(metrics.samples("llm_deployment_consecutive_failures").count(), endpoints.len());

    let up = |model| metrics.value("llm_model_up", &[("model", model)]);
    assert_eq!(
        ["good", "degraded", "half", "bad", "stale"].map(up),
        [Some(1.0), Some(1.0), Some(1.0), Some(0.0), None]
    );
    let router = &exporter.get("/health/services").json()["router"];
    assert_eq!(metrics.value("llm_router_models", &[]), router["models"].as_f64());
    assert_eq!(metrics.value("llm_router_initialized", &[]), Some(1.0));
    assert_eq!(metrics.value("llm_ready", &[]), Some(1.0));
}

// `/metrics`.

#[test]
fn the_first_scrape_works_before_any_event() {
    for (accept, content_type) in [(OPEN_METRICS, OPEN_METRICS_TYPE), (TEXT_004, TEXT_TYPE)] {
        let exporter = Exporter::start();
        let answer = exporter.get_with("/metrics", &[("Accept", accept)]);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)));
        let metrics = read(&answer, answer.text());
        assert_eq!(metrics.value("llm_healthy", &[]), Some(1.0));
        assert_eq!(metrics.value("llm_source_events_total", &[("source", "litellm_callback")]), Some(0.0));
        assert_eq!(
            metrics.value("llm_exporter_build_info", &[("version", VERSION), ("traffic", "gateway")]),
            Some(1.0)
        );
    }
}

#[test]
fn a_scraper_gets_the_format_that_it_prefers() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("m")]));
    let cases = [
        (None, TEXT_TYPE),
        (Some("*/*"), TEXT_TYPE),
        (Some("text/plain"), TEXT_TYPE),
        (Some("text/html,application/xhtml+xml,*/*;q=0.8"), TEXT_TYPE),
        (Some("application/json"), TEXT_TYPE),
        (Some("application/openmetrics-text"), OPEN_METRICS_TYPE),
        (
            Some("application/openmetrics-text; version=1.0.0; q=0.5, text/plain; version=0.0.4; q=0.4"),
            OPEN_METRICS_TYPE,
        ),
        (Some("application/openmetrics-text; version=1.0.0; q=0.4, text/plain; version=0.0.4; q=0.5"), TEXT_TYPE),
        (Some("application/openmetrics-text; version=1.0.0; q=0, */*"), TEXT_TYPE),
        (Some("application/openmetrics-text; version=0.0.1"), TEXT_TYPE),
    ];
    for (accept, content_type) in cases {
        let headers: Vec<(&str, &str)> = accept.iter().map(|accept| ("Accept", *accept)).collect();
        let answer = exporter.get_with("/metrics", &headers);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)), "{accept:?}");
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"), "{accept:?}");
        assert_eq!(answer.header("content-encoding"), None, "{accept:?}");
        assert_eq!(read(&answer, answer.text()).sum("llm_requests_total", &[]), 1.0, "{accept:?}");
    }
}

#[test]
fn a_list_of_formats_may_come_in_several_headers() {
    let exporter = Exporter::start();
    let headers = [("Accept", "text/plain;q=0.5"), ("Accept", "application/openmetrics-text;q=0.6")];
    assert_eq!(exporter.get_with("/metrics", &headers).header("content-type"), Some(OPEN_METRICS_TYPE));
}

#[test]
fn a_scrape_is_packed_only_for_whom_it_may_be() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("m")]));
    for (accept_encoding, is_packed) in [
        ("gzip", true),
        ("deflate, gzip;q=0.5", true),
        ("*", true),
        ("gzip;q=0", false),
        ("identity", false),
        ("br", false),
    ] {
        for accept in [OPEN_METRICS, TEXT_004] {
            let headers = [("Accept", accept), ("Accept-Encoding", accept_encoding)];
            let answer = exporter.get_with("/metrics", &headers);
            let context = format!("{accept_encoding} {accept}");
            assert_eq!(answer.header("content-encoding"), is_packed.then_some("gzip"), "{context}");
            assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"), "{context}");
            let text = if is_packed { unpacked(&answer.body) } else { answer.text().to_owned() };
            assert_eq!(read(&answer, &text).sum("llm_requests_total", &[]), 1.0, "{context}");
            let head =
                headers.iter().fold(Request::new("HEAD", "/metrics"), |head, (name, value)| head.header(name, value));
            assert_eq!(exporter.send(&head).header("content-encoding"), answer.header("content-encoding"), "{context}");
        }
    }
}

#[test]
fn scrapes_beyond_the_limit_are_told_to_come_back_and_health_answers_meanwhile() {
    const SCRAPERS: usize = 8;
    let exporter = Launch::default().config("scrape: {max_concurrent: 1}").start();
    let many: Vec<Event> = (0..500).map(|number| event(&format!("model-{number}"))).collect();
    exporter.push(array(&many));

    let together = || -> Vec<Response> {
        let barrier = Barrier::new(SCRAPERS);
        let scrape = || {
            barrier.wait();
            exporter.get_with("/metrics", &[("Accept", OPEN_METRICS)])
        };
        thread::scope(|scope| {
            let scrapers: Vec<_> = (0..SCRAPERS).map(|_| scope.spawn(scrape)).collect();
            assert_eq!(exporter.get("/health/liveliness").status, 200);
            scrapers.into_iter().map(|scraper| scraper.join().expect("a scraper does not panic")).collect()
        })
    };
    let mut refusals = 0_usize;
    let refused = poll(PATIENCE, || {
        let (taken, refused): (Vec<Response>, Vec<Response>) =
            together().into_iter().partition(|answer| answer.status == 200);
        assert!(!taken.is_empty(), "one at a time is served");
        taken.iter().for_each(|answer| assert_eq!(read(answer, answer.text()).sum("llm_requests_total", &[]), 500.0));
        refusals += refused.len();
        refused.into_iter().next()
    });
    let refused = refused.expect("of eight at once some are too many");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    let sentence = "too many scrapes at once: scrape less often, or raise scrape.max_concurrent";
    assert_eq!(refused.json(), json!({ "error": sentence }));
    let counted = exporter.metrics().value("llm_exporter_refused_requests_total", &[("reason", "too_many_scrapes")]);
    assert_eq!(counted.map(|count| count.to_string()), Some(refusals.to_string()));
}

#[test]
fn a_scrape_that_is_not_read_keeps_its_place_until_its_client_leaves() {
    let exporter = Launch::default().config("scrape: {max_concurrent: 1}").start();
    // So long that the kernel does not take all of it on behalf of a client that does not read.
    let many: Vec<Event> = (0..500).map(|number| event(&format!("model-{number}-{}", "x".repeat(200)))).collect();
    exporter.push(array(&many));

    let mut idle = TcpStream::connect(exporter.address()).expect("it listens");
    idle.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    let mut first = *b"HTTP/1.1 ???";
    idle.read_exact(&mut first).expect("the beginning of an answer");
    assert_eq!(first.as_slice(), b"HTTP/1.1 200");

    let scrape = || exporter.get("/metrics").status;
    assert_eq!(scrape(), 503, "the one place is taken");
    assert_eq!(exporter.get("/health/liveliness").status, 200);
    drop(idle);
    let taken = poll(PATIENCE, || (scrape() == 200).then_some(()));
    assert!(taken.is_some(), "the place of a client that left is not free again");
}

// Secrets.

#[test]
fn secrets_in_events_appear_nowhere() {
    const SECRETS: [&str; 6] = [
        "sk-proj-Zq9x",
        "hunter2",
        "eyJhbGciOi",
        "topsecretquery",
        "AKIAIOSFODNN7",
        "0123456789abcdef0123456789abcdef",
    ];
    let [key, password, bearer, query, access_key, path] = SECRETS;
    let api_base = format!("https://admin:{password}@llm.example.com:8443/{path}/v1?api-key={query}#{query}");
    let message = format!(
        "Incorrect API key provided: {key}. Authorization: Bearer {bearer}.x.y; POST https://admin:{password}@host/v1?k={query} \
         failed; {{\"aws_access_key_id\": \"{access_key}EXAMPLE\"}}; {path}"
    );
    let exporter = Launch::default().argument("--log-level").argument("trace").start();
    let failures = failures("m").map(|failure| {
        failure.with("/api_base", api_base.as_str()).with("/error_information/error_message", message.as_str())
    });
    exporter.push(array(&failures));
    exporter.push(array(&[event("m").on("other").with("/api_base", api_base.as_str())]));
    exporter.post(INGEST, format!("no JSON {key}"));

    let error = &exporter.get("/health").json()["unhealthy_endpoints"][0]["error"];
    assert!(error.as_str().is_some_and(|error| error.starts_with("Incorrect API key provided: ***")), "{error}");
    let shown =
        exporter.metrics().family("llm_deployment").map(|family| family.samples[0].labels.get("api_base").to_owned());
    assert_eq!(shown.as_deref(), Some("https://llm.example.com:8443/***/v1"));
    for path in paths().chain(POSTED_TO) {
        for accept in [OPEN_METRICS, TEXT_004] {
            let answer = exporter.get_with(path, &[("Accept", accept)]);
            assert_no_secret(&SECRETS, answer.text(), path);
        }
    }
    assert_no_secret(&SECRETS, &exporter.log(), "the log");
}

fn assert_no_secret(secrets: &[&str], text: &str, place: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} stands in {place}:\n{text}");
    }
}

// What the tests ask for and look at.

/// Every path that GET reads.
fn paths() -> impl Iterator<Item = &'static str> {
    let routes = ROUTES.into_iter().map(|(path, _)| path).filter(|path| !POSTED_TO.contains(path));
    ["/"].into_iter().chain(routes)
}

/// As many failures as make the deployment of this model unhealthy.
fn failures(model: &str) -> [Event; FAILURE_THRESHOLD] {
    std::array::from_fn(|_| event(model).failed())
}

/// What `/health` says, with its status code and its gauges; the counts are those that can serve, those of them that are
/// degraded, unhealthy and unknown ones.
fn assert_health(exporter: &Exporter, status: &str, counts: [u64; 4]) {
    let answer = exporter.get("/health");
    let json = answer.json();
    let told =
        ["healthy_count", "degraded_count", "unhealthy_count", "unknown_count"].map(|count| json[count].as_u64());
    assert_eq!((json["status"].as_str(), told), (Some(status), counts.map(Some)), "{json:#}");
    assert_eq!(answer.status, if status == "healthy" { 200 } else { 503 });
    assert_eq!(exporter.send(&Request::new("HEAD", "/health")).status, answer.status);

    let metrics = exporter.metrics();
    let is_healthy = if status == "healthy" { 1.0 } else { 0.0 };
    assert_eq!(metrics.value("llm_healthy", &[]), Some(is_healthy));
    let in_state = |state| metrics.sum("llm_deployment_health", &[("state", state)]);
    let [healthy, degraded, unhealthy, unknown] = ["healthy", "degraded", "unhealthy", "unknown"].map(in_state);
    let gauged = [healthy + degraded, degraded, unhealthy, unknown];
    assert_eq!(gauged.map(|count| count.to_string()), counts.map(|count| count.to_string()));
}

/// One deployment as JSON tells it, and the gauges of the same deployment.
fn assert_agrees(metrics: &Exposition, endpoint: &Value) {
    let text = |key: &str| endpoint[key].as_str().unwrap_or_default();
    let labels = ["deployment", "model", "provider"].map(|name| (name, text(name)));
    let [deployment, model, provider] = labels;
    for state in ["healthy", "degraded", "unhealthy", "unknown"] {
        let is_in_it = if text("status") == state { 1.0 } else { 0.0 };
        let gauge = metrics.value("llm_deployment_health", &[deployment, model, provider, ("state", state)]);
        assert_eq!(gauge, Some(is_in_it), "{state} {endpoint}");
    }
    let failures = metrics.value("llm_deployment_consecutive_failures", &labels);
    assert_eq!(failures, endpoint["consecutive_failures"].as_f64(), "{endpoint}");
    for (key, gauge) in [
        ("last_check", "llm_deployment_last_check_timestamp_seconds"),
        ("last_success", "llm_deployment_last_success_timestamp_seconds"),
    ] {
        let told = Some(&endpoint[key]).filter(|time| !time.is_null()).map(seconds);
        assert_eq!(metrics.value(gauge, &labels).map(f64::floor), told, "{key} {endpoint}");
    }
    let info =
        [("upstream_model", text("upstream_model")), ("api_base", text("api_base")), deployment, model, provider];
    assert_eq!(metrics.value("llm_deployment_info", &info), Some(1.0), "{endpoint}");
}

/// A time in JSON as Prometheus has it.
fn seconds(time: &Value) -> f64 {
    let text = time.as_str().expect("a time is a string");
    let time: jiff::Timestamp = text.parse().expect("a time is RFC 3339");
    time.as_duration().as_secs_f64()
}

/// The headers that a proxy or a browser goes by.
fn headers(answer: &Response, but: &[&str]) -> BTreeMap<String, String> {
    let headers = answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    headers.filter(|(name, _)| name != "date" && !but.contains(&name.as_str())).collect()
}

fn read(answer: &Response, text: &str) -> Exposition {
    let content_type = answer.header("content-type").expect("a scrape has a content type");
    Exposition::parse_as(content_type, text).unwrap_or_else(|violation| panic!("{violation}\n{text}"))
}

fn unpacked(body: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).expect("gzip");
    text
}

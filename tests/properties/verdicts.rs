//! Verdicts: one for each deployment, and the JSON says what the gauges say.

use llm_exporter::health::json::{HealthJson, ModelsJson, ReadinessJson, ServicesJson};
use proptest::prelude::*;
use serde_json::Value;

use super::events::events;
use super::support::exposition::Exposition;
use super::support::pipeline::{NOW, Pipeline, settings};

const STATES: [&str; 4] = ["healthy", "degraded", "unhealthy", "unknown"];

fn json(of: impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("a view can be written")
}

fn in_state(scraped: &Exposition, state: &str) -> f64 {
    scraped.sum("llm_deployment_health", &[("state", state)])
}

/// The whole second of `2024-01-15T10:30:00Z`.
fn second(text: &Value) -> Option<f64> {
    let time: jiff::Timestamp = text.as_str()?.parse().expect("a time as RFC 3339 writes it");
    Some(time.as_second() as f64)
}

/// Asserts that every status, number and time of one deployment is that of its gauges.
fn check_endpoint(endpoint: &Value, scraped: &Exposition) -> Result<(), TestCaseError> {
    let text = |field: &str| endpoint[field].as_str().expect("a text").to_owned();
    let (deployment, model, provider) = (text("deployment"), text("model"), text("provider"));
    let labels = [("deployment", deployment.as_str()), ("model", &model), ("provider", &provider)];
    for state in STATES {
        let found = scraped.value("llm_deployment_health", &[&labels[..], &[("state", state)]].concat());
        let is_it = endpoint["status"] == state;
        prop_assert_eq!(found, Some(f64::from(u8::from(is_it))), "{} of {}", state, endpoint);
    }
    let failures = scraped.value("llm_deployment_consecutive_failures", &labels);
    prop_assert_eq!(endpoint["consecutive_failures"].as_f64(), failures);
    for (field, gauge) in [
        ("last_check", "llm_deployment_last_check_timestamp_seconds"),
        ("last_success", "llm_deployment_last_success_timestamp_seconds"),
    ] {
        prop_assert_eq!(
            second(&endpoint[field]),
            scraped.value(gauge, &labels).map(f64::floor),
            "{} of {}",
            field,
            endpoint
        );
    }
    Ok(())
}

fn check_health(health: &Value, scraped: &Exposition) -> Result<(), TestCaseError> {
    let number = |field: &str| health[field].as_f64().expect("a number");
    prop_assert_eq!(number("healthy_count"), in_state(scraped, "healthy") + in_state(scraped, "degraded"));
    prop_assert_eq!(number("degraded_count"), in_state(scraped, "degraded"));
    prop_assert_eq!(number("unhealthy_count"), in_state(scraped, "unhealthy"));
    prop_assert_eq!(number("unknown_count"), in_state(scraped, "unknown"));
    let is_healthy = f64::from(u8::from(health["status"] == "healthy"));
    prop_assert_eq!(scraped.value("llm_healthy", &[]), Some(is_healthy));
    let mut endpoints = 0;
    for list in ["healthy_endpoints", "unhealthy_endpoints", "unknown_endpoints"] {
        for endpoint in health[list].as_array().expect("a list") {
            check_endpoint(endpoint, scraped)?;
            endpoints += 1;
        }
    }
    prop_assert_eq!(endpoints, scraped.samples("llm_requests_total").count(), "each deployment stands in one list");
    Ok(())
}

/// Asserts that a model is up where something in its list can serve, down where nothing can.
fn check_models(models: &Value, scraped: &Exposition) -> Result<(), TestCaseError> {
    let of =
        |list: &str, model: &str| models[list].as_array().expect("a list").iter().any(|one| one["model"] == *model);
    for sample in scraped.samples("llm_model_up") {
        let model = sample.labels.get("model");
        prop_assert_eq!(sample.value == 1.0, of("healthy", model), "{}", model);
        prop_assert_eq!(
            sample.value == 0.0,
            of("unhealthy", model) && !of("healthy", model) && !of("unknown", model),
            "{}",
            model
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_deployment_is_in_exactly_one_state(events in events(), later in 0_i64..900) {
        let pipeline = Pipeline::new();
        pipeline.record_all(&events);
        let scraped = pipeline.scrape_at(llm_exporter::event::Timestamp::from_micros(NOW.as_micros() + later * 1_000_000));
        let deployments = scraped.samples("llm_requests_total");
        for deployment in deployments {
            let labels: Vec<_> = deployment.labels.iter().collect();
            prop_assert_eq!(scraped.sum("llm_deployment_health", &labels), 1.0, "{:?}", labels);
        }
        prop_assert_eq!(scraped.sum("llm_deployment_health", &[]), scraped.samples("llm_requests_total").count() as f64);
    }

    #[test]
    fn the_json_says_what_the_gauges_say(events in events(), room in prop_oneof![Just(1_000_usize), 0_usize..3]) {
        let mut limits = settings(&[]);
        (limits.deployments, limits.models) = (room, room);
        let pipeline = Pipeline::with(limits);
        pipeline.record_all(&events);
        let scraped = pipeline.scrape();
        let report = pipeline.report(NOW);
        check_health(&json(HealthJson::new(&report)), &scraped)?;
        check_models(&json(ModelsJson::new(&report, None)), &scraped)?;
        let services = json(ServicesJson::new(&report));
        prop_assert_eq!(services["router"]["models"].as_f64(), scraped.value("llm_router_models", &[]));
        let readiness = json(ReadinessJson::new(report.readiness));
        prop_assert_eq!(scraped.value("llm_ready", &[]), Some(f64::from(u8::from(readiness["status"] == "ready"))));
        let is_initialized = readiness["router_initialized"] == true;
        prop_assert_eq!(scraped.value("llm_router_initialized", &[]), Some(f64::from(u8::from(is_initialized))));
    }
}

//! Verdicts: one for each deployment, and the JSON says what the gauges say.

use llm_exporter::event::Timestamp;
use llm_exporter::health::StorageJson;
use llm_exporter::health::json::{HealthJson, ModelsJson, ReadinessJson, ServicesJson};
use llm_exporter::own::StorageStatus;
use llm_exporter::state::clean;
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
    let cooldown = endpoint["cooldown"].as_bool().map(|is_on| f64::from(u8::from(is_on)));
    prop_assert_eq!(cooldown, scraped.value("llm_deployment_cooldown", &labels), "{}", endpoint);
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
    prop_assert_eq!(endpoints, scraped.samples("llm_deployment_info").count(), "each deployment stands in one list");
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

/// Asserts that the dependencies and lists in JSON are as their gauges say.
fn check_services(services: &Value, health: &Value, scraped: &Exposition) -> Result<(), TestCaseError> {
    for (dependency, in_health) in [("database", "db"), ("redis", "redis"), ("gateway", "")] {
        let (service, labels) = (&services[dependency], [("dependency", dependency)]);
        let status = match scraped.value("llm_dependency_up", &labels) {
            None => "not_configured",
            Some(1.0) => "connected",
            Some(_) => "disconnected",
        };
        prop_assert_eq!(&service["status"], status, "{}", dependency);
        if !in_health.is_empty() {
            prop_assert_eq!(&health[in_health], status);
        }
        let latency = scraped.value("llm_dependency_latency_seconds", &labels).map(|seconds| (seconds * 1e6).round());
        prop_assert_eq!(service["latency_ms"].as_f64().map(|latency| (latency * 1e3).round()), latency);
        let last_success = scraped.value("llm_dependency_last_success_timestamp_seconds", &labels);
        prop_assert_eq!(second(&service["last_success"]), last_success.map(f64::floor));
        prop_assert!(service["error"].is_null() || status == "disconnected", "{}", service);
    }
    let version = services["gateway"]["version"].as_str();
    prop_assert_eq!(version, health["litellm_version"].as_str());
    let told = scraped.samples("llm_gateway_info").next().map(|sample| sample.labels.get("version"));
    let version = version.map(clean);
    prop_assert_eq!(version.as_deref(), told);
    check_lists(services["router"]["lists"].as_array().expect("a list"), scraped)
}

fn check_lists(lists: &[Value], scraped: &Exposition) -> Result<(), TestCaseError> {
    prop_assert_eq!(lists.len(), scraped.samples("llm_models_list_up").count());
    for list in lists {
        let labels = [("source", list["source"].as_str().expect("a text"))];
        let is_up = f64::from(u8::from(list["status"] == "up"));
        prop_assert_eq!(Some(is_up), scraped.value("llm_models_list_up", &labels));
        let last_success = scraped.value("llm_models_list_last_success_timestamp_seconds", &labels);
        prop_assert_eq!(second(&list["last_success"]), last_success.map(f64::floor));
        let deployments = scraped.value("llm_models_list_deployments", &labels);
        prop_assert_eq!(list["deployments"].as_f64().filter(|_| last_success.is_some()), deployments);
    }
    Ok(())
}

/// Asserts that the JSON as of `now` says what `scraped`, of the same moment, says.
pub(crate) fn check_json(pipeline: &Pipeline, scraped: &Exposition, now: Timestamp) -> Result<(), TestCaseError> {
    let report = pipeline.report(now);
    let health = json(HealthJson::new(&report, StorageJson::new(&StorageStatus::default())));
    check_health(&health, scraped)?;
    check_models(&json(ModelsJson::new(&report, None)), scraped)?;
    let services = json(ServicesJson::new(&report));
    check_services(&services, &health, scraped)?;
    prop_assert_eq!(services["router"]["models"].as_f64(), scraped.value("llm_router_models", &[]));
    let readiness = json(ReadinessJson::new(report.readiness));
    prop_assert_eq!(scraped.value("llm_ready", &[]), Some(f64::from(u8::from(readiness["status"] == "ready"))));
    let is_initialized = readiness["router_initialized"] == true;
    prop_assert_eq!(scraped.value("llm_router_initialized", &[]), Some(f64::from(u8::from(is_initialized))));
    prop_assert_eq!(&services["router"]["status"], if is_initialized { "initialized" } else { "not_initialized" });
    let is_ready = is_initialized && readiness["db_initialized"] == true;
    prop_assert_eq!(readiness["status"] == "ready", is_ready, "it is not shutting down");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_deployment_is_in_exactly_one_state(events in events(), later in 0_i64..900) {
        let pipeline = Pipeline::new();
        pipeline.record_all(&events);
        let scraped = pipeline.scrape_at(Timestamp::from_micros(NOW.as_micros() + later * 1_000_000));
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
        check_json(&pipeline, &pipeline.scrape(), NOW)?;
    }
}

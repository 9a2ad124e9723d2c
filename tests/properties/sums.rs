//! Sums: every event is in every total once, however it is split and however little room there is.

use llm_exporter::event::{Outcome, Reach, UtcHour};
use llm_exporter::sink::Receipt;
use llm_exporter::state::{Counted, RejectReason, Settings, Source};
use proptest::prelude::*;

use super::events::events;
use super::support::exposition::{Exposition, MetricType};
use super::support::pipeline::{NOW, Pipeline, settings};

/// Costs are exact within, and floats only on paper.
fn are_same(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(1.0)
}

fn total(exposition: &Exposition, name: &str) -> f64 {
    exposition.sum(name, &[])
}

/// Which of the two is told depends on the names of models, and where there is no room, these are `other`.
const BY_NAME: [&str; 2] = ["llm_retries", "llm_fallbacks"];

/// The sum of each counter, and of the counts of each histogram.
fn sums(exposition: &Exposition) -> Vec<(&str, f64)> {
    let adds_up = |name: &str| !BY_NAME.contains(&name) && !name.starts_with("llm_exporter_");
    let families = exposition.families().iter().filter(|family| adds_up(&family.name));
    let sum = |suffix: &str, family: &super::support::exposition::Family| {
        family.samples.iter().filter(|sample| sample.name.ends_with(suffix)).map(|sample| sample.value).sum()
    };
    families
        .filter_map(|family| match family.metric_type {
            MetricType::Counter => Some((family.name.as_str(), sum("_total", family))),
            MetricType::Histogram => Some((family.name.as_str(), sum("_count", family))),
            MetricType::Gauge | MetricType::Info | MetricType::StateSet => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_delivery_is_counted_once(events in events(), rejected in 0_u8..5) {
        let pipeline = Pipeline::new();
        let receipts: Vec<Receipt> = events.iter().map(|event| pipeline.record(event, NOW)).collect();
        (0..rejected).for_each(|_| pipeline.sink.reject(Source::LitellmCallback, RejectReason::Syntax));
        let scraped = pipeline.scrape();
        let accepted = receipts.iter().filter(|receipt| **receipt == Receipt::Accepted).count();
        prop_assert_eq!(total(&scraped, "llm_source_events_total"), accepted as f64);
        prop_assert_eq!(total(&scraped, "llm_source_duplicates_total"), (events.len() - accepted) as f64);
        prop_assert_eq!(total(&scraped, "llm_source_rejected_total"), f64::from(rejected));
    }

    #[test]
    fn every_event_is_a_request_a_cache_hit_a_refusal_a_call_without_model_or_a_health_check(events in events()) {
        let pipeline = Pipeline::with(settings(&["key", "team"]));
        let taken: Vec<_> = events.iter().filter(|event| pipeline.record(event, NOW) == Receipt::Accepted).collect();
        let scraped = pipeline.scrape();
        let callers = [
            "llm_requests_total", "llm_cache_hits_total", "llm_rejected_requests_total", "llm_calls_without_model_total",
        ].map(|name| total(&scraped, name)).iter().sum::<f64>();
        let health_checks = total(&scraped, "llm_gateway_health_checks_total");
        prop_assert_eq!(callers + health_checks, taken.len() as f64);
        prop_assert_eq!(total(&scraped, "llm_consumer_requests_total"), callers);
        let is_of_a_caller = |event: &&&super::events::Event| event.reach != Reach::GatewayHealthCheck;
        let failed = taken.iter().filter(is_of_a_caller).filter(|event| event.outcome != Outcome::Success).count();
        prop_assert_eq!(total(&scraped, "llm_consumer_errors_total"), failed as f64);
    }

    #[test]
    fn durations_are_as_many_as_requests(events in events()) {
        let pipeline = Pipeline::new();
        pipeline.record_all(&events);
        let scraped = pipeline.scrape();
        let requests = total(&scraped, "llm_requests_total");
        prop_assert_eq!(total(&scraped, "llm_request_duration_seconds_count"), requests);
        let all = scraped.sum("llm_request_duration_seconds_bucket", &[("le", "+Inf")]);
        prop_assert_eq!(all, requests);
    }

    #[test]
    fn what_consumers_pay_is_what_deployments_cost_and_what_was_booked(events in events()) {
        let pipeline = Pipeline::with(settings(&["team"]));
        let taken: Vec<_> = events.iter().filter(|event| pipeline.record(event, NOW) == Receipt::Accepted).collect();
        let scraped = pipeline.scrape();
        let cost = total(&scraped, "llm_cost_usd_total") + total(&scraped, "llm_calls_without_model_cost_usd_total");
        prop_assert!(are_same(total(&scraped, "llm_consumer_cost_usd_total"), cost));
        let booked: llm_exporter::event::Usd = taken.iter().map(|event| event.cost.booked()).sum();
        prop_assert!(are_same(cost + total(&scraped, "llm_gateway_health_check_cost_usd_total"), booked.as_f64()));
        for direction in ["input", "output"] {
            let tokens = total(&scraped, &format!("llm_{direction}_tokens_total"));
            prop_assert_eq!(total(&scraped, &format!("llm_consumer_{direction}_tokens_total")), tokens);
        }
    }

    #[test]
    fn what_is_counted_by_hour_is_what_is_counted_at_all(events in events(), room in 0_usize..4) {
        let pipeline = Pipeline::with(Settings { models: room, ..settings(&[]) });
        let taken: Vec<_> = events.iter().filter(|event| pipeline.record(event, NOW) == Receipt::Accepted).collect();
        let hours = pipeline.state.counted(UtcHour::from_number(0), UtcHour::of(NOW).plus(1), usize::MAX);
        let mut sum = Counted::default();
        for hour in &hours {
            prop_assert!(hour.models.len() <= room + 1, "{hour:?}");
            hour.models.values().for_each(|counted| sum.add(counted));
        }
        // What began long ago is kept no longer.
        let oldest = UtcHour::of(NOW).plus(-35 * 24).beginning();
        let kept: Vec<_> = taken.into_iter().filter(|event| event.started_at >= oldest).collect();
        let failed = kept.iter().filter(|event| event.outcome != Outcome::Success).count();
        prop_assert_eq!((sum.requests, sum.unstored), (kept.len() as u64, failed as u64));
        prop_assert_eq!(sum.cost, kept.iter().map(|event| event.cost.booked()).sum());
    }

    #[test]
    fn where_there_is_hardly_any_room_sums_are_exact_all_the_same(events in events(), room in 0_usize..3) {
        let roomy = Pipeline::with(settings(&["key", "team"]));
        let mut limits = settings(&["key", "team"]);
        (limits.deployments, limits.models, limits.consumers, limits.budgets) = (room, room, room, room);
        let tight = Pipeline::with(limits);
        for event in &events {
            roomy.record(event, NOW);
            tight.record(event, NOW);
        }
        let (roomy, tight) = (roomy.scrape(), tight.scrape());
        for ((name, expected), (same_name, found)) in sums(&roomy).into_iter().zip(sums(&tight)) {
            prop_assert_eq!(name, same_name);
            prop_assert!(are_same(expected, found), "{name}: {found}, not {expected}");
        }
        for table in tight.samples("llm_exporter_series") {
            prop_assert!(table.value <= room as f64, "{table:?}");
        }
        prop_assert!(tight.samples("llm_requests_total").count() <= room + 1);
        prop_assert!(tight.samples("llm_consumer_requests_total").count() <= room + 1);
    }
}

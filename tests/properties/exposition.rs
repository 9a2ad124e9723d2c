//! The exposition: always valid, always the same in both formats, and counters only grow.

use std::collections::BTreeMap;

use llm_exporter::event::Reach;
use llm_exporter::exposition::Dialect;
use llm_exporter::state::clean;
use proptest::prelude::*;

use super::events::{event, events};
use super::support::exposition::{Exposition, Format, MetricType};
use super::support::pipeline::{NOW, Pipeline, settings};

/// Every series with its value.
type Series = BTreeMap<(String, Vec<(String, String)>), f64>;

fn series(exposition: &Exposition, is_wanted: impl Fn(MetricType, &str) -> bool) -> Series {
    let families = exposition.families().iter();
    let samples = families.flat_map(|family| family.samples.iter().map(|sample| (family.metric_type, sample)));
    let wanted = samples.filter(|(metric_type, sample)| is_wanted(*metric_type, &sample.name));
    wanted
        .map(|(_, sample)| {
            let labels = sample.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            ((sample.name.clone(), labels.collect()), sample.value)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_formats_are_valid_and_hold_the_same_samples(events in events()) {
        let pipeline = Pipeline::with(settings(&["key", "team", "user", "org", "end_user", "tag:gpt-4"]));
        pipeline.record_all(&events);
        let text = pipeline.text(Dialect::Text, NOW);
        let text = Exposition::parse(Format::Text004, &text).map_err(|violation| TestCaseError::fail(format!("{violation}\n{text}")))?;
        let openmetrics = pipeline.text(Dialect::OpenMetrics, NOW);
        let openmetrics = Exposition::parse(Format::OpenMetrics, &openmetrics).map_err(|violation| TestCaseError::fail(format!("{violation}\n{openmetrics}")))?;
        prop_assert_eq!(series(&text, |_, _| true), series(&openmetrics, |_, _| true));
    }

    #[test]
    fn any_label_value_comes_back_as_it_was_once_cleaned(event in event()) {
        let pipeline = Pipeline::with(settings(&["key", "end_user"]));
        pipeline.record(&event, NOW);
        let scraped = pipeline.scrape();
        if let Reach::Deployment(deployment) = &event.reach {
            let [model, provider, id] = [&deployment.model, &deployment.provider, &deployment.id].map(|value| clean(value));
            let labels = [("model", &*model), ("provider", &*provider), ("deployment", &*id)];
            prop_assert_eq!(scraped.value("llm_requests_total", &labels), Some(1.0));
            prop_assert!(scraped.sum("llm_deployment_info", &labels) == 1.0);
            // Who is called `other` throughout is the row of all that found no room, and that is nowhere in particular.
            let is_one = [&model, &provider, &id].iter().any(|name| **name != "other");
            let upstream = if is_one { clean(&deployment.upstream_model) } else { "".into() };
            prop_assert!(scraped.sum("llm_deployment_info", &[("upstream_model", &upstream)]) == 1.0);
            let [key, end_user] = [&event.caller.key, &event.caller.end_user]
                .map(|part| clean(part.as_deref().unwrap_or_default()));
            let who = [("key", &*key), ("end_user", &*end_user), ("model", &*model)];
            prop_assert_eq!(scraped.value("llm_consumer_requests_total", &who), Some(1.0));
        }
    }

    #[test]
    fn counters_never_fall_and_no_series_of_them_goes(events in events(), every in 1_usize..8) {
        let mut limits = settings(&["key"]);
        (limits.deployments, limits.models, limits.consumers) = (3, 3, 3);
        let pipeline = Pipeline::with(limits);
        let counts = |metric_type, name: &str| match metric_type {
            MetricType::Counter => true,
            MetricType::Histogram => name.ends_with("_bucket") || name.ends_with("_count") || name.ends_with("_sum"),
            MetricType::Gauge | MetricType::Info | MetricType::StateSet => false,
        };
        let mut before = Series::new();
        for some in events.chunks(every) {
            pipeline.record_all(some);
            let after = series(&pipeline.scrape(), counts);
            for (name, value) in &before {
                prop_assert!(after.get(name).is_some_and(|now| now >= value), "{name:?} was {value}, is {:?}", after.get(name));
            }
            before = after;
        }
    }
}

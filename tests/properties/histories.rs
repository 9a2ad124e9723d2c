//! Histories: requests, lists, probes, checks and cooldowns in any order, with time passing between them. Whatever happened, every
//! view says the same, at every moment.

#[path = "histories/steps.rs"]
mod steps;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use llm_exporter::event::{ProbeOutcome, Timestamp};
use llm_exporter::exposition::Dialect;
use llm_exporter::health::json::{HealthJson, ServicesJson};
use llm_exporter::health::{HealthState, StorageJson};
use llm_exporter::own::StorageStatus;
use llm_exporter::state::{Check, ListFacts, Settings, Standing, clean};
use proptest::prelude::*;

use self::steps::{Listed, Step, any_settings, history, list};
use super::support::exposition::{Exposition, MetricType, Sample};
use super::support::pipeline::{NOW, Pipeline, settings};
use super::verdicts::check_json;

/// A state, and the moment to which its history was told.
#[derive(Debug)]
struct Told {
    pipeline: Pipeline,
    now: Timestamp,
}

fn after(at: Timestamp, passed: Duration) -> Timestamp {
    Timestamp::from_micros(at.as_micros() + i64::try_from(passed.as_micros()).expect("a short time"))
}

fn before(at: Timestamp, passed: Duration) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - i64::try_from(passed.as_micros()).expect("a short time"))
}

impl Told {
    fn new(settings: &Settings) -> Self {
        Self { pipeline: Pipeline::with(settings.clone()), now: NOW }
    }

    fn tell(&mut self, step: &Step) {
        let (state, now) = (&self.pipeline.state, self.now);
        match step {
            Step::Request(event) => {
                let passed = now.since(NOW).expect("time only passes");
                let mut event = event.clone();
                event.ended_at = after(event.ended_at, passed);
                self.pipeline.record(&event, now);
            }
            Step::List(listed) => {
                state.list(&listed.iter().map(Listed::as_listing).collect::<Vec<_>>(), now);
            }
            Step::Probe { deployment, outcome, age, by } => {
                state.record_probe(deployment, &ProbeOutcome { at: before(now, *age), ..outcome.clone() }, *by);
            }
            Step::Skip(deployment, reason) => state.note_probe_skipped(deployment, *reason),
            Step::Cooldowns(ids) => state.note_cooldowns(ids, now),
            Step::Check(dependency, result, latency) => {
                state.note_dependency(*dependency, Check { at: now, latency: *latency, result: result.clone() });
            }
            Step::ReadList(source, deployments) => {
                let error = deployments.is_none().then(|| "it did not answer".into());
                let last_success_at = deployments.map(|_| now);
                state.note_list(*source, ListFacts { error, last_success_at, deployments: deployments.unwrap_or(0) });
            }
            Step::Version(version) => state.note_gateway_version(version),
            Step::Wait(passed) => self.now = after(now, *passed),
        }
    }

    /// Everything that is shown, as text.
    fn views(&self) -> (String, String, String) {
        let report = self.pipeline.report(self.now);
        let json = |view: serde_json::Result<String>| view.expect("a view can be written");
        (
            self.pipeline.text(Dialect::OpenMetrics, self.now),
            json(serde_json::to_string(&HealthJson::new(&report, StorageJson::new(&StorageStatus::default())))),
            json(serde_json::to_string(&ServicesJson::new(&report))),
        )
    }
}

/// What tells one deployment from another, in every view.
fn place(sample: &Sample) -> [String; 3] {
    ["deployment", "model", "provider"].map(|label| sample.labels.get(label).to_owned())
}

/// Asserts that each deployment that is shown is so in every gauge, and no other in any.
fn check_who_is_shown(told: &Told, scraped: &Exposition) -> Result<(), TestCaseError> {
    let report = told.pipeline.report(told.now);
    let places = |name: &str| scraped.samples(name).map(place).collect::<Vec<_>>();
    let shown: BTreeSet<_> = places("llm_deployment_info").into_iter().collect();
    prop_assert_eq!(shown.len(), report.deployments.len(), "none is shown twice");
    let infos = report.deployments.iter().map(|deployment| &deployment.info);
    let in_report = infos.map(|info| [&info.deployment, &info.model, &info.provider].map(Clone::clone));
    prop_assert_eq!(&in_report.collect::<BTreeSet<_>>(), &shown);
    for one in &shown {
        let labels = [("deployment", one[0].as_str()), ("model", &one[1]), ("provider", &one[2])];
        prop_assert_eq!(scraped.sum("llm_deployment_health", &labels), 1.0, "one state of {:?}", one);
    }
    let is_of_deployments = |name: &str| name.starts_with("llm_deployment_");
    let gauges = scraped.families().iter().filter(|family| is_of_deployments(&family.name));
    for sample in gauges.flat_map(|family| &family.samples) {
        prop_assert!(shown.contains(&place(sample)), "{:?} is not shown", sample);
    }
    let ids: HashSet<&str> = shown.iter().map(|one| one[0].as_str()).collect();
    let fleet = told.pipeline.state.fleet(told.now);
    let known: HashSet<String> = fleet.deployments.iter().map(|row| row.facts.info.deployment.clone()).collect();
    for sample in ["llm_rate_limit_limit", "llm_rate_limit_remaining"].iter().flat_map(|name| scraped.samples(name)) {
        let id = sample.labels.get("deployment");
        // One that shares the overflow row has limits of its own.
        prop_assert!(ids.contains(id) || !known.contains(id), "the limits of {:?}, which is not shown", id);
    }
    Ok(())
}

/// Asserts what follows from the evidence alone.
fn check_verdicts(told: &Told) -> Result<(), TestCaseError> {
    let report = told.pipeline.report(told.now);
    for deployment in &report.deployments {
        let rests = deployment.in_cooldown == Some(true);
        prop_assert!(!rests || deployment.state != HealthState::Healthy, "in cooldown: {:?}", deployment);
        let is_fresh = |at: Timestamp| !at.is_older_than(told.pipeline.policy.stale_after, told.now);
        let is_known = rests || deployment.last_check_at.is_some_and(is_fresh);
        prop_assert_eq!(deployment.state != HealthState::Unknown, is_known, "{:?}", deployment);
    }
    Ok(())
}

type Series = BTreeMap<(String, String), f64>;

fn counters(scraped: &Exposition) -> Series {
    let counters = scraped.families().iter().filter(|family| family.metric_type == MetricType::Counter);
    let key = |sample: &Sample| (sample.name.clone(), format!("{:?}", sample.labels));
    counters.flat_map(|family| &family.samples).map(|sample| (key(sample), sample.value)).collect()
}

/// Probes are counted while their deployment is listed; what was paid for stays, and so does everything else.
fn may_go(name: &str) -> bool {
    matches!(name, "llm_probes_total" | "llm_probe_failures_total" | "llm_probes_skipped_total")
}

fn check_counters(earlier: &Series, later: &Series) -> Result<(), TestCaseError> {
    for (series, value) in earlier {
        let is_right = later.get(series).map_or(may_go(&series.0), |now| now >= value);
        prop_assert!(is_right, "{:?} was {}, is {:?}", series, value, later.get(series));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_every_step_every_view_says_the_same(steps in history(), settings in any_settings(), later in 0_u64..900) {
        let mut told = Told::new(&settings);
        let mut counted = Series::new();
        for step in steps.into_iter().chain([Step::Wait(Duration::from_secs(later))]) {
            told.tell(&step);
            let scraped = told.pipeline.scrape_at(told.now);
            check_json(&told.pipeline, &scraped, told.now)?;
            check_who_is_shown(&told, &scraped)?;
            check_verdicts(&told)?;
            let now = counters(&scraped);
            check_counters(&counted, &now)?;
            counted = now;
        }
    }

    #[test]
    fn looking_changes_nothing_and_the_same_history_comes_to_the_same(steps in history(), settings in any_settings()) {
        let (mut watched, mut unwatched) = (Told::new(&settings), Told::new(&settings));
        for step in &steps {
            watched.tell(step);
            watched.views();
            unwatched.tell(step);
        }
        prop_assert_eq!(watched.views(), unwatched.views());
    }

    #[test]
    fn the_latest_list_is_what_is_listed_and_nothing_else_is(steps in history(), listed in list()) {
        let mut told = Told::new(&settings(&[]));
        steps.iter().for_each(|step| told.tell(step));
        told.tell(&Step::Wait(Duration::from_hours(12)));
        told.tell(&listed);
        let Step::List(listed) = listed else { unreachable!("it is a list") };
        let ids: BTreeSet<String> = listed.iter().map(|one| clean(&one.id).into_owned()).collect();
        let fleet = told.pipeline.state.fleet(told.now);
        let of = |standing| fleet.deployments.iter().filter(move |row| row.facts.standing == standing);
        let is_listed: Vec<&str> = of(Standing::Listed).map(|row| row.facts.info.deployment.as_str()).collect();
        prop_assert_eq!(is_listed.len(), ids.len(), "one row for each id");
        prop_assert_eq!(is_listed.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), ids.clone());
        for row in told.pipeline.report(told.now).deployments {
            let was_listed = fleet.deployments.iter().any(|one| one.facts.info == row.info && one.facts.standing != Standing::Unlisted);
            prop_assert!(!was_listed || ids.contains(&row.info.deployment), "{:?} is gone", row.info);
        }
    }
}

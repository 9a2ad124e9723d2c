//! Histories: requests, lists, probes, checks and cooldowns in any order, with time passing between them. Whatever happened, every
//! view says the same, at every moment.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use llm_exporter::event::{
    ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, Reach, SkipReason, Timestamp, Usd,
};
use llm_exporter::exposition::Dialect;
use llm_exporter::health::HealthState;
use llm_exporter::health::json::{HealthJson, ServicesJson};
use llm_exporter::state::{
    Check, Dependency, Expected, ListFacts, ListSource, Listing, ProbedBy, Settings, Standing, clean,
};
use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::events::{Event, event, label};
use super::support::exposition::{Exposition, MetricType, Sample};
use super::support::pipeline::{NOW, Pipeline, settings};
use super::verdicts::check_json;

type Text = Cow<'static, str>;

/// Something that happens, at a moment that the history tells.
#[derive(Debug, Clone)]
enum Step {
    Request(Box<Event>),
    List(Vec<Listed>),
    Probe { deployment: Text, outcome: ProbeOutcome, age: Duration, by: ProbedBy },
    Skip(Text, SkipReason),
    Cooldowns(HashSet<String>),
    Check(Dependency, Result<(), String>, Duration),
    ReadList(ListSource, Option<usize>),
    Version(Text),
    Wait(Duration),
}

/// One entry of a list.
#[derive(Debug, Clone)]
struct Listed {
    id: Text,
    model: Text,
    provider: Text,
    api_base: Text,
}

impl Listed {
    fn as_listing(&self) -> Listing<'_> {
        let Self { id, model, provider, api_base } = self;
        Listing { id, model, provider, upstream_model: "u", api_base }
    }
}

/// Few enough that everything meets, and now and then anything at all.
fn name() -> BoxedStrategy<Text> {
    let common = select(vec!["a", "b", "openai/*", "other", ""]).prop_map(Cow::Borrowed);
    prop_oneof![12 => common, 1 => label().boxed()].boxed()
}

fn request() -> impl Strategy<Value = Step> {
    (event().boxed(), name(), name(), name()).prop_map(|(mut event, id, model, provider)| {
        if let Reach::Deployment(deployment) = &mut event.reach {
            (deployment.id, deployment.model, deployment.provider) = (id, model, provider);
        }
        Step::Request(Box::new(event))
    })
}

fn list() -> impl Strategy<Value = Step> {
    let one = (name(), name(), name(), name());
    let one = one.prop_map(|(id, model, provider, api_base)| Listed { id, model, provider, api_base });
    vec(one, 0..5).prop_map(Step::List)
}

fn outcome() -> impl Strategy<Value = ProbeOutcome> {
    let failure = (select(ErrorKind::OF_PROBES.to_vec()), label())
        .prop_map(|(kind, message)| ProbeFailure { kind, message: message.into_owned() });
    let result = prop_oneof![Just(Ok(())), failure.prop_map(Err)];
    let usage = (0_u64..1_000, 0_i64..1_000_000_000)
        .prop_map(|(tokens, picos)| ProbeUsage { tokens, cost: Usd::from_picos(picos).expect("an amount") });
    (select(ProbeLevel::ALL.to_vec()), result, 0_u64..20_000_000, option::of(usage)).prop_map(
        |(level, result, micros, usage)| ProbeOutcome {
            level,
            at: NOW,
            duration: Duration::from_micros(micros),
            result,
            time_to_first_token: None,
            usage: usage.filter(|_| level.is_billed()),
            retry_after: None,
        },
    )
}

fn probe() -> impl Strategy<Value = Step> {
    let age = prop_oneof![3 => Just(0), 1 => 0_u64..600].prop_map(Duration::from_secs);
    let by = select(vec![ProbedBy::Us, ProbedBy::AnotherReplica]);
    (name(), outcome(), age, by).prop_map(|(deployment, outcome, age, by)| Step::Probe { deployment, outcome, age, by })
}

fn check() -> impl Strategy<Value = Step> {
    let result = prop_oneof![Just(Ok(())), label().prop_map(|words| Err(words.into_owned()))];
    let latency = (0_u64..10_000_000).prop_map(Duration::from_micros);
    (select(Dependency::ALL.to_vec()), result, latency)
        .prop_map(|(dependency, result, latency)| Step::Check(dependency, result, latency))
}

/// Boxed: as one value the strategies of all kinds are too much for the stack of a test.
fn step() -> BoxedStrategy<Step> {
    let cooldowns = hash_set(name().prop_map(Cow::into_owned), 0..4).prop_map(Step::Cooldowns);
    let skip = (name(), select(SkipReason::ALL.to_vec())).prop_map(|(id, reason)| Step::Skip(id, reason));
    let read = (select(ListSource::ALL.to_vec()), option::of(0_usize..9))
        .prop_map(|(source, deployments)| Step::ReadList(source, deployments));
    let wait =
        prop_oneof![3 => 1_u64..60_000, 1 => 1_u64..1_000_000].prop_map(Duration::from_millis).prop_map(Step::Wait);
    prop_oneof![
        6 => request().boxed(),
        4 => list().boxed(),
        6 => probe().boxed(),
        1 => skip,
        2 => cooldowns,
        2 => check(),
        1 => read,
        1 => label().prop_map(Step::Version),
        5 => wait,
    ]
    .boxed()
}

/// What the operator configured, and how little room there may be.
fn any_settings() -> impl Strategy<Value = Settings> {
    let room = prop_oneof![Just(1_000_usize), 0_usize..4];
    (any::<[bool; 3]>(), any::<[bool; 3]>(), room).prop_map(|(dependencies, lists, room)| Settings {
        deployments: room,
        models: room,
        expected: Expected { dependencies, check_holds: Duration::from_secs(30), lists },
        ..settings(&[])
    })
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..30)
}

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
            json(serde_json::to_string(&HealthJson::new(&report))),
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

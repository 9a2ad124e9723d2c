//! What may happen, in any order.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use llm_exporter::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, Reach, SkipReason, Usd};
use llm_exporter::state::{Dependency, Expected, ListSource, Listing, ProbedBy, Settings};
use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::events::{Event, event, label};
use crate::support::pipeline::{NOW, settings};

type Text = Cow<'static, str>;

/// Something that happens, at a moment that the history tells.
#[derive(Debug, Clone)]
pub(super) enum Step {
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
pub(super) struct Listed {
    pub(super) id: Text,
    pub(super) model: Text,
    pub(super) provider: Text,
    pub(super) api_base: Text,
}

impl Listed {
    pub(super) fn as_listing(&self) -> Listing<'_> {
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

pub(super) fn list() -> impl Strategy<Value = Step> {
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
pub(super) fn any_settings() -> impl Strategy<Value = Settings> {
    let room = prop_oneof![Just(1_000_usize), 0_usize..4];
    (any::<[bool; 3]>(), any::<[bool; 3]>(), room).prop_map(|(dependencies, lists, room)| Settings {
        deployments: room,
        models: room,
        expected: Expected { dependencies, check_holds: Duration::from_secs(30), lists },
        ..settings(&[])
    })
}

pub(super) fn history() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..30)
}

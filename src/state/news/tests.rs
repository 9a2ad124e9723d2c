use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::{
    AttemptKey, Caller, Cost, Delivery, Deployment, ErrorKind, Outcome, Reach, RequestEvent, Twins, Usage, Usd,
};
use crate::health::{Policy, judge};
use crate::state::{Expected, Listing, Settings, Source, Standing, State};

const WINDOW: Duration = Duration::from_mins(5);
const START: i64 = 1_800_000_005_000_000;
const REPLICAS: usize = 3;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START + seconds * 1_000_000)
}

fn state_for(deployments: usize) -> State {
    State::new(Settings {
        deployments,
        models: 10,
        consumers: 0,
        budgets: 0,
        consumer_labels: Vec::new(),
        window: WINDOW,
        expected: Expected::default(),
    })
}

fn replica() -> State {
    let state = state_for(10);
    state.gather_news();
    state
}

fn event(deployment: &'static str, error: Option<ErrorKind>, ended_at: Timestamp) -> RequestEvent<'static> {
    RequestEvent {
        attempt: AttemptKey::of(&["a"]),
        twins: Twins::default(),
        call: None,
        reach: Reach::Deployment(Deployment {
            id: deployment.into(),
            model: "m".into(),
            provider: "p".into(),
            upstream_model: "p/u".into(),
            api_base: "https://user:secret@example.org/v1".into(),
            rate_limits: None,
        }),
        outcome: error.map_or(Outcome::Success, |kind| Outcome::Failure { kind, message: None }),
        started_at: ended_at,
        ended_at,
        first_token_at: None,
        delivery: Delivery::Whole,
        usage: Usage::default(),
        cost: Cost::Booked(Usd::ZERO),
        gateway_overhead: None,
        caller: Caller::default(),
        budgets: Vec::new(),
        trace_id: None,
        retries: 0,
        fallbacks: 0,
        fallback_from: None,
    }
}

fn record(state: &State, deployment: &'static str, error: Option<ErrorKind>, at: Timestamp) {
    state.record(Source::LitellmCallback, &event(deployment, error, at), at);
}

fn facts(state: &State, now: Timestamp) -> Option<DeploymentFacts> {
    state.fleet(now).deployments.iter().next().map(|row| DeploymentFacts::clone(row.facts))
}

/// Each tells the others what it has not told yet.
fn exchange(replicas: &[State]) {
    for (teller, replica) in replicas.iter().enumerate() {
        for news in replica.take_news() {
            let others = replicas.iter().enumerate().filter(|(other, _)| *other != teller);
            others.for_each(|(_, other)| other.learn_news(&news));
        }
    }
}

/// One request of a history.
#[derive(Debug, Clone)]
struct Told {
    /// Who is told of it.
    replica: usize,
    error: Option<ErrorKind>,
    /// Seconds after the start; what is told later may have ended earlier.
    second: i64,
    /// Whether replicas talk to each other after it.
    then_exchange: bool,
}

fn histories() -> impl Strategy<Value = Vec<Told>> {
    let error = prop_oneof![
        4 => Just(None),
        4 => Just(Some(ErrorKind::ServerError)),
        1 => Just(Some(ErrorKind::RateLimitedProvider)),
        1 => Just(Some(ErrorKind::BadRequest)),
    ];
    let told = (0..REPLICAS, error, 0_i64..400, prop::bool::weighted(0.1));
    let told = told.prop_map(|(replica, error, second, then_exchange)| Told { replica, error, second, then_exchange });
    let any_order = proptest::collection::vec(told, 0..120);
    (any_order, any::<bool>()).prop_map(|(mut history, in_order)| {
        if in_order {
            history.sort_by_key(|told| told.second);
        }
        history
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    let remembered = || 1..=Times::MOST as u64;
    (remembered(), remembered(), remembered(), 0.0..1.0).prop_map(|(failures, recovery, min_requests, ratio)| Policy {
        freshness: Duration::from_mins(1),
        stale_after: Duration::from_mins(5),
        window: WINDOW,
        min_requests,
        failure_threshold: failures,
        recovery_threshold: recovery,
        degraded_error_ratio: ratio / 3.0,
        unhealthy_error_ratio: ratio,
    })
}

/// What verdicts are made from: of rows as many as are remembered.
fn evidence(facts: &DeploymentFacts, now: Timestamp) -> impl PartialEq + std::fmt::Debug {
    let most = Times::MOST as u64;
    (
        (facts.seen_at, facts.last_served_at, facts.answered_at, facts.last_throttled_at),
        (facts.streak.last_success_at(), facts.streak.last_failure_at()),
        (facts.streak.failures().min(most), facts.streak.successes().min(most)),
        facts.outcomes.within(now),
        facts.last_error.clone(),
    )
}

proptest! {
    #[test]
    fn replicas_that_talk_judge_as_one_that_is_told_everything(history in histories(), policy in policies()) {
        let (one, replicas) = (state_for(10), [replica(), replica(), replica()]);
        for (number, Told { replica, error, second, then_exchange }) in (0..).zip(&history) {
            // No two at once: of two errors of one moment the one that is told last would be the latest.
            let ended_at = Timestamp::from_micros(at(*second).as_micros() + number);
            for state in [&one, &replicas[*replica]] {
                state.record(Source::LitellmCallback, &event("d", *error, ended_at), at(400));
            }
            if *then_exchange {
                exchange(&replicas);
            }
        }
        exchange(&replicas);
        let now = at(400);
        let expected = facts(&one, now);
        for replica in &replicas {
            let found = facts(replica, now);
            prop_assert_eq!(found.is_some(), expected.is_some());
            let (Some(found), Some(expected)) = (found, &expected) else { continue };
            prop_assert_eq!(evidence(&found, now), evidence(expected, now));
            prop_assert_eq!(judge(&found, &policy, now), judge(expected, &policy, now));
        }
    }
}

#[test]
fn many_failures_in_a_row_are_counted_also_where_only_the_latest_are_told_by_their_time() {
    let all = [replica(), replica()];
    record(&all[1], "d", None, at(-1));
    (0..100).for_each(|second| record(&all[0], "d", Some(ErrorKind::Timeout), at(second)));
    exchange(&all);
    for state in &all {
        assert_eq!(facts(state, at(100)).expect("it is known").streak.failures(), 100);
    }
}

#[test]
fn nothing_is_told_twice_nor_where_nobody_listens() {
    let state = replica();
    record(&state, "d", None, at(0));
    assert_eq!(state.take_news().len(), 1);
    assert_eq!(state.take_news(), []);
    let alone = state_for(1);
    record(&alone, "d", None, at(0));
    assert_eq!(alone.take_news(), []);
}

#[test]
fn what_another_replica_tells_is_not_told_on() {
    let states = [replica(), replica()];
    record(&states[0], "d", Some(ErrorKind::Timeout), at(0));
    exchange(&states);
    assert_eq!(states[1].take_news(), []);
}

#[test]
fn a_deployment_that_only_another_replica_has_seen_is_shown_and_nothing_of_it_counted() {
    let states = [replica(), replica()];
    record(&states[0], "d", Some(ErrorKind::Timeout), at(0));
    exchange(&states);
    let snapshot = states[1].snapshot(at(1));
    let row = snapshot.fleet.deployments.iter().next().expect("it is known");
    assert_eq!((&*row.facts.info.deployment, row.facts.standing), ("d", Standing::Unlisted));
    assert_eq!((&*row.facts.info.upstream_model, &*row.facts.info.api_base), ("p/u", "https://example.org/v1"));
    assert!(row.facts.is_shown(None, WINDOW, at(1)));
    assert_eq!((row.facts.requests, row.facts.errors), (0, [0; ErrorKind::ALL.len()]));
    assert_eq!(snapshot.with_traffic().count(), 0);
    assert_eq!(snapshot.models.iter().count() + snapshot.upstreams.iter().count(), 0);
}

/// A list with this one deployment, by the name that the gateway's list has for its provider.
fn list(state: &State, id: &str, seconds: i64) {
    let listing = Listing { id, model: "m", provider: "as_listed", upstream_model: "", api_base: "" };
    state.list(&[listing], at(seconds));
}

#[test]
fn the_list_means_the_same_row_whichever_replica_was_asked() {
    let states = [replica(), replica()];
    states.iter().for_each(|state| list(state, "d", 0));
    record(&states[0], "d", None, at(1));
    exchange(&states);
    for state in &states {
        list(state, "d", 2);
        assert_eq!(state.probe_view("d").and_then(|view| view.last_served_at), Some(at(1)), "its traffic is its own");
        let fleet = state.fleet(at(2));
        let listed = fleet.deployments.iter().filter(|row| row.facts.standing == Standing::Listed);
        assert_eq!(listed.map(|row| &*row.facts.info.provider).collect::<Vec<_>>(), ["p"]);
    }
}

#[test]
fn what_only_another_replica_has_seen_makes_room_for_what_is_listed() {
    let (here, there) = (replica(), state_for(1));
    record(&here, "d", None, at(0));
    here.take_news().iter().for_each(|news| there.learn_news(news));
    record(&here, "e", None, at(0));
    here.take_news().iter().for_each(|news| there.learn_news(news));
    assert_eq!(there.fleet(at(1)).deployments.iter().count(), 1, "there is no room for more");
    list(&there, "listed", 1);
    let fleet = there.fleet(at(1));
    let ids: Vec<&str> = fleet.deployments.iter().map(|row| &*row.facts.info.deployment).collect();
    assert_eq!(ids, ["listed"]);
}

#[test]
fn where_it_is_reached_is_told_only_of_what_no_list_names() {
    let state = replica();
    record(&state, "d", None, at(0));
    let told = |state: &State| state.take_news().remove(0).deployment;
    assert_eq!(told(&state).api_base, "https://example.org/v1");
    list(&state, "d", 1);
    record(&state, "d", None, at(2));
    let told = told(&state);
    assert_eq!((&*told.api_base, &*told.upstream_model, &*told.id), ("", "", "d"));
}

#[test]
fn a_clock_that_is_ahead_keeps_nobody_healthy_for_longer() {
    let state = replica();
    record(&state, "d", None, at(3_600));
    record(&state, "d", Some(ErrorKind::RateLimitedProvider), at(3_601));
    record(&state, "d", Some(ErrorKind::Timeout), at(3_602));
    let news = state.take_news().remove(0).not_after(at(5));
    let last_error_at = news.last_error.as_ref().map(|error| error.at);
    let told = [Some(news.seen_at), news.served.last(), news.failed.last(), news.last_throttled_at, last_error_at];
    assert_eq!(told, [Some(at(5)); 5]);
    assert!(news.outcomes.iter().all(|(from, _)| *from <= at(5)), "{:?}", news.outcomes);
}

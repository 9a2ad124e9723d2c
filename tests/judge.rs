//! The verdict on a deployment, at the borders of its rules.

mod support;

#[path = "judge/order.rs"]
mod order;
#[path = "judge/probes.rs"]
mod probes;
#[path = "judge/rules.rs"]
mod rules;
#[path = "judge/tracks.rs"]
mod tracks;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use llm_exporter::event::{
    AttemptKey, Deployment, ErrorKind, Outcome, ProbeFailure, ProbeLevel, ProbeOutcome, RequestEvent, Timestamp,
};
use llm_exporter::health::{HealthState, Policy, Rule, judge};
use llm_exporter::state::{DeploymentFacts, Expected, Listing, ProbedBy, Settings, Source, State};
use support::attempt::attempt;

use ErrorKind::{BadRequest, ClientCancelled, RateLimitedProvider, ServerError};
use HealthState::{Degraded, Healthy, Unhealthy, Unknown};

/// Some second in the middle of a time slot, so that a test moves over the border of one only where it means to.
const START: i64 = 1_800_000_005;
const WINDOW: Duration = Duration::from_mins(5);

const POLICY: Policy = Policy {
    freshness: Duration::from_mins(1),
    stale_after: Duration::from_mins(5),
    window: WINDOW,
    min_requests: 10,
    failure_threshold: 3,
    recovery_threshold: 2,
    degraded_error_ratio: 0.1,
    unhealthy_error_ratio: 0.5,
};
/// For tests of ratios: no run of failures is long enough to decide before them.
const BY_RATIO: Policy = Policy { failure_threshold: u64::MAX, ..POLICY };

/// A moment, in seconds after the start of the test.
fn at(seconds: f64) -> Timestamp {
    Timestamp::from_secs_f64(START as f64 + seconds).expect("a time")
}

/// One deployment and what became of it.
#[derive(Debug)]
struct Subject {
    state: State,
    attempts: u64,
}

impl Subject {
    fn new() -> Self {
        let settings = Settings {
            deployments: 1,
            models: 1,
            consumers: 1,
            budgets: 1,
            consumer_labels: Vec::new(),
            window: WINDOW,
            expected: Expected::default(),
        };
        let state = State::new(settings);
        let listing = Listing { id: "d", model: "m", provider: "p", upstream_model: "u", api_base: "" };
        state.list(&[listing], at(0.0));
        Self { state, attempts: 0 }
    }

    /// An attempt that ended at `seconds` and is told of at once.
    fn attempt(&mut self, error: Option<ErrorKind>, seconds: f64) -> &mut Self {
        self.told(error, seconds, at(seconds))
    }

    /// An attempt that ended at `seconds` and is told of at `now`.
    fn told(&mut self, error: Option<ErrorKind>, seconds: f64, now: Timestamp) -> &mut Self {
        self.attempts += 1;
        let attempt = AttemptKey::of(&[&self.attempts.to_string()]);
        self.state.record(Source::LitellmCallback, &event(attempt, error, at(seconds)), now);
        self
    }

    fn served(&mut self, seconds: f64) -> &mut Self {
        self.attempt(None, seconds)
    }

    fn failed(&mut self, seconds: f64) -> &mut Self {
        self.attempt(Some(ServerError), seconds)
    }

    fn throttled(&mut self, seconds: f64) -> &mut Self {
        self.attempt(Some(RateLimitedProvider), seconds)
    }

    /// What a probe found that ended at `seconds`.
    fn probed(&mut self, level: ProbeLevel, error: Option<ErrorKind>, seconds: f64) -> &mut Self {
        self.probed_by(ProbedBy::Us, level, error, seconds)
    }

    fn probed_by(&mut self, by: ProbedBy, level: ProbeLevel, error: Option<ErrorKind>, seconds: f64) -> &mut Self {
        let failure = |kind| ProbeFailure { kind, message: "in words".to_owned() };
        let outcome = ProbeOutcome {
            level,
            at: at(seconds),
            duration: Duration::ZERO,
            result: error.map_or(Ok(()), |kind| Err(failure(kind))),
            time_to_first_token: None,
            usage: None,
            retry_after: None,
        };
        self.state.record_probe("d", &outcome, by);
        self
    }

    fn reached(&mut self, seconds: f64) -> &mut Self {
        self.probed(ProbeLevel::Connect, None, seconds)
    }

    fn unreached(&mut self, seconds: f64) -> &mut Self {
        self.probed(ProbeLevel::Connect, Some(ErrorKind::Connect), seconds)
    }

    fn rests(&mut self, seconds: f64) -> &mut Self {
        self.state.note_cooldowns(&HashSet::from(["d".to_owned()]), at(seconds));
        self
    }

    fn facts(&self, now: Timestamp) -> DeploymentFacts {
        let fleet = self.state.fleet(now);
        let facts = fleet.deployments.iter().next().expect("one deployment").facts;
        DeploymentFacts::clone(facts)
    }

    fn judged(&self, policy: &Policy, seconds: f64) -> HealthState {
        judge(&self.facts(at(seconds)), policy, at(seconds)).state
    }

    /// By which rule it is judged.
    fn rule(&self, seconds: f64) -> Rule {
        let verdict = judge(&self.facts(at(seconds)), &POLICY, at(seconds));
        assert_eq!(verdict.state, verdict.rule.state());
        verdict.rule
    }
}

fn event(key: AttemptKey, error: Option<ErrorKind>, ended_at: Timestamp) -> RequestEvent<'static> {
    let deployment = Deployment {
        id: "d".into(),
        model: "m".into(),
        provider: "p".into(),
        upstream_model: "u".into(),
        api_base: "".into(),
        rate_limits: None,
    };
    let outcome = error.map_or(Outcome::Success, |kind| Outcome::Failure { kind, message: None });
    RequestEvent { outcome, ..attempt(key, deployment, ended_at) }
}

#[test]
fn evidence_is_fresh_up_to_the_last_moment_and_then_says_nothing() {
    for error in [None, Some(ServerError), Some(RateLimitedProvider)] {
        let mut subject = Subject::new();
        subject.attempt(error, 0.0);
        assert_ne!(subject.judged(&POLICY, 300.0), Unknown, "{error:?}");
        assert_eq!(subject.judged(&POLICY, 300.001), Unknown, "{error:?}");
    }
}

#[test]
fn what_speaks_against_nobody_is_no_evidence_and_refreshes_none() {
    let mut subject = Subject::new();
    subject.attempt(Some(ClientCancelled), 0.0);
    assert_eq!(subject.judged(&POLICY, 1.0), Unknown);
    subject.served(2.0).attempt(Some(BadRequest), 200.0);
    assert_eq!(subject.judged(&POLICY, 301.0), Healthy);
    assert_eq!(subject.judged(&POLICY, 303.0), Unknown, "stale since the success, whatever came after it");
}

#[test]
fn failures_in_a_row_count_from_the_threshold_on() {
    let mut subject = Subject::new();
    subject.served(0.0).failed(1.0).failed(2.0);
    assert_eq!(subject.judged(&POLICY, 2.0), Degraded, "one below");
    subject.failed(3.0);
    assert_eq!(subject.judged(&POLICY, 3.0), Unhealthy);
}

#[test]
fn one_success_ends_a_row_of_failures() {
    let mut subject = Subject::new();
    subject.failed(0.0).failed(1.0).failed(2.0).served(3.0);
    assert_eq!(subject.facts(at(3.0)).streak.failures(), 0);
    assert_eq!(subject.judged(&POLICY, 3.0), Degraded, "one success is no recovery yet");
    subject.served(4.0);
    assert_eq!(subject.judged(&POLICY, 4.0), Healthy, "two in a row are, with few requests");
    subject.failed(5.0).failed(6.0);
    assert_eq!(subject.judged(&POLICY, 6.0), Degraded, "the row begins again");
}

#[test]
fn what_speaks_against_nobody_neither_ends_nor_prolongs_a_row() {
    let mut subject = Subject::new();
    subject.failed(0.0).failed(1.0).attempt(Some(ClientCancelled), 2.0).attempt(Some(BadRequest), 3.0);
    assert_eq!(subject.judged(&POLICY, 3.0), Degraded);
    subject.failed(4.0);
    assert_eq!(subject.judged(&POLICY, 4.0), Unhealthy);
}

#[test]
fn ratios_count_from_the_minimum_of_requests_on() {
    let mut subject = Subject::new();
    // Of nine, five failed; the latest was served.
    for second in 0..8 {
        subject.attempt((second < 5).then_some(ServerError), f64::from(second));
    }
    subject.served(8.0);
    assert_eq!(subject.judged(&BY_RATIO, 8.0), Healthy, "nine are too few for a ratio");
    subject.served(9.0);
    assert_eq!(subject.judged(&BY_RATIO, 9.0), Unhealthy, "five of ten is the ratio");
}

#[test]
fn each_ratio_holds_from_its_very_value_on() {
    // Of a hundred each: failed, throttled.
    for (failed, throttled, expected) in [
        (0, 0, Healthy),
        (9, 0, Healthy),
        (10, 0, Degraded),
        (0, 9, Healthy),
        (0, 10, Degraded),
        (5, 4, Healthy),
        (5, 5, Degraded),
        (49, 0, Degraded),
        (49, 51, Degraded),
        (50, 0, Unhealthy),
        (100, 0, Unhealthy),
        (0, 100, Degraded),
    ] {
        let mut subject = Subject::new();
        for number in 0..100 {
            // The failures last: many successes after them would be a recovery.
            match number {
                _ if number < failed => subject.failed(1.0),
                _ if number < failed + throttled => subject.throttled(1.0),
                _ => subject.served(0.0),
            };
        }
        assert_eq!(subject.judged(&BY_RATIO, 1.0), expected, "{failed} failed and {throttled} throttled of 100");
    }
}

#[test]
fn a_provider_that_throttles_everything_is_degraded_only() {
    let mut subject = Subject::new();
    subject.throttled(0.0);
    assert_eq!(subject.judged(&POLICY, 0.0), Degraded, "by the latest outcome");
    for second in 1..50 {
        subject.throttled(f64::from(second));
    }
    assert_eq!(subject.judged(&POLICY, 50.0), Degraded, "by the ratio");
    assert_eq!(subject.facts(at(50.0)).streak.failures(), 0);
}

#[test]
fn outcomes_older_than_the_window_do_not_count_for_a_ratio() {
    let mut subject = Subject::new();
    for _ in 0..20 {
        subject.failed(0.0);
    }
    subject.served(299.0);
    assert_eq!(subject.judged(&BY_RATIO, 299.0), Healthy, "a window later only the success is left");
}

#[test]
fn an_old_failure_that_arrives_late_does_not_hide_a_newer_success() {
    let mut subject = Subject::new();
    subject.served(9.0).served(10.0);
    for second in [1.0, 2.0, 3.0] {
        subject.told(Some(ServerError), second, at(11.0));
    }
    assert_eq!(subject.facts(at(11.0)).streak.failures(), 0);
    assert_eq!(subject.facts(at(11.0)).answered_at, Some(at(10.0)));
    assert_eq!(subject.judged(&POLICY, 11.0), Healthy);
}

#[test]
fn an_old_success_that_arrives_late_does_not_hide_newer_failures() {
    let mut subject = Subject::new();
    subject.failed(10.0).failed(11.0).failed(12.0).told(None, 1.0, at(13.0));
    assert_eq!(subject.judged(&POLICY, 13.0), Unhealthy);
}

#[test]
fn the_order_of_telling_changes_no_verdict() {
    let mut subject = Subject::new();
    subject.failed(0.0).failed(1.0).failed(4.0);
    assert_eq!(subject.judged(&POLICY, 4.0), Unhealthy);
    // Another worker tells later of what came between.
    subject.told(None, 2.0, at(5.0)).told(None, 3.0, at(5.0));
    assert_eq!(subject.facts(at(5.0)).streak.failures(), 1);
    assert_eq!(subject.judged(&POLICY, 5.0), Degraded);
}

#[test]
fn a_deployment_that_answers_again_is_not_unhealthy_for_what_the_window_remembers() {
    let mut subject = Subject::new();
    for number in 0..100 {
        subject.failed(f64::from(number) / 10.0);
    }
    for second in 10..19 {
        subject.served(f64::from(second));
        assert_eq!(subject.judged(&POLICY, f64::from(second)), Unhealthy, "{second}");
    }
    subject.served(19.0);
    assert_eq!(subject.judged(&POLICY, 19.0), Degraded, "ten in a row, and still a hundred failures");
    subject.failed(20.0);
    assert_eq!(subject.judged(&POLICY, 20.0), Unhealthy, "the row is over");
}

#[test]
fn an_outcome_from_the_future_is_taken_as_of_now() {
    let mut subject = Subject::new();
    subject.told(None, 86_400.0, at(0.0));
    assert_eq!(subject.facts(at(0.0)).streak.last_success_at(), Some(at(0.0)));
    assert_eq!(subject.judged(&POLICY, 300.0), Healthy);
    assert_eq!(subject.judged(&POLICY, 301.0), Unknown, "a clock that is ahead keeps nobody healthy for longer");
}

#[test]
fn the_latest_error_in_words_is_the_latest_by_time() {
    let mut subject = Subject::new();
    subject.attempt(Some(RateLimitedProvider), 10.0).told(Some(ServerError), 5.0, at(11.0));
    let last = subject.facts(at(11.0)).last_error.expect("an error");
    assert_eq!((last.kind, last.at, last.message), (RateLimitedProvider, at(10.0), Arc::from("rate_limited_provider")));
}

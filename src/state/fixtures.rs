//! What unit tests of the state and of what is made from it arrange. Times are seconds after a start of their own.

use std::time::Duration;

use super::{Check, Dependency, Expected, Listing, ProbedBy, Settings, State};
use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, Timestamp};

/// How long checks of dependencies hold.
pub(crate) const CHECK_HOLDS: Duration = Duration::from_secs(30);

/// A moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
}

/// An empty state with room for so many deployments.
pub(crate) fn with_room(deployments: usize) -> State {
    State::new(Settings { deployments, ..settings(Expected::default()) })
}

/// An empty state that expects these dependencies, in the order of [`Dependency::ALL`].
pub(crate) fn expecting(dependencies: [bool; 3]) -> State {
    State::new(settings(Expected { dependencies, check_holds: CHECK_HOLDS, lists: [false; 3] }))
}

pub(crate) fn settings(expected: Expected) -> Settings {
    Settings {
        deployments: 10,
        models: 10,
        consumers: 10,
        budgets: 10,
        consumer_labels: Vec::new(),
        window: Duration::from_mins(5),
        expected,
    }
}

/// A deployment of this public model, as a list names it.
pub(crate) const fn listing<'a>(id: &'a str, model: &'a str) -> Listing<'a> {
    Listing { id, model, provider: "p", upstream_model: "u", api_base: "" }
}

/// What a probe found that ended at `seconds`.
pub(crate) fn outcome(level: ProbeLevel, result: Result<(), ErrorKind>, seconds: i64) -> ProbeOutcome {
    ProbeOutcome {
        level,
        at: at(seconds),
        duration: Duration::ZERO,
        result: result.map_err(|kind| ProbeFailure { kind, message: "refused".to_owned() }),
        time_to_first_token: None,
        usage: None,
        retry_after: None,
    }
}

/// Lets connections to this deployment fail from `seconds` on, one a second.
pub(crate) fn unreachable(state: &State, id: &str, times: i64, seconds: i64) {
    for second in seconds..seconds + times {
        let outcome = outcome(ProbeLevel::Connect, Err(ErrorKind::Connect), second);
        state.record_probe(id, &outcome, ProbedBy::Us);
    }
}

/// Lets a connection to this deployment come about.
pub(crate) fn reachable(state: &State, id: &str, seconds: i64) {
    state.record_probe(id, &outcome(ProbeLevel::Connect, Ok(()), seconds), ProbedBy::Us);
}

/// A check of a dependency.
pub(crate) fn checked(state: &State, dependency: Dependency, result: Result<(), &str>, seconds: i64) {
    let result = result.map_err(str::to_owned);
    state.note_dependency(dependency, Check { at: at(seconds), latency: Duration::from_millis(2), result });
}

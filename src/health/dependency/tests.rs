use super::*;
use crate::state::State;
use crate::state::fixtures::{at, checked, expecting};

fn report(state: &State, seconds: i64) -> DependencyReport {
    let [database, _, _] = DependencyReport::all(&state.fleet(at(seconds)));
    database
}

#[test]
fn what_was_never_checked_is_disconnected_without_an_error() {
    let report = report(&expecting([true; 3]), 0);
    assert_eq!((report.state, report.is_up(), report.error()), (DependencyState::Disconnected, Some(false), None));
    assert_eq!((report.checked_at, report.latency, report.last_success_at), (None, None, None));
}

#[test]
fn what_nobody_configured_is_not_there_to_be_missed() {
    let state = expecting([false, true, true]);
    assert_eq!((report(&state, 0).state, report(&state, 0).is_up()), (DependencyState::NotConfigured, None));
    checked(&state, Dependency::Database, Err("refused"), 0);
    assert_eq!((report(&state, 0).state, report(&state, 0).error()), (DependencyState::NotConfigured, None));
}

#[test]
fn an_answer_holds_up_to_the_last_moment_and_then_nobody_is_known_to_be_there() {
    let state = expecting([true; 3]);
    checked(&state, Dependency::Database, Ok(()), 0);
    assert_eq!(report(&state, 30).state, DependencyState::Connected);
    assert_eq!(report(&state, 31).state, DependencyState::Disconnected, "the checker died");
    assert_eq!(report(&state, 31).last_success_at, Some(at(0)));
}

#[test]
fn a_failure_is_told_in_words_while_it_lasts_and_kept_after_it() {
    let state = expecting([true; 3]);
    checked(&state, Dependency::Database, Ok(()), 0);
    checked(&state, Dependency::Database, Err("refused"), 1);
    let failed = report(&state, 1);
    assert_eq!((failed.state, failed.error()), (DependencyState::Disconnected, Some("refused")));
    assert_eq!((failed.checked_at, failed.last_success_at), (Some(at(1)), Some(at(0))));
    checked(&state, Dependency::Database, Ok(()), 2);
    let recovered = report(&state, 2);
    assert_eq!((recovered.state, recovered.error()), (DependencyState::Connected, None));
    assert_eq!((recovered.last_error.as_deref(), recovered.last_success_at), (Some("refused"), Some(at(2))));
    let stale = report(&state, 60);
    assert_eq!((stale.state, stale.error()), (DependencyState::Disconnected, None), "that was another failure");
}

#[test]
fn each_dependency_has_a_verdict_of_its_own() {
    let state = expecting([true, true, false]);
    checked(&state, Dependency::Redis, Ok(()), 0);
    let states = DependencyReport::all(&state.fleet(at(0))).map(|report| (report.dependency, report.state));
    assert_eq!(
        states,
        [
            (Dependency::Database, DependencyState::Disconnected),
            (Dependency::Redis, DependencyState::Connected),
            (Dependency::Gateway, DependencyState::NotConfigured),
        ]
    );
}

use super::*;
use crate::event::{ErrorKind, ProbeLevel};
use crate::state::fixtures::{at, checked, expecting, listing, outcome, reachable, unreachable};
use crate::state::{ProbedBy, State};

fn report(state: &State, seconds: i64) -> Report {
    Report::new(&state.fleet(at(seconds)), &Policy::default(), Readiness::new(false, state.startup()))
}

fn up(state: &State, seconds: i64) -> Vec<(String, Option<bool>)> {
    report(state, seconds).models.into_iter().map(|model| (model.name().to_owned(), model.up)).collect()
}

#[test]
fn a_model_is_up_by_one_that_can_serve_and_down_when_all_are_known_not_to() {
    let state = expecting([false; 3]);
    state.list(&[listing("a", "m"), listing("b", "m")], at(0));
    assert_eq!(up(&state, 0), [("m".to_owned(), None)]);
    unreachable(&state, "a", 3, 0);
    assert_eq!(up(&state, 3), [("m".to_owned(), None)], "of the other nothing is known");
    unreachable(&state, "b", 1, 0);
    assert_eq!(up(&state, 3), [("m".to_owned(), Some(true))], "degraded is up");
    unreachable(&state, "b", 2, 1);
    assert_eq!(up(&state, 3), [("m".to_owned(), Some(false))]);
}

#[test]
fn a_gateway_is_unhealthy_when_a_model_is_down_and_none_is_up() {
    let state = expecting([false; 3]);
    assert!(report(&state, 0).is_healthy(), "nothing is known");
    state.list(&[listing("a", "m"), listing("b", "n"), listing("c", "unknown")], at(0));
    assert!(report(&state, 0).is_healthy(), "of none anything is known");
    unreachable(&state, "a", 3, 0);
    assert!(!report(&state, 3).is_healthy());
    reachable(&state, "b", 3);
    assert!(report(&state, 3).is_healthy(), "one is up");
}

#[test]
fn a_gateway_is_unhealthy_without_something_that_it_depends_on() {
    for dependency in Dependency::ALL {
        let mut expected = [false; 3];
        expected[dependency.index()] = true;
        let state = expecting(expected);
        assert!(!report(&state, 0).is_healthy(), "{dependency:?} was not reached yet");
        checked(&state, dependency, Ok(()), 0);
        assert!(report(&state, 0).is_healthy());
        checked(&state, dependency, Err("refused"), 1);
        assert!(!report(&state, 1).is_healthy(), "{dependency:?} is away");
    }
}

#[test]
fn failures_in_a_row_are_those_of_the_track_that_has_more() {
    let state = expecting([false; 3]);
    state.list(&[listing("a", "m")], at(0));
    unreachable(&state, "a", 2, 0);
    let billed = outcome(ProbeLevel::Completion, Err(ErrorKind::ServerError), 9);
    state.record_probe("a", &billed, ProbedBy::Us);
    let failures = |seconds| report(&state, seconds).deployments[0].consecutive_failures;
    assert_eq!(failures(9), 2);
    for seconds in [10, 11] {
        state.record_probe("a", &outcome(ProbeLevel::Completion, Err(ErrorKind::ServerError), seconds), ProbedBy::Us);
    }
    assert_eq!(failures(11), 3);
    assert_eq!(report(&state, 11).deployments[0].last_check_at, Some(at(11)));
}

#[test]
fn what_is_not_shown_is_gone_unless_its_id_is_shown_by_another_name() {
    let state = expecting([false; 3]);
    state.list(&[listing("a", "m"), listing("b", "m")], at(0));
    state.list(&[listing("a", "renamed")], at(1));
    let report = report(&state, 1);
    let shown: Vec<_> = report.deployments.iter().map(|deployment| deployment.info.model.as_str()).collect();
    assert_eq!((shown, report.gone), (vec!["renamed"], HashSet::from(["b".to_owned()])));
}

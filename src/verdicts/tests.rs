use super::*;
use crate::health::Rule;
use crate::state::Dependency;
use crate::state::fixtures::{at, checked, expecting, listing, reachable, unreachable};

fn report(state: &State, seconds: i64) -> Report {
    Report::new(&state.fleet(at(seconds)), &Policy::default(), Readiness::new(false, state.startup()))
}

/// What is said when one looks at `seconds`.
fn said(seen: &mut Seen, state: &State, seconds: i64) -> Vec<Change> {
    let changes = seen.changes(&report(state, seconds));
    assert_eq!(seen.changes(&report(state, seconds)), [], "each change is said once");
    changes
}

fn subject() -> Subject {
    ("m".to_owned(), "p".to_owned(), "a".to_owned())
}

fn became(from: HealthState, to: HealthState, rule: Rule, error: Option<&str>) -> Change {
    Change::Deployment { subject: subject(), from, to, reason: rule.in_words(), error: error.map(Arc::from) }
}

#[test]
fn nothing_is_said_of_what_is_not_known_yet() {
    let (state, mut seen) = (expecting([true; 3]), Seen::default());
    assert_eq!(said(&mut seen, &state, 0), []);
    state.list(&[listing("a", "m")], at(0));
    assert_eq!(said(&mut seen, &state, 0), []);
}

#[test]
fn each_change_of_a_deployment_is_said_with_its_reason() {
    use HealthState::{Degraded, Healthy, Unhealthy, Unknown};
    let (state, mut seen) = (expecting([false; 3]), Seen::default());
    state.list(&[listing("a", "m")], at(0));
    unreachable(&state, "a", 1, 0);
    let reason = Rule::LatestProbeFailed;
    assert_eq!(said(&mut seen, &state, 1), [became(Unknown, Degraded, reason, Some("refused"))]);
    unreachable(&state, "a", 2, 1);
    let changes =
        [became(Degraded, Unhealthy, Rule::Unreachable, Some("refused")), Change::Health { is_healthy: false }];
    assert_eq!(said(&mut seen, &state, 3), changes);
    reachable(&state, "a", 4);
    reachable(&state, "a", 5);
    let changes = [became(Unhealthy, Healthy, Rule::Reachable, None), Change::Health { is_healthy: true }];
    assert_eq!(said(&mut seen, &state, 5), changes);
    assert_eq!(said(&mut seen, &state, 305), []);
    assert_eq!(said(&mut seen, &state, 306), [became(Healthy, Unknown, Rule::Stale, Some("refused"))]);
}

#[test]
fn a_new_reason_for_the_same_state_is_no_change() {
    let (state, mut seen) = (expecting([false; 3]), Seen::default());
    state.list(&[listing("a", "m")], at(0));
    unreachable(&state, "a", 3, 0);
    said(&mut seen, &state, 3);
    unreachable(&state, "a", 5, 3);
    assert_eq!(said(&mut seen, &state, 8), []);
}

#[test]
fn a_deployment_that_left_the_list_is_said_to_be_gone_whatever_it_was() {
    for is_known in [true, false] {
        let (state, mut seen) = (expecting([false; 3]), Seen::default());
        state.list(&[listing("a", "m")], at(0));
        if is_known {
            reachable(&state, "a", 0);
        }
        said(&mut seen, &state, 0);
        state.list(&[], at(1));
        assert_eq!(said(&mut seen, &state, 1), [Change::Gone { subject: subject() }]);
        state.list(&[listing("a", "m")], at(2));
        let back = became(HealthState::Unknown, HealthState::Healthy, Rule::Reachable, None);
        assert_eq!(said(&mut seen, &state, 2), if is_known { vec![back] } else { vec![] });
    }
}

#[test]
fn each_change_of_a_dependency_is_said_from_its_first_check_on() {
    let (state, mut seen) = (expecting([true, false, false]), Seen::default());
    let dependency =
        |is_up, error: Option<&str>| [Change::Dependency { name: "database", is_up, error: error.map(str::to_owned) }];
    assert_eq!(said(&mut seen, &state, 0), []);
    checked(&state, Dependency::Database, Ok(()), 0);
    assert_eq!(said(&mut seen, &state, 0), dependency(true, None));
    checked(&state, Dependency::Database, Err("refused"), 1);
    let [away] = dependency(false, Some("refused"));
    assert_eq!(said(&mut seen, &state, 1), [away, Change::Health { is_healthy: false }]);
    checked(&state, Dependency::Database, Err("timed out"), 2);
    assert_eq!(said(&mut seen, &state, 2), [], "it is still away");
    checked(&state, Dependency::Database, Ok(()), 3);
    let [back] = dependency(true, None);
    assert_eq!(said(&mut seen, &state, 3), [back, Change::Health { is_healthy: true }]);
    let [silent] = dependency(false, None);
    assert_eq!(said(&mut seen, &state, 34), [silent, Change::Health { is_healthy: false }], "nobody checked for long");
}

#[test]
fn whether_all_is_well_is_said_once_everything_was_checked() {
    let (state, mut seen) = (expecting([true, true, false]), Seen::default());
    checked(&state, Dependency::Database, Err("refused"), 0);
    assert_eq!(said(&mut seen, &state, 0).len(), 1, "of the database alone");
    checked(&state, Dependency::Redis, Ok(()), 0);
    let changes = said(&mut seen, &state, 0);
    assert_eq!(changes.last(), Some(&Change::Health { is_healthy: false }), "{changes:?}");
}

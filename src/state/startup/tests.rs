use super::super::fixtures::{at, checked, expecting, settings};
use super::super::{ListFacts, ListSource, State};
use super::*;

fn is_ready(state: &State) -> (bool, bool) {
    (state.startup().is_database_initialized(), state.startup().is_router_initialized())
}

#[test]
fn what_nobody_configured_is_not_waited_for() {
    assert_eq!(is_ready(&expecting([false, true, true])), (true, true));
    assert_eq!(is_ready(&expecting([true; 3])), (false, true));
}

#[test]
fn the_database_is_initialized_by_its_first_answer_and_for_ever() {
    let state = expecting([true; 3]);
    checked(&state, Dependency::Redis, Ok(()), 0);
    checked(&state, Dependency::Gateway, Ok(()), 0);
    checked(&state, Dependency::Database, Err("refused"), 0);
    assert_eq!(is_ready(&state), (false, true));
    checked(&state, Dependency::Database, Ok(()), 1);
    checked(&state, Dependency::Database, Err("refused"), 2);
    assert_eq!(is_ready(&state), (true, true));
}

#[test]
fn the_router_is_initialized_by_the_first_list_that_is_read_and_for_ever() {
    for source in ListSource::ALL {
        let state = State::new(settings(Expected { lists: [true; 3], ..Expected::default() }));
        let note = |last_success_at| {
            let error = Some("refused".into());
            state.note_list(source, ListFacts { error, last_success_at, deployments: 0 });
        };
        note(None);
        assert_eq!(is_ready(&state), (true, false));
        note(Some(at(0)));
        note(None);
        assert_eq!(is_ready(&state), (true, true));
    }
}

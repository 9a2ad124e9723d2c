use super::super::State;
use super::super::fixtures::{at, listing, unreachable, with_room};
use super::*;

/// Model, standing and failed probes of each row.
fn rows(state: &State, seconds: i64) -> Vec<(String, &'static str, u64)> {
    let fleet = state.fleet(at(seconds));
    let of = |facts: &DeploymentFacts| (facts.info.model.clone(), facts.standing.as_str(), facts.reach.failures);
    fleet.deployments.iter().map(|row| of(row.facts)).collect()
}

#[test]
fn an_id_that_has_to_be_cleaned_keeps_its_row_however_little_room_there_is() {
    for id in ["d\n".to_owned(), "d".repeat(300), "ü".repeat(300)] {
        let state = with_room(1);
        state.list(&[listing(&id, "m")], at(0));
        unreachable(&state, &id, 1, 1);
        state.list(&[listing(&id, "m")], at(2));
        assert_eq!(rows(&state, 2), [("m".to_owned(), "listed", 1)], "{id:?}");
        unreachable(&state, &id, 1, 3);
        assert_eq!(rows(&state, 3), [("m".to_owned(), "listed", 2)], "{id:?} is still found by its own id");
    }
}

#[test]
fn of_two_entries_with_one_id_the_first_is_listed() {
    let state = with_room(10);
    for (first, second) in [("d", "d"), ("d\n", "d\t")] {
        state.list(&[listing(first, "a"), listing(second, "b")], at(0));
        state.list(&[listing(first, "a"), listing(second, "b")], at(1));
        unreachable(&state, first, 1, 2);
        let listed: Vec<_> = rows(&state, 2).into_iter().filter(|(_, standing, _)| *standing == "listed").collect();
        assert_eq!(listed, [("a".to_owned(), "listed", 1)], "a probe counts once");
        state.list(&[], at(3));
    }
}

#[test]
fn the_overflow_row_is_on_no_list_whatever_an_entry_is_called() {
    let state = with_room(1);
    let other = Listing { provider: "other", ..listing("other", "other") };
    state.list(&[other], at(0));
    assert_eq!(rows(&state, 0), [("other".to_owned(), "listed", 0)], "while there is room it is one like others");
    let traffic = &mut *state.traffic.lock();
    let window = traffic.settings.window;
    let deployment = told_by(&listing("a", "a"));
    traffic.deployments.slot(&["a", "p", "a"], |row| Arc::new(DeploymentFacts::new(&deployment, row, window)));
    traffic.list(&[other], at(1));
    let row = traffic.deployments.overflow_row().expect("there was no room");
    assert_eq!(traffic.deployments.at(row).standing, Standing::Unlisted);
    assert!(traffic.probe_view("other").is_none(), "nobody probes what stands for many");
}

#[test]
fn the_place_of_a_row_that_left_is_another_deployments_with_nothing_of_the_first() {
    let state = with_room(1);
    state.list(&[listing("a", "a")], at(0));
    unreachable(&state, "a", 1, 1);
    state.list(&[listing("b", "b")], at(2));
    unreachable(&state, "a", 1, 3);
    assert_eq!(rows(&state, 3), [("b".to_owned(), "listed", 0)]);
    assert!(state.probe_view("a").is_none());
}

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::fixtures::{at, outcome};
use super::*;
use crate::event::ErrorKind;

const FAILED: Result<(), ErrorKind> = Err(ErrorKind::Connect);
const THROTTLED: Result<(), ErrorKind> = Err(ErrorKind::RateLimitedProvider);
const NOBODYS: Result<(), ErrorKind> = Err(ErrorKind::BadRequest);

fn told(outcomes: &[(i64, Result<(), ErrorKind>)]) -> Reach {
    let mut reach = Reach::default();
    for (seconds, result) in outcomes {
        reach.add(&outcome(ProbeLevel::Connect, *result, *seconds));
    }
    reach
}

#[test]
fn a_success_ends_a_row_of_failures() {
    let reach = told(&[(1, FAILED), (2, FAILED), (3, Ok(())), (4, Ok(()))]);
    assert_eq!((reach.failures, reach.successes), (0, 2));
    assert_eq!((reach.last_failure_at, reach.last_success_at), (Some(at(2)), Some(at(4))));
}

#[test]
fn an_outage_is_over_once_enough_successes_came_in_a_row() {
    for (outcomes, is_recovering) in [
        ("", false),
        ("s", false),
        ("fff", false),
        ("fffs", true),
        ("fffss", false),
        ("ffs", false),
        ("fffsfs", true),
        ("fffsffs", true),
        ("fffssfs", false),
        ("sssfffsf", false),
    ] {
        let outcomes: Vec<_> =
            (1..).zip(outcomes.chars().map(|outcome| if outcome == 's' { Ok(()) } else { FAILED })).collect();
        assert_eq!(told(&outcomes).recent.is_recovering(3, 2), is_recovering, "{outcomes:?}");
    }
}

#[test]
fn outages_longer_than_what_is_remembered_are_outages() {
    let mut outcomes: Vec<_> = (1..100).map(|second| (second, FAILED)).collect();
    assert!(!told(&outcomes).recent.is_recovering(80, 2), "it goes on");
    outcomes.push((100, Ok(())));
    assert!(told(&outcomes).recent.is_recovering(60, 2));
    assert!(!told(&outcomes).recent.is_recovering(80, 2), "of so many nobody knows any more: the success counts");
}

#[test]
fn a_refusal_by_the_rate_limit_neither_ends_nor_prolongs_a_row() {
    let reach = told(&[(1, FAILED), (2, THROTTLED), (3, FAILED)]);
    assert_eq!((reach.failures, reach.successes), (2, 0));
    assert_eq!((reach.last_throttled_at, reach.checked_at), (Some(at(2)), Some(at(3))));
    let reach = told(&[(1, Ok(())), (2, THROTTLED), (3, Ok(()))]);
    assert_eq!((reach.failures, reach.successes), (0, 2));
}

#[test]
fn what_speaks_against_nobody_is_no_evidence() {
    assert_eq!(told(&[(1, NOBODYS)]), Reach::default());
    assert_eq!(told(&[(1, Ok(())), (2, NOBODYS)]), told(&[(1, Ok(()))]));
}

#[test]
fn a_refused_key_speaks_against_the_deployment_that_has_it() {
    assert_eq!(told(&[(1, Err(ErrorKind::Auth)), (2, Err(ErrorKind::ModelNotFound))]).failures, 2);
}

/// A clock that is ahead dates several into the future: a reader takes them all as found just now.
#[test]
fn of_the_same_moment_each_counts_in_the_order_in_which_it_is_told() {
    assert_eq!(told(&[(1, FAILED), (1, FAILED)]).failures, 2);
    assert_eq!(told(&[(1, FAILED), (1, Ok(()))]).failures, 0);
}

fn result() -> impl Strategy<Value = Result<(), ErrorKind>> {
    proptest::sample::select(vec![Ok(()), FAILED, THROTTLED, NOBODYS])
}

proptest! {
    /// Nobody probes a deployment twice at once. Only where the lead passes from one replica to another may one outcome be told
    /// after a later one, and that is left out: the next probe says more.
    #[test]
    fn what_is_told_after_something_later_is_left_out(outcomes in vec((0_i64..30, result()), 0..20)) {
        let mut latest = 0;
        let mut in_order = Vec::new();
        for (seconds, result) in outcomes.iter().filter(|(_, result)| *result != NOBODYS) {
            if *seconds >= latest {
                latest = *seconds;
                in_order.push((*seconds, *result));
            }
        }
        prop_assert_eq!(told(&outcomes), told(&in_order));
    }

    #[test]
    fn in_order_it_says_how_the_rows_end(outcomes in vec(result(), 0..40)) {
        let outcomes: Vec<_> = (1..).zip(outcomes).collect();
        let reach = told(&outcomes);
        let said: Vec<bool> = outcomes.iter().filter(|(_, result)| [Ok(()), FAILED].contains(result)).map(|(_, result)| result.is_ok()).collect();
        let at_end = |kind: bool| said.iter().rev().take_while(|is_success| **is_success == kind).count() as u64;
        prop_assert_eq!((reach.failures, reach.successes), (at_end(false), at_end(true)));
        let last = |wanted| outcomes.iter().rev().find(|(_, result)| *result == wanted).map(|(seconds, _)| at(*seconds));
        prop_assert_eq!((reach.last_success_at, reach.last_failure_at, reach.last_throttled_at), (last(Ok(())), last(FAILED), last(THROTTLED)));
        prop_assert_eq!(reach.checked_at, reach.last_success_at.max(reach.last_failure_at).max(reach.last_throttled_at));
    }
}

use super::fixtures::listed;
use super::*;
use crate::event::ProbeLevel;
use crate::state::{ProbedBy, Reach};

const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() - seconds * 1_000_000)
}

fn skipped(listed: &Listed, view: &ProbeView, probes_itself: bool) -> Option<SkipReason> {
    reason_to_skip(listed, view, &Probes::default(), &Policy::default(), probes_itself, NOW)
}

#[test]
fn fresh_traffic_makes_a_probe_needless_until_it_is_older_than_the_freshness() {
    let served = |seconds| ProbeView { last_served_at: Some(ago(seconds)), ..ProbeView::default() };
    assert_eq!(skipped(&listed(), &served(60), true), Some(SkipReason::FreshTraffic));
    assert_eq!(skipped(&listed(), &served(61), true), None);
    assert_eq!(skipped(&listed(), &ProbeView::default(), true), None);
    assert_eq!(skipped(&listed(), &served(-3_600), true), None, "the clock was set back");
}

#[test]
fn a_follower_a_wildcard_and_what_is_switched_off_are_not_probed() {
    let view = ProbeView::default();
    assert_eq!(skipped(&listed(), &view, false), Some(SkipReason::NotLeader));
    let wildcard = Listed { model: "openai/*".into(), ..listed() };
    assert_eq!(skipped(&wildcard, &view, true), Some(SkipReason::NotProbeable));
    let off = Listed { probe: ProbeChoice::Off, ..listed() };
    assert_eq!(skipped(&off, &view, true), Some(SkipReason::Disabled));
    let all_off = Probes { enabled: false, ..Probes::default() };
    let reason = reason_to_skip(&listed(), &view, &all_off, &Policy::default(), true, NOW);
    assert_eq!(reason, Some(SkipReason::Disabled));
}

#[test]
fn a_failure_is_confirmed_soon_and_an_outage_is_asked_for_ever_more_seldom() {
    let after = |failures| {
        let reach = Reach { failures, ..Reach::default() };
        pause(&ProbeView { reach, ..ProbeView::default() }, &Probes::default(), &Policy::default(), NOW).as_secs()
    };
    assert_eq!([0, 1, 2, 3, 4, 5, 6, 1_000].map(after), [60, 5, 5, 60, 120, 240, 240, 240]);
}

#[test]
fn failed_requests_of_long_ago_slow_no_probe_down() {
    let failed = |seconds| ProbeView { failures: 9, answered_at: Some(ago(seconds)), ..ProbeView::default() };
    let pause = |view| pause(&view, &Probes::default(), &Policy::default(), NOW).as_secs();
    assert_eq!(pause(failed(10)), 240);
    assert_eq!(pause(failed(301)), 60);
}

#[test]
fn a_billed_probe_is_due_once_its_interval_is_over() {
    let due = |at| {
        let view = ProbeView { last_billed_at: at, ..ProbeView::default() };
        is_billed_due(&view, &Probes::default(), &Policy::default(), NOW)
    };
    assert_eq!([None, Some(ago(239)), Some(ago(241))].map(due), [true, false, true]);
}

#[test]
fn a_failed_request_is_followed_up_soon_by_one_probe() {
    let after = |failed, checked| {
        let reach = Reach { checked_at: checked, ..Reach::default() };
        let view = ProbeView { failures: 1, answered_at: Some(failed), reach, ..ProbeView::default() };
        pause(&view, &Probes::default(), &Policy::default(), NOW).as_secs()
    };
    assert_eq!([after(ago(2), None), after(ago(2), Some(ago(9))), after(ago(2), Some(ago(1)))], [5, 5, 60]);
}

#[test]
fn a_billed_probe_that_failed_is_confirmed_by_others_of_its_kind() {
    let failed = |failures| {
        let at = Some(ago(2));
        ProbeView { failures, answered_at: at, last_billed_at: at, ..ProbeView::default() }
    };
    let due = |view: &ProbeView| is_billed_due(view, &Probes::default(), &Policy::default(), NOW);
    assert_eq!([0, 1, 2, 3].map(|failures| due(&failed(failures))), [false, true, true, false]);
    // A request that failed since is no reason to spend anything.
    let by_request = ProbeView { last_billed_at: Some(ago(200)), ..failed(1) };
    assert!(!due(&by_request));
}

#[test]
fn in_an_outage_the_turn_comes_when_a_billed_probe_is_due() {
    let pause = |billed| {
        let view =
            ProbeView { failures: 9, answered_at: Some(ago(10)), last_billed_at: billed, ..ProbeView::default() };
        pause(&view, &Probes::default(), &Policy::default(), NOW).as_secs()
    };
    assert_eq!(
        [None, Some(ago(10)), Some(ago(140)), Some(ago(239)), Some(ago(241))].map(pause),
        [240, 230, 100, 5, 240]
    );
}

#[test]
fn a_first_success_after_an_outage_is_confirmed_soon() {
    use crate::state::fixtures::{at, listing, outcome, unreachable, with_room};

    let state = with_room(1);
    state.list(&[listing("d", "m")], at(0));
    unreachable(&state, "d", 3, 1);
    let mut pauses = Vec::new();
    for second in [4, 5] {
        state.record_probe("d", &outcome(ProbeLevel::Models, Ok(()), second), ProbedBy::Us);
        let view = state.probe_view("d").expect("it is listed");
        pauses.push(pause(&view, &Probes::default(), &Policy::default(), at(second)).as_secs());
    }
    assert_eq!(pauses, [5, 60]);
}

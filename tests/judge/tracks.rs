//! Requests and probes together, and what the gateway says itself.

use super::*;

#[test]
fn that_it_can_be_reached_excuses_no_failed_request() {
    let mut subject = Subject::new();
    assert_eq!(subject.failed(1.0).reached(2.0).rule(2.0), Rule::LatestFailed);
    assert_eq!(subject.failed(3.0).failed(4.0).reached(5.0).rule(5.0), Rule::FailuresInARow);
    let mut throttled = Subject::new();
    assert_eq!(throttled.throttled(1.0).reached(2.0).rule(2.0), Rule::Throttled);
}

#[test]
fn trouble_with_reaching_it_counts_when_it_is_newer_than_the_latest_answer() {
    for (served, expected) in
        [(0.9, Rule::Unreachable), (3.0, Rule::Answers), (3.1, Rule::Answers), (2.9, Rule::Unreachable)]
    {
        let mut subject = Subject::new();
        subject.unreached(1.0).unreached(2.0).unreached(3.0).served(served);
        assert_eq!(subject.rule(3.1), expected, "served at {served}, unreachable until 3");
    }
    for (served, expected) in [(1.9, Rule::ProbeThrottled), (2.0, Rule::Answers)] {
        let mut subject = Subject::new();
        subject.probed(ProbeLevel::Models, Some(RateLimitedProvider), 2.0).served(served);
        assert_eq!(subject.rule(2.0), expected, "served at {served}, throttled at 2");
    }
}

#[test]
fn of_both_tracks_the_worse_holds_and_of_two_alike_the_requests() {
    let mut subject = Subject::new();
    subject.served(0.0).unreached(1.0);
    assert_eq!(subject.rule(1.0), Rule::LatestProbeFailed, "worse than healthy");
    subject.failed(2.0);
    assert_eq!(subject.rule(2.0), Rule::LatestFailed, "degraded both");
    subject.unreached(3.0).unreached(4.0);
    assert_eq!(subject.rule(4.0), Rule::Unreachable, "worse than degraded");
    subject.failed(5.0).failed(6.0);
    assert_eq!(subject.rule(6.0), Rule::FailuresInARow, "unhealthy both");
}

#[test]
fn an_outage_that_probes_saw_end_is_over_as_fast_as_probes_say() {
    let mut subject = Subject::new();
    subject.served(0.0).unreached(1.0).unreached(2.0).unreached(3.0);
    assert_eq!(subject.reached(4.0).rule(4.0), Rule::ReachableAgain);
    assert_eq!(subject.reached(5.0).rule(5.0), Rule::Answers);
}

#[test]
fn each_track_grows_stale_by_itself() {
    let mut subject = Subject::new();
    subject.unreached(10.0).unreached(11.0).unreached(12.0).failed(250.0);
    assert_eq!(subject.rule(312.0), Rule::Unreachable);
    assert_eq!(subject.rule(312.001), Rule::LatestFailed, "the probes are too old");
    let mut subject = Subject::new();
    subject.failed(0.0).failed(1.0).failed(2.0).reached(200.0);
    assert_eq!(subject.rule(302.0), Rule::FailuresInARow);
    assert_eq!(subject.rule(302.001), Rule::Reachable, "the requests are too old");
    assert_eq!(subject.rule(500.0), Rule::Reachable);
    assert_eq!(subject.rule(500.001), Rule::Stale);
}

#[test]
fn failures_of_long_ago_are_not_revived_by_something_else_that_is_fresh() {
    let mut subject = Subject::new();
    subject.failed(1.0).failed(2.0).failed(3.0).throttled(3_600.0);
    assert_eq!(subject.rule(3_600.0), Rule::Throttled);
    let mut subject = Subject::new();
    subject.unreached(1.0).unreached(2.0).unreached(3.0);
    subject.probed(ProbeLevel::Models, Some(RateLimitedProvider), 3_600.0);
    assert_eq!(subject.rule(3_600.0), Rule::ProbeThrottled);
    assert_eq!(subject.failed(3_601.0).rule(3_601.0), Rule::LatestFailed);
}

#[test]
fn what_the_gateway_lets_rest_is_degraded_at_best() {
    for (arrange, expected) in [
        ((|_| {}) as fn(&mut Subject), Rule::Cooldown),
        (
            |subject| {
                subject.served(0.0);
            },
            Rule::Cooldown,
        ),
        (
            |subject| {
                subject.reached(0.0);
            },
            Rule::Cooldown,
        ),
        (
            |subject| {
                subject.failed(0.0);
            },
            Rule::LatestFailed,
        ),
        (
            |subject| {
                subject.unreached(0.0);
            },
            Rule::LatestProbeFailed,
        ),
        (
            |subject| {
                subject.failed(0.0).failed(0.1).failed(0.2);
            },
            Rule::FailuresInARow,
        ),
        (
            |subject| {
                subject.unreached(0.0).unreached(0.1).unreached(0.2);
            },
            Rule::Unreachable,
        ),
    ] {
        let mut subject = Subject::new();
        arrange(&mut subject);
        assert_eq!(subject.rests(1.0).rule(1.0), expected);
    }
}

#[test]
fn a_cooldown_holds_half_a_minute_after_it_was_last_seen() {
    let mut subject = Subject::new();
    subject.served(0.0).rests(290.0);
    assert_eq!(subject.rule(300.0), Rule::Cooldown);
    assert_eq!(subject.rule(320.0), Rule::Cooldown, "also when nothing else is fresh");
    assert_eq!(subject.rule(320.001), Rule::Stale);
    subject.served(321.0).rests(321.0);
    subject.state.note_cooldowns(&HashSet::<String>::new(), at(322.0));
    assert_eq!(subject.rule(322.0), Rule::Answers, "it is seen to be over");
}

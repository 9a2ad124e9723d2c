//! What probes say, at the borders of their rules.

use super::*;

#[test]
fn failed_probes_in_a_row_count_from_the_threshold_on() {
    let mut subject = Subject::new();
    for (second, rule) in [(1.0, Rule::LatestProbeFailed), (2.0, Rule::LatestProbeFailed), (3.0, Rule::Unreachable)] {
        assert_eq!(subject.unreached(second).rule(second), rule, "{second}");
    }
}

#[test]
fn after_an_outage_so_many_successes_as_the_recovery_threshold_make_it_reachable() {
    let mut subject = Subject::new();
    subject.unreached(1.0).unreached(2.0).unreached(3.0);
    assert_eq!(subject.reached(4.0).rule(4.0), Rule::ReachableAgain);
    assert_eq!(subject.reached(5.0).rule(5.0), Rule::Reachable);
}

#[test]
fn an_outage_that_flickers_is_not_over() {
    let mut subject = Subject::new();
    subject.unreached(1.0).unreached(2.0).unreached(3.0).reached(4.0).unreached(5.0);
    assert_eq!(subject.reached(6.0).rule(6.0), Rule::ReachableAgain);
    assert_eq!(subject.reached(7.0).rule(7.0), Rule::Reachable);
}

#[test]
fn after_fewer_failures_than_an_outage_has_one_success_is_enough() {
    let mut subject = Subject::new();
    assert_eq!(subject.unreached(1.0).unreached(2.0).reached(3.0).rule(3.0), Rule::Reachable);
}

#[test]
fn a_throttled_probe_degrades_until_the_next_success_and_is_no_failure() {
    let mut subject = Subject::new();
    let throttled = Some(RateLimitedProvider);
    assert_eq!(subject.reached(1.0).probed(ProbeLevel::Models, throttled, 2.0).rule(2.0), Rule::ProbeThrottled);
    for second in [3.0, 4.0, 5.0] {
        subject.probed(ProbeLevel::Models, throttled, second);
    }
    assert_eq!(subject.rule(5.0), Rule::ProbeThrottled, "however often");
    assert_eq!(subject.reached(6.0).rule(6.0), Rule::Reachable);
    subject.unreached(7.0).unreached(8.0).probed(ProbeLevel::Models, throttled, 9.0);
    assert_eq!(subject.rule(9.0), Rule::LatestProbeFailed, "it ended no row");
    assert_eq!(subject.unreached(10.0).rule(10.0), Rule::Unreachable);
}

#[test]
fn what_probes_found_is_fresh_up_to_the_last_moment() {
    for error in [None, Some(ErrorKind::Connect), Some(RateLimitedProvider)] {
        let mut subject = Subject::new();
        subject.probed(ProbeLevel::Models, error, 0.0);
        assert_ne!(subject.judged(&POLICY, 300.0), Unknown, "{error:?}");
        assert_eq!(subject.rule(300.001), Rule::Stale, "{error:?}");
    }
}

#[test]
fn a_refused_key_speaks_against_the_deployment_when_it_is_ours_and_against_nobody_when_it_may_be_a_callers() {
    for kind in [ErrorKind::Auth, ErrorKind::ModelNotFound] {
        let mut requests = Subject::new();
        for second in [1.0, 2.0, 3.0] {
            requests.attempt(Some(kind), second);
        }
        assert_eq!(requests.rule(3.0), Rule::NoEvidence, "{kind:?}");
        for (level, rule) in [(ProbeLevel::Models, Rule::Unreachable), (ProbeLevel::Completion, Rule::FailuresInARow)] {
            let mut probes = Subject::new();
            for second in [1.0, 2.0, 3.0] {
                probes.probed(level, Some(kind), second);
            }
            assert_eq!(probes.rule(3.0), rule, "{kind:?}");
        }
    }
}

#[test]
fn a_probe_that_could_not_be_sent_as_it_is_says_nothing_and_is_told_in_words() {
    for level in ProbeLevel::ALL {
        let mut subject = Subject::new();
        subject.probed(level, Some(BadRequest), 1.0);
        assert_eq!(subject.rule(1.0), Rule::NoEvidence, "{level:?}");
        let last = subject.facts(at(1.0)).last_error.expect("an error");
        assert_eq!((last.kind, &*last.message), (BadRequest, "in words"));
    }
}

#[test]
fn a_billed_probe_is_a_request_and_no_other_is() {
    for level in ProbeLevel::ALL {
        let mut subject = Subject::new();
        subject.probed(level, None, 1.0);
        let expected = if level.is_billed() { Rule::Answers } else { Rule::Reachable };
        assert_eq!(subject.rule(1.0), expected, "{level:?}");
        let facts = subject.facts(at(1.0));
        assert_eq!((facts.requests, facts.last_served_at), (0, None), "it is no traffic");
        subject.failed(2.0).failed(3.0).probed(level, Some(ServerError), 4.0);
        let expected = if level.is_billed() { Rule::FailuresInARow } else { Rule::LatestFailed };
        assert_eq!(subject.rule(4.0), expected, "{level:?} in a row with requests");
        subject.probed(level, None, 5.0);
        assert_eq!(subject.facts(at(5.0)).streak.failures(), if level.is_billed() { 0 } else { 2 }, "{level:?}");
    }
}

//! Every rule: how it comes about, what it decides, what it is called.

use super::*;

/// A history after which this rule decides.
fn example(rule: Rule) -> (Subject, f64) {
    let mut subject = Subject::new();
    match rule {
        Rule::NoEvidence => {}
        Rule::Stale => {
            subject.served(-301.0);
        }
        Rule::FailuresInARow => {
            subject.failed(0.0).failed(0.1).failed(0.2);
        }
        Rule::MostFail | Rule::ManyFail => {
            let failures = if rule == Rule::MostFail { 5 } else { 1 };
            for number in 0..10 {
                // One failure at a time: never a row of three.
                let failed = number % 2 == 0 && number < 2 * failures;
                subject.attempt(failed.then_some(ServerError), f64::from(number) / 10.0);
            }
        }
        Rule::LatestFailed => {
            subject.served(0.0).failed(0.1);
        }
        Rule::Throttled => {
            subject.served(0.0).throttled(0.1);
        }
        Rule::Recovering => {
            subject.failed(0.0).failed(0.1).failed(0.2).served(0.3);
        }
        Rule::Answers => {
            subject.served(0.0);
        }
        Rule::Unreachable => {
            subject.unreached(0.0).unreached(0.1).unreached(0.2);
        }
        Rule::LatestProbeFailed => {
            subject.unreached(0.0);
        }
        Rule::ProbeThrottled => {
            subject.probed(ProbeLevel::Models, Some(RateLimitedProvider), 0.0);
        }
        Rule::ReachableAgain => {
            subject.unreached(0.0).unreached(0.1).unreached(0.2).reached(0.3);
        }
        Rule::Reachable => {
            subject.reached(0.0);
        }
        Rule::Cooldown => {
            subject.rests(0.0);
        }
    }
    (subject, 1.0)
}

#[test]
fn every_rule_decides_on_something() {
    for rule in Rule::ALL {
        let (subject, now) = example(rule);
        assert_eq!(subject.rule(now), rule);
    }
}

#[test]
fn every_rule_has_a_name_and_words_of_its_own() {
    let names: HashSet<&str> = Rule::ALL.into_iter().map(Rule::as_str).collect();
    let words: HashSet<&str> = Rule::ALL.into_iter().map(Rule::in_words).collect();
    assert_eq!((names.len(), words.len()), (Rule::ALL.len(), Rule::ALL.len()));
}

#[test]
fn the_worse_of_two_rules_is_the_same_whichever_comes_first_but_for_those_alike() {
    for (one, other) in Rule::ALL.into_iter().flat_map(|one| Rule::ALL.map(|other| (one, other))) {
        let (worse, other_way) = (one.worse(other), other.worse(one));
        assert_eq!(worse.state(), other_way.state(), "{one:?} and {other:?}");
        if one.state() == other.state() {
            assert_eq!((worse, other_way), (one, other));
        }
        if one.state() == Unknown {
            assert_eq!(worse.state(), other.state(), "what is unknown decides nothing");
        }
    }
}

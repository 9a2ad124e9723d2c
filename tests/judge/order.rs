//! What is promised of the order of telling: requests and billed probes may be told in any, unbilled probes of one deployment are told
//! as they came.

use proptest::prelude::*;

use super::*;

/// One's own are told as they end, and never late.
const BY: ProbedBy = ProbedBy::AnotherReplica;

/// Something that became of a deployment.
#[derive(Debug, Clone, Copy)]
enum Told {
    Request(Option<ErrorKind>),
    Billed(Option<ErrorKind>),
    Unbilled(Option<ErrorKind>),
}

/// What became of it, and when, in seconds.
type History = Vec<(f64, Told)>;

fn told() -> impl Strategy<Value = Told> {
    let kinds = [None, None, Some(ServerError), Some(ServerError), Some(RateLimitedProvider), Some(BadRequest)];
    let error = || proptest::sample::select(kinds.to_vec());
    prop_oneof![
        3 => error().prop_map(Told::Request),
        2 => error().prop_map(Told::Billed),
        2 => error().prop_map(Told::Unbilled),
    ]
}

/// The deployment of which all this was told, and then judged at the end of it.
fn subject(history: &[(f64, Told)]) -> Subject {
    let mut subject = Subject::new();
    for (seconds, told) in history {
        match *told {
            Told::Request(error) => subject.told(error, *seconds, at(200.0)),
            Told::Billed(error) => subject.probed_by(BY, ProbeLevel::Completion, error, *seconds),
            Told::Unbilled(error) => subject.probed_by(BY, ProbeLevel::Connect, error, *seconds),
        };
    }
    subject
}

/// A history, and the same in another order.
fn in_any_order() -> impl Strategy<Value = (History, History)> {
    // No more than a streak remembers.
    let history = proptest::collection::vec(told(), 0..16);
    let history =
        history.prop_map(|history| (0..).map(|number| f64::from(number) * 12.0).zip(history).collect::<History>());
    history.prop_flat_map(|history| (Just(history.clone()), Just(history).prop_shuffle())).prop_map(
        |(history, shuffled)| {
            let is_unbilled = |told: &(f64, Told)| matches!(told.1, Told::Unbilled(_));
            let mut in_order = history.iter().copied().filter(is_unbilled);
            let kept = |told: (f64, Told)| if is_unbilled(&told) { in_order.next().expect("as many") } else { told };
            let shuffled = shuffled.into_iter().map(kept).collect();
            (history, shuffled)
        },
    )
}

proptest! {
    #[test]
    fn requests_and_billed_probes_in_any_order_come_to_one_verdict((history, shuffled) in in_any_order(), later in 180.0..520.0) {
        let (one, other) = (subject(&history), subject(&shuffled));
        prop_assert_eq!(one.rule(later), other.rule(later));
        prop_assert_eq!(one.judged(&BY_RATIO, later), other.judged(&BY_RATIO, later));
        let (one, other) = (one.facts(at(later)), other.facts(at(later)));
        prop_assert_eq!(one.answered_at, other.answered_at);
        prop_assert_eq!(one.last_served_at, other.last_served_at);
        prop_assert_eq!(one.probes, other.probes);
        prop_assert_eq!(one.last_error, other.last_error);
    }
}

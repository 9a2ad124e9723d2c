use std::time::Duration;

use super::*;
use crate::event::{AttemptKey, Caller, Cost, Delivery, Deployment, ErrorKind, Outcome, RequestEvent, Twins, Usage};

/// 2026-11-24T10:20:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_795_515_600_000_000);

fn ago(age: Duration) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() - i64::try_from(age.as_micros()).expect("a short time"))
}

/// A success of this model that began at `started_at` and cost so many picodollars.
fn event(model: &str, started_at: Timestamp, picos: u128) -> RequestEvent<'_> {
    let deployment = Deployment {
        id: "d".into(),
        model: model.into(),
        provider: "p".into(),
        upstream_model: "u".into(),
        api_base: "".into(),
        rate_limits: None,
    };
    RequestEvent {
        fallback_from: None,
        attempt: AttemptKey::of(&[model]),
        twins: Twins::default(),
        call: None,
        reach: Reach::Deployment(deployment),
        outcome: Outcome::Success,
        started_at,
        ended_at: started_at,
        first_token_at: None,
        delivery: Delivery::Whole,
        usage: Usage::default(),
        cost: Cost::Booked(Usd::from_all_picos(picos)),
        gateway_overhead: None,
        caller: Caller::default(),
        budgets: Vec::new(),
        trace_id: None,
        retries: 0,
        fallbacks: 0,
    }
}

fn failed(event: RequestEvent<'_>) -> RequestEvent<'_> {
    RequestEvent { outcome: Outcome::Failure { kind: ErrorKind::Timeout, message: None }, ..event }
}

fn of(ledger: &Ledger, hour: UtcHour, model: &str) -> Option<Counted> {
    ledger.hours(hour, hour.plus(1)).find_map(|hour| hour.models.get(model).copied())
}

fn counted(requests: u64, unstored: u64, picos: u128) -> Counted {
    Counted { requests, unstored, cost: Usd::from_all_picos(picos) }
}

fn all(ledger: &Ledger) -> Vec<CountedHour> {
    ledger.hours(UtcHour::from_number(0), UtcHour::from_number(i64::MAX)).collect()
}

#[test]
fn an_attempt_counts_in_the_hour_in_which_it_began_to_the_millisecond() {
    let mut ledger = Ledger::new(10);
    let hour = UtcHour::of(NOW);
    let micros = |before: i64| Timestamp::from_micros(hour.beginning().as_micros() - before);
    for (before, picos) in [(501, 1), (500, 10), (0, 100)] {
        ledger.record(&event("m", micros(before), picos), false, NOW);
    }
    assert_eq!(of(&ledger, hour.plus(-1), "m"), Some(counted(1, 0, 1)));
    assert_eq!(of(&ledger, hour, "m"), Some(counted(2, 0, 110)), "as the spend log rounds it");
    ledger.record(&event("m", hour.plus(5).beginning(), 1_000), false, NOW);
    assert_eq!(of(&ledger, hour, "m"), Some(counted(3, 0, 1_110)), "no hour to come");
}

#[test]
fn what_the_gateway_keeps_under_no_model_is_other() {
    let mut ledger = Ledger::new(10);
    let plain = event("m", NOW, 1);
    let reaches = [
        Reach::Refused { requested_model: "m".into() },
        Reach::NoModel,
        Reach::GatewayHealthCheck,
        Reach::Cache { model: "".into(), saved: Usd::ZERO },
    ];
    for reach in reaches {
        ledger.record(&RequestEvent { reach, ..plain.clone() }, false, NOW);
    }
    ledger.record(&RequestEvent { reach: Reach::Cache { model: "m".into(), saved: Usd::ZERO }, ..plain }, false, NOW);
    assert_eq!(of(&ledger, UtcHour::of(NOW), OVERFLOW), Some(counted(4, 0, 4)));
    assert_eq!(of(&ledger, UtcHour::of(NOW), "m"), Some(counted(1, 0, 1)));
}

#[test]
fn a_failure_may_have_no_row_until_one_tells_it() {
    let mut ledger = Ledger::new(10);
    let hour = UtcHour::of(NOW);
    ledger.record(&failed(event("m", NOW, 0)), false, NOW);
    ledger.record(&failed(event("m", NOW, 0)), false, NOW);
    ledger.record(&failed(event("m", NOW, 0)), true, NOW);
    ledger.record(&event("m", NOW, 0), false, NOW);
    assert_eq!(of(&ledger, hour, "m"), Some(counted(4, 2, 0)));
    ledger.note_row(&failed(event("m", NOW, 0)), NOW);
    ledger.note_row(&event("m", NOW, 0), NOW);
    ledger.surcharge(&event("m", NOW, 5), Usd::from_all_picos(5), NOW);
    assert_eq!(of(&ledger, hour, "m"), Some(counted(4, 1, 5)));
}

#[test]
fn models_and_hours_are_bounded_and_nothing_is_lost_of_an_hour() {
    let mut ledger = Ledger::new(2);
    for (model, picos) in [("a", 1), ("b", 2), ("c", 4), ("d", 8), ("a", 16)] {
        ledger.record(&event(model, NOW, picos), false, NOW);
    }
    let hour = all(&ledger).pop().expect("one hour");
    assert_eq!(hour.models.keys().collect::<Vec<_>>(), ["a", "b", OVERFLOW]);
    assert_eq!(of(&ledger, hour.hour, OVERFLOW), Some(counted(2, 0, 12)));
    let long_ago = |days: u64| event("a", ago(Duration::from_hours(24 * days)), 1);
    ledger.record(&long_ago(36), false, NOW);
    assert_eq!(all(&ledger).len(), 1, "too long ago");
    ledger.record(&long_ago(34), false, NOW);
    assert_eq!(all(&ledger).len(), 2);
    let in_two_days = Timestamp::from_micros(NOW.as_micros() + 2 * 86_400_000_000);
    ledger.record(&event("a", in_two_days, 1), false, in_two_days);
    assert_eq!(all(&ledger).len(), 2, "one is new, one is gone");
    ledger.most_buckets = 1;
    for passed in 1..4 {
        let later = Timestamp::from_micros(in_two_days.as_micros() + passed * 3_600_000_000);
        ledger.record(&event("a", later, 1), false, later);
    }
    assert_eq!(ledger.buckets, 2, "hours of too many models are kept for less long");
    assert_eq!(all(&ledger).len(), 2);
}

#[test]
fn what_changed_is_told_once_and_makes_the_same_ledger_again() {
    let mut ledger = Ledger::new(10);
    ledger.gather_changes();
    let large = u128::from(u64::MAX) * 3;
    ledger.record(&event("a", ago(Duration::from_hours(30)), large), false, NOW);
    ledger.record(&failed(event("b", NOW, 7)), false, NOW);
    let mut restored = Ledger::new(10);
    for (key, value) in ledger.changes() {
        restored.restore(&key, &value.expect("nothing is gone"));
    }
    assert_eq!(all(&restored), all(&ledger));
    assert_eq!((restored.counting_since(), restored.buckets), (Some(NOW), 2));
    assert_eq!(ledger.changes(), []);
    ledger.record(&event("b", NOW, 1), false, NOW);
    let changes = ledger.changes();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].0, [&UtcHour::of(NOW).number().to_be_bytes()[..], b"b"].concat());
    let in_35_days = Timestamp::from_micros(NOW.as_micros() + 35 * 86_400_000_000);
    ledger.record(&event("b", in_35_days, 1), false, in_35_days);
    let gone: Vec<_> = ledger.changes().into_iter().filter(|(_, value)| value.is_none()).map(|(key, _)| key).collect();
    assert_eq!(gone, [key(UtcHour::of(ago(Duration::from_hours(30))), "a")]);
}

#[test]
fn what_was_not_written_by_us_restores_nothing() {
    let mut ledger = Ledger::new(10);
    let value = counted(1, 0, 1).encode();
    for (key, value) in [
        (&b""[..], &value[..]),
        (b"\0\0\0\0\0\0\0", &value),
        (b"\0\0\0\0\0\0\0\x01\xff", &value),
        (b"\0\0\0\0\0\0\0\x01m", &value[1..]),
        (SINCE_KEY, b"yesterday"),
    ] {
        ledger.restore(key, value);
    }
    assert_eq!((all(&ledger), ledger.counting_since()), (Vec::new(), None));
}

#[test]
fn what_is_not_to_be_kept_gathers_nothing() {
    let mut ledger = Ledger::new(10);
    ledger.record(&event("a", NOW, 1), false, NOW);
    assert_eq!(ledger.changes(), []);
}

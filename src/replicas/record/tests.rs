use super::*;
use proptest::prelude::*;

fn failed() -> Finding {
    let failure = ProbeFailure { kind: ErrorKind::Timeout, message: "no answer within 10s".into() };
    let outcome = ProbeOutcome {
        level: ProbeLevel::Models,
        at: Timestamp::from_micros(1_790_000_000_000_001),
        duration: Duration::from_secs(10),
        result: Err(failure),
        time_to_first_token: None,
        usage: None,
        retry_after: None,
    };
    Finding { deployment: "gpt-4/azure".into(), outcome }
}

fn encoded(finding: &Finding) -> String {
    finding.encode(&ReplicaId::of_this_process(), 7)
}

#[test]
fn an_entry_can_be_read_by_an_operator() {
    let json: serde_json::Value = serde_json::from_str(&encoded(&failed())).expect("JSON");
    assert_eq!(json["deployment"], "gpt-4/azure");
    assert_eq!(json["level"], "models");
    assert_eq!(json["at_us"], 1_790_000_000_000_001_i64);
    assert_eq!(json["duration_us"], 10_000_000);
    assert_eq!((&json["ok"], &json["kind"]), (&false.into(), &"timeout".into()));
    assert_eq!(json["message"], "no answer within 10s");
    assert_eq!(json["fence"], 7);
    assert!(json.get("tokens").is_none(), "nothing was billed");
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let later = encoded(&failed()).replacen('{', r#"{"region":"eu","#, 1);
    assert_eq!(Shared::decode(later.as_bytes()).map(|shared| shared.finding), Some(failed()));
}

#[test]
fn what_is_no_entry_is_not_read() {
    let good = encoded(&failed());
    assert!(Shared::decode(good.as_bytes()).is_some());
    for (what, replacement) in [
        (r#""level":"models""#, r#""level":"telepathy""#),
        (r#""kind":"timeout""#, r#""kind":"bored""#),
        (r#""kind":"timeout""#, r#""kind":"content_filter""#),
        (r#""ok":false"#, r#""ok":true"#),
        (r#""at_us":1"#, r#""at_us":-1"#),
        (r#""fence":7"#, r#""fence":7,"tokens":3"#),
        (r#""fence":7"#, r#""fence":7,"tokens":3,"cost_picousd":-5"#),
        (r#""fence":7"#, r#""fence":"7""#),
        ("}", ""),
    ] {
        let bad = good.replace(what, replacement);
        assert_ne!(bad, good, "{what} is written otherwise");
        assert_eq!(Shared::decode(bad.as_bytes()), None, "{bad}");
    }
    for bad in [&b""[..], b"null", b"[]", b"{}", &[0xff, 0xfe]] {
        assert_eq!(Shared::decode(bad), None, "{bad:?}");
    }
}

fn duration() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_micros)
}

fn result() -> impl Strategy<Value = Result<(), ProbeFailure>> {
    let failure = (prop::sample::select(ErrorKind::OF_PROBES.to_vec()), any::<String>())
        .prop_map(|(kind, message)| ProbeFailure { kind, message });
    prop_oneof![Just(Ok(())), failure.prop_map(Err)]
}

fn usage() -> impl Strategy<Value = Option<ProbeUsage>> {
    let cost = (0..2_000_000_000_000_000_i64).prop_map(|picos| Usd::from_picos(picos).expect("not negative"));
    prop::option::of((any::<u64>(), cost).prop_map(|(tokens, cost)| ProbeUsage { tokens, cost }))
}

prop_compose! {
    fn outcome()(
        level in prop::sample::select(ProbeLevel::ALL.to_vec()),
        at in 0..i64::MAX,
        duration in duration(),
        result in result(),
        time_to_first_token in prop::option::of(duration()),
        usage in usage(),
        retry_after in prop::option::of(duration()),
    ) -> ProbeOutcome {
        ProbeOutcome { level, at: Timestamp::from_micros(at), duration, result, time_to_first_token, usage, retry_after }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(deployment: String, outcome in outcome(), fence: u64) {
        let finding = Finding { deployment, outcome };
        let replica = ReplicaId::of_this_process();
        let shared = Shared::decode(finding.encode(&replica, fence).as_bytes());
        prop_assert_eq!(shared, Some(Shared { finding, replica: replica.as_str().to_owned(), fence }));
    }

    #[test]
    fn no_bytes_are_too_strange(bytes: Vec<u8>) {
        Shared::decode(&bytes);
    }
}

#[test]
fn an_entry_is_recognised_whatever_the_lease_under_which_it_was_written() {
    let shared = |fence: u64, at: i64| {
        let outcome = ProbeOutcome {
            level: ProbeLevel::Connect,
            at: Timestamp::from_micros(at),
            duration: Duration::from_millis(3),
            result: Ok(()),
            time_to_first_token: None,
            usage: None,
            retry_after: None,
        };
        Shared { finding: Finding { deployment: "d".into(), outcome }, replica: "r".into(), fence }
    };
    assert_eq!(shared(1, 1).key(), shared(2, 1).key());
    assert_ne!(shared(1, 1).key(), shared(1, 2).key());
}

use super::*;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + micros)
}

fn news(deployment: &str) -> News {
    News {
        deployment: Deployment {
            id: deployment.to_owned().into(),
            model: "any {text}: \"even\" this".into(),
            provider: "p".into(),
            upstream_model: "p/u".into(),
            api_base: "https://example.org".into(),
            rate_limits: None,
        },
        seen_at: at(9_000_000),
        served: Times { latest: vec![at(1), at(7_000_000)], earlier: 0, since: None },
        failed: Times { latest: (0..16).map(at).collect(), earlier: 5, since: Some(at(-40)) },
        last_throttled_at: Some(at(17)),
        outcomes: vec![(at(-3_000_000), OutcomeCounts { served: 2, failed: 21, throttled: 1 })],
        last_error: Some(LastError {
            kind: ErrorKind::Timeout,
            message: "no \u{201c}answer\u{201d}".into(),
            at: at(15),
        }),
    }
}

fn decoded(entries: &[String]) -> Vec<News> {
    let entries = entries.iter().map(|json| Entry::decode(json.as_bytes()).expect("an entry"));
    entries.flat_map(|entry| entry.news).collect()
}

#[test]
fn everything_about_news_arrives() {
    let news = [news("a"), News { last_error: None, last_throttled_at: None, outcomes: Vec::new(), ..news("b") }];
    let entries = encode(&news, &ReplicaId::of_this_process(), &mut 0);
    assert_eq!(entries.len(), 1);
    assert_eq!(decoded(&entries), news);
}

#[test]
fn much_is_split_and_each_part_has_its_own_number() {
    let many: Vec<News> = (0..500).map(|number| news(&format!("d{number}"))).collect();
    let mut number = 7;
    let entries = encode(&many, &ReplicaId::of_this_process(), &mut number);
    assert!((2..100).contains(&entries.len()), "{}", entries.len());
    assert!(entries.iter().all(|entry| entry.len() < 2 * SPLIT_AT), "none is much larger than it should be");
    assert_eq!(number, 7 + entries.len() as u64);
    let keys: std::collections::HashSet<u64> =
        entries.iter().map(|json| Entry::decode(json.as_bytes()).expect("an entry").key()).collect();
    assert_eq!(keys.len(), entries.len());
    assert_eq!(decoded(&entries), many);
}

#[test]
fn nothing_is_no_entry() {
    assert!(encode(&[], &ReplicaId::of_this_process(), &mut 0).is_empty());
}

#[test]
fn an_entry_of_another_version_is_read_as_far_as_it_is_understood() {
    let json = r#"{"replica":"r","number":1,"more":[],"news":[
        {"deployment":"a","model":"m","provider":"p","seen_us":9,"mood":"good"},
        {"deployment":"b","model":"m"},
        {"deployment":"c","model":"m","provider":"p","seen_us":-1},
        {"deployment":"d","model":"m","provider":"p","seen_us":9,"error":{"kind":"mood","message":"","ago":0}}]}"#;
    let entry = Entry::decode(json.as_bytes()).expect("an entry");
    let known: Vec<&str> = entry.news.iter().map(|news| &*news.deployment.id).collect();
    assert_eq!((known, entry.garbage), (vec!["a", "d"], 2));
    assert_eq!(entry.news[1].last_error, None);
}

#[test]
fn what_is_no_entry_is_none() {
    for json in ["", "{}", "nonsense", r#"{"replica":"r","number":-1,"news":[]}"#, r#"{"replica":"r","number":1}"#] {
        assert_eq!(Entry::decode(json.as_bytes()), None, "{json}");
    }
    let endless = format!(r#"{{"replica":"{}","number":1,"news":[]}}"#, "r".repeat(MAX_BYTES));
    assert_eq!(Entry::decode(endless.as_bytes()), None);
}

#[test]
fn no_more_is_taken_from_an_entry_than_a_replica_tells() {
    let (times, slots) = (vec!["5"; 1_000].join(","), vec!["[1,1,1,1]"; 1_000].join(","));
    let json = format!(
        r#"{{"replica":"r","number":1,"news":[{{"deployment":"a","model":"m","provider":"p","seen_us":9,
        "failed":{{"ago":[{times}],"earlier":[18446744073709551615,18446744073709551615]}},"slots":[{slots}]}}]}}"#
    );
    let entry = Entry::decode(json.as_bytes()).expect("an entry");
    let news = &entry.news[0];
    assert_eq!((news.failed.latest.len(), news.outcomes.len()), (Times::MOST, News::MOST_SLOTS));
    assert_eq!(news.failed.since, Some(Timestamp::from_micros(0)));
}

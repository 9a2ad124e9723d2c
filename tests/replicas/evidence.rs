//! What was found: told by the leader, heard once by each replica, whatever happens to the stream.

use std::time::{Duration, Instant};

use llm_exporter::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, Timestamp, Usd};
use llm_exporter::replicas::{EvidenceReader, EvidenceWriter, Finding, Lease, Published, ReplicaId, Settings, Shared};
use redis::aio::MultiplexedConnection;

use super::peer::{LEASE, MAX_ENTRIES, Peer, STALE_AFTER, found, settings, settle, time};
use super::server::Server;

const STREAM: &str = "{llm_exporter}:probe_evidence";

/// An entry as an older version wrote it: what is in a stream outlives an update.
fn entry(deployment: &str, at: Timestamp) -> String {
    let at = at.as_micros();
    format!(
        r#"{{"deployment":"{deployment}","level":"connect","at_us":{at},"duration_us":9,"ok":true,"replica":"r","fence":1}}"#
    )
}

/// Writes entries with these ids, past the lease.
async fn write(server: &Server, entries: &[(&str, &str)]) {
    for (id, deployment) in entries {
        let json = entry(deployment, Timestamp::from_micros(1_790_000_000_000_000));
        server.ask::<()>(&["XADD", STREAM, id, "json", &json]).await;
    }
}

fn reader() -> EvidenceReader {
    EvidenceReader::new("", MAX_ENTRIES, STALE_AFTER, Duration::from_secs(5))
}

/// Reads all there is.
async fn read_all(reader: &mut EvidenceReader, conn: &mut MultiplexedConnection) -> (Vec<Shared>, u64) {
    let (mut evidence, mut garbage) = (Vec::new(), 0);
    loop {
        let batch = reader.read(conn, time()).await.expect("Redis answers");
        evidence.extend(batch.evidence);
        garbage += batch.garbage;
        if !batch.has_more {
            return (evidence, garbage);
        }
    }
}

fn deployments(evidence: &[Shared]) -> Vec<&str> {
    evidence.iter().map(|shared| shared.finding.deployment.as_str()).collect()
}

/// A writer with a lease that lasts as long as the test.
struct Writer {
    lease: Lease,
    writer: EvidenceWriter,
}

impl Writer {
    async fn new(conn: &mut MultiplexedConnection, max_entries: usize) -> Self {
        let lease = Lease::new("", ReplicaId::of_this_process(), Duration::from_mins(10));
        lease.try_acquire(conn).await.expect("the lease is free");
        Self { lease, writer: EvidenceWriter::new("", max_entries) }
    }

    async fn tell(&self, conn: &mut MultiplexedConnection, findings: &[Finding]) {
        let published = self.writer.append(conn, &self.lease, 1, findings).await;
        assert_eq!(published, Ok(Published::Written));
    }
}

#[tokio::test]
async fn what_the_leader_finds_is_heard_once_by_each_replica() {
    let server = Server::start();
    let (mut leader, mut follower) = settle(Peer::new(), Peer::new(), &server).await;
    leader.lead(&server).await;
    for batch in [&[found("a"), found("b")][..], &[found("c")]] {
        leader.lead(&server).await;
        assert_eq!(leader.publish(Instant::now(), batch).await, Published::Written);
    }
    assert_eq!(follower.hear(3, &server).await, ["a", "b", "c"]);
    assert_eq!(leader.hear(3, &server).await, ["a", "b", "c"], "the leader hears itself too");
    follower.tick(&server).await;
    assert_eq!(follower.heard.len(), 3, "and nobody hears anything twice");
}

#[tokio::test]
async fn everything_about_a_finding_arrives() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let failure =
        ProbeFailure { kind: ErrorKind::RateLimitedProvider, message: "429: \u{201c}slow\ndown\u{201d}".into() };
    let outcome = ProbeOutcome {
        level: ProbeLevel::Completion,
        at: time(),
        duration: Duration::from_micros(1_234_567),
        result: Err(failure),
        time_to_first_token: Some(Duration::from_micros(7)),
        usage: Some(ProbeUsage { tokens: 71, cost: Usd::from_f64(0.000_123_456_789).expect("a price") }),
        retry_after: Some(Duration::from_secs(30)),
    };
    let finding = Finding { deployment: "any {text}: \"even\" this".into(), outcome };
    let writer = Writer::new(&mut conn, MAX_ENTRIES).await;
    writer.tell(&mut conn, std::slice::from_ref(&finding)).await;
    let (evidence, _) = read_all(&mut reader(), &mut conn).await;
    assert_eq!(evidence.len(), 1);
    assert_eq!((&evidence[0].finding, evidence[0].fence), (&finding, 1));
    assert!(!evidence[0].is_from(&ReplicaId::of_this_process()), "another replica wrote it");
}

#[tokio::test]
async fn a_replica_can_tell_what_it_told_itself() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let id = ReplicaId::of_this_process();
    let lease = Lease::new("", id.clone(), 60 * LEASE);
    lease.try_acquire(&mut conn).await.expect("the lease is free");
    let published = EvidenceWriter::new("", MAX_ENTRIES).append(&mut conn, &lease, 1, &[found("d")]).await;
    assert_eq!(published, Ok(Published::Written));
    let (evidence, _) = read_all(&mut reader(), &mut conn).await;
    assert!(evidence[0].is_from(&id));
}

#[tokio::test]
async fn a_newcomer_hears_at_once_what_is_not_stale() {
    let server = Server::start();
    let now = u64::try_from(time().as_micros() / 1000).expect("after 1970");
    let minutes_ago = |minutes: u64| format!("{}-0", now - minutes * 60_000);
    write(&server, &[(&minutes_ago(9), "stale"), (&minutes_ago(3), "recent"), (&minutes_ago(0), "new")]).await;
    let mut newcomer = Peer::new();
    newcomer.tick(&server).await;
    assert_eq!(newcomer.heard, ["recent", "new"], "in its first tick");
}

#[tokio::test]
async fn a_newcomer_hears_the_history_of_a_server_whose_clock_is_behind() {
    let server = Server::start();
    write(&server, &[("1000000-0", "stale"), ("1600000-0", "recent"), ("1700000-0", "new")]).await;
    let (evidence, _) = read_all(&mut reader(), &mut server.connect().await).await;
    assert_eq!(deployments(&evidence), ["recent", "new"]);
}

#[tokio::test]
async fn what_a_clock_that_is_ahead_dates_into_the_future_counts_as_found_now() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let mut finding = found("d");
    finding.outcome.at = Timestamp::from_micros(time().as_micros() + 3_600_000_000);
    Writer::new(&mut conn, MAX_ENTRIES).await.tell(&mut conn, &[finding.clone(), finding]).await;
    let (evidence, _) = read_all(&mut reader(), &mut conn).await;
    assert_eq!(evidence.len(), 1, "and is recognised by what it says");
    assert!(evidence[0].finding.outcome.at <= time());
}

#[tokio::test]
async fn a_long_history_is_read_in_portions_and_in_order() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let names: Vec<String> = (0..1_300).map(|index| format!("d{index}")).collect();
    let findings: Vec<Finding> = names.iter().map(|name| found(name)).collect();
    Writer::new(&mut conn, MAX_ENTRIES).await.tell(&mut conn, &findings).await;
    let mut reader = reader();
    let first = reader.read(&mut conn, time()).await.expect("Redis answers");
    assert!(first.has_more && first.evidence.len() < 1_000, "a portion is {}", first.evidence.len());
    let (rest, _) = read_all(&mut reader, &mut conn).await;
    let all = [first.evidence, rest].concat();
    assert_eq!(deployments(&all), names);
}

#[tokio::test]
async fn a_stream_is_trimmed_and_a_slow_reader_goes_on_with_what_is_left() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let writer = Writer::new(&mut conn, 200).await;
    let mut reader = reader();
    writer.tell(&mut conn, &[found("first")]).await;
    assert_eq!(deployments(&read_all(&mut reader, &mut conn).await.0), ["first"]);
    let many: Vec<Finding> = (0..1_000).map(|index| found(&format!("d{index}"))).collect();
    writer.tell(&mut conn, &many).await;
    let kept: usize = server.ask(&["XLEN", STREAM]).await;
    assert!((200..500).contains(&kept), "{kept} entries were kept");
    let (evidence, _) = read_all(&mut reader, &mut conn).await;
    assert_eq!(evidence.len(), kept);
    assert_eq!(deployments(&evidence).last(), Some(&"d999"));
}

#[tokio::test]
async fn garbage_is_passed_over_and_counted() {
    let server = Server::start();
    let mut conn = server.connect().await;
    for garbage in [&b"nonsense"[..], b"", b"{}", &[0xff, 0xfe, 0x00]] {
        let added = redis::cmd("XADD").arg(STREAM).arg("*").arg("json").arg(garbage).exec_async(&mut conn).await;
        added.expect("Redis takes anything");
    }
    let fields = redis::cmd("XADD").arg(STREAM).arg("*").arg(&[0xff_u8][..]).arg("json").exec_async(&mut conn).await;
    fields.expect("Redis takes anything");
    Writer::new(&mut conn, MAX_ENTRIES).await.tell(&mut conn, &[found("good")]).await;
    let (evidence, garbage) = read_all(&mut reader(), &mut conn).await;
    assert_eq!((deployments(&evidence), garbage), (vec!["good"], 5));
}

#[tokio::test]
async fn findings_that_are_told_twice_are_heard_once() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let writer = Writer::new(&mut conn, MAX_ENTRIES).await;
    let findings = [found("a"), found("b")];
    writer.tell(&mut conn, &findings).await;
    writer.tell(&mut conn, &findings).await;
    let (evidence, garbage) = read_all(&mut reader(), &mut conn).await;
    assert_eq!((deployments(&evidence), garbage), (vec!["a", "b"], 0));
}

#[tokio::test]
async fn a_stream_that_went_back_in_time_is_read_from_its_beginning_and_nothing_twice() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let mut reader = reader();
    write(&server, &[("9000-0", "a"), ("9000-1", "b")]).await;
    assert_eq!(deployments(&read_all(&mut reader, &mut conn).await.0), ["a", "b"]);
    server.ask::<()>(&["DEL", STREAM]).await;
    assert!(read_all(&mut reader, &mut conn).await.0.is_empty(), "a stream that is gone");
    // A backup, and what came after it: ids are lower than what was read last.
    write(&server, &[("5000-0", "a"), ("5000-1", "c")]).await;
    assert_eq!(deployments(&read_all(&mut reader, &mut conn).await.0), ["c"]);
    write(&server, &[("5000-2", "d")]).await;
    assert_eq!(deployments(&read_all(&mut reader, &mut conn).await.0), ["d"]);
}

#[tokio::test]
async fn a_stream_expires_a_day_after_the_last_entry() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let writer = Writer::new(&mut conn, MAX_ENTRIES).await;
    writer.tell(&mut conn, &[found("a")]).await;
    server.ask::<()>(&["EXPIRE", STREAM, "100"]).await;
    writer.tell(&mut conn, &[found("b")]).await;
    let seconds: u64 = server.ask(&["TTL", STREAM]).await;
    assert!((86_300..=86_400).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn something_else_in_the_place_of_the_stream_is_an_error_and_no_outage() {
    let server = Server::start();
    server.ask::<()>(&["SET", STREAM, "mine"]).await;
    let mut peer = Peer::of(&Settings { lease_time: 60 * LEASE, ..settings() });
    peer.lead(&server).await;
    let error = peer.errors.first().expect("it could not read");
    assert!(error.starts_with("redis did not tell what the probes found: "), "{error}");
    assert!(error.to_lowercase().contains("wrong kind"), "{error}");
}

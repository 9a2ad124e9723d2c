//! `POST /ingest/litellm` of the real binary: what it takes, what it refuses and how it says so.
//!
//! What an event means for the metrics is shown elsewhere; here an event is something that is counted once.

mod support;

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use support::deadline::{PATIENCE, poll};
use support::events::{Event, array, event, ndjson};
use support::exporter::{Exporter, Launch};
use support::http::{Connection, Request, Response};

const PATH: &str = "/ingest/litellm";
const KIB: usize = 1024;
const REASONS: [&str; 9] = [
    "no_token_configured",
    "unauthorized",
    "body_too_large",
    "bad_encoding",
    "body_incomplete",
    "not_json",
    "too_many_pushes",
    "too_many_scrapes",
    "internal",
];

// What is taken.

#[test]
fn an_array_lines_and_single_objects_are_taken() {
    let exporter = Exporter::start();
    let bodies = [
        array(&[event("m"), event("m")]),
        ndjson(&[event("m"), event("m")]),
        event("m").json() + &event("m").json(),
        format!("\u{feff}\r\n\t {}", ndjson(&[event("m"), event("m")])),
    ];
    for body in bodies {
        let answer = exporter.post(PATH, body);
        assert_eq!(answer.text(), r#"{"accepted":2,"duplicates":0,"rejected":0}"#);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    }
    assert_eq!(exporter.push(event("m").json()), summary(1, 0, 0));
    assert_eq!(exporter.push("[]"), summary(0, 0, 0), "LiteLLM may flush an empty queue");
    assert_eq!(taken(&exporter), 9.0);
}

#[test]
fn gzip_is_unpacked() {
    let exporter = Exporter::start();
    for packed in [
        gzip(array(&[event("m"), event("m")])),
        gzip(ndjson(&[event("m"), event("m")])),
        [gzip(event("m").json()), gzip(event("m").json())].concat(),
    ] {
        for coding in ["gzip", "GZIP"] {
            let answer = exporter.send(&push(packed.clone()).header("Content-Encoding", coding));
            assert_eq!(answer.status, 200, "{}", answer.text());
            let answer = answer.json();
            assert_eq!(answer["accepted"].as_u64().max(answer["duplicates"].as_u64()), Some(2), "{answer}");
        }
    }
    assert_eq!(taken(&exporter), 6.0);
    let plain = exporter.send(&push(event("m").json()).header("Content-Encoding", "identity"));
    assert_eq!(plain.status, 200, "{}", plain.text());
}

#[test]
fn the_content_tells_the_format_and_no_header_does() {
    let exporter = Exporter::start();
    let content_types = [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/json"),
        Some("application/x-ndjson"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("no media type"),
    ];
    for content_type in content_types {
        for body in [array(&[event("m")]), ndjson(&[event("m")])] {
            let request = match content_type {
                None => push(body),
                Some(content_type) => push(body).header("Content-Type", content_type),
            };
            let answer = exporter.send(&request);
            assert_eq!((answer.status, answer.json()), (200, summary(1, 0, 0)), "{content_type:?}");
        }
    }
}

#[test]
fn a_body_in_chunks_is_taken() {
    let exporter = Exporter::start();
    let body = array(&[event("m"), event("m")]);
    let (first, second) = body.split_at(body.len() / 2);
    let mut connection = begin(&exporter, "Transfer-Encoding: chunked");
    for piece in [first, second, ""] {
        connection.write(chunk(piece.as_bytes()).as_slice()).expect("the exporter reads on");
    }
    assert_eq!(answer_of(connection).json(), summary(2, 0, 0));
}

#[test]
fn a_body_in_tiny_chunks_is_taken_and_takes_no_more_memory_than_it_is_long() {
    let exporter = Exporter::start();
    let body = padded(&event("m"), 2 * KIB * KIB);
    let before = most_memory_in_kib(&exporter);
    let mut connection = begin(&exporter, "Transfer-Encoding: chunked");
    for some in body.chunks(64 * KIB) {
        let chunks: Vec<u8> = some.chunks(1).flat_map(chunk).collect();
        connection.write(&chunks).expect("the exporter reads on");
    }
    connection.write(&chunk(b"")).expect("the exporter reads on");
    assert_eq!(answer_of(connection).json(), summary(1, 0, 0));
    let grown = most_memory_in_kib(&exporter) - before;
    assert!(grown < 16 * 1024, "2 MiB, byte by byte, took {grown} KiB of memory");
}

#[test]
fn one_bad_event_does_not_stop_the_batch() {
    let exporter = Exporter::start();
    let elements = [
        event("m").json(),
        "7".to_owned(),
        event("m").with("/status", "perhaps").json(),
        r#"{"id": oops}"#.to_owned(),
        event("m").with("/id", Value::Null).with("/litellm_call_id", Value::Null).json(),
        event("m").with("/endTime", "yesterday").json(),
        event("m").json(),
    ];
    assert_eq!(exporter.push(format!("[{}]", elements.join(","))), summary(2, 0, 5));

    let metrics = exporter.metrics();
    for reason in ["syntax", "not_an_object", "missing_id", "unknown_status", "bad_time"] {
        let labels = [("source", "litellm_callback"), ("reason", reason)];
        assert_eq!(metrics.value("llm_source_rejected_total", &labels), Some(1.0), "{reason}");
    }
    assert_eq!(taken(&exporter), 2.0);
}

#[test]
fn a_body_that_was_cut_off_gives_the_events_before_the_cut() {
    let exporter = Exporter::start();
    let whole = array(&[event("m"), event("m")]);
    let between = whole.strip_suffix(']').expect("an array");
    assert_eq!(exporter.push(between), summary(2, 0, 1));

    let within = array(&[event("m"), event("m")]);
    let answer = exporter.push(&within[..within.len() - 100]);
    assert_eq!(answer["accepted"], 1, "{answer}");
    assert!(answer["rejected"].as_u64() >= Some(1), "{answer}");
    assert_eq!(taken(&exporter), 3.0);
}

#[test]
fn an_event_that_is_sent_again_is_a_duplicate_in_whatever_body_it_comes() {
    let exporter = Exporter::start();
    let (first, second) = (event("m"), event("m"));
    assert_eq!(exporter.push(array(&[first.clone(), second.clone(), first.clone()])), summary(2, 1, 0));
    assert_eq!(exporter.push(ndjson(&[second.clone(), event("m")])), summary(1, 1, 0));
    let packed = push(gzip(first.json())).header("Content-Encoding", "gzip");
    assert_eq!(exporter.send(&packed).json(), summary(0, 1, 0));

    let source = [("source", "litellm_callback")];
    let metrics = exporter.metrics();
    assert_eq!(metrics.value("llm_source_events_total", &source), Some(3.0));
    assert_eq!(metrics.value("llm_source_duplicates_total", &source), Some(3.0));
    assert_eq!(metrics.sum("llm_requests_total", &[]), 3.0);
}

#[test]
fn the_version_that_the_gateway_says_it_is_appears_everywhere() {
    let exporter = Exporter::start();
    exporter.push(event("m").json());
    assert_eq!(exporter.get("/health").json()["litellm_version"], Value::Null);
    assert_eq!(exporter.metrics().samples("llm_gateway_info").count(), 0, "unknown is absent");

    let refused = exporter.send(&push("no JSON").header("User-Agent", "litellm/0.0.1"));
    assert_eq!(refused.status, 400);
    for agent in ["curl/8.0", "litellm/1.109.1"] {
        assert_eq!(exporter.send(&push(event("m").json()).header("User-Agent", agent)).status, 200);
    }
    assert_eq!(exporter.get("/health").json()["litellm_version"], "1.109.1");
    assert_eq!(exporter.get("/health/services").json()["gateway"]["version"], "1.109.1");
    let metrics = exporter.metrics();
    assert_eq!(metrics.value("llm_gateway_info", &[("version", "1.109.1")]), Some(1.0));
    assert_eq!(metrics.samples("llm_gateway_info").count(), 1);
}

#[test]
fn the_source_is_up_while_its_latest_delivery_could_be_taken() {
    let exporter = Exporter::start();
    let up = || exporter.metrics().value("llm_source_up", &[("source", "litellm_callback")]);
    assert_eq!(up(), None, "nothing is known before the first delivery");
    exporter.push(event("m").json());
    assert_eq!(up(), Some(1.0));
    assert_eq!(exporter.post(PATH, "no JSON").status, 400);
    assert_eq!(up(), Some(0.0));
    exporter.push("[7]");
    assert_eq!(up(), Some(1.0), "a batch of one bad event was read");
}

// What is refused.

#[test]
fn a_body_that_is_no_json_is_refused_with_line_and_column() {
    let exporter = Exporter::start();
    let answer = exporter.post(PATH, "\n\n  hello");
    let sentence =
        "the body is no JSON: expected value at line 3 column 3; send a JSON array, NDJSON or a single object";
    assert_eq!(answer.json(), json!({ "error": sentence }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_refused(&exporter, &answer, 400, "not_json");
}

#[test]
fn an_empty_body_is_refused() {
    let exporter = Exporter::start();
    let sentence = "the body is no JSON: it is empty at line 1 column 1; send a JSON array, NDJSON or a single object";
    let answer = exporter.post(PATH, "");
    assert_eq!(answer.json(), json!({ "error": sentence }));
    assert_refused(&exporter, &answer, 400, "not_json");
    assert_eq!(exporter.post(PATH, " \r\n\t").status, 400);
}

#[test]
fn a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent() {
    let exporter = Launch::default().config("ingest: {max_body: 64KiB}").start();
    let largest = padded(&event("m"), 64 * KIB);
    assert_eq!(exporter.push(largest.clone()), summary(1, 0, 0));
    // Only the head: an answer can't have waited for the body.
    let answer = answer_of(begin(&exporter, &format!("Content-Length: {}", largest.len() + 1)));
    let sentence = "the body is larger than 65536 bytes: send smaller batches, or raise ingest.max_body";
    assert_eq!(answer.json(), json!({ "error": sentence }));
    assert_refused(&exporter, &answer, 413, "body_too_large");
}

#[test]
fn a_client_that_sends_a_body_that_is_too_large_still_gets_the_answer() {
    let exporter = Launch::default().config("ingest: {max_body: 64KiB}").start();
    let answer = exporter.post(PATH, vec![b' '; 8 * KIB * KIB]);
    assert_refused(&exporter, &answer, 413, "body_too_large");
    assert_eq!(exporter.push(event("m").json()), summary(1, 0, 0));
}

#[test]
fn a_body_in_chunks_is_refused_as_soon_as_it_is_too_large() {
    let exporter = Launch::default().config("ingest: {max_body: 64KiB}").start();
    let mut connection = begin(&exporter, "Transfer-Encoding: chunked");
    let piece = chunk(&[b' '; 16 * KIB]);
    for _ in 0..5 {
        connection.write(&piece).expect("the exporter reads up to its limit");
    }
    // The last chunk never comes.
    assert_refused(&exporter, &answer_of(connection), 413, "body_too_large");
}

#[test]
fn a_small_body_that_unpacks_to_a_huge_one_is_refused_while_it_is_unpacked() {
    let exporter = Launch::default().config("ingest: {max_body: 1MiB}").start();
    let bomb = gzip(vec![b' '; KIB * KIB]).repeat(256);
    assert!(bomb.len() < KIB * KIB, "small enough to be received: {}", bomb.len());
    let before = most_memory_in_kib(&exporter);
    let answer = exporter.send(&push(bomb).header("Content-Encoding", "gzip"));
    assert_refused(&exporter, &answer, 413, "body_too_large");
    let grown = most_memory_in_kib(&exporter) - before;
    assert!(grown < 64 * 1024, "256 MiB were unpacked into {grown} KiB of memory");
}

#[test]
fn gzip_that_is_broken_is_refused() {
    let packed = gzip(event("m").json());
    let truncated = packed[..packed.len() / 2].to_vec();
    let mut corrupt = packed.clone();
    corrupt[packed.len() / 2] ^= 0xff;
    for broken in [truncated, corrupt, event("m").json().into_bytes(), Vec::new()] {
        let exporter = Exporter::start();
        let answer = exporter.send(&push(broken).header("Content-Encoding", "gzip"));
        assert_refused(&exporter, &answer, 400, "bad_encoding");
        assert_eq!(answer.json(), json!({ "error": "the body can't be unpacked: send it plain or as gzip" }));
        assert_eq!(taken(&exporter), 0.0);
    }
}

#[test]
fn an_encoding_that_is_not_known_is_refused() {
    for coding in ["br", "zstd", "gzip, gzip", "nonsense"] {
        let exporter = Exporter::start();
        let answer = exporter.send(&push(event("m").json()).header("Content-Encoding", coding));
        assert_refused(&exporter, &answer, 400, "bad_encoding");
        assert_eq!(taken(&exporter), 0.0, "{coding}");
    }
}

#[test]
fn other_methods_are_told_which_one_to_use() {
    let exporter = Exporter::start();
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = exporter.send(&Request::new(method, PATH));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

// Who may push.

#[test]
fn a_wrong_token_is_refused_even_from_this_machine() {
    let exporter = Launch::default().environment("LLM_EXPORTER__INGEST__TOKEN", "the-right-one").start();
    let with = |header: &str| exporter.send(&push(event("m").json()).header("Authorization", header));
    let answer = with("Bearer the-wrong-one");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let sentence =
        "the token is missing or wrong: send the one from ingest.token_file as 'Authorization: Bearer TOKEN'";
    assert_eq!(answer.json(), json!({ "error": sentence }));
    assert_refused(&exporter, &answer, 401, "unauthorized");

    for wrong in ["Basic the-right-one", "the-right-one", "Bearer", "Bearer the-right-one2", "Bearer the-right-on"] {
        assert_eq!(with(wrong).status, 401, "{wrong}");
    }
    for right in ["Bearer the-right-one", "bearer the-right-one"] {
        assert_eq!(with(right).json(), summary(1, 0, 0), "{right}");
    }
    assert_eq!(exporter.push(event("m").json()), summary(1, 0, 0), "this machine needs none");
    assert!(!exporter.log().contains("the-right-one"), "{}", exporter.log());
}

#[test]
fn another_machine_without_a_configured_token_is_told_what_to_set() {
    let Some((exporter, address)) = reached_from_elsewhere(Launch::default()) else { return };
    for request in [push(event("m").json()), push(event("m").json()).header("Authorization", "Bearer guess")] {
        let answer = request.send(address).expect("an answer");
        let sentence = "pushes from other machines need a token: set ingest.token_file (or LLM_EXPORTER__INGEST__TOKEN) \
                        and send it as 'Authorization: Bearer TOKEN'";
        assert_eq!((answer.status, answer.json()), (403, json!({ "error": sentence })));
    }
    let scrape = Request::new("GET", "/metrics").send(address).expect("an answer");
    assert_eq!(scrape.status, 200, "reading needs no token");
    let labels = [("reason", "no_token_configured")];
    assert_eq!(exporter.metrics().value("llm_exporter_refused_requests_total", &labels), Some(2.0));
    assert_eq!(taken(&exporter), 0.0);
    assert_eq!(exporter.metrics().samples("llm_source_up").count(), 0, "a stranger says nothing about the source");
}

#[test]
fn another_machine_may_push_with_the_token_and_only_with_it() {
    let launch = Launch::default().environment("LLM_EXPORTER__INGEST__TOKEN", "the-right-one");
    let Some((exporter, address)) = reached_from_elsewhere(launch) else { return };
    let without = push(event("m").json()).send(address).expect("an answer");
    assert_eq!(without.header("www-authenticate"), Some("Bearer"));
    assert_refused(&exporter, &without, 401, "unauthorized");
    let with = push(event("m").json()).header("Authorization", "Bearer the-right-one");
    assert_eq!(with.send(address).expect("an answer").json(), summary(1, 0, 0));
}

#[test]
fn a_stranger_is_refused_before_its_body_is_read() {
    let Some((_exporter, address)) = reached_from_elsewhere(Launch::default()) else { return };
    let mut connection = Connection::open(address).expect("it listens");
    connection.write(head("Content-Length: 1000000").as_bytes()).expect("it reads");
    assert_eq!(answer_of(connection).status, 403);
}

// Slow clients.

#[test]
fn too_many_bytes_in_flight_are_refused_until_there_is_room_again() {
    let exporter = Launch::default().config("ingest: {max_body: 1MiB, max_in_flight: 1MiB}").start();
    let (mut slow, outstanding) = slow_push(&exporter);

    let refused = exporter.post(PATH, padded(&event("big"), 500 * KIB));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(
        refused.json(),
        json!({ "error": "too many bodies are being received: send again after the time in Retry-After, or raise \
                          ingest.max_in_flight" })
    );
    assert_refused(&exporter, &refused, 503, "too_many_pushes");
    assert_eq!(exporter.push(event("small").json()), summary(1, 0, 0), "a small one still fits");
    assert_eq!(exporter.get("/health/liveliness").status, 200);

    slow.write(&outstanding).expect("the slow sender is not cut off");
    assert_eq!(answer_of(slow).json(), summary(1, 0, 0), "what was being received is not given up");
    assert_eq!(in_flight(&exporter), Some(0.0));
    exporter.push(padded(&event("after"), 1024 * KIB));
}

#[test]
fn a_body_as_large_as_may_be_is_unpacked_whatever_else_is_in_flight() {
    let exporter = Launch::default().config("ingest: {max_body: 1MiB, max_in_flight: 1MiB}").start();
    let packed = || push(gzip(padded(&event("m"), 1024 * KIB))).header("Content-Encoding", "gzip");
    let answer = exporter.send(&packed());
    assert_eq!((answer.status, answer.json()), (200, summary(1, 0, 0)), "there is nothing else");

    let (mut slow, outstanding) = slow_push(&exporter);
    let answer = exporter.send(&packed());
    assert_eq!((answer.status, answer.json()), (200, summary(1, 0, 0)), "what was received is not given up");

    slow.write(&outstanding).expect("the exporter reads on");
    assert_eq!(answer_of(slow).json(), summary(1, 0, 0));
    assert_eq!(in_flight(&exporter), Some(0.0));
}

#[test]
fn a_body_that_never_ends_is_given_up() {
    let config = "ingest: {max_body: 1MiB, max_in_flight: 1MiB, body_timeout: 200ms}";
    let exporter = Launch::default().config(config).start();
    let mut connection = begin(&exporter, "Content-Length: 1000000");
    connection.write(&[b' '; 900 * KIB]).expect("the exporter reads");
    let answer = connection.read_answer("POST").expect("an answer, though the body is not complete");
    assert_eq!(answer.json(), json!({ "error": "the body did not arrive in time: send it again" }));
    assert_refused(&exporter, &answer, 408, "body_incomplete");
    connection.read_answer("POST").expect_err("the connection is closed");
    exporter.push(padded(&event("m"), 1024 * KIB));
}

#[test]
fn a_body_that_breaks_off_is_counted_and_its_room_is_free_again() {
    let exporter = Launch::default().config("ingest: {max_body: 1MiB, max_in_flight: 1MiB}").start();
    let mut connection = begin(&exporter, "Content-Length: 1000000");
    connection.write(&[b' '; 900 * KIB]).expect("the exporter reads");
    drop(connection);
    exporter.wait_until("the broken body is counted", PATIENCE, |exporter| {
        exporter.metrics().value("llm_exporter_refused_requests_total", &[("reason", "body_incomplete")]) == Some(1.0)
    });
    exporter.push(padded(&event("m"), 1024 * KIB));
}

#[test]
fn a_client_that_is_slow_with_its_headers_is_cut_off() {
    let exporter = Exporter::start();
    let mut slow = Connection::open(exporter.address()).expect("it listens");
    slow.write(b"POST /ingest/litellm HTTP/1.1\r\nHost: x\r\nX-Slow: ").expect("it reads");
    let answer = slow.read_answer("POST").expect("an answer, though the head is not complete");
    assert_eq!(answer.status, 408);
    slow.read_answer("POST").expect_err("the connection is closed");
    assert_eq!(exporter.get("/health/liveliness").status, 200);
}

// What the tests ask for and look at.

fn summary(accepted: u64, duplicates: u64, rejected: u64) -> Value {
    json!({ "accepted": accepted, "duplicates": duplicates, "rejected": rejected })
}

fn in_flight(exporter: &Exporter) -> Option<f64> {
    exporter.metrics().value("llm_exporter_ingest_in_flight_bytes", &[])
}

fn taken(exporter: &Exporter) -> f64 {
    exporter.metrics().sum("llm_source_events_total", &[])
}

/// The first refusal of this exporter: with this status, counted under this reason and no other.
fn assert_refused(exporter: &Exporter, answer: &Response, status: u16, reason: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let metrics = exporter.metrics();
    for each in REASONS {
        let expected = if each == reason { 1.0 } else { 0.0 };
        let counted = metrics.value("llm_exporter_refused_requests_total", &[("reason", each)]);
        assert_eq!(counted, Some(expected), "{each}");
    }
}

/// The most memory that its process ever had, in KiB.
fn most_memory_in_kib(exporter: &Exporter) -> u64 {
    let process = procfs::process::Process::new(exporter.process_id().cast_signed());
    let status = process.and_then(|process| process.status()).expect("it runs");
    status.vmhwm.expect("the kernel counts memory")
}

fn push(body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", PATH).body(body)
}

fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body.as_ref()).expect("a vector takes bytes");
    encoder.finish().expect("a vector takes bytes")
}

/// One event as a body of exactly this many bytes.
fn padded(event: &Event, length: usize) -> Vec<u8> {
    let mut body = event.json().into_bytes();
    body.resize(length, b' ');
    body
}

fn head(length: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n")
}

/// A push of which only the head has been sent; `length` is the header that tells how the body ends.
fn begin(exporter: &Exporter, length: &str) -> Connection {
    let mut connection = Connection::open(exporter.address()).expect("it listens");
    connection.write(head(length).as_bytes()).expect("it reads");
    connection
}

/// A push of 900 KiB of which 800 have arrived, and what is outstanding. Not before they have: who comes first has the room,
/// and another one is refused.
fn slow_push(exporter: &Exporter) -> (Connection, Vec<u8>) {
    let mut body = padded(&event("slow"), 900 * KIB);
    let outstanding = body.split_off(800 * KIB);
    let mut slow = begin(exporter, &format!("Content-Length: {}", 900 * KIB));
    slow.write(&body).expect("the exporter reads");
    exporter
        .wait_until("what was sent has arrived", PATIENCE, |exporter| in_flight(exporter) == Some(body.len() as f64));
    (slow, outstanding)
}

fn answer_of(mut connection: Connection) -> Response {
    connection.read_answer("POST").expect("an answer")
}

/// One chunk of a chunked body; without bytes the last one.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// An exporter that also listens on an address of this machine that is not loopback, so that whoever connects there
/// comes from elsewhere. `None`, and a loud line, on a machine without one: then there is the unit test of `auth`.
fn reached_from_elsewhere(launch: Launch) -> Option<(Exporter, SocketAddr)> {
    let Some(host) = address_of_this_machine() else {
        let skipped = b"\nSKIPPED: pushes from another address: this machine has only loopback\n\n";
        std::io::stderr().write_all(skipped).expect("stderr is open");
        return None;
    };
    let exporter = launch.argument("--listen").argument(&SocketAddr::new(host, 0).to_string()).start();
    let announced = poll(PATIENCE, || {
        let log = exporter.log();
        let mut lines = log.lines().filter_map(|line| line.split_once(&format!("listening on http://{host}:")));
        lines.next().and_then(|(_, port)| port.parse().ok())
    });
    let port = announced.unwrap_or_else(|| panic!("it does not listen on {host}\n{}", exporter.log()));
    Some((exporter, SocketAddr::new(host, port)))
}

/// The address from which this machine would speak to another one. Nothing is sent.
fn address_of_this_machine() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    // TEST-NET-2 of RFC 5737: nobody's address.
    socket.connect(("198.51.100.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

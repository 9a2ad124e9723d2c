//! How the real binary ends: nothing new is taken, what is in flight is finished, and it is gone in time.

mod support;

use std::io::ErrorKind;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use support::deadline::{PATIENCE, poll};
use support::events::{Event, array, event};
use support::exporter::{Exporter, Launch};
use support::http::{Connection, Request};

/// How often actix looks whether its connections are done, and some patience for a busy machine.
const SOON: Duration = Duration::from_secs(8);
/// More than [`SOON`], so that what ends by itself can be told from what is cut off.
const LONG_GRACE: &str = "shutdown: {delay: 0s, grace: 20s}";
/// More than any test waits.
const LONG_DELAY: &str = "shutdown: {delay: 10m, grace: 10m}";

#[test]
fn each_signal_ends_it_with_success() {
    for signal in ["TERM", "INT"] {
        let mut exporter = Launch::default().config(LONG_GRACE).start();
        exporter.push(array(&[event("m")]));
        exporter.signal(signal);
        let status = exporter.wait_exit(SOON);
        assert_eq!(status.code(), Some(0), "SIG{signal}: {status}\n{}", exporter.log());
        let log = exporter.log();
        assert!(log.contains(&format!("SIG{signal}")) && log.contains("stopped"), "{log}");
        assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
    }
}

#[test]
fn what_is_in_flight_when_the_signal_comes_is_answered() {
    for signal in ["TERM", "INT"] {
        let mut exporter = Launch::default().config(LONG_GRACE).start();
        let body = array(&[event("m"), event("m")]);
        let (arrived, outstanding) = body.split_at(body.len() / 2);
        let mut push = begin(&exporter, body.len());
        push.write(arrived.as_bytes()).expect("it reads");
        await_reading(&exporter);

        exporter.signal(signal);
        await_not_accepting(&exporter);
        push.write(outstanding.as_bytes()).expect("it still reads");
        let answer = push.read_answer("POST").expect("an answer");
        assert_eq!((answer.status, answer.json()), (200, json!({"accepted": 2, "duplicates": 0, "rejected": 0})));
        assert_eq!(answer.header("connection"), Some("close"), "the client is told to go elsewhere");
        assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "SIG{signal}\n{}", exporter.log());
    }
}

#[test]
fn it_says_that_it_is_not_ready_before_it_stops_accepting() {
    let mut exporter = Launch::default().config(LONG_DELAY).start();
    let mut kept_alive = begin(&exporter, 2);
    kept_alive.write(b"[]").expect("it reads");
    assert_eq!(kept_alive.read_answer("POST").expect("an answer").status, 200);

    exporter.sigterm();
    exporter.wait_until("it says that it is not ready", PATIENCE, |exporter| {
        exporter.get("/health/readiness").status == 503
    });
    assert_eq!(exporter.get("/health/readiness").json()["status"], "not_ready");
    assert_eq!(exporter.metrics().value("llm_ready", &[]), Some(0.0));
    assert_eq!(exporter.get("/health/liveliness").status, 200, "nobody should kill it for that");
    assert_eq!(exporter.push(array(&[event("m")])), json!({"accepted": 1, "duplicates": 0, "rejected": 0}));

    kept_alive.write(b"GET /health/readiness HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    let answer = kept_alive.read_answer("GET").expect("an answer");
    assert_eq!((answer.status, &answer.json()["status"]), (503, &json!("not_ready")));

    exporter.sigterm();
    assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "{}", exporter.log());
}

#[test]
fn it_stops_accepting_after_the_delay() {
    let delay = Duration::from_millis(700);
    let mut exporter = Launch::default().config("shutdown: {delay: 700ms, grace: 20s}").start();
    let body = array(&[event("m")]);
    let mut push = begin(&exporter, body.len());
    await_reading(&exporter);
    let signalled = Instant::now();
    exporter.sigterm();
    await_not_accepting(&exporter);
    assert!(signalled.elapsed() >= delay, "it did not wait: {:?}", signalled.elapsed());
    push.write(body.as_bytes()).expect("it still reads");
    assert_eq!(push.read_answer("POST").expect("an answer").status, 200);
    assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "{}", exporter.log());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for config in [LONG_DELAY, "shutdown: {delay: 0s, grace: 10m}"] {
        for (first, second) in [("TERM", "TERM"), ("TERM", "INT"), ("INT", "TERM")] {
            let mut exporter = Launch::default().config(config).start();
            let mut push = begin(&exporter, 1_000_000);
            await_reading(&exporter);
            exporter.signal(first);
            // Not before: two signals of one kind that come together are one.
            exporter.wait_until("it saw the first one", PATIENCE, |exporter| exporter.log().contains("stopping"));
            exporter.signal(second);
            assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "SIG{first} SIG{second}\n{}", exporter.log());
            let log = exporter.log();
            assert!(log.contains("a second signal: what was still in flight was cut off"), "{log}");
            push.read_answer("POST").expect_err("there was no time to answer");
        }
    }
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let mut exporter = Launch::default().config(LONG_GRACE).start();
    let mut idle: Vec<Connection> = (0..20).map(|_| begin(&exporter, 2)).collect();
    for connection in &mut idle {
        connection.write(b"[]").expect("it reads");
        let answer = connection.read_answer("POST").expect("an answer");
        assert_eq!((answer.status, answer.header("connection")), (200, None), "a pusher may keep its connection");
    }
    exporter.sigterm();
    assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "{}", exporter.log());
}

#[test]
fn a_body_that_never_ends_does_not_hold_it_longer_than_the_grace() {
    let grace = Duration::from_millis(1500);
    let mut exporter = Launch::default().config("shutdown: {delay: 0s, grace: 1500ms}").start();
    let mut push = begin(&exporter, 1_000_000);
    push.write(b"[").expect("it reads");
    await_reading(&exporter);
    let signalled = Instant::now();
    exporter.sigterm();
    let status = exporter.wait_exit(SOON);
    assert_eq!(status.code(), Some(0), "{}", exporter.log());
    assert!(signalled.elapsed() >= grace, "it did not have the grace: {:?}", signalled.elapsed());
    assert!(exporter.log().contains("what was still in flight was cut off"), "{}", exporter.log());
    push.read_answer("POST").expect_err("what was cut off is not answered as if it had been taken");
}

#[test]
fn without_a_grace_it_ends_at_once() {
    let mut exporter = Launch::default().config("shutdown: {delay: 10m, grace: 0s}").start();
    let mut push = begin(&exporter, 1_000_000);
    await_reading(&exporter);
    exporter.sigterm();
    assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "{}", exporter.log());
    assert!(exporter.log().contains("what was still in flight was cut off"), "{}", exporter.log());
    push.read_answer("POST").expect_err("there was no time to answer");
}

#[test]
fn no_push_that_was_answered_is_lost_under_load() {
    const PUSHERS: usize = 4;
    const BATCH: u64 = 5;
    const ENOUGH: u64 = 300;
    let mut exporter = Launch::default().config(LONG_GRACE).start();
    let (sent, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0));
    let (scrapes, is_stopping) = (AtomicU64::new(0), AtomicBool::new(false));

    // Until nobody answers any more; whatever is answered must be whole and right.
    let push = || {
        loop {
            let batch: Vec<Event> = (0..BATCH).map(|_| event("m")).collect();
            sent.fetch_add(BATCH, Ordering::SeqCst);
            let request = Request::new("POST", "/ingest/litellm").body(array(&batch));
            match request.send(exporter.address()) {
                Ok(answer) => {
                    assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(BATCH)), "{}", answer.text());
                    acknowledged.fetch_add(BATCH, Ordering::SeqCst);
                }
                Err(error) => {
                    assert!(is_stopping.load(Ordering::SeqCst), "a push was not answered: {error}");
                    return;
                }
            }
        }
    };
    let scrape = || {
        loop {
            let at_least = acknowledged.load(Ordering::SeqCst);
            let Ok(answer) = Request::new("GET", "/metrics").send(exporter.address()) else {
                assert!(is_stopping.load(Ordering::SeqCst), "a scrape was not answered");
                return;
            };
            assert_eq!(answer.status, 200, "{}", answer.text());
            let counted = events_total(answer.text());
            assert!((at_least..=sent.load(Ordering::SeqCst)).contains(&counted), "{counted} of {at_least} or more");
            scrapes.fetch_add(1, Ordering::SeqCst);
        }
    };
    thread::scope(|scope| {
        (0..PUSHERS).for_each(|_| drop(scope.spawn(push)));
        (0..2).for_each(|_| drop(scope.spawn(scrape)));
        let is_under_way = || acknowledged.load(Ordering::SeqCst) >= ENOUGH && scrapes.load(Ordering::SeqCst) >= 5;
        let under_way = poll(PATIENCE, || is_under_way().then_some(()));
        is_stopping.store(true, Ordering::SeqCst);
        exporter.sigterm();
        assert!(under_way.is_some(), "{acknowledged:?} events, {scrapes:?} scrapes\n{}", exporter.log());
    });
    assert_eq!(exporter.wait_exit(SOON).code(), Some(0), "{}", exporter.log());
}

#[test]
fn a_second_one_on_the_same_address_says_so_and_fails() {
    let first = Exporter::start();
    let address = first.address().to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let second = Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
        .args(["serve", "--listen", &address])
        .env_clear()
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary that cargo built starts");
    let stderr = String::from_utf8(second.stderr).expect("UTF-8");
    assert_eq!(second.status.code(), Some(1), "{stderr}");
    let expected = format!("error: could not listen on {address}: Address already in use (os error 98)\n");
    assert_eq!(stderr, expected);
    assert_eq!(first.get("/health/liveliness").status, 200, "the first one goes on");
}

// What the tests ask for and look at.

/// A push of which only the head has been sent.
fn begin(exporter: &Exporter, length: usize) -> Connection {
    let mut connection = Connection::open(exporter.address()).expect("it listens");
    let head = format!("POST /ingest/litellm HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    connection.write(head.as_bytes()).expect("it reads");
    connection
}

/// Waits until it has certainly read what was sent before: connections are spread over its workers in turn, and each
/// worker answers in turn, so that an answer from each of them comes after.
fn await_reading(exporter: &Exporter) {
    for _ in 0..2 * thread::available_parallelism().map_or(1, usize::from).max(2) {
        assert_eq!(exporter.get("/health/liveliness").status, 200);
    }
}

fn await_not_accepting(exporter: &Exporter) {
    let refused = poll(PATIENCE, || match TcpStream::connect(exporter.address()) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Some(()),
        _ => None,
    });
    assert!(refused.is_some(), "it still accepts connections\n{}", exporter.log());
}

/// Of the text format.
fn events_total(text: &str) -> u64 {
    let series = "llm_source_events_total{source=\"litellm_callback\"} ";
    let count = text.lines().find_map(|line| line.strip_prefix(series)).expect("it is in every scrape");
    count.parse().expect("a count")
}

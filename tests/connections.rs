//! Connections to the real binary: who may keep one, and what ends one that nobody would.

mod support;

use std::io::ErrorKind;

use llm_exporter::server::ROUTES;
use support::deadline::PATIENCE;
use support::events::event;
use support::exporter::{Exporter, Launch};
use support::http::{Connection, Response};

const INGEST: &str = "/ingest/litellm";

#[test]
fn a_connection_is_kept_while_there_is_room_and_the_answer_is_no_mistake() {
    let exporter = Exporter::start();
    let mut connection = Connection::open(exporter.address()).expect("it listens");
    let is_posted_to = |path: &str| [INGEST, "/-/reload"].contains(&path);
    for (path, _) in ROUTES.into_iter().filter(|(path, _)| !is_posted_to(path)) {
        let answer = ask(&mut connection, path);
        assert_eq!((answer.status, answer.header("connection")), (200, None), "{path}");
    }
    let answer = push(&mut connection, &event("m").json());
    assert_eq!((answer.status, answer.header("connection")), (200, None), "{}", answer.text());
    let answer = push(&mut connection, "no JSON");
    assert_eq!((answer.status, answer.header("connection")), (400, Some("close")));
    assert_closed(connection);
}

#[test]
fn requests_that_never_end_take_no_more_than_half_of_the_connections() {
    const CLIENTS: usize = 400;
    let exporter = Launch::default().files(400).start();
    let mut pusher = Connection::open(exporter.address()).expect("it listens");
    assert_eq!(push(&mut pusher, &event("m").json()).status, 200);
    let mut kept = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = Connection::open(exporter.address()).expect("it listens");
        let answer = ask(&mut client, "/health/liveliness");
        assert_eq!(answer.status, 200);
        if answer.header("connection").is_some() {
            assert_closed(client);
        } else {
            client.write(b"GET /health HTTP/1.1\r\nHost:").expect("it reads");
            kept.push(client);
        }
    }
    assert!((1..CLIENTS / 2).contains(&kept.len()), "{} of {CLIENTS} keep a connection", kept.len());
    assert_eq!(exporter.get("/health/liveliness").status, 200);
    assert_eq!(push(&mut pusher, &event("m").json()).header("connection"), None, "a pusher keeps its connection");
    drop(kept);
    exporter.wait_until("there is room again", PATIENCE, |exporter| {
        let mut client = Connection::open(exporter.address()).expect("it listens");
        ask(&mut client, "/health/liveliness").header("connection").is_none()
    });
}

#[test]
fn a_body_that_never_ends_holds_no_connection_where_it_is_not_read() {
    let exporter = Launch::default().environment("LLM_EXPORTER__INGEST__TOKEN", "the-right-one").start();
    for (method, path, status) in [("GET", "/health/liveliness", 200), ("POST", "/metrics", 405), ("POST", INGEST, 401)]
    {
        for length in ["Transfer-Encoding: chunked", "Content-Length: 1000"] {
            let mut connection = Connection::open(exporter.address()).expect("it listens");
            let head =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n{length}\r\n\r\n1\r\n");
            connection.write(head.as_bytes()).expect("it reads");
            let answer = connection.read_answer(method).expect("an answer, though the body is not complete");
            assert_eq!(answer.status, status, "{method} {path} {length}");
            assert_closed(connection);
        }
    }
}

/// Gets a path on a connection that may be kept.
fn ask(connection: &mut Connection, path: &str) -> Response {
    connection.write(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).expect("it reads");
    connection.read_answer("GET").expect("an answer")
}

/// Pushes on a connection that may be kept, and reads the answer.
fn push(connection: &mut Connection, body: &str) -> Response {
    let head = format!("POST {INGEST} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.write((head + body).as_bytes()).expect("it reads");
    connection.read_answer("POST").expect("an answer")
}

/// Waits until the exporter closes the connection; it must not send anything more.
fn assert_closed(mut connection: Connection) {
    let error = connection.read_answer("GET").expect_err("there is nothing to answer");
    assert!(matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::ConnectionReset), "it is still open: {error}");
    assert!(!error.to_string().contains("HTTP"), "it sent more: {error}");
}

//! The tests' own HTTP client against servers that say exactly these bytes.

mod support;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use support::http::{Request, Response};

#[test]
fn a_body_of_known_length_is_read() {
    let response = answered("GET", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX-A: 1\r\n\r\nabcdef").expect("an answer");
    assert_eq!((response.status, response.text(), response.header("x-a")), (200, "abc", Some("1")));
}

#[test]
fn chunks_are_put_together() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
    assert_eq!(answered("GET", answer).expect("an answer").text(), "abc0123456789");
}

#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    assert_eq!(answered("GET", "HTTP/1.1 200 OK\r\n\r\nabc").expect("an answer").text(), "abc");
}

#[test]
fn an_answer_to_head_has_no_body() {
    assert_eq!(answered("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").expect("an answer").text(), "");
}

#[test]
fn an_interim_answer_is_passed_over() {
    let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(answered("POST", answer).expect("an answer").status, 413);
}

#[test]
fn a_truncated_answer_is_an_error() {
    for truncated in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"] {
        assert!(answered("GET", truncated).is_err(), "{truncated:?}");
    }
    let last_chunk_is_missing = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    assert!(answered("GET", last_chunk_is_missing).is_err());
}

/// What the client makes of a server that reads a request's head, says these bytes and closes.
fn answered(method: &str, bytes: &'static str) -> io::Result<Response> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let server: SocketAddr = listener.local_addr()?;
    let serving = thread::spawn(move || -> io::Result<()> {
        let mut stream = BufReader::new(listener.accept()?.0);
        let mut line = String::new();
        while stream.read_line(&mut line)? > 2 {
            line.clear();
        }
        stream.get_mut().write_all(bytes.as_bytes())
    });
    let answer = Request::new(method, "/").send(server);
    serving.join().expect("the server does not panic")?;
    answer
}

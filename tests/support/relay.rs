//! A scraper that asks for one encoding: it stands between Prometheus and the exporter and replaces the `Accept`
//! header, because Prometheus 2 has no setting for it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use super::http::{Connection, Request};

/// Serves, on a free port, what `target` answers to requests with this `accept` header. It runs until the test's
/// process ends.
pub(crate) fn asking_for(accept: &'static str, target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Each in its own thread: a scrape that Prometheus gave up must not hold up the next. A client that goes
            // away, or an exporter that is gone, is the test's to judge.
            thread::spawn(move || relay(client, accept, target));
        }
    });
    address
}

fn relay(client: TcpStream, accept: &str, target: SocketAddr) -> io::Result<()> {
    let mut client = Connection::over(client)?;
    let line = client.read_request_line()?;
    let path = line.split(' ').nth(1).unwrap_or("/metrics");
    let answer = Request::new("GET", path).header("Accept", accept).send(target)?;
    let head = format!(
        "HTTP/1.1 {} Relayed\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        answer.header("content-type").unwrap_or_default(),
        answer.body.len()
    );
    client.write(head.as_bytes())?;
    client.write(&answer.body)
}

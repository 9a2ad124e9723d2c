//! Who may ask for it, and how.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::{Exporter, Launch};
use crate::support::http::Request;
use crate::{RELOAD, reload, success_time};

#[test]
fn only_a_post_asks_for_it() {
    let exporter = Exporter::start();
    let started = success_time(&exporter);
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = exporter.send(&Request::new(method, RELOAD));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    assert_eq!(success_time(&exporter), started);
    assert_eq!(exporter.post(RELOAD, "").status, 200, "also where no file was given");
    assert!(success_time(&exporter) > started);
}

#[test]
fn another_machine_needs_the_token() {
    let Some((exporter, address)) = reached_from_elsewhere("log: {level: info}\n") else { return };
    let started = success_time(&exporter);
    let post = |token: Option<&str>| {
        let request = Request::new("POST", RELOAD);
        let request =
            token.iter().fold(request, |request, token| request.header("Authorization", &format!("Bearer {token}")));
        request.send(address).expect("an answer").status
    };
    assert_eq!((post(None), post(Some("guess"))), (403, 403), "no token is configured");
    assert_eq!(success_time(&exporter), started);
    reload(&exporter, "ingest: {token: the-right-one}\n");
    assert_eq!((post(None), post(Some("guess")), post(Some("the-right-one"))), (401, 401, 200));
    assert!(!exporter.log().contains("the-right-one"), "{}", exporter.log());
}

/// An exporter, and where it listens at the address from which this machine would speak to another one. Nothing is sent to find that.
fn reached_from_elsewhere(yaml: &str) -> Option<(Exporter, SocketAddr)> {
    let Some(host) = address_of_this_machine() else {
        let skipped = b"\nSKIPPED: reloads from another address: this machine has only loopback\n\n";
        std::io::stderr().write_all(skipped).expect("stderr is open");
        return None;
    };
    let launch = Launch::default().config(yaml).argument("--listen").argument(&SocketAddr::new(host, 0).to_string());
    let exporter = launch.start();
    let port = poll(PATIENCE, || {
        let log = exporter.log();
        let mut lines = log.lines().filter_map(|line| line.split_once(&format!("listening on http://{host}:")));
        lines.next().and_then(|(_, port)| port.parse().ok())
    });
    let port = port.unwrap_or_else(|| panic!("it does not listen on {host}\n{}", exporter.log()));
    Some((exporter, SocketAddr::new(host, port)))
}

fn address_of_this_machine() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    // TEST-NET-2 of RFC 5737: nobody's address.
    socket.connect(("198.51.100.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

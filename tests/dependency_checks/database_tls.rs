//! What each `sslmode` accepts.

use std::path::PathBuf;

use llm_exporter::address::{DatabaseAddress, HostPort, TlsMode};
use llm_exporter::config::Secret;
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::database::Connector;

use crate::database::address;
use crate::support::certificates::Authority;
use crate::support::postgres::{Postgres, Setup};
use crate::{PATIENCE, assert_up, failure};

/// A server that talks TLS, with a certificate for `host`.
fn server(authority: &Authority, host: &str) -> Postgres {
    Setup::default().password("open-sesame").tls(&authority.certify(host)).start()
}

fn check(server: &Postgres, tls: TlsMode, ca_file: Option<PathBuf>) -> Check {
    check_at("127.0.0.1", server, tls, ca_file)
}

fn check_at(host: &str, server: &Postgres, tls: TlsMode, ca_file: Option<PathBuf>) -> Check {
    Check::database(connector(host, server, tls, ca_file))
}

fn connector(host: &str, server: &Postgres, tls: TlsMode, ca_file: Option<PathBuf>) -> Connector {
    let servers = vec![HostPort { host: host.to_owned(), port: server.port() }];
    let password = Some(Secret::new("open-sesame"));
    let address = DatabaseAddress { servers, tls, password, ..address(server) };
    Connector::new(&address, ca_file.as_deref()).expect("the file holds a certificate")
}

/// Whether a connection that was made talks TLS, by the server's own account.
async fn talks_tls(server: &Postgres, mode: TlsMode) -> bool {
    let connection = connector("127.0.0.1", server, mode, None).connect(PATIENCE).await.expect("it is up");
    let rows = connection.ask_plainly("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await;
    rows.expect("that view is there")[0].get(0) == Some("t")
}

#[tokio::test]
async fn modes_that_do_not_verify_accept_any_certificate() {
    let authority = Authority::new();
    let server = server(&authority, "elsewhere.example");
    for mode in [TlsMode::Prefer, TlsMode::Require] {
        assert!(talks_tls(&server, mode).await, "{mode:?}");
    }
}

#[tokio::test]
async fn who_prefers_tls_does_without_where_the_server_wants_that() {
    let setup = Setup::default().password("open-sesame").tls(&Authority::new().certify("127.0.0.1"));
    let server = setup.refuses_tls().start();
    assert!(!talks_tls(&server, TlsMode::Prefer).await);
    let words = failure(&mut check(&server, TlsMode::Require, None)).await;
    assert!(words.starts_with("no pg_hba.conf entry for host"), "{words}");
}

#[tokio::test]
async fn without_tls_a_server_that_wants_it_refuses() {
    let server = server(&Authority::new(), "127.0.0.1");
    let words = failure(&mut check(&server, TlsMode::Disable, None)).await;
    assert!(words.starts_with("no pg_hba.conf entry for host"), "{words}");
}

#[tokio::test]
async fn without_a_certificate_only_modes_that_demand_tls_fail() {
    let server = Postgres::with_password("open-sesame");
    assert_up(&mut check(&server, TlsMode::Disable, None)).await;
    assert_up(&mut check(&server, TlsMode::Prefer, None)).await;
    for mode in [TlsMode::Require, TlsMode::VerifyCa, TlsMode::VerifyFull] {
        let words = failure(&mut check(&server, mode, None)).await;
        assert!(words.contains("server does not support TLS"), "{words}");
    }
}

#[tokio::test]
async fn the_right_authority_is_enough_unless_the_name_counts_too() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = server(&authority, "elsewhere.example");
    for mode in [TlsMode::Require, TlsMode::VerifyCa] {
        assert_up(&mut check(&server, mode, Some(authority.file()))).await;
        let words = failure(&mut check(&server, mode, Some(stranger.file()))).await;
        assert!(words.starts_with("TLS: certificate of an authority that is not trusted"), "{words}");
    }
    let words = failure(&mut check(&server, TlsMode::VerifyFull, Some(authority.file()))).await;
    assert!(words.starts_with("TLS: certificate not valid for name \"127.0.0.1\""), "{words}");
    assert!(words.contains("elsewhere.example"), "{words}");
}

#[tokio::test]
async fn verify_full_accepts_the_right_name_of_the_right_authority() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = server(&authority, "localhost");
    assert_up(&mut check_at("localhost", &server, TlsMode::VerifyFull, Some(authority.file()))).await;
    for ca_file in [Some(stranger.file()), None] {
        let words = failure(&mut check_at("localhost", &server, TlsMode::VerifyFull, ca_file)).await;
        assert!(words.contains("TLS: certificate of an authority that is not trusted"), "{words}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_before_anything_is_asked() {
    let server = Postgres::start();
    let file = server.socket_folder().join("log");
    let error = Connector::new(&DatabaseAddress { ca_file: Some(file.clone()), ..address(&server) }, None);
    let address = DatabaseAddress { tls: TlsMode::VerifyFull, ca_file: Some(file.clone()), ..address(&server) };
    assert!(error.is_ok(), "a mode that looks at no certificate needs no file");
    let error = Connector::new(&address, None).expect_err("a log is no certificate").to_string();
    assert!(error.starts_with(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn a_self_signed_authority_is_no_server_and_the_words_say_so() {
    let authority = Authority::new();
    let server = Setup::default().password("open-sesame").tls(&authority.as_server()).start();
    assert!(talks_tls(&server, TlsMode::Require).await);
    let words = failure(&mut check(&server, TlsMode::VerifyCa, Some(authority.file()))).await;
    assert!(words.starts_with("TLS: certificate of an authority (CA:TRUE)"), "{words}");
}

//! A gateway that lives, does not, hangs, or asks for other keys.

use llm_exporter::config::Secret;
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::gateway::{Client, GatewayError};
use url::Url;

use crate::http_server::{Answer, HttpServer};
use crate::support::certificates::Authority;
use crate::{PATIENCE, assert_hangs, assert_up, failure};

const ALIVE: Answer = Answer::Of(200, "\"I'm alive!\"");

fn url(scheme: &str, server: &HttpServer, path: &str) -> Url {
    format!("{scheme}://{}{path}", server.address()).parse().expect("an address")
}

fn client(server: &HttpServer, key: Option<&str>) -> Client {
    let key = key.map(Secret::new);
    Client::new(&url("http", server, ""), key.as_ref(), None).expect("nothing that could be wrong")
}

fn routes(server: &HttpServer) -> Vec<String> {
    server.asked().into_iter().map(|(route, _)| route).collect()
}

#[tokio::test]
async fn a_gateway_that_lives_is_up_and_is_asked_nothing_else() {
    let server = HttpServer::answering(ALIVE);
    let mut check = Check::gateway(client(&server, Some("sk-master")));
    for _ in 0..3 {
        assert_up(&mut check).await;
    }
    assert_eq!(server.asked(), vec![("GET /health/liveliness".to_owned(), None); 3]);
    assert_eq!(server.connections(), 1, "connections are kept");
}

#[tokio::test]
async fn another_status_than_200_is_told_and_redirections_are_not_followed() {
    let server = HttpServer::answering(Answer::Of(500, "oh"));
    let mut check = Check::gateway(client(&server, None));
    assert_eq!(failure(&mut check).await, "GET /health/liveliness answered 500");
    server.answer(Answer::Elsewhere("/login"));
    assert_eq!(failure(&mut check).await, "GET /health/liveliness answered 302");
    server.answer(ALIVE);
    assert_up(&mut check).await;
    assert!(routes(&server).iter().all(|route| route == "GET /health/liveliness"), "{:?}", server.asked());
}

#[tokio::test]
async fn a_gateway_that_hangs_is_down_after_the_timeout_and_recovers_by_itself() {
    let server = HttpServer::answering(ALIVE);
    let mut check = Check::gateway(client(&server, None));
    assert_up(&mut check).await;
    server.answer(Answer::Silence);
    assert_hangs(&mut check).await;
    assert_hangs(&mut check).await;
    server.answer(ALIVE);
    assert_up(&mut check).await;
}

#[tokio::test]
async fn a_restart_between_two_checks_is_no_outage() {
    let server = HttpServer::answering(ALIVE);
    let mut check = Check::gateway(client(&server, None));
    assert_up(&mut check).await;
    server.cut();
    assert_up(&mut check).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_gateway_that_is_gone_is_told_by_its_address() {
    let server = HttpServer::answering(ALIVE);
    let address = server.address();
    drop(server);
    let url = format!("http://user:hunter2@{address}").parse().expect("an address");
    let mut check = Check::gateway(Client::new(&url, None, None).expect("nothing that could be wrong"));
    assert_eq!(failure(&mut check).await, format!("connection refused ({address})"));
}

#[tokio::test]
async fn over_tls_the_authority_must_be_known_and_the_name_right() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let good = HttpServer::with_certificate(&authority.certify("127.0.0.1"));
    let bad = HttpServer::with_certificate(&authority.certify("elsewhere.example"));
    let check = |server: &HttpServer, ca_file: Option<&std::path::Path>| {
        let client = Client::new(&url("https", server, ""), None, ca_file);
        Check::gateway(client.expect("the file holds a certificate"))
    };
    assert_up(&mut check(&good, Some(&authority.file()))).await;
    for ca_file in [None, Some(stranger.file())] {
        let words = failure(&mut check(&good, ca_file.as_deref())).await;
        assert!(words.starts_with("TLS: certificate of an authority that is not trusted"), "{words}");
    }
    let words = failure(&mut check(&bad, Some(&authority.file()))).await;
    assert!(words.starts_with("TLS: certificate not valid for name \"127.0.0.1\""), "{words}");
}

#[tokio::test]
async fn its_version_is_asked_for_with_the_key_and_never_without() {
    let server = HttpServer::answering(Answer::Of(200, r#"{"status": "healthy", "litellm_version": "1.109.1"}"#));
    let version = client(&server, None).version(PATIENCE).await.expect("nothing is asked");
    assert_eq!((version, server.asked()), (None, vec![]));
    let version = client(&server, Some("sk-master")).version(PATIENCE).await.expect("it is up");
    assert_eq!(version.as_deref(), Some("1.109.1"));
    let authorization = Some("Bearer sk-master".to_owned());
    assert_eq!(server.asked(), vec![("GET /health/readiness/details".to_owned(), authorization)]);
    server.answer(Answer::Of(200, r#"{"status": "healthy"}"#));
    let version = client(&server, Some("sk-master")).version(PATIENCE).await.expect("it is up");
    assert_eq!(version, None);
    server.answer(Answer::Of(200, "<html>"));
    let error = client(&server, Some("sk-master")).version(PATIENCE).await.expect_err("that is no JSON");
    assert!(error.to_string().starts_with("cannot read what the gateway answered"), "{error}");
}

#[tokio::test]
async fn its_models_are_asked_for_with_the_key_behind_its_path() {
    let server = HttpServer::answering(Answer::Of(200, r#"{"data": []}"#));
    let key = Secret::new("sk-master");
    let url = url("http", &server, "/llm/?debug=1");
    let client = Client::new(&url, Some(&key), None).expect("nothing that could be wrong");
    assert_eq!(client.model_info(PATIENCE).await.expect("it is up"), br#"{"data": []}"#);
    assert_eq!(server.asked(), vec![("GET /llm/model/info".to_owned(), Some("Bearer sk-master".to_owned()))]);
}

#[tokio::test]
async fn a_key_that_is_refused_or_missing_is_named_and_not_shown() {
    let server = HttpServer::answering(Answer::Of(401, ""));
    let refused = client(&server, Some("sk-master"));
    for status in [401, 403] {
        server.answer(Answer::Of(status, ""));
        let error = refused.model_info(PATIENCE).await.expect_err("it is refused");
        assert!(matches!(error, GatewayError::KeyRefused { .. }), "{error:?}");
        let words = error.to_string();
        assert!(words.contains(&format!("GET /model/info answered {status}")), "{words}");
        assert!(words.contains("gateway.api_key") && !words.contains("sk-master"), "{words}");
    }
    assert!(!format!("{refused:?}").contains("sk-master"));
    let error = client(&server, None).model_info(PATIENCE).await.expect_err("there is no key");
    assert!(matches!(error, GatewayError::NoKey), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let server = HttpServer::answering(Answer::Endless);
    let client = client(&server, Some("sk-master"));
    let error = client.version(PATIENCE).await.expect_err("it is too long");
    assert!(matches!(error, GatewayError::TooLong { .. }), "{error:?}");
    let error = client.model_info(PATIENCE).await.expect_err("it is too long");
    assert!(matches!(error, GatewayError::TooLong { longest, .. } if longest == 64 << 20), "{error:?}");
}

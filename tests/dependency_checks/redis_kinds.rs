//! All kinds of Redis: with logins, over TLS, on a socket, behind a Sentinel, as a cluster.

use std::path::Path;

use llm_exporter::address::{HostPort, RedisAddress, RedisTopology};
use llm_exporter::config::Secret;
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::redis::{Connection, Connector};
use redis::aio::ConnectionLike;

use crate::redis::{address, check};
use crate::support::certificates::Authority;
use crate::support::redis::{Redis, SERVICE, Setup};
use crate::support::unprivileged::free_port;
use crate::{PATIENCE, assert_hangs, assert_no_tasks, assert_up, failure, on_loopback};

async fn connect(address: &RedisAddress) -> Connection {
    let connector = Connector::new(address, None).expect("no file that could be wrong");
    connector.connect(PATIENCE).await.expect("it is up")
}

/// Whoever takes any connection can use each kind.
async fn set(mut connection: impl ConnectionLike + Clone + Send, key: &str, value: &str) {
    let () = redis::cmd("SET").arg(key).arg(value).query_async(&mut connection).await.expect("it is up");
}

#[tokio::test]
async fn a_password_opens_and_a_wrong_one_is_told_without_being_shown() {
    let server = Redis::with_password("open-sesame");
    let right = RedisAddress { password: Some(Secret::new("open-sesame")), ..address(&server) };
    assert_up(&mut check(&right)).await;
    let wrong = RedisAddress { password: Some(Secret::new("close-sesame")), ..address(&server) };
    let words = failure(&mut check(&wrong)).await;
    assert_eq!(words, format!("authentication failed: wrong user or password (127.0.0.1:{})", server.port()));
    let words = failure(&mut check(&address(&server))).await;
    assert!(words.starts_with("NOAUTH Authentication required"), "{words}");
}

#[tokio::test]
async fn a_user_of_the_access_list_logs_in() {
    let server = Setup::default().user("exporter", "open-sesame").start();
    let password = Some(Secret::new("open-sesame"));
    let known = RedisAddress { username: Some("exporter".to_owned()), password: password.clone(), ..address(&server) };
    assert_up(&mut check(&known)).await;
    let unknown = RedisAddress { username: Some("stranger".to_owned()), password, ..address(&server) };
    let words = failure(&mut check(&unknown)).await;
    assert!(words.starts_with("authentication failed"), "{words}");
}

#[tokio::test]
async fn the_number_of_the_database_counts() {
    let server = Redis::start();
    set(connect(&RedisAddress { database: 3, ..address(&server) }).await, "key", "of three").await;
    assert_eq!(server.command(&["-n", "3", "GET", "key"]), "of three");
    assert_eq!(server.command(&["GET", "key"]), "");
    let words = failure(&mut check(&RedisAddress { database: 99, ..address(&server) })).await;
    assert!(words.contains("DB index is out of range"), "{words}");
}

#[tokio::test]
async fn a_socket_on_this_machine_is_an_address() {
    let mut server = Redis::start();
    let address = RedisAddress { topology: RedisTopology::Unix(server.socket()), ..address(&server) };
    let mut check = check(&address);
    assert_up(&mut check).await;
    server.stop();
    let words = failure(&mut check).await;
    assert!(words.ends_with(&format!("({})", server.socket().display())), "{words}");
}

#[tokio::test]
async fn over_tls_the_authority_must_be_known_and_the_name_right() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Setup::default().tls(&authority.certify("localhost")).start();
    let at = |host: &str, ca_file: Option<&Path>| {
        let topology = RedisTopology::Single(HostPort { host: host.to_owned(), port: server.port() });
        let address = RedisAddress { topology, tls: true, ..address(&server) };
        Check::redis(Connector::new(&address, ca_file).expect("the file holds a certificate"))
    };
    assert_up(&mut at("localhost", Some(&authority.file()))).await;
    for ca_file in [None, Some(stranger.file())] {
        let words = failure(&mut at("localhost", ca_file.as_deref())).await;
        assert!(words.starts_with("TLS: certificate of an authority that is not trusted"), "{words}");
    }
    let words = failure(&mut at("127.0.0.1", Some(&authority.file()))).await;
    assert!(words.starts_with("TLS: certificate not valid for name \"127.0.0.1\""), "{words}");
}

#[tokio::test]
async fn a_sentinel_is_asked_for_the_server() {
    let mut master = Setup::default().password("open-sesame").start();
    let sentinel = Redis::sentinel_of(&master);
    let nodes = vec![on_loopback(free_port()), on_loopback(sentinel.port())];
    let topology = RedisTopology::Sentinel { nodes, service: SERVICE.to_owned(), password: None };
    let address = RedisAddress { topology, password: Some(Secret::new("open-sesame")), ..address(&master) };
    let mut check = check(&address);
    assert_up(&mut check).await;
    set(connect(&address).await, "key", "of the master").await;
    assert_eq!(master.command(&["GET", "key"]), "of the master");
    master.stop();
    let words = failure(&mut check).await;
    assert!(words.contains(&format!("{SERVICE} of the sentinels 127.0.0.1")), "{words}");
}

#[tokio::test]
async fn a_service_that_no_sentinel_knows_is_named() {
    let master = Redis::start();
    let sentinel = Redis::sentinel_of(&master);
    let nodes = vec![on_loopback(sentinel.port())];
    let topology = RedisTopology::Sentinel { nodes, service: "another".to_owned(), password: None };
    let words = failure(&mut check(&RedisAddress { topology, ..address(&master) })).await;
    assert!(words.contains("another of the sentinels"), "{words}");
}

#[tokio::test]
async fn a_cluster_hangs_stops_and_comes_back_like_one_server() {
    let mut server = Setup::default().cluster().start();
    let topology = RedisTopology::Cluster { nodes: vec![on_loopback(server.port())] };
    let address = RedisAddress { topology, ..address(&server) };
    set(connect(&address).await, "key", "of the cluster").await;
    assert_eq!(server.command(&["GET", "key"]), "of the cluster");
    let mut check = check(&address);
    assert_up(&mut check).await;
    server.pause();
    assert_hangs(&mut check).await;
    assert_hangs(&mut check).await;
    server.resume();
    assert_up(&mut check).await;
    server.stop();
    let expected = format!("connection refused (the cluster 127.0.0.1:{})", server.port());
    assert_eq!(failure(&mut check).await, expected);
    server.start_again();
    drop(check);
    assert_no_tasks().await;
}

#[tokio::test]
async fn sentinels_have_a_password_of_their_own_and_talk_tls_too() {
    let authority = Authority::new();
    let certificate = authority.certify("127.0.0.1");
    let master = Setup::default().password("open-sesame").tls(&certificate).start();
    let sentinel = Setup::default().password("sesame-too").tls(&certificate).sentinel_of(&master).start();
    let check = |sentinel_password: &str, ca_file: Option<&Path>| {
        let topology = RedisTopology::Sentinel {
            nodes: vec![on_loopback(sentinel.port())],
            service: SERVICE.to_owned(),
            password: Some(Secret::new(sentinel_password)),
        };
        let password = Some(Secret::new("open-sesame"));
        let address = RedisAddress { topology, password, tls: true, ..address(&master) };
        Check::redis(Connector::new(&address, ca_file).expect("the file holds a certificate"))
    };
    assert_up(&mut check("sesame-too", Some(&authority.file()))).await;
    let words = failure(&mut check("open-sesame", Some(&authority.file()))).await;
    assert!(words.starts_with("authentication failed"), "{words}");
    let words = failure(&mut check("sesame-too", None)).await;
    assert!(words.contains("certificate"), "{words}");
}

#[tokio::test]
async fn a_cluster_has_a_password_and_talks_tls() {
    let authority = Authority::new();
    let server = Setup::default().password("open-sesame").tls(&authority.certify("127.0.0.1")).cluster().start();
    let check = |password: &str, ca_file: Option<&Path>| {
        let topology = RedisTopology::Cluster { nodes: vec![on_loopback(server.port())] };
        let password = Some(Secret::new(password));
        let address = RedisAddress { topology, password, tls: true, ..address(&server) };
        Check::redis(Connector::new(&address, ca_file).expect("the file holds a certificate"))
    };
    assert_up(&mut check("open-sesame", Some(&authority.file()))).await;
    let words = failure(&mut check("close-sesame", Some(&authority.file()))).await;
    assert!(words.contains("uthentication failed") && !words.contains("close-sesame"), "{words}");
    let words = failure(&mut check("open-sesame", None)).await;
    assert!(words.contains("certificate"), "{words}");
}

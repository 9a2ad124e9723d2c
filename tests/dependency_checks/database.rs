//! A database that comes and goes, and logins.

use std::time::Duration;

use llm_exporter::address::{DatabaseAddress, HostPort, TlsMode};
use llm_exporter::config::Secret;
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::database::{Connector, Limits};

use crate::faults::{self, Checked};
use crate::support::deadline::poll;
use crate::support::postgres::{Postgres, Setup, USER};
use crate::support::unprivileged::free_port;
use crate::{LITTLE_PATIENCE, PATIENCE, assert_up, failure, on_loopback};

pub(crate) fn address(server: &Postgres) -> DatabaseAddress {
    address_of(vec![on_loopback(server.port())])
}

fn address_of(servers: Vec<HostPort>) -> DatabaseAddress {
    DatabaseAddress {
        servers,
        user: USER.to_owned(),
        password: None,
        database: "postgres".to_owned(),
        tls: TlsMode::Prefer,
        ca_file: None,
        connect_timeout: None,
        schema: None,
    }
}

fn connector(address: &DatabaseAddress) -> Connector {
    Connector::new(address, None).expect("no file that could be wrong")
}

fn check(address: &DatabaseAddress) -> Check {
    Check::database(connector(address))
}

impl Checked for Postgres {
    fn check(&self) -> Check {
        check(&address(self))
    }
}

#[tokio::test]
async fn a_database_that_stops_is_down_and_comes_back() {
    faults::is_down_when_stopped_and_comes_back::<Postgres>().await;
}

#[tokio::test]
async fn a_restart_between_two_checks_is_no_outage() {
    faults::may_be_restarted_between_two_checks::<Postgres>().await;
}

#[tokio::test]
async fn a_restart_on_new_data_is_no_outage() {
    let mut server = Postgres::start();
    let mut check = check(&address(&server));
    assert_up(&mut check).await;
    server.execute("CREATE TABLE old ()");
    server.stop();
    server.start_again_empty();
    assert_up(&mut check).await;
    assert_eq!(server.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'old'"), "0");
}

#[tokio::test]
async fn a_database_that_hangs_is_down_after_the_timeout_and_recovers_by_itself() {
    faults::is_down_when_it_hangs_and_recovers::<Postgres>().await;
}

#[tokio::test]
async fn checks_keep_one_connection() {
    let server = Postgres::start();
    let mut check = check(&address(&server));
    for _ in 0..3 {
        assert_up(&mut check).await;
    }
    let begun = server.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'llm-exporter'");
    assert_up(&mut check).await;
    let kept = server.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'llm-exporter'");
    assert!(!kept.is_empty() && kept == begun, "before: {begun:?}, after: {kept:?}");
}

#[tokio::test]
async fn failed_checks_leave_nothing_behind() {
    faults::leaves_nothing_behind::<Postgres>().await;
}

#[tokio::test]
async fn the_right_password_opens_and_a_wrong_one_is_told_without_being_shown() {
    let server = Postgres::with_password("open-sesame");
    let right = DatabaseAddress { password: Some(Secret::new("open-sesame")), ..address(&server) };
    assert_up(&mut check(&right)).await;
    let wrong = DatabaseAddress { password: Some(Secret::new("close-sesame")), ..address(&server) };
    let words = failure(&mut check(&wrong)).await;
    let expected = format!("password authentication failed for user \"{USER}\" (127.0.0.1:{})", server.port());
    assert_eq!(words, expected);
    let without = failure(&mut check(&address(&server))).await;
    assert!(without.contains("password missing"), "{without}");
    assert!(!format!("{:?}", connector(&wrong)).contains("close-sesame"));
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named() {
    let server = Postgres::start();
    let missing = DatabaseAddress { database: "litellm".to_owned(), ..address(&server) };
    let words = failure(&mut check(&missing)).await;
    assert_eq!(words, format!("database \"litellm\" does not exist (127.0.0.1:{})", server.port()));
}

#[tokio::test]
async fn a_socket_on_this_machine_is_an_address_and_needs_no_tls() {
    let server = Setup::default().password("open-sesame").start();
    let host = server.socket_folder().display().to_string();
    let servers = vec![HostPort { host, port: server.port() }];
    let local = DatabaseAddress { servers, tls: TlsMode::VerifyFull, ..address(&server) };
    assert_up(&mut check(&local)).await;
}

#[tokio::test]
async fn a_server_that_is_gone_leaves_it_to_the_next() {
    let server = Postgres::start();
    let gone = on_loopback(free_port());
    let servers = vec![gone.clone(), on_loopback(server.port())];
    assert_up(&mut check(&DatabaseAddress { servers, ..address(&server) })).await;
    let both = DatabaseAddress { servers: vec![gone.clone(), gone.clone()], ..address(&server) };
    let refused = format!("connection refused (127.0.0.1:{})", gone.port);
    assert_eq!(failure(&mut check(&both)).await, format!("{refused}; {refused}"));
}

#[tokio::test]
async fn a_server_that_hangs_leaves_time_for_the_next() {
    let (hung, server) = (Postgres::start(), Postgres::start());
    hung.pause();
    let servers = vec![on_loopback(hung.port()), on_loopback(server.port())];
    let checked = check(&address_of(servers)).timed(Duration::from_secs(6)).await;
    assert_eq!(checked.result, Ok(()));
    assert!(checked.latency >= Duration::from_secs(3), "the first has been given its half: {checked:?}");
}

#[tokio::test]
async fn a_timeout_in_the_address_counts_for_each_server() {
    let server = Postgres::start();
    server.pause();
    let address = DatabaseAddress { connect_timeout: Some(LITTLE_PATIENCE), ..address(&server) };
    let words = failure(&mut check(&address)).await;
    assert_eq!(words, format!("no answer within {LITTLE_PATIENCE:?} (127.0.0.1:{})", server.port()));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_named() {
    let servers = vec![HostPort { host: "database.invalid".to_owned(), port: 5432 }];
    let words = failure(&mut check(&address_of(servers))).await;
    assert!(words.starts_with("cannot find database.invalid: "), "{words}");
}

#[tokio::test]
async fn who_connects_can_read() {
    let server = Postgres::start();
    server.execute("CREATE TABLE spend (usd double precision); INSERT INTO spend VALUES (0.25), (0.5)");
    let connection = connector(&address(&server)).connect(PATIENCE).await.expect("it is up");
    let limits = Limits { statement: PATIENCE, answer: PATIENCE };
    let rows = connection.ask(limits, "SELECT sum(usd) FROM spend", &[]).await.expect("the table is there");
    assert_eq!(rows[0].get::<_, f64>(0), 0.75);
    let refused = connection.ask(limits, "DELETE FROM spend", &[]).await.expect_err("it only reads");
    assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::READ_ONLY_SQL_TRANSACTION));
    let limits = Limits { statement: Duration::from_millis(50), ..limits };
    let given_up = connection.ask(limits, "SELECT pg_sleep(60)", &[]).await.expect_err("it takes too long");
    assert_eq!(given_up.code(), Some(&tokio_postgres::error::SqlState::QUERY_CANCELED));
    assert!(connection.ask(limits, "SELECT 1", &[]).await.is_ok(), "and can be asked again");
}

/// Waits until so many questions are under way that never end.
fn asked(server: &Postgres, times: &str) {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'";
    let seen = poll(PATIENCE, || (server.execute(count) == times).then_some(()));
    assert!(seen.is_some(), "not {times} within {PATIENCE:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_given_up_in_the_database_too() {
    const WITHOUT_END: Duration = Duration::from_secs(600);
    let server = Postgres::start();
    let connected = async || connector(&address(&server)).connect(PATIENCE).await.expect("it is up");
    let impatient = Limits { statement: WITHOUT_END, answer: Duration::from_millis(500) };
    let connection = connected().await;
    let error = connection.ask(impatient, "SELECT pg_sleep(600)", &[]).await.expect_err("it takes too long");
    assert!(error.is_timeout(), "{error}");
    asked(&server, "0");
    let patient = Limits { statement: WITHOUT_END, answer: WITHOUT_END };
    let connection = connected().await;
    let dropped = tokio::spawn(async move {
        _ = tokio::time::timeout(PATIENCE, connection.ask(patient, "SELECT pg_sleep(600)", &[])).await;
        connection
    });
    asked(&server, "1");
    dropped.abort();
    asked(&server, "0");
}

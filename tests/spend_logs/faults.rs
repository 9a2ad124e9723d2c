//! A database that goes away, hangs, refuses, or lacks the table; and what is said of it.

use std::time::Duration;

use serde_json::Value;

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::Launch;
use crate::support::open_transaction::OpenTransaction;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::{Postgres, USER};
use crate::support::spend_log::{self, NOW, Version, becomes, counted, insert, insert_many, row, told};

const UP: [(&str, &str); 1] = [("source", "litellm_spend_logs")];
const LOCK: &str = "LOCK TABLE \"LiteLLM_SpendLogs\"";

#[test]
fn a_table_that_is_missing_is_told_and_read_once_it_is_there() {
    let server = Postgres::start();
    let exporter = spend_log::exporter(&server, "");
    let told = spend_log::becomes_status(&exporter, "down");
    let error = told["error"].as_str().expect("a reason");
    assert!(error.contains("no table \"LiteLLM_SpendLogs\" in the schema \"public\""), "{error}");
    assert_eq!(exporter.metrics().value("llm_source_up", &UP), Some(0.0));
    assert!(exporter.log().contains("no table"), "{}", exporter.log());
    server.execute(&Version::Current.ddl());
    spend_log::becomes_status(&exporter, "up");
    assert_eq!(exporter.metrics().value("llm_source_up", &UP), Some(1.0));
    insert(&server, &[row("a")]);
    becomes(&exporter, 1);
}

/// The address with which another role logs in.
fn as_role(server: &Postgres, role: &str) -> String {
    server.url().replace(&format!("{USER}@"), &format!("{role}@"))
}

#[test]
fn a_role_needs_the_grants_that_it_is_told_of_and_no_more() {
    let server = spend_log::database(Version::Current);
    server.execute(
        "CREATE ROLE \"llm-exporter\" LOGIN; REVOKE ALL ON SCHEMA public FROM public; \
        ALTER ROLE \"llm-exporter\" SET default_transaction_read_only = on",
    );
    let config = spend_log::config(&as_role(&server, "llm-exporter"), "");
    let exporter = Launch::default().config(&config).start();
    let told = spend_log::becomes_status(&exporter, "down");
    let error = told["error"].as_str().expect("a reason").to_owned();
    let grants = error.split_once("As its owner: ").expect("what to do").1;
    assert!(grants.starts_with("GRANT USAGE ON SCHEMA") && grants.contains("GRANT SELECT ON"), "{error}");
    server.execute(grants);
    spend_log::becomes_status(&exporter, "up");
    insert(&server, &[row("a")]);
    becomes(&exporter, 1);
    server.execute("REVOKE SELECT ON \"LiteLLM_SpendLogs\" FROM \"llm-exporter\"");
    let told = spend_log::becomes_status(&exporter, "down");
    assert!(told["error"].as_str().is_some_and(|error| error.contains("GRANT SELECT")), "{told}");
}

#[test]
fn a_role_that_may_see_some_columns_reads_those_and_says_which_it_misses() {
    let server = spend_log::database(Version::Current);
    server.execute(
        "CREATE ROLE viewer LOGIN; GRANT SELECT (request_id, \"startTime\", \"endTime\", status, model, spend, \
        model_id, model_group, custom_llm_provider, api_base) ON \"LiteLLM_SpendLogs\" TO viewer",
    );
    let exporter = Launch::default().config(&spend_log::config(&as_role(&server, "viewer"), "")).start();
    let told = spend_log::becomes_status(&exporter, "up");
    let missing: Vec<&str> =
        told["missing_columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(missing.contains(&"metadata (not readable)"), "{missing:?}");
    insert(&server, &[row("a")]);
    becomes(&exporter, 1);
}

#[test]
fn each_version_of_the_table_is_read_and_what_it_lacks_is_told() {
    for (version, lacks) in [
        (Version::Current, &[][..]),
        (Version::WithoutCallId, &["litellm_call_id", "created_at"]),
        (Version::Old, &["litellm_call_id", "status", "session_id", "created_at", "request_duration_ms"]),
    ] {
        let server = spend_log::database(version);
        let exporter = spend_log::exporter(&server, ", start: beginning");
        let told = spend_log::becomes_status(&exporter, "up");
        assert_eq!(told["missing_columns"], Value::from(lacks), "{version:?}");
        insert(&server, &spend_log::captured());
        insert(&server, &[row("now")]);
        exporter.wait_until("the row of now", PATIENCE, |exporter| counted(exporter) >= 1.0);
        let log = exporter.log();
        lacks.iter().for_each(|column| assert!(log.contains(column), "{column}: {log}"));
    }
}

#[test]
fn connections_that_are_killed_again_and_again_cost_and_repeat_no_row() {
    let server = spend_log::database(Version::Current);
    server.execute(&insert_many("old", 5_000, NOW, Duration::from_hours(2)));
    let exporter = spend_log::exporter(&server, ", start: beginning");
    for n in 0..10 {
        server
            .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'llm-exporter'");
        insert(&server, &[row(&format!("new-{n}"))]);
    }
    becomes(&exporter, 5_010);
}

#[test]
fn a_server_that_restarts_while_it_is_read_costs_and_repeats_no_row() {
    let mut server = spend_log::database(Version::Current);
    server.execute(&insert_many("old", 20_000, NOW, Duration::from_hours(30)));
    let exporter = spend_log::exporter(&server, ", start: beginning");
    exporter.wait_until("some rows", PATIENCE, |exporter| counted(exporter) > 0.0);
    server.stop();
    server.start_again();
    becomes(&exporter, 20_000);
}

#[test]
fn a_server_that_hangs_is_down_and_nothing_goes_on_there_when_it_no_longer_does() {
    let server = spend_log::database(Version::Current);
    let exporter = spend_log::exporter(&server, "");
    spend_log::becomes_status(&exporter, "up");
    // No reader can pass it: the server gives the question up itself.
    let lock = OpenTransaction::begin(&server, LOCK);
    let told = spend_log::becomes_status(&exporter, "down");
    assert!(told["error"].as_str().is_some_and(|error| error.contains("statement timeout")), "{told}");
    lock.commit();
    spend_log::becomes_status(&exporter, "up");
    insert(&server, &[row("after")]);
    becomes(&exporter, 1);
}

#[test]
fn what_is_under_way_when_the_exporter_stops_is_cancelled_in_the_database() {
    let server = spend_log::database(Version::Current);
    let mut exporter = spend_log::exporter(&server, "");
    spend_log::becomes_status(&exporter, "up");
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'llm-exporter' AND wait_event_type = 'Lock'";
    let lock = OpenTransaction::begin(&server, LOCK);
    exporter.wait_until("a question that waits", PATIENCE, |_| server.execute(waiting) == "1");
    exporter.sigterm();
    exporter.wait_exit(PATIENCE);
    // The lock is held until the end: only a question that was cancelled no longer waits for it.
    let given_up = poll(PATIENCE, || (server.execute(waiting) == "0").then_some(()));
    assert!(given_up.is_some(), "the question still waits");
    lock.commit();
}

#[test]
fn behind_a_pooler_in_transaction_mode_it_reads_all_the_same() {
    let server = spend_log::database(Version::Current);
    server.execute(&insert_many("old", 3_000, NOW, Duration::from_hours(2)));
    let pooler = PgBouncer::start(&server);
    let config = spend_log::config(&pooler.url(), ", start: beginning");
    let one = Launch::default().config(&config).start();
    becomes(&one, 3_000);
    let other = Launch::default().config(&config).start();
    spend_log::becomes_status(&other, "standby");
    insert(&server, &[row("late").began(Duration::from_mins(10)), row("new")]);
    becomes(&one, 3_002);
    assert_eq!(counted(&other), 0.0);
}

#[test]
fn switched_off_it_is_not_read_and_nothing_is_told_of_it() {
    let server = spend_log::database(Version::Current);
    insert(&server, &[row("a")]);
    let exporter = spend_log::exporter(&server, ", enabled: false, start: beginning");
    exporter.wait_until("a connection", PATIENCE, |exporter| {
        exporter.get("/health/services").json()["database"]["status"] == "connected"
    });
    assert_eq!(told(&exporter), Value::Null);
    let metrics = exporter.metrics();
    assert!(metrics.value("llm_source_events_total", &UP).is_none());
    assert!(metrics.value("llm_source_events_total", &[("source", "litellm_callback")]).is_some());
}

#[test]
fn workers_are_those_whose_heart_beats() {
    let server = spend_log::database(Version::Current);
    server.execute("CREATE TABLE \"LiteLLM_ProxyWorkerHeartbeat\" (worker_id text PRIMARY KEY, hostname text NOT NULL, \
        started_at timestamp(3) NOT NULL DEFAULT now(), last_heartbeat_at timestamp(3) NOT NULL DEFAULT now()); \
        INSERT INTO \"LiteLLM_ProxyWorkerHeartbeat\" (worker_id, hostname, last_heartbeat_at) VALUES ('a', 'h', now()), \
        ('b', 'h', now() - interval '1 min'), ('c', 'h', now() - interval '10 min')");
    let exporter = spend_log::exporter(&server, "");
    exporter.wait_until("two workers", PATIENCE, |exporter| {
        exporter.metrics().value("llm_gateway_workers", &[]) == Some(2.0)
    });
}

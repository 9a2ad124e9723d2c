//! Rows that come as they should, and where reading begins.

use std::time::Duration;

use crate::support::deadline::PATIENCE;
use crate::support::spend_log::{self, NOW, Version, becomes, captured, counted, insert, insert_many, row};

#[test]
fn rows_are_counted_once_as_they_come() {
    let server = spend_log::database(Version::Current);
    let exporter = spend_log::exporter(&server, "");
    spend_log::becomes_status(&exporter, "up");
    insert(&server, &[row("a"), row("b")]);
    becomes(&exporter, 2);
    insert(&server, &[row("c")]);
    becomes(&exporter, 3);
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_requests_total", &[("model", "up-ok")]), 3.0);
    assert_eq!(metrics.value("llm_source_up", &[("source", "litellm_spend_logs")]), Some(1.0));
}

#[test]
fn from_now_on_means_requests_that_begin_from_now_on() {
    let server = spend_log::database(Version::Current);
    insert(&server, &[row("before")]);
    let exporter = spend_log::exporter(&server, "");
    spend_log::becomes_status(&exporter, "up");
    insert(&server, &[row("late").began(Duration::from_secs(60)), row("after")]);
    becomes(&exporter, 1);
}

#[test]
fn the_beginning_is_the_oldest_row_and_pages_come_in_order() {
    let server = spend_log::database(Version::Current);
    server.execute(&insert_many("old", 3_000, NOW, Duration::from_hours(72)));
    let exporter = spend_log::exporter(&server, ", start: beginning");
    becomes(&exporter, 3_000);
}

#[test]
fn a_time_is_where_it_begins() {
    let server = spend_log::database(Version::Current);
    insert(&server, &captured());
    let exporter = spend_log::exporter(&server, ", start: \"2026-11-23T05:16:00Z\"");
    becomes(&exporter, 4);
    assert_eq!(counted(&exporter), 4.0);
}

#[test]
fn now_is_when_the_exporter_was_started_however_long_the_database_was_away() {
    let mut server = spend_log::database(Version::Current);
    insert(&server, &[row("before").began(Duration::from_secs(60))]);
    server.stop();
    let exporter = spend_log::exporter(&server, "");
    spend_log::becomes_status(&exporter, "down");
    // Out of the hot zone of this pace when it is written, as by a gateway that kept it.
    let kept = row("kept");
    exporter.wait_until("some seconds", PATIENCE, |exporter| {
        spend_log::told(exporter)["lag_seconds"].as_f64().is_some_and(|lag| lag > 3.0)
    });
    server.start_again();
    insert(&server, &[kept]);
    becomes(&exporter, 1);
}

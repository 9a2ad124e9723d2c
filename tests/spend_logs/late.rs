//! Rows that appear late, out of order, or not where they are looked for first.

use std::time::{Duration, SystemTime};

use crate::support::open_transaction::OpenTransaction;
use crate::support::postgres::Postgres;
use crate::support::spend_log::{self, NOW, Version, becomes, counted, insert, insert_many, row};

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

/// An exporter that reads from the beginning and has read what is there.
fn reading(server: &Postgres, settings: &str) -> crate::support::exporter::Exporter {
    let exporter = spend_log::exporter(server, &format!(", start: beginning{settings}"));
    spend_log::becomes_status(&exporter, "up");
    exporter
}

fn late(exporter: &crate::support::exporter::Exporter) -> f64 {
    exporter.metrics().sum("llm_source_late_rows_total", &[])
}

#[test]
fn a_row_that_appears_minutes_after_its_request_began_counts_and_is_told_as_late() {
    let server = spend_log::database(Version::Current);
    insert(&server, &[row("first").began(minutes(20))]);
    let exporter = reading(&server, "");
    becomes(&exporter, 1);
    insert(
        &server,
        &[
            row("stream").began(minutes(10)),
            row("older").began(minutes(25)),
            row("seconds").began(Duration::from_secs(5)),
        ],
    );
    becomes(&exporter, 4);
    assert_eq!(late(&exporter), 3.0);
}

#[test]
fn what_is_older_than_the_look_back_is_swept_up() {
    let server = spend_log::database(Version::Current);
    let exporter = reading(&server, ", lookback: 1m, sweep: 10m");
    insert(&server, &[row("old").began(minutes(8)), row("outside").began(minutes(12))]);
    exporter.wait_until("the sweep", minutes(3), |exporter| counted(exporter) >= 1.0);
    // What came so late is looked for soon from then on.
    insert(&server, &[row("as-late").began(minutes(7))]);
    becomes(&exporter, 2);
}

#[test]
fn rows_of_an_outage_are_found_soon_however_long_it_was() {
    let mut server = spend_log::database(Version::Current);
    let exporter = reading(&server, ", lookback: 4s, sweep: 1h");
    insert(&server, &[row("before")]);
    becomes(&exporter, 1);
    server.stop();
    let during = row("during");
    spend_log::becomes_status(&exporter, "down");
    let lag = |exporter: &crate::support::exporter::Exporter| {
        spend_log::told(exporter)["lag_seconds"].as_f64().unwrap_or_default()
    };
    exporter.wait_until("a lag that grows", minutes(1), |exporter| lag(exporter) > 6.0);
    server.start_again();
    spend_log::becomes_status(&exporter, "up");
    // Its beginning is out of the hot zone and out of the usual look-back by now.
    insert(&server, &[during]);
    becomes(&exporter, 2);
}

#[test]
fn a_gateway_whose_clock_is_wrong_by_an_hour_is_counted_once_all_the_same() {
    let server = spend_log::database(Version::Current);
    let exporter = reading(&server, ", lookback: 2h, sweep: 4h");
    let ahead = SystemTime::now() + minutes(60);
    insert(&server, &[row("ahead-1").began_at(ahead), row("behind-1").began(minutes(60))]);
    becomes(&exporter, 2);
    insert(&server, &[row("ahead-2").began_at(ahead), row("now"), row("behind-2").began(minutes(59))]);
    becomes(&exporter, 5);
}

#[test]
fn what_is_committed_after_later_rows_were_read_is_not_lost() {
    let server = spend_log::database(Version::Current);
    let exporter = reading(&server, "");
    let open: Vec<OpenTransaction> =
        (0..4).map(|n| OpenTransaction::begin(&server, &row(&format!("open-{n}")).insert())).collect();
    server.execute(&insert_many("closed", 200, NOW, Duration::from_secs(1)));
    becomes(&exporter, 200);
    // The hot zone of this pace is left behind by then.
    let at = SystemTime::now();
    exporter
        .wait_until("some seconds", minutes(1), |_| at.elapsed().is_ok_and(|passed| passed > Duration::from_secs(4)));
    open.into_iter().for_each(OpenTransaction::commit);
    becomes(&exporter, 204);
}

#[test]
fn many_writers_at_once_are_counted_to_the_last_row() {
    let server = spend_log::database(Version::Current);
    let exporter = reading(&server, "");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for batch in 0..10 {
                    let over = Duration::from_secs(batch % 5 * 60 + 1);
                    server.execute(&insert_many(&format!("w{writer}-{batch}"), 50, NOW, over));
                }
            });
        }
    });
    becomes(&exporter, 2_000);
}

#[test]
fn rows_that_are_deleted_take_nothing_away_and_hide_nothing() {
    let server = spend_log::database(Version::Current);
    server.execute(&insert_many("old", 500, NOW, minutes(20)));
    let exporter = reading(&server, "");
    becomes(&exporter, 500);
    server
        .execute("DELETE FROM \"LiteLLM_SpendLogs\" WHERE \"startTime\" < now() AT TIME ZONE 'UTC' - interval '5 min'");
    spend_log::becomes_status(&exporter, "up");
    insert(&server, &[row("late").began(minutes(12)), row("new")]);
    becomes(&exporter, 502);
}

#[test]
fn a_partitioned_table_is_read_while_partitions_come_and_go() {
    let server = spend_log::database(Version::Partitioned);
    let partition = |name: &str, from: &str, to: &str| {
        server.execute(&format!(
            "DO $$ BEGIN EXECUTE format('CREATE TABLE {name} PARTITION OF \"LiteLLM_SpendLogs\" FOR VALUES FROM (%L) TO (%L)', \
             {NOW} + interval '{from}', {NOW} + interval '{to}'); END $$"
        ));
    };
    partition("old", "-2 days", "-10 min");
    partition("recent", "-10 min", "1 hour");
    server.execute(&insert_many("row", 400, NOW, minutes(20)));
    let exporter = reading(&server, "");
    becomes(&exporter, 400);
    server.execute("DROP TABLE old");
    partition("next", "1 hour", "2 hours");
    insert(
        &server,
        &[row("ahead").began_at(SystemTime::now() + minutes(70)), row("now"), row("late").began(minutes(5))],
    );
    becomes(&exporter, 403);
}

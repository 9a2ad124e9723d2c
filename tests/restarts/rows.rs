//! SIGKILL at random moments while rows are read: after each the totals are the table's.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::kills::{KILLS, pause};
use super::support::deadline::PATIENCE;
use super::support::exporter::{Exporter, Launch};
use super::support::postgres::Postgres;
use super::support::spend_log::{Version, config, database, insert_many};

/// Rows of one statement, of which there are some in each round.
const ROWS: u32 = 60;
const STATEMENTS: u32 = 4;

fn start(server: &Postgres, folder: &Path) -> Exporter {
    Launch::default().config(&config(&server.url(), ", start: beginning")).folder(folder).start()
}

/// Writes rows of the last minutes, some of which began long before those that are read already.
fn write(server: &Postgres, round: usize) {
    for statement in 0..STATEMENTS {
        let over = Duration::from_secs(if statement.is_multiple_of(2) { 5 } else { 600 });
        server.execute(&insert_many(&format!("row-{round}-{statement}"), ROWS, "now() AT TIME ZONE 'UTC'", over));
    }
}

/// Requests and their cost in millionths of a dollar, as the table has them.
fn of_table(server: &Postgres) -> (u64, u64) {
    let row = server.execute(r#"SELECT count(*), round(sum(spend) * 1e6)::bigint FROM "LiteLLM_SpendLogs""#);
    let (rows, cost) = row.split_once('|').expect("two columns");
    let whole = |text: &str| text.parse().expect("a whole number");
    (whole(rows), whole(cost))
}

/// The same as counted.
fn counted(exporter: &Exporter) -> (u64, u64) {
    let scraped = exporter.metrics();
    // The sum of nothing is -0.
    let whole = |value: f64| format!("{:.0}", value + 0.0).parse().expect("a whole number");
    (whole(scraped.sum("llm_requests_total", &[])), whole(scraped.sum("llm_cost_usd_total", &[]) * 1e6))
}

#[test]
fn after_each_of_fifty_kills_the_totals_are_the_tables() {
    let (server, folder) = (database(Version::Current), tempfile::tempdir().expect("a temporary folder"));
    for round in 0..KILLS {
        let exporter = start(&server, folder.path());
        thread::scope(|scope| {
            let writer = scope.spawn(|| write(&server, round));
            thread::sleep(pause(round));
            exporter.kill();
            writer.join().expect("it does not panic");
        });
        let again = start(&server, folder.path());
        let table = of_table(&server);
        again.wait_until(&format!("round {round}: the totals are the table's, {table:?}"), PATIENCE, |exporter| {
            let counted = counted(exporter);
            assert!(counted.0 <= table.0, "round {round}: {counted:?} of {table:?}");
            counted == table
        });
        // Half of them are killed where they are up to date, the others end in order.
        if round.is_multiple_of(2) {
            again.kill();
        }
    }
}

#[test]
fn rows_that_came_while_it_was_down_are_counted_once() {
    let (server, folder) = (database(Version::Current), tempfile::tempdir().expect("a temporary folder"));
    start(&server, folder.path()).kill();
    write(&server, 0);
    for _ in 0..2 {
        let exporter = start(&server, folder.path());
        let table = of_table(&server);
        exporter.wait_until("all are counted", PATIENCE, |exporter| counted(exporter) == table);
        exporter.kill();
    }
}

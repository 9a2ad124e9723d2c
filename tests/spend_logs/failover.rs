//! A database of two servers, one of which replays what is written at the other: it is read wherever it lets itself be.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::{Exporter, Launch};
use crate::support::postgres::{Postgres, USER};
use crate::support::spend_log::{self, NOW, Version, becomes, counted, insert, insert_many, row};

const OLD: u32 = 6_000;
const TABLE: &str = "\"LiteLLM_SpendLogs\"";

/// The address of both, the primary first.
fn address(primary: &Postgres, standby: &Postgres) -> String {
    format!("postgresql://{USER}@127.0.0.1:{},127.0.0.1:{}/postgres", primary.port(), standby.port())
}

/// An exporter that reads what is there at this address, and keeps what it knows in the folder.
fn reading(address: &str, folder: &Path) -> Exporter {
    Launch::default().folder(folder).config(&spend_log::config(address, ", start: beginning")).start()
}

/// Writes rows wherever they can be written, as a gateway does, until it is told to end or a test that failed does not. Returns how
/// many were taken for sure.
fn write(address: &str, is_over: &AtomicBool) -> u32 {
    let (began, mut taken) = (Instant::now(), 0);
    for batch in 0.. {
        if is_over.load(Ordering::Relaxed) || began.elapsed() > PATIENCE * 3 {
            break;
        }
        let rows = insert_many(&format!("live-{batch}"), 10, NOW, Duration::from_mins(3));
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &rows]);
        let status = psql.arg(format!("{address}?target_session_attrs=read-write")).stderr(Stdio::null()).status();
        taken += if status.expect("psql starts").success() { 10 } else { 0 };
    }
    taken
}

#[test]
fn a_fail_over_in_the_midst_of_a_page_costs_and_repeats_no_row() {
    let mut primary = spend_log::database(Version::Current);
    primary.execute(&insert_many("old", OLD, NOW, Duration::from_hours(30)));
    let standby = primary.standby();
    primary.wait_for_standbys();
    let (address, folder) = (address(&primary, &standby), tempfile::tempdir().expect("a temporary folder"));
    let is_over = AtomicBool::new(false);
    let (exporter, taken) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&address, &is_over));
        poll(PATIENCE, || (rows_at(&primary) > OLD).then_some(())).expect("rows are written");
        let exporter = reading(&address, folder.path());
        exporter.wait_until("some rows", PATIENCE, |exporter| counted(exporter) > 0.0);
        primary.crash();
        assert!(counted(&exporter) < f64::from(OLD), "it is over before it has begun");
        standby.promote();
        let before = rows_at(&standby);
        poll(PATIENCE, || (rows_at(&standby) > before).then_some(())).expect("rows are written there");
        is_over.store(true, Ordering::Relaxed);
        (exporter, writer.join().expect("the writer does not panic"))
    });
    let rows = rows_at(&standby);
    assert!(rows >= OLD + taken, "{rows} rows are there, and {taken} of {OLD} more were taken: the database lost some");
    becomes(&exporter, rows);
    drop(exporter);
    let again = reading(&address, folder.path());
    becomes(&again, rows);
}

fn rows_at(server: &Postgres) -> u32 {
    server.execute(&format!("SELECT count(*) FROM {TABLE}")).parse().expect("a number")
}

#[test]
fn a_standby_alone_is_read_and_what_its_replay_cancels_is_asked_again() {
    let primary = spend_log::database(Version::Current);
    primary.execute(&insert_many("old", 3_000, NOW, Duration::from_hours(2)));
    let standby = primary.standby();
    standby.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0");
    standby.execute("SELECT pg_reload_conf()");
    let exporter = spend_log::exporter(&standby, ", start: beginning");
    becomes(&exporter, 3_000);
    // Replay waits for nobody who reads what is locked, and such a question is given up there.
    let is_cancelled = || standby.execute("SELECT sum(confl_lock) > 0 FROM pg_stat_database_conflicts") == "t";
    let mut rows = 3_000;
    let cancelled = poll(PATIENCE, || {
        rows += 2;
        let late = row(&format!("late-{rows}")).began(Duration::from_mins(u64::from(rows % 20)));
        insert(&primary, &[row(&format!("new-{rows}")), late]);
        primary.execute(&format!("DO $$BEGIN FOR n IN 1..1000 LOOP LOCK TABLE {TABLE}; COMMIT; END LOOP; END$$"));
        is_cancelled().then_some(())
    });
    assert!(cancelled.is_some(), "no question was ever under way");
    becomes(&exporter, rows);
}

//! One SQLite database as we want it: how it is opened, recognised and made.
//!
//! In a write-ahead log with a sync at every commit (`synchronous=FULL`), so that a commit costs one sync and survives a power loss. Held
//! exclusively from the first access on: SQLite then needs no shared memory, which not every file system can give.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use super::folder::{Folder, LOCK_PATIENCE};
use super::{FailureKind, OpenError, SetAsideReason, Space, StoreError};

/// Ours, in the header of the file: the letters `llmx`.
const APPLICATION_ID: i32 = 0x6c6c_6d78;
/// The version of our format, in the header of the file.
const FORMAT: i32 = 1;
/// Some four MiB: a log that grew for one large commit is cut down to that again.
const LOG_SIZE_LIMIT: i64 = 4 << 20;
/// After so many pages of 4 KiB the log is taken over into the database.
const LOG_PAGES: i64 = 1000;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refused {
    /// What is there can't be used, and could be set aside.
    Unusable(SetAsideReason, String),
    /// It can't be had, and to set it aside would not help.
    Failed(OpenError),
}

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        Self::Failed(error)
    }
}

/// Opens the database in this folder, or makes it where there is none or nothing in it.
pub(super) fn open(folder: &Folder) -> Result<Connection, Refused> {
    if folder.has_lost_database() {
        let words = "there is a write-ahead log, and nothing in the database that it belongs to";
        return Err(Refused::Unusable(SetAsideReason::Damaged, words.to_owned()));
    }
    folder.make_database()?;
    connect(folder).map_err(|error| match error {
        Trouble::Unusable(reason, words) => Refused::Unusable(reason, words),
        Trouble::Database(error) => match error.kind() {
            FailureKind::Damaged => Refused::Unusable(SetAsideReason::Damaged, error.to_string()),
            FailureKind::InUse => Refused::Failed(folder.in_use()),
            _ => Refused::Failed(OpenError::Database { file: folder.database(), source: error }),
        },
    })
}

enum Trouble {
    Unusable(SetAsideReason, String),
    Database(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Database(error)
    }
}

fn connect(folder: &Folder) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(folder.database(), flags).map_err(StoreError::on("open"))?;
    // What is set aside keeps its log as it was found.
    keep_log(&connection, true)
        .and_then(|()| connection.busy_timeout(LOCK_PATIENCE))
        .map_err(StoreError::on("open"))?;
    let state = recognise(&connection)?;
    configure(&connection).map_err(StoreError::on("open"))?;
    if let Contents::Nothing = state {
        create(&mut connection).map_err(StoreError::on("make the tables"))?;
    }
    // The exclusive lock comes with the first write, and not at the first commit of somebody who relies on it.
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT").map_err(StoreError::on("lock"))?;
    keep_log(&connection, false).map_err(StoreError::on("open"))?;
    Ok(connection)
}

fn keep_log(connection: &Connection, is_kept: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_kept).map(drop)
}

/// What a file holds that can be used.
enum Contents {
    /// Nothing yet.
    Nothing,
    /// Our tables, whole.
    Ours,
}

/// Finds out whose database it is before anything is written to it.
fn recognise(connection: &Connection) -> Result<Contents, Trouble> {
    let reading = StoreError::on("read");
    // Before the first access, or SQLite asks for shared memory.
    connection.execute_batch("PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF").map_err(&reading)?;
    let header = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(&reading);
    let (application, format) = (header("application_id")?, header("user_version")?);
    let entries: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(&reading)?;
    if (application, format, entries) == (0, 0, 0) {
        return Ok(Contents::Nothing);
    }
    if application != APPLICATION_ID {
        let words = format!("it is a database of another program, with the application id {application:#010x}");
        return Err(Trouble::Unusable(SetAsideReason::Foreign, words));
    }
    if format > FORMAT {
        let words = format!("a newer version wrote it, in the format {format} where this one knows {FORMAT}");
        return Err(Trouble::Unusable(SetAsideReason::FutureVersion, words));
    }
    match flaw(connection, format).map_err(reading)? {
        Some(words) => Err(Trouble::Unusable(SetAsideReason::Damaged, words)),
        None => Ok(Contents::Ours),
    }
}

/// What is wrong with a database of ours.
fn flaw(connection: &Connection, format: i32) -> rusqlite::Result<Option<String>> {
    if format != FORMAT {
        return Ok(Some(format!("it says that it has the format {format}, which never was")));
    }
    let of_table = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    for space in Space::ALL {
        let found: Option<String> = connection.query_row(of_table, [space.table()], |row| row.get(0)).optional()?;
        if found.as_deref() != Some(&definition(space)) {
            return Ok(Some(format!("its table {} is missing or another", space.table())));
        }
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((verdict != "ok").then(|| verdict.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// As SQLite repeats it.
fn definition(space: Space) -> String {
    let table = space.table();
    format!(r#"CREATE TABLE "{table}" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID"#)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_SIZE_LIMIT, |_| Ok(()))
}

/// All at once: cut off in between, the file still holds nothing.
fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    for space in Space::ALL {
        transaction.execute_batch(&definition(space))?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit that is not synced is lost with a power loss, which no test can make.
    #[test]
    fn a_commit_is_synced_and_nobody_else_has_the_file() {
        let path = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::hold(path.path()).expect("a folder");
        for life in ["made", "opened again"] {
            let connection = open(&folder).expect("a database");
            let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect(name);
            let word = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0)).expect(name);
            assert_eq!((number("synchronous"), word("journal_mode").as_str()), (2, "wal"), "{life}");
            assert_eq!(word("locking_mode"), "exclusive", "{life}");
            let log = (number("wal_autocheckpoint"), number("journal_size_limit"));
            assert_eq!(log, (LOG_PAGES, LOG_SIZE_LIMIT), "{life}");
        }
    }
}

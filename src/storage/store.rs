//! The store: what is read once at the start, and written all or nothing.

use std::io;
use std::path::Path;

use rusqlite::{Connection, Statement, Transaction, TransactionBehavior};

use super::database::{self, Refused};
use super::folder::{Folder, Identity};
use super::{OpenError, SetAside, SetAsideReason, Space, StoreError, Write};
use crate::event::Timestamp;

const WRITING: &str = "write to the store";

/// A key-value store in one file, which no other process has open.
#[derive(Debug)]
pub struct Store {
    // Closed before the folder is left to others: fields are dropped in this order.
    connection: Connection,
    folder: Folder,
    /// The file that the connection has open.
    identity: Identity,
}

/// A store, and what became of the one before it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What stood in its place and could not be used, if anything did: then the store is empty.
    pub set_aside: Option<SetAside>,
}

/// One change, of somebody else's keys and values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    Put(&'a [u8], &'a [u8]),
    Delete(&'a [u8]),
    DeleteBelow(&'a [u8]),
}

impl Store {
    /// Opens the store in this folder, or makes it: the folder with its parents for nobody else to read, in it the file `llm-exporter.db`.
    /// One that can't be used (damaged, of a newer version, of another program) is renamed, and a fresh one takes its place.
    ///
    /// Blocks, for two seconds at most where another process has it.
    ///
    /// # Errors
    /// When another process goes on having it, and when the folder or the file system refuses.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Opened, OpenError> {
        let folder = Folder::hold(folder)?;
        match database::open(&folder) {
            Ok(connection) => Ok(Opened { store: Self::new(connection, folder)?, set_aside: None }),
            Err(Refused::Failed(error)) => Err(error),
            Err(Refused::Unusable(reason, words)) => replace(folder, reason, words, now),
        }
    }

    fn new(connection: Connection, folder: Folder) -> Result<Self, OpenError> {
        let identity =
            folder.identity().map_err(|source| OpenError::Files { task: "find", path: folder.database(), source })?;
        Ok(Self { connection, folder, identity })
    }

    /// Renames the store, in which [`read`](Self::read) found damage, and opens a fresh one in its place.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn set_aside(self, now: Timestamp) -> Result<Opened, OpenError> {
        let Self { connection, folder, identity: _ } = self;
        // Whether it closes well is of no interest: it is damaged.
        drop(connection);
        replace(folder, SetAsideReason::Damaged, "damage was found while it was read".to_owned(), now)
    }

    /// Shows every key of a space with its value, in the order of the keys.
    ///
    /// # Errors
    /// When the file can't be read, or what stands in it [is damaged](StoreError::is_damage): then some may have been shown already.
    pub fn read(&self, space: Space, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let table = space.table();
        let mut read = || {
            let query = format!(r#"SELECT key, value FROM "{table}" ORDER BY key"#);
            let mut statement = self.connection.prepare(&query)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(blob(row, 0)?, blob(row, 1)?);
            }
            Ok(())
        };
        read().map_err(StoreError::on("read the store"))
    }

    /// Makes these changes in their order: all, durable when this returns, or none.
    ///
    /// # Errors
    /// When the file system refuses; the store stays as it was before, and can be used as soon as the file system allows.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.commit_all(writes.iter().map(Write::as_change))
    }

    pub(super) fn commit_all<'a>(
        &mut self,
        changes: impl Iterator<Item = (Space, Change<'a>)>,
    ) -> Result<(), StoreError> {
        self.check_place().map_err(StoreError::on_files(WRITING))?;
        commit(&mut self.connection, changes).map_err(StoreError::on(WRITING))
    }

    /// A file that was removed can still be written to, and nobody would ever find it again.
    fn check_place(&self) -> io::Result<()> {
        if self.folder.identity()? == self.identity {
            return Ok(());
        }
        Err(io::Error::other("another file stands in its place"))
    }

    /// As if the disk had room for so many more pages.
    #[cfg(test)]
    pub(super) fn leave_room(&self, pages: u32) {
        let header = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
        let limit = header("page_count").expect("there is a header") + pages;
        self.connection.pragma_update_and_check(None, "max_page_count", limit, |_| Ok(())).expect("a limit");
    }

    /// How large the store is on disk, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.folder.size_bytes()
    }

    /// How many bytes its file system has left; `None` where that can't be had.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        self.folder.free_bytes()
    }
}

impl Write {
    fn as_change(&self) -> (Space, Change<'_>) {
        match self {
            Self::Put { space, key, value } => (*space, Change::Put(key, value)),
            Self::Delete { space, key } => (*space, Change::Delete(key)),
            Self::DeleteBelow { space, key } => (*space, Change::DeleteBelow(key)),
        }
    }
}

fn replace(folder: Folder, reason: SetAsideReason, words: String, now: Timestamp) -> Result<Opened, OpenError> {
    let to = folder.set_aside(now)?;
    let connection = database::open(&folder).map_err(|refused| match refused {
        Refused::Failed(error) => error,
        // A database that was made this moment: there is no helping this file system.
        Refused::Unusable(_, words) => {
            OpenError::Files { task: "make a store in", path: folder.database(), source: io::Error::other(words) }
        }
    })?;
    Ok(Opened { store: Store::new(connection, folder)?, set_aside: Some(SetAside { to, reason, words }) })
}

fn blob<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    let value = row.get_ref(column)?;
    let is_other = |_| rusqlite::Error::InvalidColumnType(column, "no blob".to_owned(), value.data_type());
    value.as_blob().map_err(is_other)
}

/// A transaction that is not committed is rolled back when it is dropped.
fn commit<'a>(connection: &mut Connection, changes: impl Iterator<Item = (Space, Change<'a>)>) -> rusqlite::Result<()> {
    if !connection.is_autocommit() {
        // The one before could not even be rolled back.
        connection.execute_batch("ROLLBACK")?;
    }
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let mut statements = Statements::new(&transaction);
    for (space, change) in changes {
        statements.execute(space, change)?;
    }
    drop(statements);
    transaction.commit()
}

/// The statements of one transaction, each prepared when it is first needed.
struct Statements<'t> {
    transaction: &'t Transaction<'t>,
    prepared: [[Option<Statement<'t>>; 3]; Space::ALL.len()],
}

impl<'t> Statements<'t> {
    fn new(transaction: &'t Transaction<'t>) -> Self {
        Self { transaction, prepared: Default::default() }
    }

    fn execute(&mut self, space: Space, change: Change<'_>) -> rusqlite::Result<()> {
        let (place, sql) = match change {
            Change::Put(..) => {
                (0, "INSERT INTO {} VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            }
            Change::Delete(_) => (1, "DELETE FROM {} WHERE key = ?1"),
            Change::DeleteBelow(_) => (2, "DELETE FROM {} WHERE key < ?1"),
        };
        let prepared = &mut self.prepared[space.index()][place];
        let statement = match prepared {
            Some(statement) => statement,
            None => {
                let sql = sql.replace("{}", &format!("\"{}\"", space.table()));
                prepared.insert(self.transaction.prepare(&sql)?)
            }
        };
        match change {
            Change::Put(key, value) => statement.execute([key, value]),
            Change::Delete(key) | Change::DeleteBelow(key) => statement.execute([key]),
        }
        .map(drop)
    }
}

//! What can be wrong with a store, in words and in closed kinds.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

/// What kind of trouble a store has: the only way in which an error reaches a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// There is no room left on the file system.
    Full,
    /// What stands in the file is not what was written.
    Damaged,
    /// The file or its folder can't be written.
    ReadOnly,
    /// Another process holds it.
    InUse,
    /// The file system failed in another way.
    Io,
    /// Anything else: a mistake in the exporter.
    Internal,
}

impl FailureKind {
    /// Every kind, in the order of the metric.
    pub const ALL: [Self; 6] = [Self::Full, Self::Damaged, Self::ReadOnly, Self::InUse, Self::Io, Self::Internal];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Damaged => "damaged",
            Self::ReadOnly => "read_only",
            Self::InUse => "in_use",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    fn of_code(code: ErrorCode) -> Self {
        match code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::InUse,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::FileLockingProtocolFailed => Self::Io,
            _ => Self::Internal,
        }
    }

    fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io,
        }
    }
}

/// The store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("could not {task}: {source}")]
pub struct StoreError {
    task: &'static str,
    source: Cause,
}

/// Who says so.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("{error}{number}", error = .0, number = number(.0))]
    Database(rusqlite::Error),
    #[error(transparent)]
    Files(io::Error),
}

/// SQLite's words are the same for all that a file system can fail at; its number tells which it was.
fn number(error: &rusqlite::Error) -> String {
    error.sqlite_error().map(|error| format!(" (SQLite's code {})", error.extended_code)).unwrap_or_default()
}

impl StoreError {
    /// For `map_err`: what was attempted.
    pub(super) const fn on(task: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |error| Self { task, source: Cause::Database(error) }
    }

    /// For `map_err`: what was attempted.
    pub(super) const fn on_files(task: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self { task, source: Cause::Files(error) }
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match &self.source {
            Cause::Database(rusqlite::Error::SqliteFailure(error, _)) => FailureKind::of_code(error.code),
            // A value that is not of the type that its table promises.
            Cause::Database(rusqlite::Error::InvalidColumnType(..)) => FailureKind::Damaged,
            Cause::Database(_) => FailureKind::Internal,
            Cause::Files(error) => FailureKind::of_io(error),
        }
    }

    /// Whether what stands in the file is not what was written: then only [`Store::set_aside`](super::Store::set_aside) helps.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.kind() == FailureKind::Damaged
    }
}

/// There is no store: the exporter can go on without, or end.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it, for longer than one takes to end.
    #[error(
        "{} is in use by another process: end that one, or give each exporter a storage.path of its own",
        folder.display()
    )]
    InUse {
        /// Whose store it is.
        folder: PathBuf,
    },
    /// The folder or a file in it can't be had.
    #[error("could not {task} {}: {source}", path.display())]
    Files {
        /// What was attempted.
        task: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database in the file can't be had.
    #[error("{}: {source}", file.display())]
    Database {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: StoreError,
    },
}

impl OpenError {
    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::InUse { .. } => FailureKind::InUse,
            Self::Files { source, .. } => FailureKind::of_io(source),
            Self::Database { source, .. } => source.kind(),
        }
    }
}

/// A store that could not be used any more and was kept under another name; a fresh one stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub to: PathBuf,
    /// Why.
    pub reason: SetAsideReason,
    /// The same in words.
    pub words: String,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, words, .. } = self;
        write!(f, "the store could not be used and was kept as {}; a fresh one takes its place: {words}", to.display())
    }
}

/// Why a store was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetAsideReason {
    /// What stands in the file is not what was written.
    Damaged,
    /// A newer version of the exporter wrote it.
    FutureVersion,
    /// It is a database of another program.
    Foreign,
}

impl SetAsideReason {
    /// Every reason, in the order of the metric.
    pub const ALL: [Self; 3] = [Self::Damaged, Self::FutureVersion, Self::Foreign];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::FutureVersion => "future_version",
            Self::Foreign => "foreign",
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What was recorded may be lost if the exporter ends now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not durable: {reason}")]
pub struct NotDurable {
    /// What kind of trouble the store has.
    pub kind: FailureKind,
    /// The same in words.
    pub reason: Arc<str>,
}

impl NotDurable {
    pub(super) fn new(kind: FailureKind, reason: impl Into<Arc<str>>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// Nothing is committed any more, and that is as it should be.
    pub(super) fn stopped() -> Self {
        Self::new(FailureKind::Internal, "the store is closed")
    }
}

//! The folder of a store and the files in it: made, held by one process, measured, set aside. Their contents are `database`'s.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::OpenError;
use crate::event::Timestamp;

const DATABASE: &str = "llm-exporter.db";
const LOCK: &str = "llm-exporter.lock";
/// What SQLite puts beside a database: it is worth nothing without, and the database may be worth nothing without it.
const SIBLINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A predecessor may be just ending.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// A file, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

/// The folder of a store, held by this process for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Of a file that is never renamed: the database may be, while somebody else waits for it.
    _lock: File,
}

impl Folder {
    /// Makes the folder where there is none, and keeps other processes out of it.
    pub(super) fn hold(path: &Path) -> Result<Self, OpenError> {
        let made = make(path).and_then(|()| path.canonicalize());
        let path = made.map_err(failed("make the folder", path))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where the database is.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// That another process has it.
    pub(super) fn in_use(&self) -> OpenError {
        OpenError::InUse { folder: self.path.clone() }
    }

    /// Makes an empty file for the database where there is none: SQLite's own could be read by everyone.
    pub(super) fn make_database(&self) -> Result<(), OpenError> {
        let file = self.database();
        let made = File::options().create(true).truncate(false).write(true).mode(0o600).open(&file);
        made.map(drop).map_err(failed("write to", &file))
    }

    /// Which file the database is, whatever stands in its place later.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        let facts = fs::metadata(self.database())?;
        Ok(Identity { device: facts.dev(), inode: facts.ino() })
    }

    /// Whether there is a write-ahead log without the database that it belongs to. SQLite would delete it.
    pub(super) fn has_lost_database(&self) -> bool {
        self.size_of(DATABASE) == 0 && self.size_of(&format!("{DATABASE}-wal")) > 0
    }

    /// Renames the database with all that belongs to it; returns its new place.
    pub(super) fn set_aside(&self, now: Timestamp) -> Result<PathBuf, OpenError> {
        let to = self.free_name(now);
        let from = self.database();
        // The database first: cut off here, the rest is found without it, and set aside too.
        rename(&from, &to).map_err(failed("set aside", &from))?;
        for sibling in SIBLINGS {
            let (from, to) = (with(&from, sibling), with(&to, sibling));
            rename(&from, &to).map_err(failed("set aside", &from))?;
        }
        sync(&self.path);
        Ok(to)
    }

    fn free_name(&self, now: Timestamp) -> PathBuf {
        let name = format!("{DATABASE}.set-aside-{}", compact(now));
        let is_taken = |name: &str| {
            [""].iter().chain(&SIBLINGS).any(|sibling| self.path.join(format!("{name}{sibling}")).exists())
        };
        let mut names = (2_u64..).map(|number| format!("{name}.{number}"));
        let free = if is_taken(&name) { names.find(|name| !is_taken(name)).unwrap_or(name) } else { name };
        self.path.join(free)
    }

    /// How large the database and its log are together, in bytes.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_of(DATABASE) + self.size_of(&format!("{DATABASE}-wal"))
    }

    /// The bytes that the file system has left for whoever is not root.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        let facts = rustix::fs::statvfs(&self.path).ok()?;
        facts.f_bavail.checked_mul(facts.f_frsize)
    }

    fn size_of(&self, name: &str) -> u64 {
        fs::metadata(self.path.join(name)).map_or(0, |facts| facts.len())
    }
}

/// Makes the folder, and sees to it that it is still there after a power loss.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // Each of those that were made stands in its parent.
    path.canonicalize()?.ancestors().skip(1).take(path.components().count()).for_each(sync);
    Ok(())
}

/// Not every file system can do this for a folder, nor is every parent ours to open; SQLite passes over that too.
fn sync(folder: &Path) {
    _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let opened = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = opened.map_err(failed("write to", &path))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(OpenError::InUse { folder: folder.to_owned() });
            }
            Err(TryLockError::WouldBlock) => sleep(LOCK_INTERVAL),
        }
    }
}

fn failed(task: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Files { task, path: path.to_owned(), source }
}

/// Renames what is there.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// `20261125T030405Z`
fn compact(now: Timestamp) -> impl std::fmt::Display {
    jiff::Timestamp::from(now).strftime("%Y%m%dT%H%M%SZ")
}

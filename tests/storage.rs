//! The store as its users see it: on real disks, with real ends of processes, over files that somebody damaged.

mod support;

#[path = "storage/damage.rs"]
mod damage;
#[path = "storage/disk.rs"]
mod disk;
#[path = "storage/kill.rs"]
mod kill;
#[path = "storage/metrics.rs"]
mod metrics;
#[path = "storage/opening.rs"]
mod opening;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use llm_exporter::event::Timestamp;
use llm_exporter::storage::{Opened, Space, Store, Write};

/// 2026-11-25T03:04:05Z
const NOW: Timestamp = Timestamp::from_micros(1_795_575_845_000_000);

fn open(folder: &Path) -> Opened {
    Store::open(folder, NOW).unwrap_or_else(|error| panic!("{error}"))
}

/// Opens a store that nothing is wrong with.
fn open_whole(folder: &Path) -> Store {
    let Opened { store, set_aside } = open(folder);
    assert_eq!(set_aside, None, "nothing is wrong with it");
    store
}

fn file(folder: &Path) -> PathBuf {
    folder.join("llm-exporter.db")
}

fn put(space: Space, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) -> Write {
    Write::Put { space, key: key.as_ref().to_vec(), value: value.into() }
}

fn pairs(store: &Store, space: Space) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    store.read(space, |key, value| pairs.push((key.to_vec(), value.to_vec()))).expect("the store is whole");
    pairs
}

/// Where a test that runs itself again as another process is told what to do.
const ROLE: &str = "LLM_EXPORTER_TEST_ROLE";

/// What this process is to do for the test of this name, if it is not the one that runs all tests.
fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Runs the test of this name again, in another process, with a role; `wrapped` in another command.
fn again(wrapped: &[&str], test: &str, role: &Path) -> Command {
    let this = std::env::current_exe().expect("it runs");
    let arguments: Vec<_> = wrapped.iter().map(Into::into).chain([this.into_os_string()]).collect();
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]).args(["--exact", test, "--nocapture"]).env(ROLE, role);
    command
}

/// Tells the process that ran this one a line.
fn say(words: &str) {
    writeln!(std::io::stdout(), "{words}").expect("somebody listens");
}

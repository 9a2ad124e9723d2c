//! A store that can't be used: it is kept under another name, and a fresh one takes its place.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use llm_exporter::storage::{Opened, SetAsideReason, Space};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{NOW, file, open, open_whole, pairs, put};

const ASIDE: &str = "llm-exporter.db.set-aside-20261125T030405Z";

/// A closed store with a thousand values.
fn filled() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    let rows: Vec<_> = (0..1_000_u32).map(|key| put(Space::Rows, key.to_be_bytes(), vec![7; 100])).collect();
    store.commit(&rows).expect("a commit");
    folder
}

/// Opens what can't be used, and sees that it is kept as it was, and that its place can be used again.
fn is_set_aside(folder: &Path, reason: SetAsideReason, words: &str) -> PathBuf {
    let found = fs::read(file(folder)).expect("there is one");
    let Opened { mut store, set_aside } = open(folder);
    let set_aside = set_aside.expect("it can't be used");
    assert_eq!(set_aside.reason, reason, "{set_aside}");
    assert!(set_aside.words.contains(words), "{set_aside}");
    assert!(set_aside.to_string().contains(&*set_aside.to.to_string_lossy()), "{set_aside}");
    assert!(fs::read(&set_aside.to).expect("it was kept") == found, "it was kept as it was: {set_aside}");
    assert!(Space::ALL.iter().all(|space| pairs(&store, *space).is_empty()), "a fresh one is empty");
    store.commit(&[put(Space::Meta, "a", "b")]).expect("a fresh one can be used");
    drop(store);
    assert_eq!(pairs(&open_whole(folder), Space::Meta).len(), 1);
    set_aside.to
}

fn change(folder: &Path, sql: &str) {
    Connection::open(file(folder)).and_then(|other| other.execute_batch(sql)).expect(sql);
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("our folder");
    entries.map(|entry| entry.expect("our folder").file_name().into_string().expect("our name")).collect()
}

#[test]
fn a_truncated_store_is_set_aside() {
    for length in [100, 4096, 20_000] {
        let folder = filled();
        let database = File::options().write(true).open(file(folder.path())).expect("the file");
        database.set_len(length).expect("a shorter file");
        let to = is_set_aside(folder.path(), SetAsideReason::Damaged, "");
        assert_eq!(to.file_name().expect("a name"), ASIDE);
    }
}

#[test]
fn garbage_is_set_aside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(file(folder.path()), "garbage ".repeat(10_000)).expect("a file");
    is_set_aside(folder.path(), SetAsideReason::Damaged, "not a database");
}

#[test]
fn a_page_that_was_overwritten_is_found_at_once() {
    let folder = filled();
    let database = File::options().write(true).open(file(folder.path())).expect("the file");
    let length = database.metadata().expect("the file").len();
    database.write_all_at(&[0xa5; 4096], length / 2 / 4096 * 4096).expect("a write");
    is_set_aside(folder.path(), SetAsideReason::Damaged, "");
}

#[test]
fn a_store_of_a_newer_version_is_set_aside() {
    let folder = filled();
    change(folder.path(), "PRAGMA user_version = 2");
    is_set_aside(folder.path(), SetAsideReason::FutureVersion, "the format 2");
}

#[test]
fn a_database_of_another_program_is_set_aside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    change(folder.path(), "CREATE TABLE meta (key, value)");
    is_set_aside(folder.path(), SetAsideReason::Foreign, "another program");
}

#[test]
fn a_store_without_one_of_its_tables_is_set_aside() {
    let folder = filled();
    change(folder.path(), "DROP TABLE seen");
    is_set_aside(folder.path(), SetAsideReason::Damaged, "seen");
}

#[test]
fn a_log_without_its_database_is_set_aside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("llm-exporter.db-wal");
    fs::write(&log, "what is left").expect("a file");
    let Opened { store, set_aside } = open(folder.path());
    assert_eq!(set_aside.expect("something is missing").reason, SetAsideReason::Damaged);
    assert_eq!(fs::read_to_string(folder.path().join(format!("{ASIDE}-wal"))).expect("it was kept"), "what is left");
    drop(store);
}

#[test]
fn an_empty_file_is_a_store_that_was_just_begun() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    File::create(file(folder.path())).expect("a file");
    open_whole(folder.path());
    assert_eq!(names(folder.path()).len(), 2, "nothing was set aside: {:?}", names(folder.path()));
}

#[test]
fn a_store_whose_making_was_cut_off_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    change(folder.path(), "PRAGMA journal_mode = WAL");
    assert!(fs::metadata(file(folder.path())).expect("the file").len() > 0);
    open_whole(folder.path());
}

#[test]
fn what_was_set_aside_before_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kept: Vec<PathBuf> = (0..3_u8)
        .map(|number| {
            fs::write(file(folder.path()), [number; 5_000]).expect("a file");
            open(folder.path()).set_aside.expect("it is garbage").to
        })
        .collect();
    for (number, path) in (0..3_u8).zip(&kept) {
        assert!(fs::read(path).expect("it was kept") == [number; 5_000], "{}", path.display());
    }
    assert_eq!(kept[2].file_name().expect("a name").to_string_lossy(), format!("{ASIDE}.3"));
}

#[test]
fn damage_that_shows_when_it_is_read_is_called_that_and_the_store_can_be_set_aside() {
    let folder = filled();
    let mut store = open_whole(folder.path());
    let large: Vec<_> = (0..4_000_u32).map(|key| put(Space::Ledger, key.to_be_bytes(), vec![7; 1_000])).collect();
    store.commit(&large).expect("a commit");
    drop(store);
    let store = open_whole(folder.path());
    // Behind the back of the store, which went through these pages when it was opened, and has not kept so many in memory.
    let database = File::options().write(true).open(file(folder.path())).expect("the file");
    let length = database.metadata().expect("the file").len();
    for page in 2..length / 4096 {
        database.write_all_at(&[0xa5; 4096], page * 4096).expect("a write");
    }
    let error = store.read(Space::Ledger, |_, _| ()).expect_err("it is damaged");
    assert!(error.is_damage(), "{error}");
    let Opened { mut store, set_aside } = store.set_aside(NOW).expect("there is room");
    let set_aside = set_aside.expect("it was");
    assert_eq!((set_aside.reason, set_aside.to.exists()), (SetAsideReason::Damaged, true));
    store.commit(&[put(Space::Rows, "a", "b")]).expect("a fresh one can be used");
    assert_eq!(pairs(&store, Space::Rows).len(), 1);
}

//! A store that is opened: what is in it, who may have it, and what is said where it can't be had.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use llm_exporter::storage::{FailureKind, OpenError, Space, Store, Write};

use super::{NOW, file, open_whole, pairs, put};
use crate::support::deadline::PATIENCE;

#[test]
fn what_was_committed_is_there_in_the_order_of_its_keys() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    let all = Space::ALL.map(|space| put(space, "a", format!("{space:?}")));
    store.commit(&all).expect("a commit");
    store
        .commit(&[put(Space::Rows, "c", "3"), put(Space::Rows, [0], ""), put(Space::Rows, "a", "new")])
        .expect("a commit");
    drop(store);
    let store = open_whole(folder.path());
    let rows: [(Vec<u8>, Vec<u8>); 3] = [([0].into(), "".into()), ("a".into(), "new".into()), ("c".into(), "3".into())];
    assert_eq!(pairs(&store, Space::Rows), rows);
    for space in [Space::Meta, Space::Window, Space::Seen, Space::Ledger] {
        assert_eq!(pairs(&store, space), [("a".into(), format!("{space:?}").into())]);
    }
    assert!(store.size_bytes() > 0 && store.free_bytes() > Some(0));
}

#[test]
fn changes_are_made_in_their_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    let all: Vec<Write> = (0..=9_u8).map(|key| put(Space::Window, [key], "")).collect();
    store.commit(&all).expect("a commit");
    let below = |key: u8| Write::DeleteBelow { space: Space::Window, key: vec![key] };
    let delete = |key: u8| Write::Delete { space: Space::Window, key: vec![key] };
    store
        .commit(&[put(Space::Window, [1], "gone"), below(7), put(Space::Window, [2], "back"), delete(8), delete(80)])
        .expect("a commit");
    let left: Vec<u8> = pairs(&store, Space::Window).into_iter().map(|(key, _)| key[0]).collect();
    assert_eq!(left, [2, 7, 9]);
    store.commit(&[]).expect("nothing is a commit too");
}

#[test]
fn the_folder_is_made_with_its_parents_and_nobody_else_may_look() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let inner = folder.path().join("a/b");
    let mut store = open_whole(&inner);
    store.commit(&[put(Space::Meta, "a", "b")]).expect("a commit");
    let mode = |path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(folder.path().join("a")), 0o700);
    assert_eq!(mode(inner.clone()), 0o700);
    for entry in fs::read_dir(&inner).expect("our folder") {
        let path = entry.expect("our folder").path();
        assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
    }
    let mut names: Vec<_> =
        fs::read_dir(&inner).expect("our folder").map(|entry| entry.expect("our folder").file_name()).collect();
    names.sort();
    assert_eq!(names, ["llm-exporter.db", "llm-exporter.db-wal", "llm-exporter.lock"], "no shared memory is needed");
    drop(store);
    assert!(!inner.join("llm-exporter.db-wal").exists(), "an orderly end leaves one file");
}

#[test]
fn a_second_one_is_told_who_has_the_store_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut first = open_whole(folder.path());
    let error = Store::open(folder.path(), NOW).expect_err("it is in use");
    assert!(matches!(error, OpenError::InUse { .. }) && error.kind() == FailureKind::InUse, "{error:?}");
    let words = error.to_string();
    assert!(words.contains(&*folder.path().to_string_lossy()) && words.contains("storage.path"), "{words}");
    first.commit(&[put(Space::Meta, "a", "b")]).expect("the first is not disturbed");
    drop(first);
    assert_eq!(pairs(&open_whole(folder.path()), Space::Meta).len(), 1);
}

#[test]
fn a_store_whose_owner_is_just_ending_is_waited_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = open_whole(folder.path());
    let (tell, told) = std::sync::mpsc::channel();
    let path = folder.path().to_owned();
    let second = std::thread::spawn(move || {
        tell.send(()).expect("it is listened to");
        Store::open(&path, NOW).map(drop)
    });
    told.recv_timeout(PATIENCE).expect("it is about to open");
    std::thread::sleep(Duration::from_millis(200));
    assert!(!second.is_finished(), "it has neither opened nor given up");
    drop(first);
    second.join().expect("no panic").expect("the first is gone");
}

/// Whoever waits for another must not set aside what that one made in the meantime.
#[test]
fn of_many_who_find_a_store_that_is_damaged_one_sets_it_aside() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(file(folder.path()), "garbage ".repeat(1_000)).expect("a file");
        let openers: Vec<_> = (0..4_u8)
            .map(|opener| {
                let folder = folder.path().to_owned();
                std::thread::spawn(move || {
                    let opened = Store::open(&folder, NOW).expect("the others end soon");
                    let mut store = opened.store;
                    store.commit(&[put(Space::Meta, [opener], "")]).expect("a commit");
                    usize::from(opened.set_aside.is_some())
                })
            })
            .collect();
        let set_aside: usize = openers.into_iter().map(|opener| opener.join().expect("no panic")).sum();
        assert_eq!(set_aside, 1);
        assert_eq!(pairs(&open_whole(folder.path()), Space::Meta).len(), 4, "what each committed is there");
    }
}

#[test]
fn somebody_who_looks_with_another_program_keeps_it_from_being_opened_and_not_from_being_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    drop(open_whole(folder.path()));
    let other = rusqlite::Connection::open(file(folder.path())).expect("a database");
    other.execute_batch("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE").expect("nobody else has it");
    let error = Store::open(folder.path(), NOW).expect_err("it is in use");
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    drop(other);
    open_whole(folder.path());
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").expect("a file");
    for path in [in_the_way.clone(), in_the_way.join("data")] {
        let error = Store::open(&path, NOW).expect_err("a file stands there");
        assert_eq!(error.kind(), FailureKind::Io);
        assert!(error.to_string().contains(&*in_the_way.to_string_lossy()), "{error}");
    }
    // Nobody may write there, not even root.
    let error = Store::open("/proc/self/data".as_ref(), NOW).expect_err("no folder can be made there");
    assert!(error.to_string().starts_with("could not make the folder /proc/self/data: "), "{error}");
}

#[test]
fn a_store_that_somebody_removed_says_so_and_keeps_nothing_that_nobody_would_find() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    store.commit(&[put(Space::Meta, "a", "b")]).expect("a commit");
    fs::rename(file(folder.path()), folder.path().join("elsewhere")).expect("it is there");
    let error = store.commit(&[put(Space::Meta, "a", "c")]).expect_err("it is not there");
    assert!(error.to_string().starts_with("could not write to the store: No such file"), "{error}");
    fs::write(file(folder.path()), "").expect("a file");
    let error = store.commit(&[put(Space::Meta, "a", "c")]).expect_err("it is another");
    assert_eq!(error.to_string(), "could not write to the store: another file stands in its place");
    assert_eq!(error.kind(), FailureKind::Io);
    fs::rename(folder.path().join("elsewhere"), file(folder.path())).expect("it is there");
    store.commit(&[put(Space::Meta, "a", "d")]).expect("it is there again");
}

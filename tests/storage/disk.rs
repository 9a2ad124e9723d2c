//! Disks without room, and a log that does not take it.

use std::fs;
use std::path::Path;
use std::process::Command;

use llm_exporter::storage::{FailureKind, Space, Store, Write};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{again, open_whole, pairs, put, role, say};

const MIB: u64 = 1 << 20;

/// A file system of 2 MiB, which only this process and its children see. As root, or as one who may play root.
const MOUNTED: [&[&str]; 2] = [
    &["unshare", "--mount", "sh", "-c", r#"mount -t tmpfs -o size=2m none "$1" && shift && exec "$@""#, "sh"],
    &[
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        r#"mount -t tmpfs -o size=2m none "$1" && shift && exec "$@""#,
        "sh",
    ],
];

/// What everyone may do: let files grow no larger. The signal that goes with it would end the process.
const LIMITED: &[&str] = &["sh", "-c", r#"trap '' XFSZ; shift; exec "$@""#, "sh"];

#[test]
fn a_full_disk_fails_commits_until_there_is_room_again() {
    if let Some(role) = role() {
        let folder = Path::new(&role);
        return if is_mounted(folder) { fill_the_disk(folder) } else { reach_the_limit(folder) };
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path of ours");
    let wrapped = |outer: &'static [&str]| outer.iter().copied().chain([path]).collect::<Vec<_>>();
    let can = |outer: &&&'static [&str]| {
        let outer = wrapped(outer);
        Command::new(outer[0]).args(&outer[1..]).arg("true").output().is_ok_and(|output| output.status.success())
    };
    let test = "disk::a_full_disk_fails_commits_until_there_is_room_again";
    let mounted = MOUNTED.iter().find(can).copied();
    if let Some(mounted) = mounted {
        passes(again(&wrapped(mounted), test, folder.path()), "all went well on a small disk");
    }
    passes(again(&wrapped(LIMITED), test, folder.path()), "all went well at a limit");
}

fn passes(mut command: Command, last_words: &str) {
    let output = command.output().expect("it runs again");
    let words = [output.stdout, output.stderr].map(|words| String::from_utf8_lossy(&words).into_owned());
    assert!(output.status.success() && words[0].contains(last_words), "{}{}", words[0], words[1]);
}

fn is_mounted(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").expect("Linux tells");
    mounts.lines().any(|line| line.split(' ').nth(1) == folder.to_str())
}

fn fill_the_disk(folder: &Path) {
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0; 900 << 10]).expect("there is room");
    let data = folder.join("data");
    fails_and_recovers(&data, FailureKind::Full, || fs::remove_file(&ballast).expect("it is there"));
    say("all went well on a small disk");
}

fn reach_the_limit(folder: &Path) {
    let data = folder.join("limited");
    let before = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(MIB), ..before }).expect("less is allowed");
    fails_and_recovers(&data, FailureKind::Io, || setrlimit(Resource::Fsize, before).expect("it was allowed before"));
    say("all went well at a limit");
}

/// Commits until there is no room: what was committed stays whole, what failed leaves nothing, and the same commit goes well later.
fn fails_and_recovers(folder: &Path, kind: FailureKind, make_room: impl Fn()) {
    let mut store = open_whole(folder);
    let mut kept = 0;
    let error = loop {
        match store.commit(&of_100_kib(kept)) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "there is no end to this disk");
    };
    assert_eq!(error.kind(), kind, "{error}");
    assert!(kept > 0, "something fits");
    for _ in 0..3 {
        assert_eq!(store.commit(&of_100_kib(kept)).expect_err("still no room").kind(), kind);
    }
    is_whole(&store, kept);
    make_room();
    store.commit(&of_100_kib(kept)).expect("there is room again");
    is_whole(&store, kept + 1);
    drop(store);
    is_whole(&open_whole(folder), kept + 1);
}

fn of_100_kib(number: u32) -> Vec<Write> {
    (0..100_u8)
        .map(|part| put(Space::Rows, [&number.to_be_bytes()[..], &[part]].concat(), vec![part; 1 << 10]))
        .collect()
}

fn is_whole(store: &Store, commits: u32) {
    let keys = pairs(store, Space::Rows).into_iter().map(|(key, _)| key);
    let expected =
        (0..commits).flat_map(|number| (0..100_u8).map(move |part| [&number.to_be_bytes()[..], &[part]].concat()));
    assert!(keys.eq(expected), "{commits} commits and nothing else");
}

#[test]
fn the_log_stays_small_however_much_is_committed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    let log = || fs::metadata(folder.path().join("llm-exporter.db-wal")).expect("there is one").len();
    let large: Vec<_> = (0..200_u8).map(|key| put(Space::Rows, [key], vec![key; 100 << 10])).collect();
    store.commit(&large).expect("a commit");
    assert!(log() > 19 * MIB, "one commit is whole before any of it is taken over");
    let mut largest = 0;
    for number in 0..400_u16 {
        store
            .commit(&[put(Space::Rows, [1], vec![7; 20 << 10]), put(Space::Meta, "n", number.to_be_bytes())])
            .expect("a commit");
        largest = largest.max(log());
    }
    assert!(largest < 6 * MIB, "{largest} bytes");
}

/// Nobody promised that a window which moves on takes no room; but it takes no more than it did.
#[test]
fn a_window_that_moves_on_reuses_its_room() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    let mut sizes = Vec::new();
    for round in 0..40_u32 {
        let mut writes: Vec<_> =
            (0..200_u32).map(|event| put(Space::Window, (round * 200 + event).to_be_bytes(), vec![1; 500])).collect();
        let oldest = (round * 200).saturating_sub(400).to_be_bytes().to_vec();
        writes.push(Write::DeleteBelow { space: Space::Window, key: oldest });
        store.commit(&writes).expect("a commit");
        sizes.push(fs::metadata(folder.path().join("llm-exporter.db")).expect("the file").len());
    }
    assert!(sizes[39] < 2 * MIB, "{sizes:?}");
    assert_eq!(pairs(&store, Space::Window).len(), 600);
}

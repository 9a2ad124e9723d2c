//! A process that is killed, and a log that was cut off: what was acknowledged is there, and nothing by halves.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use llm_exporter::storage::{Space, Store, Write};

use super::{again, open_whole, pairs, put, role, say};

const LIVES: u64 = 8;

/// One commit: a number in two spaces, and enough beside it that the log is taken over now and then.
fn step(number: u64) -> [Write; 4] {
    let key = number.to_be_bytes();
    [
        put(Space::Meta, "latest", key),
        put(Space::Rows, key, vec![1; 3_000]),
        put(Space::Window, key, ""),
        Write::DeleteBelow { space: Space::Window, key: number.saturating_sub(9).to_be_bytes().to_vec() },
    ]
}

/// The last commit, which is there whole like all before it.
fn latest(store: &Store) -> u64 {
    let Some((_, latest)) = pairs(store, Space::Meta).pop() else { return 0 };
    let latest = u64::from_be_bytes(latest.try_into().expect("eight bytes"));
    let numbers = |space| {
        pairs(store, space).into_iter().map(|(key, _)| u64::from_be_bytes(key.try_into().expect("eight bytes")))
    };
    assert!(numbers(Space::Rows).eq(1..=latest), "all rows up to {latest}");
    assert!(numbers(Space::Window).eq(latest.saturating_sub(9).max(1)..=latest), "the last ten before {latest}");
    latest
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_and_whole() {
    if let Some(folder) = role() {
        write_forever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut acknowledged = 0;
    for life in 1..=LIVES {
        let mut command =
            again(&["env"], "kill::what_was_acknowledged_before_a_kill_is_there_and_whole", folder.path());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs again");
        let lines = BufReader::new(child.stdout.take().expect("its words are ours")).lines();
        let mut numbers =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
        let until = acknowledged + 20 * life;
        assert!(numbers.by_ref().any(|number| number >= until), "it commits");
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        acknowledged = numbers.last().unwrap_or(until);
        let found = latest(&open_whole(folder.path()));
        assert!(found >= acknowledged, "{found} is there and {acknowledged} was acknowledged");
        acknowledged = found;
    }
}

fn write_forever(folder: &Path) -> ! {
    let mut store = open_whole(folder);
    for number in latest(&store) + 1.. {
        store.commit(&step(number)).expect("there is room");
        say(&format!("kept {number}"));
    }
    unreachable!("it is killed before")
}

/// A power loss may leave any part of what was being written. What was acknowledged is on the disk by then.
#[test]
fn a_log_that_was_cut_off_loses_the_commits_behind_the_cut_and_no_half_of_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open_whole(folder.path());
    for number in 1..=40 {
        store.commit(&step(number)).expect("there is room");
    }
    let [database, log] =
        ["llm-exporter.db", "llm-exporter.db-wal"].map(|name| fs::read(folder.path().join(name)).expect("a file"));
    let mut found = Vec::new();
    for cut in (0..=10).map(|tenth| log.len() * tenth / 10) {
        let copy = tempfile::tempdir().expect("a temporary folder");
        fs::write(copy.path().join("llm-exporter.db"), &database).expect("a copy");
        fs::write(copy.path().join("llm-exporter.db-wal"), &log[..cut]).expect("a copy");
        found.push(latest(&open_whole(copy.path())));
    }
    assert!(found.is_sorted() && found.last() == Some(&40), "{found:?}");
    assert!(found.iter().filter(|found| (1..40).contains(*found)).count() > 5, "{found:?}");
}

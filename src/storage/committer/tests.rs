use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Instant, SystemTime};

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::own::StorageState;
use crate::storage::{FailureKind, Space};

/// Longer than any test takes: whatever is committed, somebody waits for.
const NEVER: Duration = Duration::from_hours(1);
const SOON: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);
const LARGE: usize = 1 << 20;

/// A committer over a store in a folder of its own, and what it is given to commit.
struct Fixture {
    folder: TempDir,
    changes: Arc<Mutex<Vec<Write>>>,
    facts: Arc<StorageFacts>,
    committer: Committer,
}

impl Fixture {
    fn new(interval: Duration) -> Self {
        Self::over(interval, |_| {}, || {})
    }

    /// Over a store that is on a small disk: a large value does not fit, and small ones do.
    fn on_a_small_disk(interval: Duration) -> Self {
        Self::over(interval, |store| store.leave_room(4), || {})
    }

    fn over(interval: Duration, prepare: impl FnOnce(&Store), mut before: impl FnMut() + Send + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = open(&folder);
        prepare(&store);
        let (changes, facts) = (Arc::<Mutex<Vec<Write>>>::default(), Arc::<StorageFacts>::default());
        let taken = Arc::clone(&changes);
        let take_changes = move || {
            before();
            std::mem::take(&mut *taken.lock())
        };
        let committer = Committer::start(store, take_changes, interval, Arc::clone(&facts)).expect("a thread");
        Self { folder, changes, facts, committer }
    }

    fn put(&self, key: u8, size: usize) {
        self.changes.lock().push(Write::Put { space: Space::Rows, key: vec![key], value: vec![key; size] });
    }

    fn commits(&self) -> u64 {
        self.facts.status().commits
    }

    fn failures(&self) -> u64 {
        self.facts.status().failures.iter().sum()
    }

    /// The keys in the store with the sizes of their values, once the committer has ended.
    fn kept(&self) -> Vec<(u8, usize)> {
        let mut kept = Vec::new();
        let read = open(&self.folder).read(Space::Rows, |key, value| kept.push((key[0], value.len())));
        read.expect("the store is whole");
        kept
    }
}

fn open(folder: &TempDir) -> Store {
    Store::open(folder.path(), SystemTime::now().into()).expect("nobody has it open").store
}

fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "it never came to that");
        sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn what_changes_is_committed_without_anybody_waiting() {
    let fixture = Fixture::new(SOON);
    fixture.put(1, 10);
    until(|| fixture.commits() == 1);
    assert_eq!(fixture.committer.stop().await, Ok(()));
    assert_eq!(fixture.kept(), [(1, 10)]);
    assert_eq!(fixture.commits(), 1, "where nothing changed, nothing is committed");
}

#[tokio::test]
async fn who_waits_does_not_wait_for_the_interval() {
    let fixture = Fixture::new(NEVER);
    for key in 1..=5 {
        fixture.put(key, 10);
        assert_eq!(fixture.committer.settled().await, Ok(()));
        assert_eq!(fixture.commits(), u64::from(key));
    }
    assert_eq!(fixture.committer.settled().await, Ok(()), "there is nothing to wait for");
    assert_eq!(fixture.commits(), 5);
    let status = fixture.facts.status();
    assert_eq!((&status.state, status.pending), (&StorageState::Up, 0));
    assert!(
        status.last_commit_at.is_some() && status.size_bytes > Some(0) && status.free_bytes > Some(0),
        "{status:?}"
    );
}

#[tokio::test]
async fn all_who_come_during_a_commit_share_the_next() {
    let (release, released) = mpsc::channel::<()>();
    let hold = move || _ = released.recv_timeout(PATIENCE);
    let fixture = Fixture::over(NEVER, |_| {}, hold);
    let mut waiting = JoinSet::new();
    for key in 0..100 {
        fixture.put(key, 10);
        let committer = fixture.committer.clone();
        waiting.spawn(async move { committer.settled().await });
        // On this one thread everybody else is asked first: this one has drawn its ticket.
        tokio::task::yield_now().await;
    }
    // It is held before each commit: one under way, and one for those who came in the meantime.
    drop(release);
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    assert!((1..=2).contains(&fixture.commits()), "{} commits", fixture.commits());
    assert_eq!(fixture.committer.stop().await, Ok(()));
    assert_eq!(fixture.kept().len(), 100);
}

#[tokio::test]
async fn a_full_disk_is_told_to_who_waits_and_everything_is_written_when_there_is_room() {
    let fixture = Fixture::on_a_small_disk(SOON);
    fixture.put(1, LARGE);
    fixture.put(2, 10);
    let refusal = fixture.committer.settled().await.expect_err("it does not fit");
    assert_eq!(refusal.kind, FailureKind::Full, "{refusal}");
    let status = fixture.facts.status();
    assert!(matches!(status.state, StorageState::Failing { kind: FailureKind::Full, .. }), "{status:?}");

    fixture.put(3, 10);
    let failures = fixture.failures();
    until(|| fixture.failures() > failures && fixture.facts.status().pending == 3);
    fixture.put(1, 20);
    until(|| fixture.facts.status().state == StorageState::Up);
    // Who waits is told a moment after it is noted.
    let deadline = Instant::now() + PATIENCE;
    while fixture.committer.settled().await.is_err() {
        assert!(Instant::now() < deadline, "it is refused for ever");
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.committer.stop().await, Ok(()));
    assert_eq!(fixture.kept(), [(1, 20), (2, 10), (3, 10)]);
    assert_eq!(fixture.facts.status().pending, 0);
}

#[tokio::test]
async fn while_commits_fail_nobody_waits_and_nobody_makes_them_more_frequent() {
    let fixture = Fixture::on_a_small_disk(NEVER);
    fixture.put(1, LARGE);
    fixture.committer.settled().await.expect_err("it does not fit");
    let mut waiting = JoinSet::new();
    for _ in 0..1_000 {
        let committer = fixture.committer.clone();
        waiting.spawn(async move { committer.settled().await });
    }
    assert!(waiting.join_all().await.iter().all(Result::is_err));
    assert_eq!(fixture.failures(), 1, "the next try is in its own time");
}

#[tokio::test]
async fn the_end_commits_the_rest_and_closes_the_store() {
    let fixture = Fixture::new(NEVER);
    fixture.put(1, 10);
    let (first, second) = tokio::join!(fixture.committer.stop(), fixture.committer.stop());
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(fixture.kept(), [(1, 10)]);
    assert!(fixture.committer.settled().await.is_err(), "nothing is committed any more");
}

#[tokio::test]
async fn an_end_that_could_not_commit_says_so() {
    let fixture = Fixture::on_a_small_disk(NEVER);
    fixture.put(1, LARGE);
    assert_eq!(fixture.committer.stop().await.expect_err("it does not fit").kind, FailureKind::Full);
    assert_eq!(fixture.kept(), []);
}

#[tokio::test]
async fn the_last_clone_takes_the_thread_with_it() {
    let Fixture { folder, changes, committer, facts } = Fixture::new(NEVER);
    changes.lock().push(Write::Put { space: Space::Meta, key: vec![1], value: vec![] });
    let clone = committer.clone();
    drop(committer);
    assert_eq!(clone.settled().await, Ok(()), "there is still one");
    changes.lock().push(Write::Put { space: Space::Meta, key: vec![2], value: vec![] });
    drop(clone);
    until(|| facts.status().commits == 2);
    let mut keys = 0;
    open(&folder).read(Space::Meta, |_, _| keys += 1).expect("the store is whole");
    assert_eq!(keys, 2);
}

#[tokio::test]
async fn a_panic_leaves_nobody_waiting() {
    // A panic without its message on stderr.
    let fixture = Fixture::over(NEVER, |_| {}, || std::panic::resume_unwind(Box::new(())));
    let mut waiting = JoinSet::new();
    for _ in 0..10 {
        let committer = fixture.committer.clone();
        waiting.spawn(async move { committer.settled().await });
    }
    for answer in waiting.join_all().await {
        assert_eq!(answer.expect_err("nothing was committed").kind, FailureKind::Internal);
    }
    assert!(fixture.committer.settled().await.is_err());
    assert!(fixture.committer.stop().await.is_err());
    let state = fixture.facts.status().state;
    assert!(matches!(state, StorageState::Failing { kind: FailureKind::Internal, .. }), "{state:?}");
}

//! The lock alone.

use std::time::{Duration, Instant};

use llm_exporter::handover::{Candidate, Lock, Tried};
use llm_exporter::replicas::ReplicaId;

use super::eventually;
use super::peer::{Servers, Way, connector};

async fn acquire(candidate: &mut Candidate) -> Lock {
    is_free(candidate).await.expect("the lock is free")
}

async fn is_free(candidate: &mut Candidate) -> Option<Lock> {
    match candidate.try_acquire().await.expect("the database answers") {
        Tried::Acquired(lock) => Some(lock),
        Tried::Taken => None,
        Tried::TakenBySelf => panic!("each is another replica"),
    }
}

const HOLDERS: &str =
    "FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted AND classid = 1819045240";

#[tokio::test]
async fn one_has_the_lock_and_another_one_gets_it_as_soon_as_it_is_given_back() {
    let servers = Servers::start(Way::Alone);
    let (mut one, mut other) = (servers.candidate(), servers.candidate());
    let lock = acquire(&mut one).await;
    assert!(lock.is_held());
    assert_eq!(lock.verify().await, Ok(()));
    assert!(is_free(&mut other).await.is_none());
    assert!(is_free(&mut servers.candidate()).await.is_none());
    lock.release().await;
    let lock = acquire(&mut other).await;
    drop(lock);
    eventually("it is free when the holder's connection is closed", async || is_free(&mut one).await).await;
}

#[tokio::test]
async fn each_schema_has_its_own_lock() {
    let servers = Servers::start(Way::Alone);
    let _public = acquire(&mut servers.candidate()).await;
    let _other = acquire(&mut Candidate::new(servers.database(), "litellm", &ReplicaId::of_this_process())).await;
}

#[tokio::test]
async fn a_holder_keeps_no_snapshot_no_transaction_id_and_no_lock_of_a_table() {
    let servers = Servers::start(Way::Alone);
    let lock = acquire(&mut servers.candidate()).await;
    lock.verify().await.expect("it is held");
    let held = eventually("the holder is idle", async || {
        let sql = format!("SELECT state, backend_xid IS NULL, backend_xmin IS NULL {HOLDERS}");
        let held = servers.postgres.execute(&sql);
        held.starts_with("idle").then_some(held)
    })
    .await;
    assert_eq!(held, "idle in transaction|t|t");
    let relations =
        format!("SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND pid IN (SELECT pid {HOLDERS})");
    assert_eq!(servers.postgres.execute(&relations), "0");
}

#[tokio::test]
async fn a_holder_whose_session_is_ended_knows_it_and_another_one_gets_the_lock() {
    let servers = Servers::start(Way::Alone);
    let lock = acquire(&mut servers.candidate()).await;
    servers.postgres.execute(&format!("SELECT pg_terminate_backend(pid) {HOLDERS}"));
    assert!(lock.verify().await.is_err());
    assert!(!lock.is_held());
    eventually("another one gets it", async || is_free(&mut servers.candidate()).await).await;
    let reason = lock.lost().await.reason;
    assert!(!reason.is_empty(), "and it says why");
}

#[tokio::test]
async fn a_holder_learns_of_its_loss_without_asking() {
    let servers = Servers::start(Way::Alone);
    let lock = acquire(&mut servers.candidate()).await;
    servers.postgres.execute(&format!("SELECT pg_terminate_backend(pid) {HOLDERS}"));
    let lost = tokio::time::timeout(Duration::from_secs(10), lock.lost()).await;
    assert!(lost.is_ok(), "within two beats");
    assert!(!lock.is_held());
}

#[tokio::test]
async fn a_holder_that_can_not_reach_its_server_stops_before_that_gives_the_lock_away() {
    let servers = Servers::start(Way::Alone);
    let lock = acquire(&mut servers.candidate()).await;
    servers.postgres.pause();
    let paused_at = Instant::now();
    lock.lost().await;
    assert!(!lock.is_held());
    assert!(paused_at.elapsed() < Duration::from_secs(7), "{:?}", paused_at.elapsed());
    servers.postgres.resume();
    drop(lock);
    eventually("another one gets it", async || {
        matches!(servers.candidate().try_acquire().await, Ok(Tried::Acquired(_))).then_some(())
    })
    .await;
}

/// Its machine has vanished, or its process is paused: it says nothing, and its connection stays.
#[tokio::test]
async fn the_server_gives_the_lock_of_a_holder_that_says_nothing_to_another_one_within_ten_seconds() {
    let servers = Servers::start(Way::Alone);
    let url = servers.postgres.url();
    // A runtime of its own, which is not driven any more after this: neither is what keeps the lock.
    let lock = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let lock = runtime.block_on(async {
            acquire(&mut Candidate::new(connector(&url), "public", &ReplicaId::of_this_process())).await
        });
        (runtime, lock)
    });
    let (runtime, lock) = lock.join().expect("the lock is free");
    let silent_since = Instant::now();
    let mut other = servers.candidate();
    assert!(is_free(&mut other).await.is_none());
    let _lock = eventually("another one gets it", async || {
        let free = is_free(&mut other).await;
        assert!(free.is_none() || !lock.is_held(), "two think that they hold it");
        free
    })
    .await;
    assert!(silent_since.elapsed() < Duration::from_secs(10), "{:?}", silent_since.elapsed());
    runtime.shutdown_background();
}

#[tokio::test]
async fn an_earlier_process_of_the_same_replica_is_not_taken_for_another_one() {
    let servers = Servers::start(Way::Alone);
    let replica = ReplicaId::of_this_process();
    let of_replica = || Candidate::new(servers.database(), "public", &replica);
    let _lock = acquire(&mut of_replica()).await;
    let tried = of_replica().try_acquire().await.expect("the database answers");
    assert!(matches!(tried, Tried::TakenBySelf), "{tried:?}");
    assert!(is_free(&mut servers.candidate()).await.is_none());
}

//! The same behind a PgBouncer in transaction mode, where a session is nobody's own.

use std::time::{Duration, Instant};

use llm_exporter::handover::{Candidate, Lock, Tried};
use llm_exporter::replicas::ReplicaId;

use super::eventually;
use super::peer::connector;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::Postgres;

fn candidate(pooler: &PgBouncer) -> Candidate {
    Candidate::new(connector(&pooler.url()), "public", &ReplicaId::of_this_process())
}

async fn acquire(candidate: &mut Candidate) -> Option<Lock> {
    match candidate.try_acquire().await.expect("the pooler answers") {
        Tried::Acquired(lock) => Some(lock),
        Tried::Taken | Tried::TakenBySelf => None,
    }
}

#[tokio::test]
async fn behind_a_pooler_one_has_the_lock_and_another_one_gets_it_when_the_holder_is_gone() {
    let server = Postgres::start();
    let pooler = PgBouncer::start(&server);
    let mut other = candidate(&pooler);
    for _ in 0..5 {
        let lock = acquire(&mut candidate(&pooler)).await.expect("the lock is free");
        for _ in 0..3 {
            assert!(acquire(&mut other).await.is_none());
            assert!(acquire(&mut candidate(&pooler)).await.is_none());
        }
        lock.verify().await.expect("it is held");
        drop(lock);
        let lock = eventually("another one gets it", async || acquire(&mut other).await).await;
        lock.release().await;
    }
    let left = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    eventually("no connection of the pooler keeps it", async || (server.execute(left) == "0").then_some(())).await;
    let set = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'llm-exporter %'";
    assert_eq!(server.execute(set), "0", "nor what was set for it");
}

#[tokio::test]
async fn behind_a_pooler_a_holder_that_says_nothing_is_not_waited_for() {
    let server = Postgres::start();
    let pooler = PgBouncer::start(&server);
    let url = pooler.url();
    let lock = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut candidate = Candidate::new(connector(&url), "public", &ReplicaId::of_this_process());
        let lock = runtime.block_on(async { acquire(&mut candidate).await });
        (runtime, lock)
    });
    let (runtime, lock) = lock.join().expect("the pooler answers");
    let lock = lock.expect("the lock is free");
    let silent_since = Instant::now();
    let mut other = candidate(&pooler);
    let _lock = eventually("another one gets it", async || {
        let free = acquire(&mut other).await;
        assert!(free.is_none() || !lock.is_held(), "two think that they hold it");
        free
    })
    .await;
    assert!(silent_since.elapsed() < Duration::from_secs(10), "{:?}", silent_since.elapsed());
    runtime.shutdown_background();
}

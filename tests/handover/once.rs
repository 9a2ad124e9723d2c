//! Two replicas that are killed again and again, at whatever moment: in the end each row was counted once.

use std::collections::HashMap;

use llm_exporter::event::RowMark;
use llm_exporter::handover::Start;

use super::peer::{MINUTE, Peer, Servers, Store, Way, row};

const ROUNDS: u64 = 40;
const BATCH: u64 = 5;

/// When a replica is killed.
#[derive(Debug, Clone, Copy)]
enum End {
    BeforeTheClaim,
    AfterTheClaim,
    AfterTheCount,
    AfterTheProgress,
}

/// Takes over, reads the rows that nobody claimed, and is killed.
async fn live(servers: &Servers, store: Store, rows: &[RowMark], end: End) -> Store {
    let mut peer = Peer::restart(servers, store);
    let start = peer.lead().await;
    assert_ne!(start, Start::Now, "somebody knows how far was read");
    peer.begin().await;
    let is_known = |mark: &&RowMark| !peer.claimed.others.contains(mark) && !peer.store.has(mark);
    let new: Vec<RowMark> = rows.iter().filter(is_known).copied().collect();
    if matches!(end, End::BeforeTheClaim) {
        return peer.kill();
    }
    peer.lead.admit(&new).await.expect("it leads");
    if matches!(end, End::AfterTheClaim) {
        return peer.kill();
    }
    peer.count(&new);
    if matches!(end, End::AfterTheCount) {
        return peer.kill();
    }
    peer.publish().await.expect("it leads");
    peer.kill()
}

#[tokio::test]
async fn each_row_is_counted_once_whenever_a_holder_is_killed() {
    for way in [Way::Redis, Way::Schema] {
        let servers = Servers::start(way);
        let mut stores = [Store::default(), Store::default()];
        // Any numbers, but the same ones each time.
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
        for round in 1..=ROUNDS {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let ends = [End::BeforeTheClaim, End::AfterTheClaim, End::AfterTheCount, End::AfterTheProgress];
            let end = ends[usize::try_from(dice >> 62).expect("two bits")];
            let who = usize::try_from(dice >> 61 & 1).expect("one bit");
            let rows: Vec<RowMark> = (0..round * BATCH).map(row).collect();
            let store = std::mem::take(&mut stores[who]);
            stores[who] = live(&servers, store, &rows, end).await;
        }
        let rows: Vec<RowMark> = (0..ROUNDS * BATCH).map(row).collect();
        for store in &mut stores {
            *store = live(&servers, std::mem::take(store), &rows, End::AfterTheProgress).await;
        }
        let mut sum: HashMap<RowMark, usize> = HashMap::new();
        for (mark, count) in stores.iter().flat_map(|store| &store.counted) {
            *sum.entry(*mark).or_default() += count;
        }
        let wrong: Vec<_> = rows.iter().filter(|mark| sum.get(mark) != Some(&1)).collect();
        assert!(wrong.is_empty(), "{way:?}: not counted once: {wrong:?}");
        assert!(stores.iter().all(|store| !store.counted.is_empty()), "both counted some");
    }
}

#[tokio::test]
async fn a_replica_that_stands_by_counts_what_it_had_claimed_and_not_counted() {
    let servers = Servers::start(Way::Redis);
    let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
    one.lead().await;
    one.lead.admit(&[row(1), row(2)]).await.expect("it leads");
    let one = one.kill();
    other.lead().await;
    assert_eq!(other.claimed.others.len(), 2, "they are not its own to count");
    let mut one = Peer::restart(&servers, one);
    one.turn().await;
    assert_eq!(one.store.counted.len(), 2);
    assert!(one.stands_by().await, "and it is not told again");
}

#[tokio::test]
async fn what_was_claimed_last_is_kept_for_its_replica_however_old_it_is() {
    for way in [Way::Redis, Way::Schema] {
        let servers = Servers::start(way);
        let (mut one, mut other) = (Peer::new(&servers), Peer::new(&servers));
        one.lead().await;
        one.begin().await;
        let old = |id| RowMark { minute: MINUTE - 100_000, id };
        one.book(&[old(1)]).await.expect("it leads");
        one.lead.admit(&[old(2)]).await.expect("it leads");
        let one = one.kill();
        other.lead().await;
        other.begin().await;
        other.publish().await.expect("rows that old are not read again");
        let mut one = Peer::restart(&servers, one);
        one.turn().await;
        assert!(one.store.has(&old(2)), "{way:?}");
    }
}

/// So that a task can do it.
#[tokio::test]
async fn all_of_it_may_go_from_thread_to_thread() {
    fn is_send<T: Send>(_: &T) {}
    let servers = Servers::start(Way::Redis);
    let mut peer = Peer::new(&servers);
    is_send(&peer.lead.next(None));
    is_send(&peer.lead.admit(&[]));
    is_send(&peer.lead.publish("", 0));
}

//! The holder is killed with SIGKILL under a load of inserts, and comes back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::scene::{ROWS, Scene, Way, becomes_active, is_active, say, sum, takeovers};
use crate::support::exporter::Exporter;

const KILLS: usize = 8;
/// How often where each statement has a model of its own, so that each scrape is long.
const KILLS_OF_MANY_MODELS: usize = 3;

/// Kills whoever reads again and again while rows are written, and starts it again when the other one has taken over.
fn kill_in_turn(scene: &Scene, kills: usize) -> [Exporter; 2] {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| scene.write_until(&is_over));
        let _end = End(&is_over);
        let first = scene.start(0);
        becomes_active(&first);
        (0..kills).fold([first, scene.start(1)], |replicas, round| kill(scene, replicas, round))
    })
}

/// Ends the load, however the test ends.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Returns first who reads then.
fn kill(scene: &Scene, [one, other]: [Exporter; 2], round: usize) -> [Exporter; 2] {
    assert!(!is_active(&other), "only one reads\n{}", other.log());
    thread::sleep(Duration::from_millis((round as u64 * 7_919) % 503));
    one.kill();
    let took = becomes_active(&other);
    say("taken over", took);
    assert!(took < Duration::from_secs(10), "{took:?}\n{}", other.log());
    let again = scene.start(round % 2);
    [other, again]
}

fn each_row_counts_once(way: Way) {
    let scene = Scene::new(way);
    let [one, other] = kill_in_turn(&scene, KILLS);
    assert!(!is_active(&other), "only one reads");
    assert_eq!(takeovers(&one, "now"), 0.0, "it knew where the other one was\n{}", one.log());
    scene.becomes_equal([&one, &other]);
    assert!(sum([&one]).0 > 0 && sum([&other]).0 > 0, "both counted some");
}

#[test]
fn through_redis_each_row_counts_once_however_often_its_reader_is_killed() {
    each_row_counts_once(Way::Redis);
}

#[test]
fn through_the_database_each_row_counts_once_however_often_its_reader_is_killed() {
    each_row_counts_once(Way::Database);
}

#[test]
fn where_nothing_is_shared_no_row_counts_twice_and_the_log_says_that_some_may_be_missing() {
    let scene = Scene::new(Way::Nowhere);
    let [one, other] = kill_in_turn(&scene, KILLS_OF_MANY_MODELS);
    assert_eq!(takeovers(&one, "now"), 1.0);
    assert!(
        one.log().contains("rows of the hand-over may be missing, which the ledger shows as drift"),
        "{}",
        one.log()
    );
    scene.read_on([&one, &other]);
    let (before, table) = (sum([&one, &other]), scene.of_table());
    assert!(before.0 > 0 && before.0 <= table.0, "{before:?} of {table:?}");
    let scraped = [&one, &other].map(Exporter::metrics);
    for number in 0..table.0 / u64::from(ROWS) {
        let model = format!("model-{number}");
        let counted: f64 = scraped.iter().map(|scraped| scraped.sum("llm_requests_total", &[("model", &model)])).sum();
        assert!(counted <= f64::from(ROWS), "{model}: {counted}");
    }
}

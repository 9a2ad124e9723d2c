//! One exporter without others.

use std::time::{Duration, Instant};

use crate::scene::{AFTER_THE_GRACE, Scene, Way, becomes_active, say, share_becomes, sum, takeovers};
use crate::support::deadline::{PATIENCE, poll};
use crate::support::spend_log::{becomes_status, counted, insert, row};

#[test]
fn who_is_alone_goes_on_where_it_was_however_it_ended_and_waits_for_nobody() {
    let scene = Scene::new(Way::Nowhere);
    let first = scene.start(0);
    becomes_status(&first, "up");
    first.kill();
    insert(&scene.server, &[row("meanwhile")]);
    let again = scene.start(0);
    let listens = Instant::now();
    again.wait_until("it goes on", PATIENCE, |again| counted(again) == 1.0);
    let took = listens.elapsed();
    say("it counts again", took);
    assert!(took < Duration::from_secs(5), "sooner than a session that is silent is ended: {took:?}");
    assert_eq!(takeovers(&again, "own"), 1.0);
    assert!(!again.log().contains("another replica"), "{}", again.log());
}

#[test]
fn who_is_alone_counts_without_a_redis_that_is_away_and_tells_when_it_is_back() {
    let mut scene = Scene::new(Way::Redis);
    scene.redis.as_mut().expect("it is shared through Redis").stop();
    scene.write();
    let one = scene.start(0);
    let table = scene.of_table();
    let counted = poll(AFTER_THE_GRACE, || (sum([&one]) == table).then_some(()));
    assert!(counted.is_some(), "{:?} of {table:?}\n{}", sum([&one]), one.log());
    scene.redis.as_mut().expect("it is shared through Redis").start_again();
    share_becomes(&one, 1.0);
    one.kill();
    let other = scene.start(1);
    becomes_active(&other);
    let one = scene.start(0);
    scene.becomes_equal([&other, &one]);
}

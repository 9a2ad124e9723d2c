//! A Redis that goes away and comes back.

use crate::scene::{Scene, Way, becomes_active, share_becomes, takeovers};
#[test]
fn a_redis_that_forgets_is_told_again_and_the_next_reader_counts_only_what_is_new() {
    let mut scene = Scene::new(Way::Redis);
    scene.write();
    let (one, other) = (scene.start(0), scene.start(1));
    becomes_active(&one);
    scene.becomes_equal([&one, &other]);
    let redis = scene.redis.as_mut().expect("it is shared through Redis");
    redis.stop();
    share_becomes(&one, 0.0);
    scene.write();
    let redis = scene.redis.as_mut().expect("it is shared through Redis");
    redis.start_again();
    share_becomes(&one, 1.0);
    scene.becomes_equal([&one, &other]);
    one.kill();
    becomes_active(&other);
    scene.write();
    let one = scene.start(0);
    scene.becomes_equal([&other, &one]);
    assert_eq!(takeovers(&other, "shared"), 1.0, "{}", other.log());
}

#[test]
fn what_another_one_counted_is_known_after_a_restart_though_redis_forgot_it() {
    let mut scene = Scene::new(Way::Redis);
    (0..3).for_each(|_| scene.write());
    let (one, other) = (scene.start(0), scene.start(1));
    becomes_active(&one);
    scene.becomes_equal([&one, &other]);
    one.kill();
    becomes_active(&other);
    scene.write();
    let one = scene.start(0);
    scene.becomes_equal([&other, &one]);
    one.kill();
    other.kill();
    let redis = scene.redis.as_mut().expect("it is shared through Redis");
    redis.stop();
    redis.start_again();
    let other = scene.start(1);
    becomes_active(&other);
    assert_eq!(takeovers(&other, "own"), 1.0, "{}", other.log());
    let one = scene.start(0);
    (0..3).for_each(|_| scene.write());
    scene.becomes_equal([&other, &one]);
}

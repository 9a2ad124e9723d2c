//! A Redis that comes and goes.

use llm_exporter::address::{RedisAddress, RedisTopology};
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::redis::Connector;

use crate::support::redis::Redis;
use crate::{assert_hangs, assert_no_tasks, assert_up, failure, on_loopback};

pub(crate) fn address(server: &Redis) -> RedisAddress {
    let topology = RedisTopology::Single(on_loopback(server.port()));
    RedisAddress { topology, username: None, password: None, database: 0, tls: false }
}

pub(crate) fn check(address: &RedisAddress) -> Check {
    Check::redis(Connector::new(address, None).expect("no file that could be wrong"))
}

#[tokio::test]
async fn a_redis_that_stops_is_down_and_comes_back() {
    let mut server = Redis::start();
    let mut check = check(&address(&server));
    assert_up(&mut check).await;
    server.stop();
    assert_eq!(failure(&mut check).await, format!("connection refused (127.0.0.1:{})", server.port()));
    server.start_again();
    assert_up(&mut check).await;
}

#[tokio::test]
async fn a_restart_between_two_checks_is_no_outage() {
    let mut server = Redis::start();
    let mut check = check(&address(&server));
    assert_up(&mut check).await;
    server.stop();
    server.start_again();
    assert_up(&mut check).await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_down_after_the_timeout_and_recovers_by_itself() {
    let server = Redis::start();
    let mut kept = check(&address(&server));
    let mut fresh = check(&address(&server));
    assert_up(&mut kept).await;
    server.pause();
    assert_hangs(&mut kept).await;
    assert_hangs(&mut kept).await;
    assert_hangs(&mut fresh).await;
    server.resume();
    assert_up(&mut kept).await;
    assert_up(&mut fresh).await;
}

#[tokio::test]
async fn checks_keep_one_connection() {
    let server = Redis::start();
    let mut check = check(&address(&server));
    for _ in 0..5 {
        assert_up(&mut check).await;
    }
    let clients = server.command(&["CLIENT", "LIST", "TYPE", "normal"]);
    let of_checks = clients.lines().filter(|line| line.contains("cmd=ping")).count();
    assert_eq!(of_checks, 1, "{clients}");
}

#[tokio::test]
async fn failed_checks_leave_nothing_behind() {
    let mut server = Redis::start();
    let mut check = check(&address(&server));
    assert_up(&mut check).await;
    server.pause();
    for _ in 0..5 {
        assert_hangs(&mut check).await;
    }
    assert_no_tasks().await;
    server.stop();
    for _ in 0..100 {
        failure(&mut check).await;
    }
    assert_no_tasks().await;
}

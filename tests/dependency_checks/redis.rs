//! A Redis that comes and goes.

use llm_exporter::address::{RedisAddress, RedisTopology};
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::redis::Connector;

use crate::faults::{self, Checked};
use crate::support::redis::Redis;
use crate::{assert_up, on_loopback};

pub(crate) fn address(server: &Redis) -> RedisAddress {
    let topology = RedisTopology::Single(on_loopback(server.port()));
    RedisAddress { topology, username: None, password: None, database: 0, tls: false }
}

pub(crate) fn check(address: &RedisAddress) -> Check {
    Check::redis(Connector::new(address, None).expect("no file that could be wrong"))
}

impl Checked for Redis {
    fn check(&self) -> Check {
        check(&address(self))
    }
}

#[tokio::test]
async fn a_redis_that_stops_is_down_and_comes_back() {
    faults::is_down_when_stopped_and_comes_back::<Redis>().await;
}

#[tokio::test]
async fn a_restart_between_two_checks_is_no_outage() {
    faults::may_be_restarted_between_two_checks::<Redis>().await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_down_after_the_timeout_and_recovers_by_itself() {
    faults::is_down_when_it_hangs_and_recovers::<Redis>().await;
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
    faults::leaves_nothing_behind::<Redis>().await;
}

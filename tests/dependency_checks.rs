//! The checks of the database, Redis and the gateway against real servers that stop, hang, come back, come back empty, refuse, and
//! present all kinds of certificates.
//!
//! What a failed check does to readiness and to the gauges belongs elsewhere: here it ends with the words that the check found.

mod support;

#[path = "dependency_checks/clock.rs"]
mod clock;
#[path = "dependency_checks/database.rs"]
mod database;
#[path = "dependency_checks/database_tls.rs"]
mod database_tls;
#[path = "dependency_checks/faults.rs"]
mod faults;
#[path = "dependency_checks/gateway.rs"]
mod gateway;
#[path = "dependency_checks/http_server.rs"]
mod http_server;
#[path = "dependency_checks/redis.rs"]
mod redis;
#[path = "dependency_checks/redis_kinds.rs"]
mod redis_kinds;

use std::time::{Duration, Instant};

use llm_exporter::address::HostPort;
use llm_exporter::dependencies::{Check, CheckError};

/// What a check may take that should succeed: much more than it needs, for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a check may take of a server that hangs.
const LITTLE_PATIENCE: Duration = Duration::from_millis(300);

/// What the machine may add to that.
const SLACK: Duration = Duration::from_secs(5);

fn on_loopback(port: u16) -> HostPort {
    HostPort { host: "127.0.0.1".to_owned(), port }
}

async fn assert_up(check: &mut Check) {
    let result = check.timed(PATIENCE).await.result;
    assert_eq!(result, Ok(()), "it is up");
}

/// The words of a failure that has nothing to do with time.
async fn failure(check: &mut Check) -> String {
    check.timed(PATIENCE).await.result.expect_err("the check fails")
}

/// The server hangs: the check says so when its time is over, and not much later.
async fn assert_hangs(check: &mut Check) {
    let begin = Instant::now();
    let result = check.check(LITTLE_PATIENCE).await;
    let took = begin.elapsed();
    assert!(matches!(result, Err(CheckError::TimedOut { after: LITTLE_PATIENCE })), "{result:?}");
    assert!((LITTLE_PATIENCE..LITTLE_PATIENCE + SLACK).contains(&took), "it took {took:?}");
}

/// Nothing runs in the test's runtime beside the test.
async fn assert_no_tasks() {
    // What was aborted is gone when the runtime has been round once.
    tokio::task::yield_now().await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, 0, "tasks are left");
}

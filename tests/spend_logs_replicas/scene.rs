//! A database, a Redis where one is needed, and replicas with folders of their own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::{Exporter, Launch};
use crate::support::postgres::Postgres;
use crate::support::redis::Redis;
use crate::support::spend_log::{self, NOW, Version, insert_many};

/// Rows of one statement.
pub(crate) const ROWS: u32 = 20;

const SOURCE: (&str, &str) = ("source", "litellm_spend_logs");

/// The grace, after which rows are counted without Redis, with time to spare.
pub(crate) const AFTER_THE_GRACE: Duration = Duration::from_secs(75);

/// Where replicas share what they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Redis,
    Database,
    Nowhere,
}

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) server: Postgres,
    pub(crate) redis: Option<Redis>,
    folders: [TempDir; 2],
    way: Way,
    written: AtomicU32,
}

impl Scene {
    pub(crate) fn new(way: Way) -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        Self {
            server: spend_log::database(Version::Current),
            redis: (way == Way::Redis).then(Redis::start),
            folders: [folder(), folder()],
            way,
            written: AtomicU32::new(0),
        }
    }

    /// Starts a replica, the first or the second, with what it kept.
    pub(crate) fn start(&self, which: usize) -> Exporter {
        self.start_in(self.folders[which].path())
    }

    fn start_in(&self, folder: &Path) -> Exporter {
        let share = match self.way {
            Way::Redis => ", start: beginning, share: auto",
            Way::Database => ", start: beginning, share: database",
            Way::Nowhere => ", share: auto",
        };
        let redis = self.redis.as_ref().map(|redis| format!("redis: {{url: \"{}\"}}\n", redis.url()));
        let config = spend_log::config(&self.server.url(), share) + &redis.unwrap_or_default();
        Launch::default().config(&config).folder(folder).start()
    }

    /// Writes rows; every third statement's began long before those that are read already. Where nothing is shared, each statement
    /// has a model of its own.
    pub(crate) fn write(&self) {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let over = Duration::from_secs(if number % 3 == 2 { 900 } else { 2 });
        let statement = insert_many(&format!("row-{number}"), ROWS, NOW, over);
        let model = if self.way == Way::Nowhere { format!("'model-{number}'") } else { "'up-ok'".to_owned() };
        self.server.execute(&statement.replace("'up-ok'", &model));
    }

    /// Goes on writing until it is told to stop.
    pub(crate) fn write_until(&self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            self.write();
        }
    }

    /// Requests and their cost in millionths of a dollar, as the table has them.
    pub(crate) fn of_table(&self) -> (u64, u64) {
        let row = self.server.execute(r#"SELECT count(*), round(sum(spend) * 1e6)::bigint FROM "LiteLLM_SpendLogs""#);
        let (rows, cost) = row.split_once('|').expect("two columns");
        let whole = |text: &str| text.parse().expect("a whole number");
        (whole(rows), whole(cost))
    }

    /// Waits until both together have counted the table, and stay there for some readings.
    pub(crate) fn becomes_equal(&self, replicas: [&Exporter; 2]) {
        let table = self.of_table();
        let equal = || {
            let sum = sum(replicas);
            assert!(sum.0 <= table.0, "{sum:?} of {table:?}: some are counted twice\n{}", logs(replicas));
            (sum == table).then_some(())
        };
        let waited = poll(PATIENCE, equal);
        assert!(waited.is_some(), "{:?} of {table:?} after {PATIENCE:?}\n{}", sum(replicas), logs(replicas));
        self.read_on(replicas);
        assert_eq!(sum(replicas), table, "{}", logs(replicas));
    }

    /// Waits for some more readings of whichever reads.
    pub(crate) fn read_on(&self, replicas: [&Exporter; 2]) {
        let rounds = || -> f64 {
            let of =
                |replica: &Exporter| replica.metrics().sum("llm_exporter_task_rounds_total", &[("task", "spend_logs")]);
            replicas.into_iter().map(of).sum()
        };
        let before = rounds();
        assert!(poll(PATIENCE, || (rounds() >= before + 15.0).then_some(())).is_some(), "{}", logs(replicas));
    }
}

/// Whether it is the one that reads.
pub(crate) fn is_active(replica: &Exporter) -> bool {
    replica.metrics().value("llm_source_active", &[SOURCE]) == Some(1.0)
}

/// Waits until it reads; returns how long that took.
pub(crate) fn becomes_active(replica: &Exporter) -> Duration {
    let began = Instant::now();
    replica.wait_until("it reads", PATIENCE, is_active);
    began.elapsed()
}

/// Says how long something took, to whoever looks at what the test writes.
#[expect(clippy::print_stdout, reason = "a limit that tests can hold on any machine says little of how long it takes")]
pub(crate) fn say(what: &str, took: Duration) {
    println!("{what} after {took:?}");
}

/// How often it began to read, by from where.
pub(crate) fn takeovers(replica: &Exporter, start: &str) -> f64 {
    replica.metrics().value("llm_source_takeovers_total", &[SOURCE, ("start", start)]).unwrap_or_default()
}

/// Requests and their cost in millionths of a dollar, over all replicas.
pub(crate) fn sum<'a>(replicas: impl IntoIterator<Item = &'a Exporter>) -> (u64, u64) {
    let (mut requests, mut cost) = (0.0, 0.0);
    for replica in replicas {
        let scraped = replica.metrics();
        requests += scraped.sum("llm_requests_total", &[]);
        cost += scraped.sum("llm_cost_usd_total", &[]) * 1e6;
    }
    let whole = |value: f64| format!("{value:.0}").parse().expect("a whole number");
    (whole(requests), whole(cost))
}

/// Waits until what is read can be shared through Redis, or can't.
pub(crate) fn share_becomes(replica: &Exporter, up: f64) {
    let labels = [("source", "litellm_spend_logs"), ("share", "redis")];
    replica.wait_until("the share", AFTER_THE_GRACE, |replica| {
        replica.metrics().value("llm_source_share_up", &labels) == Some(up)
    });
}

fn logs(replicas: [&Exporter; 2]) -> String {
    replicas.map(Exporter::log).join("\n--- the other one ---\n")
}

//! The store: whether what is counted survives the end of the process.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::own::{StorageState, StorageStatus};
use crate::state::LabelSet;
use crate::storage::{FailureKind, SetAsideReason};

metrics! {
    /// 1 if the store was last written or opened, 0 if that failed. It and the rest of this group are absent where none is wanted.
    UP = Gauge "llm_exporter_storage_up" [];
    /// Commits to the store, each of which makes durable all that changed since the one before.
    COMMITS = Counter "llm_exporter_storage_commits_total" [];
    /// Commits to the store, and attempts to open it, that failed, by reason: full, damaged, read_only, in_use, io or internal.
    FAILURES = Counter "llm_exporter_storage_failures_total" ["reason"];
    /// When a commit last went well.
    LAST_COMMIT = Gauge "llm_exporter_storage_last_commit_timestamp_seconds" [];
    /// How long the last commit that went well took.
    DURATION = Gauge "llm_exporter_storage_commit_duration_seconds" [];
    /// Changes that are kept in memory because they could not be committed.
    PENDING = Gauge "llm_exporter_storage_pending_writes" [];
    /// How large the store is on disk.
    SIZE = Gauge "llm_exporter_storage_size_bytes" [];
    /// How much room the file system of the store has left.
    FREE = Gauge "llm_exporter_storage_free_bytes" [];
    /// Stores that could not be used and were kept under another name, by reason: damaged, future_version or foreign.
    SET_ASIDE = Counter "llm_exporter_storage_set_aside_total" ["reason"];
}

#[derive(Debug)]
pub(super) struct Storage;

impl Collector for Storage {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let status = view.own.storage().status();
        let is_up = match status.state {
            StorageState::Off => return Ok(()),
            StorageState::Up => true,
            StorageState::Failing { .. } => false,
        };
        let labels = view.own.labels();
        single(out, &labels, &UP, Some(is_up.into()));
        single(out, &labels, &COMMITS, Some(status.commits.into()));
        out.family(&FAILURES);
        for kind in FailureKind::ALL {
            let failures = status.failures[kind.index()];
            out.sample(&labels, Some(("reason", kind.as_str())), failures.into());
        }
        collect_gauges(&status, &labels, out);
        out.family(&SET_ASIDE);
        for reason in SetAsideReason::ALL {
            let stores = status.set_aside[reason.index()];
            out.sample(&labels, Some(("reason", reason.as_str())), stores.into());
        }
        Ok(())
    }
}

fn collect_gauges(status: &StorageStatus, labels: &LabelSet, out: &mut dyn Encoder) {
    single(out, labels, &LAST_COMMIT, status.last_commit_at.map(|at| at.as_secs_f64().into()));
    single(out, labels, &DURATION, status.last_duration.map(|took| took.as_secs_f64().into()));
    single(out, labels, &PENDING, Some(status.pending.into()));
    single(out, labels, &SIZE, status.size_bytes.map(Value::Whole));
    single(out, labels, &FREE, status.free_bytes.map(Value::Whole));
}

/// A family of one sample, or of none.
fn single(out: &mut dyn Encoder, labels: &LabelSet, metric: &'static Descriptor, value: Option<Value>) {
    out.family(metric);
    if let Some(value) = value {
        out.sample(labels, None, value);
    }
}

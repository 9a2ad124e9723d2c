//! What the exporter tells of its store.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use llm_exporter::exposition::Dialect;
use llm_exporter::storage::{Committer, Space, Store};

use super::{NOW, file, put};
use crate::support::pipeline::Pipeline;

const GROUP: &str = "llm_exporter_storage_";

#[test]
fn where_no_store_is_wanted_nothing_is_told_of_one() {
    assert!(!Pipeline::new().text(Dialect::OpenMetrics, NOW).contains(GROUP));
}

#[tokio::test]
async fn a_store_that_is_written_is_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(file(folder.path()), "garbage ".repeat(1_000)).expect("a file");
    let pipeline = Pipeline::new();
    let facts = pipeline.own.storage();
    let opened = Store::open(folder.path(), NOW);
    facts.note_open(&opened, NOW);
    let value = |name: &str| pipeline.scrape().value(&format!("{GROUP}{name}"), &[]);
    assert_eq!((value("up"), value("commits_total")), (Some(1.0), Some(0.0)));
    assert_eq!(value("last_commit_timestamp_seconds"), None, "there was none");

    let mut writes = vec![put(Space::Meta, "a", "b")];
    let store = opened.expect("a fresh one").store;
    let take_changes = move || std::mem::take(&mut writes);
    let committer =
        Committer::start(store, take_changes, Duration::from_hours(1), Arc::clone(facts)).expect("a thread");
    committer.settled().await.expect("there is room");
    assert_eq!((value("up"), value("commits_total"), value("pending_writes")), (Some(1.0), Some(1.0), Some(0.0)));
    for positive in ["last_commit_timestamp_seconds", "commit_duration_seconds", "size_bytes", "free_bytes"] {
        assert!(value(positive) > Some(0.0), "{positive}");
    }
    let set_aside = |reason| pipeline.scrape().value("llm_exporter_storage_set_aside_total", &[("reason", reason)]);
    assert_eq!(["damaged", "future_version", "foreign"].map(set_aside), [Some(1.0), Some(0.0), Some(0.0)]);
}

#[test]
fn a_store_that_could_not_be_opened_is_down_and_says_why() {
    let in_the_way = tempfile::NamedTempFile::new().expect("a temporary file");
    let pipeline = Pipeline::new();
    pipeline.own.storage().note_open(&Store::open(in_the_way.path(), NOW), NOW);
    let scrape = pipeline.scrape();
    assert_eq!(scrape.value("llm_exporter_storage_up", &[]), Some(0.0));
    assert_eq!(scrape.value("llm_exporter_storage_failures_total", &[("reason", "io")]), Some(1.0));
    assert_eq!(scrape.value("llm_exporter_storage_failures_total", &[("reason", "full")]), Some(0.0));
    assert_eq!(scrape.value("llm_exporter_storage_size_bytes", &[]), None, "nobody knows");
}

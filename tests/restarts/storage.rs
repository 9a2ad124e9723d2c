//! The store of a running exporter: kept through an orderly end, and no reason not to start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::support::deadline::PATIENCE;
use super::support::events::{array, event};
use super::support::exporter::{Exporter, Launch};

/// Counters from before, and events that were taken before.
fn requests(exporter: &Exporter) -> (f64, f64) {
    let scraped = exporter.metrics();
    (scraped.sum("llm_requests_total", &[]), scraped.sum("llm_source_duplicates_total", &[]))
}

fn ended_in_order(mut exporter: Exporter) {
    exporter.sigterm();
    assert!(exporter.wait_exit(PATIENCE).success(), "{}", exporter.log());
}

#[test]
fn counters_go_on_after_an_orderly_restart_and_what_is_sent_again_counts_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let batch = array(&[event("gpt-4"), event("gpt-4").failed(), event("o3")]);
    let first = Launch::default().folder(folder.path()).start();
    first.push(batch.clone());
    let created = "scrape: {created: true}";
    ended_in_order(first);
    let second = Launch::default().config(created).folder(folder.path()).start();
    assert_eq!(requests(&second), (3.0, 0.0));
    second.push(batch);
    assert_eq!(requests(&second), (3.0, 3.0));
    let scraped = second.metrics();
    let made_at = scraped.samples("llm_requests_created").map(|sample| sample.value).fold(f64::MAX, f64::min);
    let started_at = scraped.sum("process_start_time_seconds", &[]);
    assert!(made_at < started_at, "counters are older than this process: {made_at} {started_at}");
    assert_eq!(scraped.value("llm_exporter_storage_up", &[]), Some(1.0));
    assert_eq!(second.get("/health").json()["storage"]["status"], "ok");
}

#[test]
fn without_a_store_counters_end_with_the_process() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let off = || Launch::default().config("storage: {path: off}").folder(folder.path()).start();
    let first = off();
    first.push(array(&[event("gpt-4")]));
    assert_eq!(requests(&first), (1.0, 0.0));
    ended_in_order(first);
    let second = off();
    assert_eq!(requests(&second), (0.0, 0.0));
    assert_eq!(second.metrics().value("llm_exporter_storage_up", &[]), None);
    assert_eq!(second.get("/health").json()["storage"]["status"], "off");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_folder_that_cannot_be_used_is_told_everywhere_and_stops_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("data"), "a file where the folder should be").expect("it takes a file");
    let exporter = Launch::default().folder(folder.path()).start();
    exporter.push(array(&[event("gpt-4")]));
    assert_eq!(requests(&exporter), (1.0, 0.0));
    assert_eq!(exporter.metrics().value("llm_exporter_storage_up", &[]), Some(0.0));
    let health = exporter.get("/health").json();
    assert_eq!(health["storage"]["status"], "failing");
    assert!(health["storage"]["error"].as_str().is_some_and(|error| error.contains("data")), "{health}");
    assert!(exporter.log().contains("there is no store"), "{}", exporter.log());
}

#[test]
fn a_damaged_store_is_set_aside_and_the_exporter_starts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = Launch::default().folder(folder.path()).start();
    let events: Vec<_> = (0..200).map(|number| event(&format!("model-{number}"))).collect();
    first.push(array(&events));
    ended_in_order(first);
    let file = folder.path().join("data/llm-exporter.db");
    let length = fs::metadata(&file).expect("there is a store").len();
    let opened = fs::OpenOptions::new().write(true).open(&file).expect("it is ours");
    opened.set_len(length / 2).expect("it can be cut");
    let second = Launch::default().folder(folder.path()).start();
    assert_eq!(requests(&second), (0.0, 0.0));
    let scraped = second.metrics();
    assert_eq!(scraped.value("llm_exporter_storage_set_aside_total", &[("reason", "damaged")]), Some(1.0));
    assert_eq!(scraped.value("llm_exporter_storage_up", &[]), Some(1.0));
    assert!(second.log().contains("could not be used and was kept as"), "{}", second.log());
    let names = fs::read_dir(folder.path().join("data")).expect("a folder");
    let kept = names.flatten().any(|entry| entry.file_name().to_string_lossy().contains("set-aside"));
    assert!(kept, "the damaged file is kept");
}

#[test]
fn two_exporters_never_share_a_store() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = Launch::default().folder(folder.path()).start();
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .output()
        .expect("the binary that cargo built starts");
    assert!(!second.status.success());
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(words.contains("in use by another process"), "{words}");
    first.push(array(&[event("gpt-4")]));
    assert_eq!(requests(&first), (1.0, 0.0));
}

#[test]
fn what_is_kept_is_for_the_owner_alone() {
    let exporter = Exporter::start();
    exporter.push(array(&[event("gpt-4")]));
    let data = exporter.folder().join("data");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o077;
    assert_eq!(mode(&data), 0, "who asked what is nobody else's business");
}

#[test]
fn a_full_disk_stops_nothing_and_what_it_refused_is_written_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exporter = Launch::default().largest_file(300).folder(folder.path()).start();
    let up = |exporter: &Exporter| exporter.metrics().value("llm_exporter_storage_up", &[]);
    let mut pushed = 0;
    // Each batch has deployments of its own: new rows in the store.
    while up(&exporter) == Some(1.0) {
        assert!(pushed < 10_000, "there is no end to this disk");
        let events: Vec<_> = (0..50).map(|number| event(&format!("model-{pushed}-{number}"))).collect();
        exporter.push(array(&events));
        pushed += 50;
    }
    let answer = exporter.push(array(&[event("late")]));
    assert_eq!((&answer["accepted"], &answer["durable"]), (&1.into(), &false.into()), "taken, and not durable yet");
    assert_eq!(requests(&exporter).0, f64::from(pushed + 1), "counting goes on in memory");
    assert_eq!(exporter.get("/health").json()["storage"]["status"], "failing");
    assert!(exporter.log().contains("the store can't be written"), "{}", exporter.log());
    assert!(exporter.metrics().sum("llm_exporter_storage_pending_writes", &[]) > 0.0);
    exporter.make_room();
    exporter.wait_until("it is written", PATIENCE, |exporter| up(exporter) == Some(1.0));
    assert_eq!(exporter.get("/health").json()["storage"]["status"], "ok");
    exporter.kill();
    let again = Launch::default().folder(folder.path()).start();
    assert_eq!(requests(&again).0, f64::from(pushed + 1), "nothing was lost");
}

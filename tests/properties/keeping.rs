//! What is kept: after a restart every counter, histogram and moment of making is as it was, and nothing counts again.

use std::path::Path;

use llm_exporter::exposition::{Created, Dialect, Style};
use llm_exporter::keeping::{Keeper, restore};
use llm_exporter::sink::Receipt;
use llm_exporter::storage::Store;
use proptest::prelude::*;

use super::events::{Event, events};
use super::support::exposition::{Exposition, Format, MetricType};
use super::support::pipeline::{NOW, Pipeline, WINDOW, settings};

/// A pipeline whose state is kept in a folder.
struct Kept {
    pipeline: Pipeline,
    store: Store,
    keeper: Keeper,
}

impl Kept {
    fn open(folder: &Path, labels: &[&str]) -> Self {
        let opened = Store::open(folder, NOW).expect("a temporary folder takes a store");
        assert_eq!(opened.set_aside, None, "nothing is wrong with it");
        let (pipeline, store) = (Pipeline::with(settings(labels)), opened.store);
        let restored = restore(&store, &pipeline.state, &pipeline.sink, WINDOW);
        let (keeper, _) = restored.expect("it can be read");
        Self { pipeline, store, keeper }
    }

    fn commit(&mut self) {
        self.store.commit(&self.keeper.take_changes()).expect("there is room");
    }
}

/// Every sample of a counter or histogram, in the order of the exposition; but of what belongs to the process.
fn counted(pipeline: &Pipeline) -> Vec<String> {
    let text = pipeline.text(Style { dialect: Dialect::OpenMetrics, created: Created::Told }, NOW);
    let exposition =
        Exposition::parse(Format::OpenMetrics, &text).unwrap_or_else(|violation| panic!("{violation}\n{text}"));
    let is_kept = |metric_type| matches!(metric_type, MetricType::Counter | MetricType::Histogram);
    let families = exposition.families().iter().filter(|family| is_kept(family.metric_type));
    let samples = families.filter(|family| !is_of_process(&family.name)).flat_map(|family| &family.samples);
    samples.map(|sample| format!("{} {:?} {}", sample.name, sample.labels, sample.value)).collect()
}

/// How often a table was full is told of the state, what else is called like this of the process.
fn is_of_process(family: &str) -> bool {
    family.starts_with("llm_exporter_") && family != "llm_exporter_series_overflow"
}

/// The lines that only one of them has.
fn differences(left: &[String], right: &[String]) -> Vec<String> {
    let [only_left, only_right] =
        [(left, right), (right, left)].map(|(some, others)| some.iter().filter(|line| !others.contains(line)));
    only_left.chain(only_right).cloned().collect()
}

fn record(kept: &Kept, events: &[Event]) -> usize {
    let receipts = events.iter().map(|event| kept.pipeline.record(event, NOW));
    receipts.filter(|receipt| *receipt == Receipt::Accepted).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_counter_is_the_same_after_a_restart_and_nothing_counts_again(events in events(), more in events()) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut kept = Kept::open(folder.path(), &["key", "team"]);
        record(&kept, &events);
        kept.commit();
        record(&kept, &more);
        // Before the commit, as it counts what waited for another attempt of its call, and no longer does.
        let before = counted(&kept.pipeline);
        kept.commit();
        drop(kept);
        let again = Kept::open(folder.path(), &["key", "team"]);
        prop_assert_eq!(differences(&before, &counted(&again.pipeline)), Vec::<String>::new());
        prop_assert_eq!(record(&again, &events) + record(&again, &more), 0, "all of them are recognised");
    }

    #[test]
    fn what_was_not_committed_counts_when_it_is_told_again(events in events(), more in events()) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut kept = Kept::open(folder.path(), &["key"]);
        record(&kept, &events);
        kept.commit();
        let lost = record(&kept, &more);
        let before = counted(&kept.pipeline);
        drop(kept);
        let again = Kept::open(folder.path(), &["key"]);
        prop_assert_eq!(record(&again, &more), lost);
        // Which of two attempts of a call came first may be forgotten, and with it that one made good the other.
        let is_linked = |line: &String| ["llm_retries", "llm_fallbacks", "duplicates"].iter().any(|name| line.contains(name));
        let sure = |lines: Vec<String>| -> Vec<String> { lines.into_iter().filter(|line| !is_linked(line)).collect() };
        prop_assert_eq!(differences(&sure(counted(&again.pipeline)), &sure(before)), Vec::<String>::new());
    }
}

#[test]
fn with_other_consumer_labels_consumers_begin_anew_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut kept = Kept::open(folder.path(), &["key"]);
    let body = super::support::captures::body("metadata_full");
    kept.pipeline.take(&body).expect("a captured body is JSON");
    kept.commit();
    drop(kept);
    for _ in 0..2 {
        let mut again = Kept::open(folder.path(), &["team"]);
        let scraped = again.pipeline.scrape();
        assert_eq!(scraped.sum("llm_requests_total", &[]), 1.0);
        assert_eq!(scraped.sum("llm_consumer_requests_total", &[]), 0.0);
        again.commit();
    }
}

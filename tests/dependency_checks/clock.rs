//! Checks on a clock.

use std::time::Duration;

use llm_exporter::dependencies::{Checked, watch};
use tokio::sync::mpsc;

use crate::PATIENCE;
use crate::database;
use crate::support::postgres::Postgres;
use llm_exporter::dependencies::Check;
use llm_exporter::dependencies::database::Connector;

#[tokio::test]
async fn the_first_check_is_made_at_once_and_later_ones_once_per_interval() {
    let mut server = Postgres::start();
    let connector = Connector::new(&database::address(&server), None).expect("no file that could be wrong");
    let (sender, mut reports) = mpsc::unbounded_channel();
    let interval = Duration::from_millis(200);
    let watching = tokio::spawn(watch(Check::database(connector), interval, PATIENCE, move |checked| {
        sender.send(checked).expect("the test listens");
    }));
    let first: Checked = reports.recv().await.expect("it is watched");
    let second = reports.recv().await.expect("it is watched");
    assert_eq!((&first.result, &second.result), (&Ok(()), &Ok(())));
    assert!(first.latency > Duration::ZERO && first.latency < PATIENCE, "{first:?}");
    let between = second.at.since(first.at).expect("one after the other");
    assert!(between + first.latency >= interval / 2, "checked again after {between:?}");
    server.stop();
    let down = async {
        loop {
            let report = reports.recv().await.expect("it is watched");
            if let Err(words) = report.result {
                return words;
            }
        }
    };
    let words = tokio::time::timeout(PATIENCE, down).await.expect("an outage is reported");
    assert!(words.contains("127.0.0.1"), "{words}");
    watching.abort();
}

//! SIGKILL at random moments: what was acknowledged is counted, and once.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::support::events::{Event, array, event};
use super::support::exporter::{Exporter, Launch};
use super::support::http::Request;

/// How often it is killed.
pub(crate) const KILLS: usize = 50;
const PUSHERS: usize = 3;
const BATCH: usize = 7;

fn start(folder: &Path) -> Exporter {
    Launch::default().folder(folder).start()
}

/// What one pusher sent.
#[derive(Default)]
struct Sent {
    /// Every batch.
    bodies: Vec<String>,
    /// How many events were answered 200, and not as only in memory.
    acknowledged: usize,
}

/// Pushes batch after batch until it is told to stop or nobody answers.
fn push(address: SocketAddr, is_over: &AtomicBool) -> Sent {
    let mut sent = Sent::default();
    while !is_over.load(Ordering::Relaxed) {
        let events: Vec<Event> = (0..BATCH).map(|number| event(&format!("model-{}", number % 3))).collect();
        let body = array(&events);
        sent.bodies.push(body.clone());
        let request = Request::new("POST", "/ingest/litellm").header("Content-Type", "application/json").body(body);
        let Ok(answer) = request.send(address) else { break };
        // Of an answer that broke off nothing is known.
        if answer.status == 200 && answer.text().ends_with('}') && !answer.text().contains("durable") {
            sent.acknowledged += BATCH;
        }
    }
    sent
}

/// Pauses of uneven length, the same in each run: from nothing to half a second.
pub(crate) fn pause(round: usize) -> Duration {
    Duration::from_millis((round as u64 * 7_919) % 503)
}

#[test]
fn what_was_acknowledged_survives_any_of_fifty_kills_and_counts_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut bodies, mut acknowledged, mut shown) = (Vec::new(), 0, 0.0_f64);
    for round in 0..KILLS {
        let exporter = start(folder.path());
        let counted = exporter.metrics().sum("llm_requests_total", &[]);
        assert!(counted >= shown, "round {round}: {shown} were shown before, and {counted} are left");
        assert!(counted >= acknowledged as f64, "round {round}: of {acknowledged} acknowledged {counted} are left");
        let (is_over, address) = (AtomicBool::new(false), exporter.address());
        let sent: Vec<Sent> = thread::scope(|scope| {
            let pushers: Vec<_> = (0..PUSHERS).map(|_| scope.spawn(|| push(address, &is_over))).collect();
            thread::sleep(pause(round));
            // A scrape in the midst of it: what it shows must not be taken back.
            shown = exporter.metrics().sum("llm_requests_total", &[]);
            exporter.kill();
            is_over.store(true, Ordering::Relaxed);
            pushers.into_iter().map(|pusher| pusher.join().expect("it does not panic")).collect()
        });
        acknowledged += sent.iter().map(|sent| sent.acknowledged).sum::<usize>();
        bodies.extend(sent.into_iter().flat_map(|sent| sent.bodies));
    }
    let last = start(folder.path());
    bodies.iter().for_each(|body| _ = last.push(body.clone()));
    let scraped = last.metrics();
    let (total, counted) = ((bodies.len() * BATCH) as f64, scraped.sum("llm_requests_total", &[]));
    assert_eq!(counted, total, "each of the events is counted once; {acknowledged} were acknowledged");
    assert_eq!(scraped.sum("llm_request_duration_seconds_count", &[]), total);
    assert!(acknowledged > 0, "some were");
}

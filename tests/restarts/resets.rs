//! What Prometheus makes of a restart: nothing. A counter that went back would count all of it again.

use std::net::SocketAddr;
use std::path::Path;

use super::support::events::{array, event};
use super::support::exporter::{Exporter, Launch};
use super::support::prometheus::{Prometheus, ScrapeJob};
use super::support::unprivileged::free_port;

const KILLS: u32 = 3;

/// Left alone it writes nothing for an hour. Besides on a port of its own choice it listens on one that stays.
fn start(folder: &Path, address: SocketAddr) -> Exporter {
    let launch = Launch::default().config("storage: {interval: 1h, durability: {push: interval}}").folder(folder);
    launch.argument("--listen").argument(&address.to_string()).start()
}

#[test]
fn to_prometheus_no_counter_is_reset_by_a_kill_though_pushes_do_not_wait_for_the_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let prometheus = Prometheus::scraping(&[ScrapeJob { name: "exporter", target: address, path: "/metrics" }]);
    for life in 1..=KILLS {
        let exporter = start(folder.path(), address);
        exporter.push(array(&[event("gpt-4"), event("gpt-4").failed(), event("o3")]));
        // What was scraped is safe, and nothing else: it is killed as soon as that is.
        prometheus.wait_for(&format!("sum(llm_requests_total) == {}", 3 * life));
        exporter.kill();
    }
    let last = start(folder.path(), address);
    prometheus.wait_for(&format!("changes(process_start_time_seconds[10m]) == {KILLS}"));
    let counters =
        ["llm_requests_total", "llm_request_errors_total", "llm_request_duration_seconds_sum", "llm_cost_usd_total"];
    for counter in counters {
        let resets = prometheus.query(&format!("sum(resets({counter}[10m]))"));
        assert_eq!(resets.first().map(|(_, value)| *value), Some(0.0), "{counter} went back\n{}", last.log());
    }
}

//! What billed probes cost, summed over the replicas.

use llm_exporter::event::{Timestamp, Usd, UtcDay};
use llm_exporter::replicas::Spending;

use super::server::Server;

const NOON: Timestamp = Timestamp::from_micros(1_795_521_600_000_000);
const KEY: &str = "team:{llm_exporter}:probe_spend:2026-11-24";

fn usd(amount: f64) -> Usd {
    Usd::from_f64(amount).expect("an amount")
}

#[tokio::test]
async fn a_day_adds_up_exactly_over_the_replicas() {
    let server = Server::start();
    let (mut one, mut other) = (server.connect().await, server.connect().await);
    let (spending, today) = (Spending::new("team:"), UtcDay::of(NOON));
    assert_eq!(spending.spent(&mut one, today).await, Ok(Usd::ZERO));
    // Floats would make 0.30000000000000004 of it.
    assert_eq!(spending.add(&mut one, today, usd(0.1)).await, Ok(usd(0.1)));
    assert_eq!(spending.add(&mut other, today, usd(0.2)).await, Ok(usd(0.3)));
    assert_eq!(spending.add(&mut one, today, usd(1e-12)).await, Ok(usd(0.300_000_000_001)));
    assert_eq!(spending.spent(&mut other, today).await, Ok(usd(0.300_000_000_001)));
    assert_eq!(server.ask::<String>(&["GET", KEY]).await, "300000000001");
}

#[tokio::test]
async fn each_day_has_its_own_sum_which_is_gone_after_two() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let (spending, today) = (Spending::new("team:"), UtcDay::of(NOON));
    let tomorrow = UtcDay::of(Timestamp::from_micros(NOON.as_micros() + 86_400_000_000));
    spending.add(&mut conn, today, usd(5.0)).await.expect("Redis takes it");
    assert_eq!(spending.spent(&mut conn, tomorrow).await, Ok(Usd::ZERO));
    let seconds: u64 = server.ask(&["TTL", KEY]).await;
    assert!((172_700..=172_800).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn what_is_no_sum_is_an_error_and_not_nothing() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let (spending, today) = (Spending::new("team:"), UtcDay::of(NOON));
    for bad in ["a lot", "-5", "0.5"] {
        server.ask::<()>(&["SET", KEY, bad]).await;
        let error = spending.spent(&mut conn, today).await.expect_err(bad).to_string();
        assert!(error.starts_with("redis did not tell what probes cost today: "), "{error}");
    }
    server.ask::<()>(&["SET", KEY, &i64::MAX.to_string()]).await;
    assert!(spending.add(&mut conn, today, usd(1.0)).await.is_err(), "a sum does not turn round");
}

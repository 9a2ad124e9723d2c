//! The cooldowns that LiteLLM keeps.

use std::collections::HashSet;

use llm_exporter::replicas::in_cooldown;

use super::eventually;
use super::server::Server;

/// As LiteLLM writes it: no JSON, and not for others to read.
const VALUE: &str =
    "{'exception_received': 'litellm.RateLimitError', 'status_code': '429', 'timestamp': 1.5, 'cooldown_time': 5}";

fn set(ids: &[&str]) -> HashSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[tokio::test]
async fn a_deployment_with_the_key_is_in_cooldown_and_no_other() {
    let server = Server::start();
    let mut conn = server.connect().await;
    server.ask::<()>(&["SET", "deployment:a:cooldown", VALUE, "EX", "60"]).await;
    server.ask::<()>(&["SET", "deployment:odd {id}: \u{e9}\n:cooldown", "", "EX", "60"]).await;
    let found = in_cooldown(&mut conn, "", &["a", "b", "odd {id}: \u{e9}\n", "*", ""]).await;
    assert_eq!(found, Ok(set(&["a", "odd {id}: \u{e9}\n"])));
}

#[tokio::test]
async fn a_cooldown_ends_with_its_key() {
    let server = Server::start();
    let mut conn = server.connect().await;
    server.ask::<()>(&["SET", "deployment:a:cooldown", VALUE, "PX", "200"]).await;
    eventually("the cooldown ends", async || {
        let found = in_cooldown(&mut conn, "", &["a"]).await.expect("Redis answers");
        found.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_namespace_has_its_own_cooldowns() {
    let server = Server::start();
    let mut conn = server.connect().await;
    server.ask::<()>(&["SET", "prod:deployment:a:cooldown", VALUE]).await;
    server.ask::<()>(&["SET", "deployment:b:cooldown", VALUE]).await;
    assert_eq!(in_cooldown(&mut conn, "prod", &["a", "b"]).await, Ok(set(&["a"])));
    assert_eq!(in_cooldown(&mut conn, "", &["a", "b"]).await, Ok(set(&["b"])));
}

#[tokio::test]
async fn two_thousand_deployments_are_asked_for_in_portions() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let names: Vec<String> = (0..2_000).map(|index| format!("d{index}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    for id in ["d0", "d499", "d500", "d1999"] {
        server.ask::<()>(&["SET", &format!("deployment:{id}:cooldown"), VALUE]).await;
    }
    server.ask::<()>(&["CONFIG", "RESETSTAT"]).await;
    assert_eq!(in_cooldown(&mut conn, "", &ids).await, Ok(set(&["d0", "d499", "d500", "d1999"])));
    let statistics: String = server.ask(&["INFO", "commandstats"]).await;
    assert!(statistics.contains("cmdstat_mget:calls=4,"), "{statistics}");
    assert_eq!(in_cooldown(&mut conn, "", &[]).await, Ok(HashSet::new()), "and for none not at all");
}

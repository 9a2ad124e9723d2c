//! The same with a cluster, which refuses commands whose keys are not of one slot. One server that holds all slots is cluster enough.

use std::time::{Duration, Instant};

use llm_exporter::event::{Timestamp, Usd, UtcDay};
use llm_exporter::replicas::{Leadership, Published, Replica, ReplicaId, Spending, in_cooldown};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;

use super::eventually;
use super::peer::{found, lease, settings, time};
use super::server::Server;

/// A cluster of one server, and a connection to it.
async fn cluster() -> (Server, ClusterConnection) {
    let server = Server::cluster();
    let client = ClusterClient::builder([server.url()]).response_timeout(Duration::from_secs(5)).build();
    let connection = client.expect("an address").get_async_connection().await.expect("the cluster takes connections");
    (server, connection)
}

#[tokio::test]
async fn replicas_of_a_cluster_have_one_leader_whom_they_hear() {
    let (_server, mut conn) = cluster().await;
    let replica = || Replica::new(&settings(), ReplicaId::of_this_process(), Instant::now());
    let (mut leader, mut follower) = (replica(), replica());
    eventually("it leads", async || lease(leader.tick(&mut conn, Instant::now(), time()).await.leadership)).await;
    assert_eq!(follower.tick(&mut conn, Instant::now(), time()).await.leadership, Leadership::Follower);
    let published = leader.publish(&mut conn, Instant::now(), &[found("a"), found("b")]).await;
    assert_eq!(published, Ok(Published::Written));
    let heard = eventually("the other one hears it", async || {
        let ticked = follower.tick(&mut conn, Instant::now(), time()).await;
        assert_eq!(ticked.error, None);
        (!ticked.evidence.is_empty()).then_some(ticked.evidence)
    })
    .await;
    assert_eq!(heard.len(), 2);
    assert_eq!(leader.release(&mut conn, Instant::now()).await, Ok(()));
}

#[tokio::test]
async fn money_and_cooldowns_are_found_in_a_cluster() {
    let (_server, mut conn) = cluster().await;
    let (spending, today) = (Spending::new(""), UtcDay::of(Timestamp::from_micros(0)));
    let cent = Usd::from_f64(0.01).expect("an amount");
    assert_eq!(spending.add(&mut conn, today, cent).await, Ok(cent));
    assert_eq!(spending.spent(&mut conn, today).await, Ok(cent));
    let names: Vec<String> = (0..600).map(|index| format!("d{index}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    for id in ["d7", "d599"] {
        let set = redis::cmd("SET").arg(format!("deployment:{id}:cooldown")).arg("x").exec_async(&mut conn).await;
        set.expect("the cluster takes it");
    }
    let found = in_cooldown(&mut conn, "", &ids).await.expect("the cluster answers");
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort();
    assert_eq!(found, ["d599", "d7"], "keys of many slots");
}

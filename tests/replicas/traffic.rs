//! What requests said: told by each replica, heard once by all others, whatever happens to the stream.

use std::time::Duration;

use llm_exporter::event::{Deployment, Timestamp};
use llm_exporter::replicas::{Heard, ReplicaId, Settings, TrafficStream};
use llm_exporter::state::{News, Times};
use redis::aio::{ConnectionLike, MultiplexedConnection};

use super::peer::{LEASE, STALE_AFTER, settings, time};
use super::server::Server;

const STREAM: &str = "{llm_exporter}:traffic";

/// A replica's end of the stream, which waits for answers long enough for a busy machine.
fn replica() -> TrafficStream {
    TrafficStream::new(&Settings { lease_time: 60 * LEASE, ..settings() }, ReplicaId::of_this_process(), STALE_AFTER)
}

/// A request to this deployment that was answered just now.
fn served(deployment: &str) -> News {
    let at = time();
    News {
        deployment: Deployment {
            id: deployment.to_owned().into(),
            model: "m".into(),
            provider: "p".into(),
            upstream_model: "".into(),
            api_base: "".into(),
            rate_limits: None,
        },
        seen_at: at,
        served: Times { latest: vec![at], earlier: 0, since: None },
        failed: Times::default(),
        last_throttled_at: None,
        outcomes: Vec::new(),
        last_error: None,
    }
}

async fn hear_all(replica: &mut TrafficStream, conn: &mut (impl ConnectionLike + Send)) -> (Vec<String>, u64) {
    let (mut deployments, mut garbage) = (Vec::new(), 0);
    loop {
        let heard: Heard = replica.hear(conn, time()).await.expect("Redis answers");
        deployments.extend(heard.news.into_iter().map(|news| news.deployment.id.into_owned()));
        garbage += heard.garbage;
        if !heard.has_more {
            return (deployments, garbage);
        }
    }
}

async fn heard(replica: &mut TrafficStream, conn: &mut (impl ConnectionLike + Send)) -> Vec<String> {
    hear_all(replica, conn).await.0
}

async fn tell(replica: &mut TrafficStream, conn: &mut MultiplexedConnection, deployments: &[&str]) {
    let news: Vec<News> = deployments.iter().map(|deployment| served(deployment)).collect();
    replica.tell(conn, &news).await.expect("Redis takes it");
}

#[tokio::test]
async fn what_each_replica_tells_all_others_hear_once() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let (mut one, mut other, mut third) = (replica(), replica(), replica());
    tell(&mut one, &mut conn, &["a", "b"]).await;
    tell(&mut other, &mut conn, &["c"]).await;
    tell(&mut one, &mut conn, &["a"]).await;
    assert_eq!(heard(&mut one, &mut conn).await, ["c"], "and not what it told itself");
    assert_eq!(heard(&mut other, &mut conn).await, ["a", "b", "a"]);
    assert_eq!(heard(&mut third, &mut conn).await, ["a", "b", "c", "a"]);
    for replica in [&mut one, &mut other, &mut third] {
        assert!(heard(replica, &mut conn).await.is_empty(), "nothing is heard twice");
    }
}

#[tokio::test]
async fn everything_about_news_arrives() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let news = served("d");
    replica().tell(&mut conn, std::slice::from_ref(&news)).await.expect("Redis takes it");
    assert_eq!(replica().hear(&mut conn, time()).await.expect("Redis answers").news, [news]);
}

#[tokio::test]
async fn a_quiet_replica_writes_nothing() {
    let server = Server::start();
    let mut conn = server.connect().await;
    replica().tell(&mut conn, &[]).await.expect("there is nothing to do");
    assert_eq!(server.ask::<usize>(&["EXISTS", STREAM]).await, 0);
}

#[tokio::test]
async fn a_replica_that_is_started_again_hears_what_it_told_before() {
    let server = Server::start();
    let mut conn = server.connect().await;
    tell(&mut replica(), &mut conn, &["a"]).await;
    assert_eq!(heard(&mut replica(), &mut conn).await, ["a"]);
}

#[tokio::test]
async fn a_newcomer_does_not_hear_what_is_stale() {
    let server = Server::start();
    let now = u64::try_from(time().as_micros() / 1000).expect("after 1970");
    for (minutes, deployment) in [(9, "stale"), (3, "recent")] {
        let id = format!("{}-0", now - minutes * 60_000);
        let json = entry(deployment, minutes);
        server.ask::<()>(&["XADD", STREAM, &id, "json", &json]).await;
    }
    assert_eq!(heard(&mut replica(), &mut server.connect().await).await, ["recent"]);
}

/// An entry as this version writes it: what is in a stream outlives an update.
fn entry(deployment: &str, number: u64) -> String {
    let seen_us = time().as_micros();
    format!(
        r#"{{"replica":"r","number":{number},"news":[{{"deployment":"{deployment}","model":"m","provider":"p","seen_us":{seen_us},"served":{{"ago":[0]}}}}]}}"#
    )
}

#[tokio::test]
async fn garbage_is_passed_over_and_counted() {
    let server = Server::start();
    let mut conn = server.connect().await;
    for garbage in [&b"nonsense"[..], b"", b"{}", &[0xff, 0xfe, 0x00], br#"{"replica":"r","number":1,"news":[{}]}"#] {
        let added = redis::cmd("XADD").arg(STREAM).arg("*").arg("json").arg(garbage).exec_async(&mut conn).await;
        added.expect("Redis takes anything");
    }
    let fields = redis::cmd("XADD").arg(STREAM).arg("*").arg("other").arg("field").exec_async(&mut conn).await;
    fields.expect("Redis takes anything");
    tell(&mut replica(), &mut conn, &["good"]).await;
    assert_eq!(hear_all(&mut replica(), &mut conn).await, (vec!["good".to_owned()], 6));
}

#[tokio::test]
async fn what_redis_did_not_take_is_told_later_and_nothing_twice() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let short = Settings { lease_time: Duration::from_millis(600), ..settings() };
    let (mut teller, mut hearer) = (TrafficStream::new(&short, ReplicaId::of_this_process(), STALE_AFTER), replica());
    server.pause();
    for deployment in ["a", "b"] {
        let told = teller.tell(&mut conn, &[served(deployment)]).await;
        assert!(told.is_err(), "nobody answered");
        assert!(teller.has_untold());
    }
    server.resume();
    // What was sent meanwhile is done now, and then once more.
    super::eventually("it is told", async || teller.tell(&mut conn, &[]).await.ok()).await;
    assert!(!teller.has_untold());
    assert!(server.ask::<usize>(&["XLEN", STREAM]).await > 2, "the stream has some of it twice");
    assert_eq!(heard(&mut hearer, &mut conn).await, ["a", "b"]);
}

#[tokio::test]
async fn a_stream_without_its_memory_is_read_from_its_beginning_and_nothing_twice() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let mut reader = replica();
    for (id, deployment, number) in [("9000-0", "a", 1), ("9000-1", "b", 2)] {
        server.ask::<()>(&["XADD", STREAM, id, "json", &entry(deployment, number)]).await;
    }
    assert_eq!(heard(&mut reader, &mut conn).await, ["a", "b"]);
    server.ask::<()>(&["DEL", STREAM]).await;
    for (id, deployment, number) in [("5000-0", "a", 1), ("5000-1", "c", 3)] {
        server.ask::<()>(&["XADD", STREAM, id, "json", &entry(deployment, number)]).await;
    }
    assert_eq!(heard(&mut reader, &mut conn).await, ["c"]);
}

#[tokio::test]
async fn the_stream_stays_small_and_expires_once_it_says_nothing_any_more() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let mut teller = replica();
    for _ in 0..60 {
        let mut pipe = redis::pipe();
        for _ in 0..100 {
            pipe.cmd("XADD").arg(STREAM).arg("*").arg("json").arg("{}").ignore();
        }
        pipe.exec_async(&mut conn).await.expect("Redis takes it");
    }
    tell(&mut teller, &mut conn, &["a"]).await;
    let kept: usize = server.ask(&["XLEN", STREAM]).await;
    assert!((4_000..5_000).contains(&kept), "{kept} entries were kept");
    let seconds: u64 = server.ask(&["TTL", STREAM]).await;
    assert!((500..=600).contains(&seconds), "{seconds} s: twice what a newcomer reads");
}

#[tokio::test]
async fn two_prefixes_are_two_fleets() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let settings = Settings { prefix: "other:".into(), lease_time: 60 * LEASE, ..settings() };
    let mut other = TrafficStream::new(&settings, ReplicaId::of_this_process(), STALE_AFTER);
    tell(&mut replica(), &mut conn, &["a"]).await;
    assert!(heard(&mut other, &mut conn).await.is_empty());
    tell(&mut other, &mut conn, &["b"]).await;
    assert_eq!(server.ask::<usize>(&["EXISTS", "other:{llm_exporter}:traffic"]).await, 1);
}

#[tokio::test]
async fn a_cluster_will_do() {
    let server = Server::cluster();
    let client = redis::cluster::ClusterClient::new([server.url()]).expect("a client");
    let mut conn = client.get_async_connection().await.expect("the cluster takes connections");
    let many: Vec<News> = (0..3_000).map(|number| served(&format!("d{number}"))).collect();
    replica().tell(&mut conn, &many).await.expect("the cluster takes it");
    assert_eq!(heard(&mut replica(), &mut conn).await.len(), 3_000);
}

#[tokio::test]
async fn something_else_in_the_place_of_the_stream_is_an_error() {
    let server = Server::start();
    let mut conn = server.connect().await;
    server.ask::<()>(&["SET", STREAM, "mine"]).await;
    let error = replica().hear(&mut conn, time()).await.expect_err("it is no stream").to_string();
    assert!(error.starts_with("redis did not tell what requests said: "), "{error}");
    let error = replica().tell(&mut conn, &[served("a")]).await.expect_err("it is no stream").to_string();
    assert!(error.starts_with("redis did not take what requests said: "), "{error}");
}

#[tokio::test]
async fn what_a_clock_that_is_ahead_dates_into_the_future_counts_as_of_now() {
    let server = Server::start();
    let mut conn = server.connect().await;
    let ahead = Timestamp::from_micros(time().as_micros() + 3_600_000_000);
    let news = News { seen_at: ahead, served: Times { latest: vec![ahead], earlier: 0, since: None }, ..served("d") };
    replica().tell(&mut conn, &[news]).await.expect("Redis takes it");
    let heard = replica().hear(&mut conn, time()).await.expect("Redis answers");
    assert!(heard.news[0].seen_at <= time() && heard.news[0].served.last() <= Some(time()));
}

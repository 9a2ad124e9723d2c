//! What is there in Redis and in the schema, and for how long.

use llm_exporter::event::RowMark;
use llm_exporter::handover::{Admission, SchemaShare, Share, Start};

use super::peer::{EXPIRY, MINUTE, Peer, Servers, Way, connector, row, rows};

#[tokio::test]
async fn what_is_in_redis_expires() {
    let servers = Servers::start(Way::Redis);
    let mut one = Peer::new(&servers);
    one.lead().await;
    one.book(&rows(0..3)).await.expect("it leads");
    let keys = servers.redis().command(&["KEYS", "*"]);
    assert_eq!(keys.lines().count(), 2, "{keys}");
    for key in keys.lines() {
        let left: u128 = servers.redis().command(&["PTTL", key]).parse().expect("it expires");
        assert!(left <= EXPIRY.as_millis() && left > EXPIRY.as_millis() / 2, "{key}: {left}");
    }
}

#[tokio::test]
async fn claims_go_with_the_minutes_that_are_not_read_again() {
    for way in [Way::Redis, Way::Schema] {
        let servers = Servers::start(way);
        let mut one = Peer::new(&servers);
        one.lead().await;
        let (older, newer) = (RowMark { minute: MINUTE - 61, id: 1 }, RowMark { minute: MINUTE - 60, id: 2 });
        one.book(&[older]).await.expect("it leads");
        one.book(&[newer]).await.expect("it leads");
        one.kill();
        let mut other = Peer::new(&servers);
        other.lead().await;
        assert_eq!(other.claimed.others, [newer], "{way:?}");
    }
}

#[tokio::test]
async fn one_hundred_thousand_rows_are_handed_over_and_take_a_megabyte() {
    for way in [Way::Redis, Way::Schema] {
        let servers = Servers::start(way);
        let mut one = Peer::new(&servers);
        one.lead().await;
        for batch in 0..40 {
            one.book(&rows(batch * 2_500..(batch + 1) * 2_500)).await.expect("it leads");
        }
        one.kill();
        if way == Way::Redis {
            let bytes =
                servers.redis().command(&["MEMORY", "USAGE", "{llm_exporter}:spend_log_claims:public", "SAMPLES", "0"]);
            let bytes: usize = bytes.parse().expect("a number");
            assert!(bytes < 1_400_000, "{bytes}");
        }
        let mut other = Peer::new(&servers);
        other.lead().await;
        let mut claimed = other.claimed.others;
        claimed.sort_by_key(|mark| mark.id);
        assert_eq!(claimed, rows(0..100_000), "{way:?}");
    }
}

#[tokio::test]
async fn whatever_else_is_there_is_left_alone() {
    let servers = Servers::start(Way::Redis);
    servers.redis().command(&["ZADD", "{llm_exporter}:spend_log_claims:public", "1e18", "something else"]);
    let mut one = Peer::new(&servers);
    assert_eq!(one.lead().await, Start::Own);
    assert_eq!(one.book(&rows(0..3)).await, Ok(Admission::Claimed));
    assert_eq!(servers.redis().command(&["ZCARD", "{llm_exporter}:spend_log_claims:public"]), "2");
}

/// As a share of this role: what becomes of a batch.
async fn book_as(servers: &Servers, role: &str) -> Admission {
    let url = servers.postgres.url().replace("postgres@", &format!("{role}@"));
    let mut one = Peer::with(servers, Share::Schema(Box::new(SchemaShare::new(connector(&url), "public"))));
    one.lead().await;
    one.book(&[row(1)]).await.expect("it leads")
}

#[tokio::test]
async fn a_role_that_may_not_create_the_schema_uses_one_that_is_there_and_else_counts_without() {
    let servers = Servers::start(Way::Schema);
    servers.postgres.execute("CREATE ROLE reader LOGIN");
    assert_eq!(book_as(&servers, "reader").await, Admission::Unclaimed);
    assert_eq!(servers.postgres.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'llm_exporter'"), "0");
    assert_eq!(book_as(&servers, "postgres").await, Admission::Claimed);
    servers.postgres.execute(
        "GRANT USAGE ON SCHEMA llm_exporter TO reader; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA llm_exporter TO reader",
    );
    assert_eq!(book_as(&servers, "reader").await, Admission::Claimed);
}

#[tokio::test]
async fn a_role_that_only_reads_by_default_writes_here() {
    let servers = Servers::start(Way::Schema);
    servers.postgres.execute("ALTER ROLE postgres SET default_transaction_read_only = on");
    assert_eq!(book_as(&servers, "postgres").await, Admission::Claimed);
}

//! Names give consumers their labels.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::exporter::Exporter;
use super::support::litellm_entities::database;
use super::{exporter_of, read_anew};

const HASH: &str = "4b12ff0a1c4a541451254d223fa50c77685d37fd4068a43a0c28a2aa1ee66aa5";
const REQUESTS: &str = "llm_consumer_requests_total";

/// A request of now by a key, team, user and organisation of which only the ids are told.
fn nameless(attempt: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let event = event("chat_success").attempt(attempt);
    let ended = event["endTime"].as_f64().expect("an event has times");
    event.later(now - ended).with(json!({"metadata": {
        "user_api_key_alias": null, "user_api_key_team_alias": null, "user_api_key_team_id": "t1",
        "user_api_key_user_id": "alice", "user_api_key_org_id": "o1", "user_api_key_org_alias": null,
    }}))
}

fn push(exporter: &Exporter, event: &Value) {
    let answer = exporter.push(event.to_string());
    assert_eq!(answer["accepted"], 1, "{answer}");
}

#[test]
fn what_is_told_by_its_id_is_counted_under_its_alias_but_users_are_not() {
    let server = database(&format!(
        "INSERT INTO \"LiteLLM_VerificationToken\" (token, key_alias) VALUES ('{HASH}', 'blue-alice'); \
         INSERT INTO \"LiteLLM_TeamTable\" (team_id, team_alias) VALUES ('t1', 'Team Blue'); \
         INSERT INTO \"LiteLLM_UserTable\" (user_id, user_alias, max_budget) VALUES ('alice', 'Alice A.', 1); \
         INSERT INTO \"LiteLLM_OrganizationTable\" VALUES ('o1', 'Our Org', 0, NULL)"
    ));
    let exporter = exporter_of(&server.url(), "labels: {consumer: [key, team, user, org]}");
    read_anew(&exporter);
    push(&exporter, &nameless("first"));
    let named = event("chat_success").attempt("named").with(json!({"metadata": {
        "user_api_key_alias": "blue-alice", "user_api_key_team_alias": "Team Blue", "user_api_key_team_id": "t1",
        "user_api_key_user_id": "alice", "user_api_key_org_id": "o1", "user_api_key_org_alias": "Our Org",
    }}));
    push(&exporter, &named);
    let who = [("key", "blue-alice"), ("team", "Team Blue"), ("user", "alice"), ("org", "Our Org"), ("model", "up-ok")];
    let scraped = exporter.metrics();
    assert_eq!(scraped.value(REQUESTS, &who), Some(2.0), "whoever told it, it is the same consumer");
    assert_eq!(scraped.samples(REQUESTS).count(), 1);
}

#[test]
fn what_was_counted_before_its_alias_was_known_stays_where_it_was() {
    let server =
        database(&format!("INSERT INTO \"LiteLLM_VerificationToken\" (token, key_alias) VALUES ('{HASH}', NULL)"));
    let exporter = exporter_of(&server.url(), "labels: {consumer: [key]}");
    read_anew(&exporter);
    push(&exporter, &nameless("first"));
    server.execute("UPDATE \"LiteLLM_VerificationToken\" SET key_alias = 'named'");
    read_anew(&exporter);
    push(&exporter, &nameless("second"));
    server.execute("DELETE FROM \"LiteLLM_VerificationToken\"");
    read_anew(&exporter);
    push(&exporter, &nameless("third"));
    let scraped = exporter.metrics();
    assert_eq!(scraped.value(REQUESTS, &[("key", HASH), ("model", "up-ok")]), Some(2.0), "its name is forgotten");
    assert_eq!(scraped.value(REQUESTS, &[("key", "named"), ("model", "up-ok")]), Some(1.0));
}

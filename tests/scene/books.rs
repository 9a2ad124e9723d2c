//! What stands in the gateway's database: its spend log of some days, its daily totals, its workers, and who may spend what.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::fleet::Deployment;
use super::support::ledger_tables;
use super::support::litellm_entities::{TABLES, key};
use super::support::postgres::Postgres;
use super::support::spend_log::{NOW, Version, insert, insert_many, row};

/// As long as the exporter has counted: the last full day is in it, whatever the time is now.
pub(crate) const HISTORY: Duration = Duration::from_hours(72);

/// Rows of that time: several in each hour.
pub(crate) const ROWS: u32 = 864;

/// The key of which somebody spends all in the course of things.
pub(crate) const SPENDER: &str = "blue-spender";

/// The key that is about to expire in the course of things.
pub(crate) const EXPIRING: &str = "blue-expiring";

/// The team that has spent nearly all in the course of things.
pub(crate) const TEAM: &str = "Team Green";

/// Starts a database with all that.
pub(crate) fn open() -> Postgres {
    let server = Postgres::start();
    server.execute(&Version::Current.ddl());
    // Not of the last minutes: they say nothing of how well anybody is now.
    let until = format!("({NOW} - interval '20 minutes')");
    server.execute(&insert_many("past", ROWS, &until, HISTORY));
    server.execute(DAILY);
    for days in 1..=3 {
        ledger_tables::close_day(&server, &date(SystemTime::now() - Duration::from_hours(24 * days)));
    }
    server.execute(WORKERS);
    server.execute(&format!(
        "{TABLES} {ENTITIES} {} {} \
         UPDATE \"LiteLLM_VerificationToken\" SET expires = now() + interval '300 days' WHERE key_alias = '{EXPIRING}'",
        key(1, SPENDER, 1.0, 10.0),
        key(2, EXPIRING, 1.0, 10.0),
    ));
    server
}

/// The gateway writes down a request that this deployment has just answered.
pub(crate) fn book(server: &Postgres, deployment: &Deployment, number: u64) {
    let Deployment { model, id, provider } = deployment;
    let row = row(&format!("now-{number}")).with(json!({
        "model_group": model, "model_id": id, "custom_llm_provider": provider, "model": format!("{provider}/{model}-large"),
    }));
    insert(server, [&row]);
}

/// What a key has spent.
pub(crate) fn spend(server: &Postgres, alias: &str, usd: u32) {
    server.execute(&format!("UPDATE \"LiteLLM_VerificationToken\" SET spend = {usd} WHERE key_alias = '{alias}'"));
}

/// What a team has spent.
pub(crate) fn spend_of_team(server: &Postgres, alias: &str, usd: u32) {
    server.execute(&format!("UPDATE \"LiteLLM_TeamTable\" SET spend = {usd} WHERE team_alias = '{alias}'"));
}

/// In how many days a key expires.
pub(crate) fn expire(server: &Postgres, alias: &str, days: u32) {
    server.execute(&format!(
        "UPDATE \"LiteLLM_VerificationToken\" SET expires = now() + interval '{days} days' WHERE key_alias = '{alias}'"
    ));
}

fn date(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).expect("a moment of our time");
    jiff::tz::TimeZone::UTC.to_datetime(at).date().to_string()
}

/// The table of daily totals, as far as a ledger needs it.
const DAILY: &str = r#"CREATE TABLE "LiteLLM_DailyUserSpend" (
    id text, date text NOT NULL, model_group text, api_requests bigint DEFAULT 0, spend double precision DEFAULT 0)"#;

const WORKERS: &str = r#"CREATE TABLE "LiteLLM_ProxyWorkerHeartbeat" (worker_id text PRIMARY KEY, hostname text NOT NULL,
    started_at timestamp(3) NOT NULL DEFAULT now(), last_heartbeat_at timestamp(3) NOT NULL DEFAULT now());
    INSERT INTO "LiteLLM_ProxyWorkerHeartbeat" (worker_id, hostname, last_heartbeat_at)
    VALUES ('a', 'h', now() + interval '1 hour'), ('b', 'h', now() + interval '1 hour')"#;

/// One of each kind with a limit; and those that the recorded events are of.
const ENTITIES: &str = r#"
INSERT INTO "LiteLLM_BudgetTable" VALUES ('shared', 500, NULL, '30d', now() + interval '20 days');
INSERT INTO "LiteLLM_TeamTable" (team_id, team_alias, spend, max_budget, budget_reset_at) VALUES
    ('team-green', 'Team Green', 10, 100, now() + interval '20 days'),
    ('918b0e4a-56e6-47a0-9f23-a977c2d74e4d', 'Team Blue', 1, 100, NULL);
INSERT INTO "LiteLLM_UserTable" (user_id, user_alias, user_email, spend, max_budget) VALUES
    ('alice', NULL, 'alice@example.org', 1, 50);
INSERT INTO "LiteLLM_OrganizationTable" VALUES ('o1', 'Our Org', 99, 'shared');
INSERT INTO "LiteLLM_EndUserTable" VALUES ('customer-7', 'Seven', 4, 'shared');
"#;

//! The gateway's books: LiteLLM's spend log and its daily table, with the columns that a ledger needs.

use serde_json::Value;

use super::postgres::Postgres;

/// Makes both tables, empty, in this schema.
pub(crate) fn create_in(server: &Postgres, schema: &str) {
    server.execute(&format!(
        r#"CREATE SCHEMA IF NOT EXISTS "{schema}";
           CREATE TABLE "{schema}"."LiteLLM_SpendLogs" (
               request_id text PRIMARY KEY, "startTime" timestamp(3) NOT NULL, spend double precision DEFAULT 0,
               model text, model_group text, model_id text, team_id text, status text);
           CREATE INDEX ON "{schema}"."LiteLLM_SpendLogs" ("startTime", request_id);
           CREATE TABLE "{schema}"."LiteLLM_DailyUserSpend" (
               id text PRIMARY KEY, date text NOT NULL, model_group text, api_requests bigint DEFAULT 0,
               spend double precision DEFAULT 0)"#
    ));
}

/// Makes both tables, empty, where Prisma puts them.
pub(crate) fn create(server: &Postgres) {
    create_in(server, "public");
}

/// Books requests as the gateway that pushed these events does.
pub(crate) fn book<'e>(server: &Postgres, events: impl IntoIterator<Item = &'e Value>) {
    for event in events {
        book_in(server, "public", event);
    }
}

/// Books a request in the tables of this schema.
pub(crate) fn book_in(server: &Postgres, schema: &str, event: &Value) {
    let text = |name: &str| format!("'{}'", event[name].as_str().unwrap_or_default());
    let columns = ["id", "model", "model_group", "model_id", "status"].map(text).join(", ");
    let (start, spend) = (&event["startTime"], &event["response_cost"]);
    server.execute(&format!(
        r#"INSERT INTO "{schema}"."LiteLLM_SpendLogs" (request_id, model, model_group, model_id, status, "startTime", spend)
           VALUES ({columns}, to_timestamp({start}) AT TIME ZONE 'UTC', {spend})"#
    ));
}

/// Adds up what was booked on a day, as the gateway does.
pub(crate) fn close_day(server: &Postgres, date: &str) {
    server.execute(&format!(
        r#"INSERT INTO "LiteLLM_DailyUserSpend"
           SELECT 'of-' || model_group, '{date}', model_group, count(*), sum(spend) FROM "LiteLLM_SpendLogs"
           WHERE "startTime"::date = '{date}' GROUP BY model_group"#
    ));
}

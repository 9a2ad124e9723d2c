//! The tables of LiteLLM in which keys, teams, users, organisations and end users stand, with the columns that say who they are
//! and what they may spend.

use super::postgres::Postgres;

/// The tables of a version of today.
pub(crate) const TABLES: &str = r#"
CREATE TABLE "LiteLLM_BudgetTable" (
    budget_id text PRIMARY KEY, max_budget double precision, soft_budget double precision,
    budget_duration text, budget_reset_at timestamp(3));
CREATE TABLE "LiteLLM_VerificationToken" (
    token text PRIMARY KEY, key_name text, key_alias text, spend double precision DEFAULT 0, max_budget double precision,
    budget_reset_at timestamp(3), expires timestamp(3), blocked boolean, user_id text, team_id text,
    budget_id text REFERENCES "LiteLLM_BudgetTable", models text[], metadata jsonb DEFAULT '{}');
CREATE TABLE "LiteLLM_TeamTable" (
    team_id text PRIMARY KEY, team_alias text, spend double precision DEFAULT 0, max_budget double precision,
    budget_reset_at timestamp(3), blocked boolean DEFAULT false, organization_id text);
CREATE TABLE "LiteLLM_UserTable" (
    user_id text PRIMARY KEY, user_alias text, user_email text, spend double precision DEFAULT 0,
    max_budget double precision, budget_reset_at timestamp(3));
CREATE TABLE "LiteLLM_OrganizationTable" (
    organization_id text PRIMARY KEY, organization_alias text, spend double precision DEFAULT 0,
    budget_id text REFERENCES "LiteLLM_BudgetTable");
CREATE TABLE "LiteLLM_EndUserTable" (
    user_id text PRIMARY KEY, alias text, spend double precision DEFAULT 0,
    budget_id text REFERENCES "LiteLLM_BudgetTable", blocked boolean DEFAULT false);
"#;

/// The hash under which the key of this number is stored.
pub(crate) fn hash(number: u64) -> String {
    format!("{number:064x}")
}

/// A server with the tables, and these statements run.
pub(crate) fn database(statements: &str) -> Postgres {
    let server = Postgres::start();
    server.execute(&format!("{TABLES} {statements}"));
    server
}

/// A statement that stores a key with a limit.
pub(crate) fn key(number: u64, alias: &str, spend: f64, max_budget: f64) -> String {
    format!(
        "INSERT INTO \"LiteLLM_VerificationToken\" (token, key_alias, spend, max_budget) \
         VALUES ('{}', '{alias}', {spend}, {max_budget});",
        hash(number)
    )
}

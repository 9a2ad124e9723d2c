//! What can't be read keeps nothing else from being read, and is told in words that help.

use super::support::litellm_entities::{database, key};
use super::support::postgres::Postgres;
use super::{LAST_SUCCESS, LIMIT, UP, by_alias, exporter, exporter_of, read_anew, scrape_when};

const TEAM: &str = "INSERT INTO \"LiteLLM_TeamTable\" (team_id, team_alias, max_budget) VALUES ('t', 'Team', 5);";

fn is_up(scraped: &super::Exposition, scope: &str) -> Option<f64> {
    scraped.value(UP, &[("scope", scope)])
}

/// The address for a role that the test made.
fn url_of(server: &Postgres, role: &str) -> String {
    format!("postgresql://{role}@127.0.0.1:{}/postgres", server.port())
}

#[test]
fn a_table_that_is_missing_is_named_once_and_the_others_are_read() {
    let server = database(&format!("{TEAM} DROP TABLE \"LiteLLM_VerificationToken\""));
    let exporter = exporter(&server);
    let scraped =
        scrape_when(&exporter, "the other scopes are read", |scraped| is_up(scraped, "end_user") == Some(1.0));
    assert_eq!(is_up(&scraped, "key"), Some(0.0));
    assert_eq!(scraped.value(LAST_SUCCESS, &[("scope", "key")]), None);
    assert_eq!(by_alias(&scraped, LIMIT, ""), [("Team".to_owned(), 5.0)]);
    let asked_at = scraped.value(LAST_SUCCESS, &[("scope", "team")]);
    scrape_when(&exporter, "it goes on", |scraped| scraped.value(LAST_SUCCESS, &[("scope", "team")]) > asked_at);
    let log = exporter.log();
    let words = "there is no table \"public\".\"LiteLLM_VerificationToken\"";
    assert_eq!(log.matches(words).count(), 1, "{log}");
}

#[test]
fn a_database_that_is_not_litellms_is_told_in_one_line() {
    let server = Postgres::start();
    let exporter = exporter(&server);
    scrape_when(&exporter, "all scopes were tried", |scraped| is_up(scraped, "end_user") == Some(0.0));
    exporter.wait_until("it is logged", super::PATIENCE, |exporter| exporter.log().contains("no tables of LiteLLM"));
    let log = exporter.log();
    assert_eq!(log.matches("budgets can't be read").count(), 1, "{log}");
    assert!(log.contains("key, team, user, org, end_user"), "{log}");
}

#[test]
fn a_grant_that_is_missing_is_spelled_out_and_heeded_once_it_is_given() {
    let server = database(&format!(
        "{TEAM} {} CREATE ROLE reader LOGIN; \
         GRANT SELECT ON \"LiteLLM_TeamTable\", \"LiteLLM_OrganizationTable\", \"LiteLLM_EndUserTable\", \
           \"LiteLLM_BudgetTable\" TO reader; \
         GRANT SELECT (user_id, user_alias) ON \"LiteLLM_UserTable\" TO reader",
        key(1, "one", 1.0, 10.0)
    ));
    let exporter = exporter_of(&url_of(&server, "reader"), "");
    let scraped = scrape_when(&exporter, "what may be read is read", |scraped| is_up(scraped, "end_user") == Some(1.0));
    assert_eq!(["key", "team", "user"].map(|scope| is_up(&scraped, scope)), [Some(0.0), Some(1.0), Some(0.0)]);
    assert_eq!(by_alias(&scraped, LIMIT, ""), [("Team".to_owned(), 5.0)]);
    let grants = [
        "GRANT SELECT ON \"public\".\"LiteLLM_VerificationToken\" TO \"reader\";",
        "GRANT SELECT (\"spend\", \"max_budget\", \"budget_reset_at\") ON \"public\".\"LiteLLM_UserTable\" TO \"reader\";",
    ];
    for grant in grants {
        exporter.wait_until(grant, super::PATIENCE, |exporter| exporter.log().contains(grant));
        server.execute(grant);
    }
    assert_eq!(by_alias(&read_anew(&exporter), LIMIT, "key"), [("one".to_owned(), 10.0)]);
    exporter.wait_until("the log says so", super::PATIENCE, |exporter| exporter.log().contains("can be read again"));
}

#[test]
fn a_schema_that_may_not_be_used_is_a_grant_too() {
    let server = database("CREATE ROLE stranger LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC");
    let exporter = exporter_of(&url_of(&server, "stranger"), "");
    let grant = "GRANT USAGE ON SCHEMA \"public\" TO \"stranger\";";
    exporter.wait_until(grant, super::PATIENCE, |exporter| exporter.log().contains(grant));
}

#[test]
fn a_database_that_goes_away_leaves_what_was_read_and_comes_back() {
    let mut server = database(&key(1, "one", 1.0, 10.0));
    let exporter = exporter(&server);
    read_anew(&exporter);
    server.stop();
    let scraped = scrape_when(&exporter, "it is away", |scraped| is_up(scraped, "key") == Some(0.0));
    assert_eq!(by_alias(&scraped, LIMIT, ""), [("one".to_owned(), 10.0)]);
    assert!(scraped.value(LAST_SUCCESS, &[("scope", "key")]).is_some(), "which tells how old that is");
    server.start_again();
    server.execute("UPDATE \"LiteLLM_VerificationToken\" SET max_budget = 20");
    assert_eq!(by_alias(&read_anew(&exporter), LIMIT, ""), [("one".to_owned(), 20.0)]);
}

#[test]
fn one_connection_is_kept_from_round_to_round_and_nothing_is_left_open_on_it() {
    let server = database("");
    let exporter = exporter(&server);
    let own = "FROM pg_stat_activity WHERE application_name = 'llm-exporter'";
    read_anew(&exporter);
    let before = server.execute(&format!("SELECT pid {own} ORDER BY pid"));
    read_anew(&exporter);
    assert_eq!(server.execute(&format!("SELECT pid {own} ORDER BY pid")), before);
    assert_eq!(before.lines().count(), 2, "one that checks, one that reads: {before}");
}

//! What stands in the tables is shown, as long as it stands there.

use super::support::exporter::Launch;
use super::support::litellm_entities::{TABLES, database, hash, key};
use super::support::postgres::Postgres;
use super::{EXPIRY, LIMIT, RESET, SPENT, UP, by_alias, exporter, exporter_of, read_anew, scrape_when};

/// One of each kind with a limit, and one of each without.
const ALL_KINDS: &str = r#"
INSERT INTO "LiteLLM_BudgetTable" VALUES
    ('shared', 500, NULL, '30d', '2026-12-01 00:00:00'), ('none', NULL, NULL, NULL, NULL);
INSERT INTO "LiteLLM_TeamTable" (team_id, team_alias, spend, max_budget, budget_reset_at) VALUES
    ('t1', 'Team Blue', 12.5, 100, '2026-12-02 00:00:00.5'), ('t2', 'Team Free', 7, NULL, NULL);
INSERT INTO "LiteLLM_UserTable" (user_id, user_alias, user_email, spend, max_budget) VALUES
    ('alice', NULL, 'alice@example.org', 1, 50), ('bob', 'Bob', 'bob@example.org', 2, NULL);
INSERT INTO "LiteLLM_OrganizationTable" VALUES ('o1', 'Our Org', 99, 'shared'), ('o2', 'Free Org', 3, 'none');
INSERT INTO "LiteLLM_EndUserTable" VALUES ('customer-7', 'Seven', 4, 'shared'), ('customer-8', NULL, 5, NULL);
"#;

#[test]
fn limits_of_all_kinds_are_shown_with_their_labels_and_nobody_without_one_is() {
    let server = database(&format!("{ALL_KINDS} {}", key(1, "blue-alice", 4.5, 10.0)));
    let scraped = read_anew(&exporter(&server));
    let shown = [
        ("key", hash(1), "blue-alice", 10.0, 4.5, None),
        ("team", "t1".to_owned(), "Team Blue", 100.0, 12.5, Some(1_796_169_600.5)),
        ("user", "alice".to_owned(), "", 50.0, 1.0, None),
        ("org", "o1".to_owned(), "Our Org", 500.0, 99.0, Some(1_796_083_200.0)),
        ("end_user", "customer-7".to_owned(), "Seven", 500.0, 4.0, Some(1_796_083_200.0)),
    ];
    for (scope, id, alias, limit, spent, reset) in &shown {
        let labels = [("scope", *scope), ("id", id), ("alias", alias)];
        assert_eq!(scraped.value(LIMIT, &labels), Some(*limit), "{scope}");
        assert_eq!(scraped.value(SPENT, &labels), Some(*spent), "{scope}");
        assert_eq!(scraped.value(RESET, &labels), *reset, "{scope}");
    }
    for metric in [LIMIT, SPENT] {
        assert_eq!(scraped.samples(metric).count(), shown.len(), "{metric}: who has no limit has no series");
    }
    assert_eq!(scraped.samples(EXPIRY).count(), 0, "no key expires");
}

#[test]
fn a_key_or_team_with_a_shared_budget_has_its_limit_unless_it_has_its_own() {
    let server = database(&format!(
        "INSERT INTO \"LiteLLM_BudgetTable\" VALUES ('b', 500, NULL, NULL, '2026-12-01'); {} {} \
         UPDATE \"LiteLLM_VerificationToken\" SET budget_id = 'b'; \
         UPDATE \"LiteLLM_VerificationToken\" SET max_budget = NULL WHERE key_alias = 'shares';",
        key(1, "own", 0.0, 10.0),
        key(2, "shares", 0.0, 1.0),
    ));
    let scraped = read_anew(&exporter(&server));
    assert_eq!(by_alias(&scraped, LIMIT, "key"), [("own".to_owned(), 10.0), ("shares".to_owned(), 500.0)]);
}

#[test]
fn what_changes_in_the_tables_changes_and_who_is_deleted_is_gone() {
    let server = database(&[key(1, "one", 1.0, 10.0), key(2, "two", 2.0, 20.0)].concat());
    let exporter = exporter(&server);
    read_anew(&exporter);
    server.execute(&format!(
        "UPDATE \"LiteLLM_VerificationToken\" SET key_alias = 'renamed', spend = 3 WHERE token = '{}'; \
         DELETE FROM \"LiteLLM_VerificationToken\" WHERE token = '{}'",
        hash(1),
        hash(2)
    ));
    let scraped = read_anew(&exporter);
    assert_eq!(by_alias(&scraped, LIMIT, ""), [("renamed".to_owned(), 10.0)]);
    assert_eq!(by_alias(&scraped, SPENT, ""), [("renamed".to_owned(), 3.0)]);
    server.execute("UPDATE \"LiteLLM_VerificationToken\" SET max_budget = NULL");
    assert_eq!(by_alias(&read_anew(&exporter), LIMIT, ""), [], "a limit that is lifted is gone");
}

#[test]
fn a_key_that_expires_says_when_also_when_it_is_blocked_or_over_until_it_is_deleted() {
    let server = database(&format!(
        "{} {} {} \
         UPDATE \"LiteLLM_VerificationToken\" SET max_budget = NULL, expires = '2026-12-01 00:00:00', blocked = true \
           WHERE key_alias = 'blocked'; \
         UPDATE \"LiteLLM_VerificationToken\" SET expires = '2020-01-01 00:00:00' WHERE key_alias = 'over'",
        key(1, "blocked", 1.0, 1.0),
        key(2, "over", 2.0, 20.0),
        key(3, "lasting", 2.0, 20.0),
    ));
    let exporter = exporter(&server);
    let scraped = read_anew(&exporter);
    let blocked = hash(1);
    assert_eq!(scraped.value(EXPIRY, &[("id", &blocked), ("alias", "blocked")]), Some(1_796_083_200.0));
    let expected = [("blocked".to_owned(), 1_796_083_200.0), ("over".to_owned(), 1_577_836_800.0)];
    assert_eq!(by_alias(&scraped, EXPIRY, ""), expected);
    assert_eq!(scraped.sum(LIMIT, &[("alias", "blocked")]), 0.0, "an expiry is no limit");
    server.execute("DELETE FROM \"LiteLLM_VerificationToken\" WHERE key_alias = 'over'");
    server.execute("UPDATE \"LiteLLM_VerificationToken\" SET expires = NULL WHERE key_alias = 'blocked'");
    assert_eq!(by_alias(&read_anew(&exporter), EXPIRY, ""), []);
}

#[test]
fn keys_that_log_somebody_in_and_keys_in_the_clear_are_not_shown() {
    let server = database(&format!(
        "{} {} INSERT INTO \"LiteLLM_VerificationToken\" (token, max_budget) VALUES ('sk-in-the-clear', 5); \
         UPDATE \"LiteLLM_VerificationToken\" SET team_id = 'litellm-dashboard' WHERE key_alias = 'login'",
        key(1, "kept", 1.0, 1.0),
        key(2, "login", 2.0, 20.0),
    ));
    assert_eq!(by_alias(&read_anew(&exporter(&server)), LIMIT, ""), [("kept".to_owned(), 1.0)]);
}

#[test]
fn of_more_than_there_is_room_for_those_who_spent_most_are_shown_and_the_rest_is_counted() {
    let keys: String = (1..=6_u32).map(|n| key(n.into(), &format!("k{n}"), n.into(), 100.0)).collect();
    let server = database(&keys);
    let exporter = exporter_of(&server.url(), "limits: {budgets: 2}");
    let scraped = read_anew(&exporter);
    assert_eq!(by_alias(&scraped, SPENT, "key"), [("k5".to_owned(), 5.0), ("k6".to_owned(), 6.0)]);
    let table = [("table", "budgets")];
    assert_eq!(scraped.value("llm_exporter_series", &table), Some(2.0));
    assert!(scraped.value("llm_exporter_series_overflow_total", &table) >= Some(1.0), "what was cut is counted");
    read_anew(&exporter);
    let log = exporter.log();
    assert_eq!(log.matches("more budgets than limits.budgets").count(), 1, "once:\n{log}");
    server.execute("DELETE FROM \"LiteLLM_VerificationToken\" WHERE key_alias = 'k6'");
    assert_eq!(by_alias(&read_anew(&exporter), SPENT, "key"), [("k4".to_owned(), 4.0), ("k5".to_owned(), 5.0)]);
}

#[test]
fn the_schema_of_the_address_is_read_whatever_its_name() {
    let server = Postgres::start();
    server.execute(&format!(
        "CREATE SCHEMA \"we\"\"ird Name\"; SET search_path = \"we\"\"ird Name\"; {TABLES} {}",
        key(1, "one", 1.0, 10.0)
    ));
    let exporter = exporter_of(&format!("{}?schema=we%22ird%20Name", server.url()), "");
    assert_eq!(by_alias(&read_anew(&exporter), LIMIT, ""), [("one".to_owned(), 10.0)]);
}

#[test]
fn a_version_with_fewer_columns_and_other_types_is_read() {
    let server = Postgres::start();
    server.execute(&format!(
        "{TABLES} ALTER TABLE \"LiteLLM_VerificationToken\" \
           DROP budget_id, DROP expires, DROP budget_reset_at, DROP key_alias, DROP team_id; \
         ALTER TABLE \"LiteLLM_OrganizationTable\" DROP budget_id; DROP TABLE \"LiteLLM_EndUserTable\"; \
         ALTER TABLE \"LiteLLM_TeamTable\" DROP spend, ALTER max_budget TYPE numeric, \
           ALTER budget_reset_at TYPE timestamptz USING '2026-12-01 00:00:00+01'::timestamptz; \
         DROP TABLE \"LiteLLM_BudgetTable\"; \
         CREATE TABLE \"LiteLLM_EndUserTable\" (user_id varchar(40), spend real, budget_id text); \
         INSERT INTO \"LiteLLM_EndUserTable\" VALUES ('customer', 1, 'b'); \
         INSERT INTO \"LiteLLM_VerificationToken\" (token, spend, max_budget) VALUES ('{}', 1, 10); \
         INSERT INTO \"LiteLLM_TeamTable\" VALUES ('t', 'Team', 5, '2026-12-01 00:00:00+01')",
        hash(1)
    ));
    let scraped = read_anew(&exporter(&server));
    assert_eq!(by_alias(&scraped, LIMIT, "key"), [(hash(1), 10.0)]);
    assert_eq!(by_alias(&scraped, LIMIT, "team"), [("Team".to_owned(), 5.0)]);
    assert_eq!(by_alias(&scraped, SPENT, "team"), [], "nobody knows what is spent");
    assert_eq!(by_alias(&scraped, RESET, "team"), [("Team".to_owned(), 1_796_083_200.0 - 3_600.0)]);
}

#[test]
fn what_is_switched_off_is_not_read() {
    let server = database(&key(1, "one", 1.0, 10.0));
    let yaml = format!("database: {{url: '{}'}}\nsources: {{litellm_budgets: {{enabled: false}}}}", server.url());
    let exporter = Launch::default().config(&yaml).start();
    let is_checked =
        |scraped: &super::Exposition| scraped.value("llm_dependency_up", &[("dependency", "database")]) == Some(1.0);
    let scraped = scrape_when(&exporter, "the database is checked", is_checked);
    assert_eq!(scraped.samples(UP).count() + scraped.samples(LIMIT).count(), 0);
    assert!(scraped.samples("llm_exporter_task_restarts_total").all(|sample| sample.labels.get("task") != "budgets"));
}

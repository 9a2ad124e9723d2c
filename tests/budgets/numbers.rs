//! What is no amount of money is no limit.

use super::support::litellm_entities::{database, hash};
use super::{EXPIRY, LIMIT, RESET, SPENT, by_alias, exporter, read_anew};

/// A key with these, by its alias.
fn key(number: u64, alias: &str, spend: &str, max_budget: &str, reset: &str, expires: &str) -> String {
    format!(
        "INSERT INTO \"LiteLLM_VerificationToken\" (token, key_alias, spend, max_budget, budget_reset_at, expires) \
         VALUES ('{}', '{alias}', {spend}, {max_budget}, {reset}, {expires});",
        hash(number)
    )
}

#[test]
fn no_limit_is_absent_however_it_is_written() {
    let limits = ["NULL", "'NaN'", "'Infinity'", "'-Infinity'", "-1", "9.2e18", "1.7e308"];
    let keys = limits.iter().zip(1..).map(|(limit, n)| key(n, &format!("k{n}"), "1", limit, "now()", "NULL"));
    let server = database(&keys.chain([key(99, "limited", "1", "0", "NULL", "NULL")]).collect::<String>());
    let scraped = read_anew(&exporter(&server));
    let zero = [("limited".to_owned(), 0.0)];
    assert_eq!(by_alias(&scraped, LIMIT, ""), zero, "nothing is an amount, and the others are none");
    assert_eq!(scraped.samples(RESET).count(), 0);
    let text = exporter(&server).get("/metrics").text().to_owned();
    assert!(!text.contains("9.2e"), "{text}");
}

#[test]
fn an_amount_or_a_time_that_makes_no_sense_is_absent_and_the_limit_is_shown() {
    let spent = ["NULL", "'NaN'", "'Infinity'", "-0.5", "9.2e18"];
    let moments = ["NULL", "'infinity'", "'-infinity'", "'1969-01-01'", "'12026-01-01'"];
    let keys = spent
        .iter()
        .zip(moments)
        .zip(1..)
        .map(|((spent, moment), n)| key(n, &format!("k{n}"), spent, "10", moment, moment));
    let server = database(&keys.collect::<String>());
    let scraped = read_anew(&exporter(&server));
    assert_eq!(by_alias(&scraped, LIMIT, "").len(), spent.len());
    for metric in [SPENT, RESET, EXPIRY] {
        assert_eq!(by_alias(&scraped, metric, ""), [], "{metric}");
    }
}

#[test]
fn a_number_that_makes_no_sense_takes_no_room_from_one_that_does() {
    let keys = [key(1, "nonsense", "'NaN'", "10", "NULL", "NULL"), key(2, "sound", "3", "10", "NULL", "NULL")];
    let server = database(&keys.concat());
    let exporter = super::exporter_of(&server.url(), "limits: {budgets: 1}");
    assert_eq!(by_alias(&read_anew(&exporter), LIMIT, ""), [("sound".to_owned(), 10.0)]);
}

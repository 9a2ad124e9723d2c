//! Failures are those that speak against the provider, wherever they are counted.

use crate::support::blame::{mistakes, of_nobody};
use crate::{RULES, assert_none, assert_told};

#[test]
fn failures_are_what_speaks_against_the_provider() {
    let all: Vec<_> = RULES.recorded.iter().chain(&RULES.alerts).collect();
    let told = all.iter().flat_map(|rule| mistakes(&rule.expr).into_iter().map(|it| format!("{}: {it}", rule.place())));
    assert_none(&told.collect::<Vec<_>>());
    assert!(all.iter().any(|rule| rule.expr.contains(&of_nobody())), "some rule counts failures");
}

#[test]
fn another_list_of_kinds_is_told() {
    for (kinds, words) in [(of_nobody(), ""), ("auth|other".to_owned(), "is not what speaks against nobody")] {
        let query = format!("sum(rate(llm_request_errors_total{{error!~\"{kinds}\"}}[5m]))");
        assert_told(&mistakes(&query), words, &query);
    }
}

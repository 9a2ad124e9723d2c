//! Failures that speak against the provider, as queries tell them apart.

use llm_exporter::event::{Blame, ErrorKind};
use promql_parser::label::MatchOp;
use promql_parser::parser;

use super::promql::selectors;

/// The pattern of all kinds that speak against nobody, in the order of the alphabet.
pub(crate) fn of_nobody() -> String {
    let kinds = ErrorKind::ALL.into_iter().filter(|kind| kind.blame() == Blame::Nobody);
    let mut names: Vec<&str> = kinds.map(ErrorKind::as_str).collect();
    names.sort_unstable();
    names.join("|")
}

/// Where a query leaves out other kinds than these.
pub(crate) fn mistakes(query: &str) -> Vec<String> {
    let (Ok(parsed), expected) = (parser::parse(query), of_nobody()) else { return Vec::new() };
    let found = selectors(&parsed);
    let matchers = found.iter().flat_map(|found| &found.selector.matchers.matchers);
    let is_wrong = |op: &MatchOp, value: &str| matches!(op, MatchOp::NotRe(_)) && value != expected;
    let wrong = matchers.filter(|it| it.name == "error" && is_wrong(&it.op, &it.value));
    wrong.map(|it| format!("error!~{:?} is not what speaks against nobody: {expected}", it.value)).collect()
}

//! The name of what is recorded says by which labels it is kept apart: `level:metric:operations`.

use crate::support::promql::{Labels, Vocabulary};
use crate::support::rule_files::Rule;
use crate::{RULES, VOCABULARY, assert_none, assert_told};

#[test]
fn every_level_names_the_labels_of_the_result() {
    assert_none(&RULES.recorded.iter().flat_map(|rule| mistakes(rule, &VOCABULARY)).collect::<Vec<_>>());
}

fn mistakes(rule: &Rule, vocabulary: &Vocabulary) -> Vec<String> {
    let labels = rule.result(vocabulary);
    let windows = windows(rule).into_iter();
    level(rule.name(), &labels).into_iter().chain(windows).map(|it| format!("{}: {it}", rule.place())).collect()
}

fn level(name: &str, labels: &Labels) -> Option<String> {
    let parts: Vec<&str> = name.split(':').collect();
    let is_plain = |part: &&str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    let ([level, _, _], true) = (parts.as_slice(), parts.iter().all(is_plain)) else {
        return Some("is not level:metric:operations".to_owned());
    };
    let names: Vec<&str> = labels.names().collect();
    (!is_made_of(level, &names)).then(|| format!("its level is {level}, and its labels are {}", names.join(", ")))
}

/// Whether the level is all of these labels, in some order.
fn is_made_of(level: &str, labels: &[&str]) -> bool {
    if labels.is_empty() {
        return level.is_empty();
    }
    labels.iter().any(|first| {
        let others: Vec<&str> = labels.iter().copied().filter(|other| other != first).collect();
        let rest = level.strip_prefix(first);
        let rest = rest.and_then(|rest| if others.is_empty() { Some(rest) } else { rest.strip_prefix('_') });
        rest.is_some_and(|rest| is_made_of(rest, &others))
    })
}

/// What ends in a window reaches back as far.
fn windows(rule: &Rule) -> Option<String> {
    let operations = rule.name().rsplit(':').next()?;
    let window = ["rate", "increase"].into_iter().find_map(|operation| Some(operations.rsplit_once(operation)?.1))?;
    let ranges: Vec<&str> =
        rule.expr.split('[').skip(1).filter_map(|rest| rest.split([']', ':']).next()).map(str::trim).collect();
    let other = ranges.into_iter().find(|range| *range != window)?;
    Some(format!("its name ends in {window}, and it reaches back {other}"))
}

#[test]
fn a_name_that_says_something_else_is_told() {
    let vocabulary = Vocabulary::of_exporter();
    for (name, expr, words) in [
        ("job_model:llm_up:max", "max by (model, job) (llm_model_up)", ""),
        ("model_job:llm_up:max", "max by (model, job) (llm_model_up)", ""),
        ("job:llm_up:max", "max by (job, model) (llm_model_up)", "its level is job, and its labels are job, model"),
        ("job_model:llm_up:max", "max by (job) (llm_model_up)", "its labels are job"),
        ("job_quantile:llm_up:max", "max by (job) (llm_model_up)", "its labels are job"),
        ("llm_up", "max by (job) (llm_model_up)", "is not level:metric:operations"),
        ("job::max", "max by (job) (llm_model_up)", "is not level:metric:operations"),
        ("job:llm_retries:rate5m", "sum by (job) (rate(llm_retries_total[5m]))", ""),
        ("job:llm_retries:rate5m", "sum by (job) (rate(llm_retries_total[1h]))", "ends in 5m, and it reaches back 1h"),
        ("job:llm_retries:increase1h", "sum by (job) (increase(llm_retries_total[5m]))", "reaches back 5m"),
    ] {
        let rule = Rule { record: Some(name.to_owned()), expr: expr.to_owned(), ..Rule::default() };
        assert_told(&mistakes(&rule, &vocabulary), words, name);
    }
}

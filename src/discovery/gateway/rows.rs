//! Rows of LiteLLM's answer that are one deployment.
//!
//! Seen live with version 1.109.1: a wildcard such as `openai/*` is not listed itself but as hundreds of rows, one for each model that
//! LiteLLM knows of that provider, all with the id of the one deployment; and the alias of a model (`model_group_alias`) is one more
//! row with the id of a deployment of that model, after all others.

use std::collections::HashMap;

use super::super::{Listed, Prices};

/// The deployments of these rows, each once, in the order in which they first appear.
pub(super) fn united(rows: Vec<Listed>) -> Vec<Listed> {
    let mut places = HashMap::<String, usize>::new();
    let mut groups = Vec::<Vec<Listed>>::new();
    for row in rows {
        let place = *places.entry(row.id.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.into_iter().filter_map(one).collect()
}

/// Rows with one name at the provider are a model and its aliases, of which the first is the model itself. Others are a wildcard.
fn one(mut rows: Vec<Listed>) -> Option<Listed> {
    let is_wildcard = rows.iter().any(|row| row.upstream_model != rows[0].upstream_model);
    let model = pattern(rows.iter().map(|row| row.model.as_str()));
    let upstream_model = pattern(rows.iter().map(|row| row.upstream_model.as_str()));
    let first = rows.drain(..).next()?;
    if !is_wildcard {
        return Some(first);
    }
    // What it is for and what it costs differ from model to model.
    Some(Listed { model, upstream_model, mode: None, prices: Prices::default(), ..first })
}

/// The pattern that all names fit in: `openai/*` for `openai/gpt-4o` and `openai/gpt-5`.
fn pattern<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first = names.next().unwrap_or_default();
    let common = names.fold(first, |common, name| {
        let length = common.chars().zip(name.chars()).take_while(|(one, other)| one == other);
        &common[..length.map(|(character, _)| character.len_utf8()).sum()]
    });
    // A provider's only family is no part of its wildcard.
    let stem = common.rfind('/').map_or(common, |slash| &common[..=slash]);
    format!("{stem}*")
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn a_pattern_is_what_all_names_have_in_common() {
        assert_eq!(pattern(["openai/gpt-4o", "openai/gpt-5"].into_iter()), "openai/*");
        assert_eq!(pattern(["claude-a", "claude-b"].into_iter()), "claude-*");
        assert_eq!(pattern(["gpt-4o", "claude"].into_iter()), "*");
        assert_eq!(pattern(["ä/x", "äb"].into_iter()), "ä*");
    }
}

//! The labels of series, and which values each can take.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::{MatchOp, Matcher};

/// Stands for the labels that an operator makes of tags.
pub(crate) const TAGS: &str = "tag_*";

/// The labels that series have, or some of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Labels(BTreeMap<String, Values>);

/// Which values a label can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    /// Nobody knows.
    Any,
    /// One of these.
    Of(BTreeSet<String>),
}

impl Labels {
    pub(crate) fn with(mut self, name: impl Into<String>, values: Values) -> Self {
        self.0.insert(name.into(), values);
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Values> {
        let of_tags = || self.0.get(TAGS).filter(|_| name.starts_with("tag_"));
        self.0.get(name).or_else(of_tags)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Those of these names that there are.
    pub(crate) fn only<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let kept = names.into_iter().filter_map(|name| Some((name.to_owned(), self.get(name)?.clone())));
        Self(kept.collect())
    }

    /// All but those of these names.
    pub(crate) fn without<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            self.0.remove(name);
        }
        self
    }

    /// These and the others, with what either can be.
    pub(crate) fn union(mut self, others: Self) -> Self {
        for (name, values) in others.0 {
            let both = match self.0.remove(&name) {
                None => values,
                Some(own) => own.or(values),
            };
            self.0.insert(name, both);
        }
        self
    }

    /// These, and the others instead of those of the same name.
    pub(crate) fn overwritten_by(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The names of those that can tell one series from another.
    pub(crate) fn varying(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, values)| !values.is_one()).map(|(name, _)| name.as_str())
    }
}

impl<N: Into<String>> FromIterator<(N, Values)> for Labels {
    fn from_iter<T: IntoIterator<Item = (N, Values)>>(labels: T) -> Self {
        Self(labels.into_iter().map(|(name, values)| (name.into(), values)).collect())
    }
}

impl Values {
    pub(crate) fn of<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Self {
        Self::Of(values.into_iter().map(Into::into).collect())
    }

    pub(crate) fn one(value: impl Into<String>) -> Self {
        Self::Of([value.into()].into())
    }

    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Self::Of(values) if values.len() == 1)
    }

    fn or(self, others: Self) -> Self {
        match (self, others) {
            (Self::Of(own), Self::Of(others)) => Self::Of(own.union(&others).cloned().collect()),
            _ => Self::Any,
        }
    }

    /// Whether a matcher takes any of them.
    pub(crate) fn may_match(&self, matcher: &Matcher) -> bool {
        match self {
            Self::Any => true,
            Self::Of(known) => known.iter().any(|value| matcher.is_match(value)),
        }
    }

    /// What is left of them when a matcher has chosen, or why it can't be meant.
    pub(crate) fn chosen_by(&self, matcher: &Matcher) -> Result<Self, String> {
        // A variable of Grafana can be anything, and nothing is how a label is that is missing.
        if matcher.value.contains('$') || matcher.value.is_empty() {
            return Ok(self.clone());
        }
        match self {
            Self::Any => Ok(named(matcher).filter(|_| is_positive(matcher)).map_or(Self::Any, Self::Of)),
            Self::Of(known) => chosen_of(known, matcher).map(Self::Of),
        }
    }
}

fn chosen_of(known: &BTreeSet<String>, matcher: &Matcher) -> Result<BTreeSet<String>, String> {
    let all = || known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let named = named(matcher).unwrap_or_default();
    if let Some(unknown) = named.iter().find(|value| !known.contains(*value)) {
        return Err(format!("{matcher}: {unknown} is no value of {}, these are: {}", matcher.name, all()));
    }
    let chosen: BTreeSet<String> = known.iter().filter(|value| matcher.is_match(value)).cloned().collect();
    if chosen.is_empty() {
        return Err(format!("{matcher}: matches none of the values there are: {}", all()));
    }
    Ok(chosen)
}

const fn is_positive(matcher: &Matcher) -> bool {
    matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_))
}

/// The values that a matcher names; `None` where it is a pattern.
fn named(matcher: &Matcher) -> Option<BTreeSet<String>> {
    match matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => Some([matcher.value.clone()].into()),
        MatchOp::Re(_) | MatchOp::NotRe(_) => {
            let is_plain = |value: &str| value.chars().all(|it| it.is_ascii_alphanumeric() || "_.:/-".contains(it));
            let values: Vec<&str> = matcher.value.split('|').collect();
            let are_plain = values.iter().all(|value| is_plain(value));
            are_plain.then(|| values.into_iter().map(str::to_owned).collect())
        }
    }
}

//! By which property of the caller the consumer counters are split, as an operator writes it.

use std::{fmt, str::FromStr};

use super::BudgetScope;

const TAG_PREFIX: &str = "tag:";

/// One property of a caller that becomes a label of the `llm_consumer_*` counters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConsumerLabel {
    /// The team that the key belongs to.
    Team,
    /// The virtual key.
    Key,
    /// The gateway's internal user.
    User,
    /// The organisation.
    Org,
    /// The caller's own customer, as named in the request.
    EndUser,
    /// The value of one request tag, by the tag's name.
    Tag(String),
}

impl ConsumerLabel {
    /// What [`FromStr`] takes, for error messages and documentation.
    pub const ALLOWED: &str = "one of team, key, user, org, end_user or tag:NAME";

    /// Returns the Prometheus label's name.
    ///
    /// In a tag's name every character outside `[a-zA-Z0-9_]` becomes `_`, so two tags can share
    /// one label name; the configuration refuses that.
    ///
    /// ```
    /// use llm_exporter::event::ConsumerLabel;
    ///
    /// assert_eq!(ConsumerLabel::EndUser.label_name(), "end_user");
    /// assert_eq!(ConsumerLabel::Tag("cost-centre".into()).label_name(), "tag_cost_centre");
    /// ```
    #[must_use]
    pub fn label_name(&self) -> String {
        self.to_string().replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_")
    }

    /// The kind of entity that this label shows by its alias; `None` where it shows an id or a tag. A user and an end user are
    /// known by their ids, and their aliases may be the names of persons.
    #[must_use]
    pub const fn named_scope(&self) -> Option<BudgetScope> {
        match self {
            Self::Key => Some(BudgetScope::Key),
            Self::Team => Some(BudgetScope::Team),
            Self::Org => Some(BudgetScope::Org),
            Self::User | Self::EndUser | Self::Tag(_) => None,
        }
    }
}

impl fmt::Display for ConsumerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team => f.write_str("team"),
            Self::Key => f.write_str("key"),
            Self::User => f.write_str("user"),
            Self::Org => f.write_str("org"),
            Self::EndUser => f.write_str("end_user"),
            Self::Tag(name) => write!(f, "{TAG_PREFIX}{name}"),
        }
    }
}

/// A text that names no [`ConsumerLabel`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no consumer label, expected {}", ConsumerLabel::ALLOWED)]
pub struct UnknownConsumerLabel {
    given: String,
}

impl FromStr for ConsumerLabel {
    type Err = UnknownConsumerLabel;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        Ok(match given {
            "team" => Self::Team,
            "key" => Self::Key,
            "user" => Self::User,
            "org" => Self::Org,
            "end_user" => Self::EndUser,
            _ => match given.strip_prefix(TAG_PREFIX) {
                Some(name) if !name.trim().is_empty() => Self::Tag(name.to_owned()),
                _ => {
                    let given = given.to_owned();
                    return Err(UnknownConsumerLabel { given });
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_reads_back_from_its_text() {
        for text in ["team", "key", "user", "org", "end_user", "tag:cost-centre"] {
            assert_eq!(text.parse().map(|label: ConsumerLabel| label.to_string()), Ok(text.into()));
        }
    }

    #[test]
    fn label_names_hold_only_characters_prometheus_allows() {
        let name = |text: &str| text.parse().map(|label: ConsumerLabel| label.label_name());
        assert_eq!(name("team"), Ok("team".into()));
        assert_eq!(name("tag:Größe 2.x"), Ok("tag_Gr__e_2_x".into()));
    }

    #[test]
    fn anything_else_is_refused_and_told_what_is_allowed() {
        for text in ["", "Team", "customer", "tag:", "tag: ", "tag"] {
            let error = text.parse::<ConsumerLabel>().expect_err(text).to_string();
            assert!(error.contains(ConsumerLabel::ALLOWED), "{error}");
        }
    }
}

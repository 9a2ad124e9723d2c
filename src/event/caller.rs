//! Who asked.

use std::borrow::Cow;

use super::ConsumerLabel;

/// Who made a request, as far as the gateway knows. Every field may be absent.
///
/// Empty throughout where the gateway did not recognise the caller: whatever a stranger sent names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller<'a> {
    /// The key's alias, or its hash where it has none.
    pub key: Option<Cow<'a, str>>,
    /// The team's alias or id.
    pub team: Option<Cow<'a, str>>,
    /// The user's id.
    pub user: Option<Cow<'a, str>>,
    /// The organisation's alias or id.
    pub org: Option<Cow<'a, str>>,
    /// The end user on whose behalf the caller asks.
    pub end_user: Option<Cow<'a, str>>,
    /// Tags of the request, `NAME`, `NAME:VALUE` or `NAME=VALUE`.
    pub tags: Vec<Cow<'a, str>>,
}

impl Caller<'_> {
    /// What stands in this label for this caller; empty, which to Prometheus is absent, where nothing is known.
    #[must_use]
    pub fn label(&self, label: &ConsumerLabel) -> &str {
        let known = match label {
            ConsumerLabel::Key => self.key.as_deref(),
            ConsumerLabel::Team => self.team.as_deref(),
            ConsumerLabel::User => self.user.as_deref(),
            ConsumerLabel::Org => self.org.as_deref(),
            ConsumerLabel::EndUser => self.end_user.as_deref(),
            ConsumerLabel::Tag(name) => self.tag(name),
        };
        known.unwrap_or_default()
    }

    /// The value of the tag called `name`: what follows `NAME:` or `NAME=`, or `true` for a tag without a value.
    fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find_map(|tag| match tag.strip_prefix(name)? {
            "" => Some("true"),
            rest => rest.strip_prefix([':', '=']).map(str::trim_start),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_by_its_name_with_or_without_a_value() {
        let caller = Caller { tags: vec!["job:nightly".into(), "beta".into(), "jobs".into()], ..Caller::default() };
        let tag = |name: &str| caller.label(&ConsumerLabel::Tag(name.into()));
        assert_eq!(tag("job"), "nightly");
        assert_eq!(tag("beta"), "true");
        assert_eq!(tag("gamma"), "", "an absent tag is an empty label");
    }
}

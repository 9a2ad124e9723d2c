//! A set of labels: its grammar, and what it means for two sets to be the same.

use std::collections::BTreeMap;

use super::cursor::Cursor;

/// A set of labels. An empty label is kept as written but counts as absent wherever sets are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Reads `{name="value",…}`.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        cursor.expect('{')?;
        let mut labels = BTreeMap::new();
        if cursor.eat('}') {
            return Ok(Self(labels));
        }
        loop {
            let name = cursor.label_name()?;
            cursor.expect('=')?;
            let value = cursor.quoted()?;
            if labels.insert(name.clone(), value).is_some() {
                return Err(format!("the label {name:?} stands twice"));
            }
            if cursor.eat('}') {
                return Ok(Self(labels));
            }
            cursor.expect(',')?;
        }
    }

    /// A label's value; empty when there is no such label.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Every label as written, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether these labels are among them.
    pub(crate) fn include(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.get(name) == *value)
    }

    /// Whether these labels are all there are.
    pub(crate) fn are(&self, labels: &[(&str, &str)]) -> bool {
        let is_named = |name: &str| labels.iter().any(|(given, _)| *given == name);
        self.include(labels) && self.iter().all(|(name, value)| value.is_empty() || is_named(name))
    }

    /// The labels that tell one series from another, without the named one.
    pub(crate) fn identity_without(&self, without: &str) -> Self {
        let kept = self.iter().filter(|(name, value)| *name != without && !value.is_empty());
        Self(kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// How many characters names and values have together.
    pub(crate) fn characters(&self) -> usize {
        self.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum()
    }
}

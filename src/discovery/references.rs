//! Values that stand in the environment: `os.environ/NAME`.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// What stands before the name of a variable.
const MARK: &str = "os.environ/";

/// Looks up what values refer to, and remembers what was not there.
pub(super) struct References<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// The variables that were asked for in vain.
    pub(super) missing: BTreeSet<String>,
}

impl fmt::Debug for References<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("References").field("missing", &self.missing).finish_non_exhaustive()
    }
}

impl<'a> References<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, missing: BTreeSet::new() }
    }

    /// The text of a value; nothing where it is empty, is none, or refers to a variable that is not set.
    pub(super) fn text(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) => Some(number.to_string()),
            _ => self.resolve(text(value)?),
        }
    }

    /// The text itself, or what it refers to.
    pub(super) fn resolve(&mut self, text: &str) -> Option<String> {
        let Some(name) = text.strip_prefix(MARK) else { return Some(text.to_owned()) };
        let found = (self.lookup)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if found.is_none() {
            self.missing.insert(name.to_owned());
        }
        found
    }

    /// A price: a number or a number as text, not below zero.
    pub(super) fn price(&mut self, value: &Value) -> Option<f64> {
        let price: f64 = self.text(value)?.parse().ok()?;
        (price.is_finite() && price >= 0.0).then_some(price)
    }
}

/// The text of a value as it is written; an empty one is none.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

//! Names: any text on one line.

use super::{Kind, Wrong, quoted};
use crate::config::{
    Problem,
    given::{Form, Given, Scalar},
};

/// A text on one line. Not what YAML takes for a number: `00123` would have become `123`.
#[derive(Debug)]
pub(in crate::config) enum Text {
    /// At least one character.
    Some,
    /// None is a value too.
    Any,
}

impl Text {
    fn read_text(&self, given: &Given) -> Result<String, Problem> {
        match given {
            Given::Scalar(Scalar { text, form: Form::Text }) if self.allows(text) => Ok(text.clone()),
            _ => Err(Problem::Value {
                found: given.to_string(),
                expected: "a text on one line, in quotes if it looks like a number",
            }),
        }
    }

    fn allows(&self, text: &str) -> bool {
        let is_long_enough = match self {
            Self::Some => !text.trim().is_empty(),
            Self::Any => true,
        };
        is_long_enough && !text.contains(char::is_control)
    }
}

impl Kind<String> for Text {
    fn read(&self, given: &Given) -> Result<String, Vec<Wrong>> {
        self.read_text(given).map_err(|problem| vec![problem.into()])
    }

    fn show(&self, value: &String) -> String {
        quoted(value)
    }
}

impl Kind<Option<String>> for Text {
    fn read(&self, given: &Given) -> Result<Option<String>, Vec<Wrong>> {
        Kind::<String>::read(self, given).map(Some)
    }

    fn show(&self, value: &Option<String>) -> String {
        value.as_ref().map_or_else(|| "null".into(), quoted)
    }
}

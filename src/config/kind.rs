//! What a key's value may be: how it is read, what an error says was expected, how it is written.
//!
//! A new type of value is a constant in `known`; a key that takes one that exists needs nothing here.

mod known;
mod list;
mod token;

use std::fmt::Display;

pub(super) use self::{
    known::{ADDRESSES, CONSUMER_LABELS, DURATION, GRACE, LOG_FORMAT, LOG_LEVEL, RATIO, SIZE, count},
    token::{Token, TokenFile},
};
use super::{Problem, given::Given};

/// What is wrong with a value, or with one element of a list.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) element: Option<usize>,
    pub(super) problem: Problem,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { element: None, problem }
    }
}

/// The values that a key takes.
pub(super) trait Kind<T> {
    /// Reads the value, or says all that is wrong with it.
    fn read(&self, given: &Given) -> Result<T, Vec<Wrong>>;

    /// Writes the value as YAML.
    fn show(&self, value: &T) -> String;
}

/// One value, read from its text.
#[derive(Debug)]
pub(super) struct One<T> {
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
    show: fn(&T) -> String,
}

impl<T> One<T> {
    fn read_one(&self, given: &Given) -> Result<T, Problem> {
        match given {
            Given::Scalar(scalar) => (self.parse)(&scalar.text),
            Given::List(_) | Given::Section | Given::Null => None,
        }
        .ok_or_else(|| Problem::Value { found: given.to_string(), expected: self.expected })
    }
}

impl<T> Kind<T> for One<T> {
    fn read(&self, given: &Given) -> Result<T, Vec<Wrong>> {
        self.read_one(given).map_err(|problem| vec![problem.into()])
    }

    fn show(&self, value: &T) -> String {
        (self.show)(value)
    }
}

/// Writes a text in double quotes; a JSON string is a YAML string too.
fn quoted(text: &impl Display) -> String {
    serde_json::Value::from(text.to_string()).to_string()
}

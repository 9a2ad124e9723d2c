//! What a key's value may be: how it is read, what an error says was expected, how it is written.
//!
//! A new type of value is a constant in `known`; a key that takes one that exists needs nothing here.

mod certificates;
mod gateway_url;
mod hidden;
mod known;
mod list;
mod maybe;
mod or_off;
mod own_model;
mod own_models;
mod text;

use std::fmt::Display;

pub(super) use self::{
    certificates::Certificates,
    gateway_url::GatewayUrl,
    hidden::{API_KEY, DATABASE_URL, InFile, REDIS_URL, TOKEN},
    known::{
        ADDRESSES, ANSWER_TOKENS, CONSUMER_LABELS, DURABILITY, DURATION, FILE, FOLDER, GRACE, LEASE, LOG_FORMAT,
        LOG_LEVEL, RATIO, SHARE, SIZE, START, SWITCH, USD, count,
    },
    maybe::Maybe,
    or_off::OrOff,
    own_models::OwnModels,
    text::Text,
};
use super::{Problem, given::Given};

/// What is wrong with a value, or with a part of it.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Which part, as it goes on behind the key's path: `[1]` or `[1].mode`; nothing for the whole.
    pub(super) part: String,
    pub(super) problem: Problem,
}

impl Wrong {
    /// The same, of something that is a part itself.
    fn within(mut self, part: &str) -> Self {
        self.part.insert_str(0, part);
        self
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { part: String::new(), problem }
    }
}

/// The values that a key takes.
pub(super) trait Kind<T> {
    /// Reads the value, or says all that is wrong with it.
    fn read(&self, given: &Given) -> Result<T, Vec<Wrong>>;

    /// Writes the value as YAML.
    fn show(&self, value: &T) -> String;

    /// Whether `null` is a value too. Elsewhere it leaves the key at its default.
    fn takes_null(&self) -> bool {
        false
    }
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
            Given::List(_) | Given::Section(_) | Given::Null => None,
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

//! What is secret, given in place or in a file: tokens, keys, addresses with a password. No error repeats any of what was given.

use std::path::Path;

use super::{Kind, Wrong};
use crate::{
    address::{DatabaseAddress, RedisAddress},
    config::{
        Problem, Secret,
        given::{Form, Given, Scalar},
    },
};

/// A text that is never shown, and what is made of it.
#[derive(Debug)]
pub(in crate::config) struct Hidden<T> {
    expected: &'static str,
    /// What a file of it is called.
    file: &'static str,
    parse: fn(&str) -> Result<T, Problem>,
}

const TOKEN_EXPECTED: &str =
    "a token of printable ASCII characters without spaces, in quotes if it looks like a number";
const API_KEY_EXPECTED: &str = "a key of printable ASCII characters, in quotes if it looks like a number";

/// A bearer token, as RFC 6750 allows it in a header.
pub(in crate::config) const TOKEN: Hidden<Secret> = Hidden {
    expected: TOKEN_EXPECTED,
    file: "the path of a file that holds the token",
    parse: |text| made_of(text, |byte| byte.is_ascii_graphic(), TOKEN_EXPECTED),
};

/// A key at a gateway or a provider: whatever a header can carry.
pub(in crate::config) const API_KEY: Hidden<Secret> = Hidden {
    expected: API_KEY_EXPECTED,
    file: "the path of a file that holds the key",
    parse: |text| made_of(text, |byte| matches!(byte, b' '..=b'~'), API_KEY_EXPECTED),
};

pub(in crate::config) const DATABASE_URL: Hidden<DatabaseAddress> = Hidden {
    expected: "an address such as postgresql://USER:PASSWORD@HOST/DATABASE",
    file: "the path of a file that holds the address",
    parse: |text| Ok(DatabaseAddress::parse(text)?),
};

pub(in crate::config) const REDIS_URL: Hidden<RedisAddress> = Hidden {
    expected: "an address such as redis://USER:PASSWORD@HOST",
    file: "the path of a file that holds the address",
    parse: |text| Ok(RedisAddress::parse(text)?),
};

fn made_of(text: &str, is_allowed: fn(u8) -> bool, expected: &'static str) -> Result<Secret, Problem> {
    if !text.bytes().all(is_allowed) {
        return Err(Problem::Secret { expected });
    }
    Ok(Secret::new(text))
}

impl<T> Hidden<T> {
    /// Reads the text itself.
    pub(in crate::config) fn read_text(&self, text: &str) -> Result<T, Problem> {
        if text.is_empty() {
            return Err(Problem::Secret { expected: self.expected });
        }
        (self.parse)(text)
    }

    fn read_file(&self, given: &Given) -> Result<T, Problem> {
        let Given::Scalar(path) = given else {
            return Err(Problem::Secret { expected: self.file });
        };
        self.read_text(Secret::from_file(Path::new(&path.text))?.expose())
    }
}

impl<T> Kind<Option<T>> for Hidden<T> {
    fn read(&self, given: &Given) -> Result<Option<T>, Vec<Wrong>> {
        let value = match given {
            Given::Scalar(Scalar { text, form: Form::Text }) => self.read_text(text),
            _ => Err(Problem::Secret { expected: self.expected }),
        };
        value.map(Some).map_err(|problem| vec![problem.into()])
    }

    /// Not a mask: what is shown loads again, and everybody would know that token.
    fn show(&self, value: &Option<T>) -> String {
        if value.is_some() { HIDDEN.into() } else { "null".into() }
    }
}

/// How a value is shown that may not be seen.
pub(super) const HIDDEN: &str = "null  # set, not shown";

/// The path of a file that holds something [`Hidden`]; read at once. The path is never repeated in an error either, since people
/// put the secret there by mistake.
#[derive(Debug)]
pub(in crate::config) struct InFile<T>(pub(in crate::config) Hidden<T>);

impl<T> Kind<Option<T>> for InFile<T> {
    fn read(&self, given: &Given) -> Result<Option<T>, Vec<Wrong>> {
        self.0.read_file(given).map(Some).map_err(|problem| vec![problem.into()])
    }

    /// What was read is shown as the value itself.
    fn show(&self, _: &Option<T>) -> String {
        "null".into()
    }
}

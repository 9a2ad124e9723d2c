//! Bearer tokens, given in place or in a file. No error repeats any of what was given.

use std::path::Path;

use super::{Kind, Wrong};
use crate::config::{
    Problem, Secret,
    given::{Form, Given, Scalar},
};

/// A bearer token, as RFC 6750 allows it in a header, and never repeated in an error.
#[derive(Debug)]
pub(in crate::config) struct Token;

impl Token {
    const EXPECTED: &str = "a token of printable ASCII characters without spaces, in quotes if it looks like a number";

    fn check(secret: Secret) -> Result<Secret, Problem> {
        if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::Secret { expected: Self::EXPECTED });
        }
        Ok(secret)
    }
}

impl Kind<Option<Secret>> for Token {
    fn read(&self, given: &Given) -> Result<Option<Secret>, Vec<Wrong>> {
        let problem = Problem::Secret { expected: Self::EXPECTED };
        match given {
            Given::Scalar(Scalar { text, form: Form::Text }) if !text.is_empty() => {
                Self::check(Secret::new(text)).map(Some)
            }
            _ => Err(problem),
        }
        .map_err(|problem| vec![problem.into()])
    }

    /// Not a mask: what is shown loads again, and everybody would know that token.
    fn show(&self, token: &Option<Secret>) -> String {
        if token.is_some() { "null  # set, not shown".into() } else { "null".into() }
    }
}

/// The path of a file that holds a [`Token`]; read at once. The path is never repeated in an
/// error either, since people put the token there by mistake.
#[derive(Debug)]
pub(in crate::config) struct TokenFile;

impl TokenFile {
    fn read_file(given: &Given) -> Result<Secret, Problem> {
        let Given::Scalar(path) = given else {
            let expected = "the path of a file that holds the token";
            return Err(Problem::Secret { expected });
        };
        Token::check(Secret::from_file(Path::new(&path.text))?)
    }
}

impl Kind<Option<Secret>> for TokenFile {
    fn read(&self, given: &Given) -> Result<Option<Secret>, Vec<Wrong>> {
        Self::read_file(given).map(Some).map_err(|problem| vec![problem.into()])
    }

    /// What was read is shown as the token.
    fn show(&self, _: &Option<Secret>) -> String {
        "null".into()
    }
}

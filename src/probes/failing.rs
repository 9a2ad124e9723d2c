//! Why a request got no answer: the kind, and the words without the address, which may hold secrets.

use std::error::Error;
use std::io;

use crate::event::ErrorKind;

/// The kind of failure of a request that got no answer, or not all of it.
pub(super) fn kind_of(error: &reqwest::Error) -> ErrorKind {
    // What arrived was no HTTP. A connection that was closed without a word is not that.
    let is_garbage = causes(error).filter_map(|cause| cause.downcast_ref()).any(hyper::Error::is_parse);
    if error.is_timeout() {
        ErrorKind::Timeout
    } else if is_garbage {
        ErrorKind::BadResponse
    } else {
        ErrorKind::Connect
    }
}

/// What happened, from the first cause to the last, each once.
pub(super) fn words(error: &(dyn Error + 'static)) -> String {
    let mut words = String::new();
    for cause in causes(error) {
        // That of the client itself says nothing more, and knows the address.
        if cause.is::<reqwest::Error>() {
            continue;
        }
        let cause = cause.to_string();
        if !words.contains(&cause) {
            words = if words.is_empty() { cause } else { format!("{words}: {cause}") };
        }
    }
    if words.is_empty() { "the request failed".to_owned() } else { words }
}

/// The error and what is behind it. An I/O error hides the one that it wraps, and shows it as its own.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

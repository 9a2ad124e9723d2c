//! Events that the LiteLLM proxy pushes: its `generic_api` callback, as of version 1.109.
//!
//! The elements of a body are found and decoded into the fields that matter, then turned into
//! [`RequestEvent`](crate::event::RequestEvent)s, which is where LiteLLM's peculiarities are dealt with. Nothing here
//! does I/O; the HTTP route is in [`server`](crate::server).

mod classify;
pub(in crate::sources) mod convert;
mod elements;
mod json;
mod key_id;
pub(in crate::sources) mod loose;
pub(in crate::sources) mod payload;

use crate::breather::Breather;
use crate::event::Timestamp;
use crate::sink::{Receipt, Sink};
use crate::state::{RejectReason, Source};

use elements::{Element, Elements};
pub(in crate::sources) use key_id::names_a_key;

/// What is decoded before other threads have their turn.
const PORTION: usize = 128 * 1024;

/// What became of the elements of a body. Each is in exactly one of the three counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Events that were taken.
    pub accepted: u64,
    /// Events that had been taken before.
    pub duplicates: u64,
    /// Elements that are no events.
    pub rejected: u64,
}

/// A body in which nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is no JSON: {reason} at line {line} column {column}; send a JSON array, NDJSON or a single object")]
pub struct NotJson {
    /// What the parser says.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Takes every event of `body`: a JSON array, NDJSON or a single object, told apart by content.
///
/// An element that is no event is counted by its reason, and the rest is taken.
///
/// # Errors
/// When nothing at all in the body could be read as JSON.
pub fn take(body: &[u8], sink: &Sink, now: Timestamp) -> Result<Summary, NotJson> {
    let mut summary = Summary::default();
    let mut elements = Elements::new(body);
    let mut breather = Breather::every(PORTION);
    for element in elements.by_ref() {
        let receipt = match element {
            Element::Payload(mut payload) => {
                let payload = &mut payload.0;
                breather.worked(payload.json.len());
                convert::event_of(payload).map(|event| sink.take(Source::LitellmCallback, &event, now))
            }
            Element::Rejected(reason) => Err(reason),
        };
        match receipt {
            Ok(Receipt::Accepted) => summary.accepted += 1,
            Ok(Receipt::Duplicate) => summary.duplicates += 1,
            Err(reason) => {
                summary.rejected += 1;
                sink.reject(Source::LitellmCallback, reason);
            }
        }
    }
    match elements.unreadable() {
        None => Ok(summary),
        Some(error) => {
            // What could not be read was counted above, but for a body without any element.
            if summary.rejected == 0 {
                sink.reject(Source::LitellmCallback, RejectReason::Syntax);
            }
            Err(error)
        }
    }
}

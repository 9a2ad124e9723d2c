//! Gathers single events to bodies.

use std::num::NonZeroUsize;

/// The most bytes in a body of several events, well under what an exporter takes by default.
const LARGEST: usize = 8 << 20;

/// What takes a finished body; `false` when nobody wants more.
pub(super) type Emit<'a> = dyn FnMut(Vec<u8>) -> bool + 'a;

/// How events stand in a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Framing {
    /// `[a,b]`: an event may have line breaks.
    Array,
    /// One a line: a broken event breaks no other.
    Lines,
}

/// Nobody wants more bodies.
#[derive(Debug, thiserror::Error)]
#[error("stopped, since sending failed")]
pub(super) struct Stopped;

/// A body that fills up with events.
pub(super) struct Batch<'a> {
    framing: Framing,
    limit: NonZeroUsize,
    emit: &'a mut Emit<'a>,
    body: Vec<u8>,
    events: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(framing: Framing, limit: NonZeroUsize, emit: &'a mut Emit<'a>) -> Self {
        Self { framing, limit, emit, body: Vec::new(), events: 0 }
    }

    /// Adds an event, after passing the body on if it is full.
    pub(super) fn push(&mut self, event: &[u8]) -> Result<(), Stopped> {
        if self.events == self.limit.get() || self.body.len() + event.len() > LARGEST {
            self.flush()?;
        }
        match (self.framing, self.events) {
            (Framing::Array, 0) => self.body.push(b'['),
            (Framing::Array, _) => self.body.push(b','),
            (Framing::Lines, _) => {}
        }
        self.body.extend_from_slice(event);
        if self.framing == Framing::Lines {
            self.body.push(b'\n');
        }
        self.events += 1;
        Ok(())
    }

    /// Passes the body on unless it is empty.
    pub(super) fn flush(&mut self) -> Result<(), Stopped> {
        if self.events == 0 {
            return Ok(());
        }
        if self.framing == Framing::Array {
            self.body.push(b']');
        }
        self.events = 0;
        if (self.emit)(std::mem::take(&mut self.body)) { Ok(()) } else { Err(Stopped) }
    }
}

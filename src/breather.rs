//! Long work gives way now and then.
//!
//! A scheduler lets a thread finish its turn of some milliseconds before another one that has just become ready, however
//! important: a health probe would wait that long behind a scrape. A thread that gives way after each small portion of work ends
//! its turn itself. Where nobody waits it goes on at once, half a microsecond later.

/// Counts work in bytes, and gives way after each portion.
#[derive(Debug)]
pub(crate) struct Breather {
    portion: usize,
    since_last: usize,
}

impl Breather {
    /// One that gives way after each `portion` bytes: best some tens of microseconds of work.
    pub(crate) const fn every(portion: usize) -> Self {
        Self { portion, since_last: 0 }
    }

    /// Notes that `bytes` were written or read.
    pub(crate) fn worked(&mut self, bytes: usize) {
        self.since_last += bytes;
        if self.since_last >= self.portion {
            self.since_last = 0;
            std::thread::yield_now();
        }
    }
}

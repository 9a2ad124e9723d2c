//! Whether what was counted is what the gateway booked: both sides of each hour, read, compared, and told where they differ.
//!
//! What was counted stands in the [state](crate::state), by hour and model. [`Books`] reads what the gateway booked, in its spend log
//! and its daily table; [`Auditor`] decides which hours to read again, compares, and notes what it found in the state, from which the
//! metrics are made. It compares only hours that were counted from their beginning to their end.

mod auditor;
mod books;
mod compare;
mod drifts;
pub mod json;
mod moment;
mod readings;

use std::fmt;
use std::sync::Arc;

use crate::event::{RowMark, Timestamp};

pub use auditor::Auditor;
pub use books::{Books, BooksByModel, BooksError, OpenBooks};
pub use compare::{Total, agree_to_the_cent, compare};
pub(crate) use compare::{add_up, has_room};
pub use moment::parse_moment;

/// What whoever reads the rows of the spend log knows of them; nothing where nobody does.
#[derive(Clone, Default)]
pub struct RowsRead {
    /// Whether a row was counted, as far as that is remembered: of what is forgotten, that it was.
    pub has_counted: Option<Arc<dyn Fn(RowMark) -> bool + Send + Sync>>,
    /// Since when all rows were counted here, and not some of them by another replica. The present where another one reads.
    pub counted_since: Option<Arc<dyn Fn() -> Timestamp + Send + Sync>>,
    /// Until when all rows were counted that were there.
    pub counted_until: Option<Arc<dyn Fn() -> Timestamp + Send + Sync>>,
}

impl fmt::Debug for RowsRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { has_counted, counted_since, counted_until } = self;
        f.debug_struct("RowsRead")
            .field("has_counted", &has_counted.is_some())
            .field("counted_since", &counted_since.is_some())
            .field("counted_until", &counted_until.is_some())
            .finish()
    }
}

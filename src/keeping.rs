//! What of the state is kept in the store, and under which keys.
//!
//! The [`Keeper`] writes down what changed; [`restore`] puts it back at the start. The [state](crate::state) knows what its facts mean, the
//! [store](crate::storage) how to keep values; what stands here is the layout between them:
//!
//! | space | key | value |
//! |---|---|---|
//! | meta | a name | what there is one of: totals, progress, label names, the replica's id |
//! | rows | table, 0x1f, label values | when the row was made (microseconds, 8 bytes), its facts as JSON |
//! | window | number of the commit | the attempts that were seen, as [`Sighting`](crate::event::Sighting) writes them |
//! | ledger | hour, model | what was counted in it, as the [ledger](crate::state::CountedHour) writes it |
//! | seen | minute, number of the commit | hashes of the ids of rows that began in this minute, 8 bytes each: also of those that another replica counts |

mod keeper;
mod keys;
mod restore;

pub use keeper::Keeper;
pub use restore::{Restored, restore};

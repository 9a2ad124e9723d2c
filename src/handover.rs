//! Several exporters beside one database: which of them reads the spend log, and how the next one goes on where it stopped.
//!
//! A [`Lock`] in the database says who reads. Before the rows of a batch are counted they are claimed in the [`Share`], and after they
//! are counted and kept, so is how far was read. Whoever takes over therefore knows every row that was counted, and some that were only
//! claimed: these the claimer counts itself when it is there again, whether it reads then or not. So the sum over all replicas has each
//! row once, wherever one of them was killed, as long as each keeps what it counted. Without a share, whoever takes over begins at that
//! moment. What a replica does is told by [`Lead`]; what rows are and how they are read and kept is nothing to this module.

mod chunk;
mod claims;
mod holding;
mod lead;
mod lock;
mod memory;
mod redis;
mod schema;
mod share;
mod start;
mod turn;

pub use holding::{Admission, Lost};
pub use lead::{Lead, Parts};
pub use lock::{Candidate, Lock, LockLost, Tried};
pub use memory::Memory;
pub use redis::RedisShare;
pub use schema::SchemaShare;
pub use share::{Share, ShareError};
pub use start::Start;
pub use turn::{Claimed, Takeover, Turn};

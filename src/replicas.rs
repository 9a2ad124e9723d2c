//! Several exporters beside one gateway: who probes, and how the others learn what was found.
//!
//! Replicas know of each other through Redis alone. One of them holds the [lease](Lease) and probes for all; it writes what it finds
//! to a stream, and the others read it. What requests say comes to whichever replica the gateway pushes to, and each tells it to the
//! others by [another stream](TrafficStream). What happens without Redis is decided by [`Leadership`], without I/O. The
//! [cooldowns](in_cooldown) that the gateway keeps in the same Redis are read here as well, and how much [waits](spend_buffers()) there
//! to be written to its database.
//!
//! All functions work with a connection to one server and to a cluster alike, and wait for an answer for a bounded time. How to connect
//! is the business of [`dependencies`](crate::dependencies), and when to probe that of the scheduler.

mod applied;
mod cooldowns;
mod error;
mod evidence;
mod keys;
mod leadership;
mod lease;
mod pace;
mod reader;
mod record;
mod replica;
mod replica_id;
mod spend_buffers;
mod spending;
mod stream;
mod stream_id;
mod traffic;

pub use cooldowns::in_cooldown;
pub use error::ReplicaError;
pub use evidence::{EvidenceWriter, Published};
pub use leadership::{Attempt, Leadership};
pub use lease::Lease;
pub use reader::{Batch, EvidenceReader};
pub use record::{Finding, Shared};
pub use replica::{Replica, Settings, Ticked};
pub use replica_id::ReplicaId;
pub use spend_buffers::spend_buffers;
pub use spending::Spending;
pub use traffic::{Heard, TrafficStream};

pub(crate) use error::within;
pub(crate) use keys::Keys;

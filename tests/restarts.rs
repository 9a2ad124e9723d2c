//! What outlives the exporter, however it ends: counters, and what recognises an event that is told again.

mod support;

#[path = "restarts/created.rs"]
mod created;
#[path = "restarts/kills.rs"]
mod kills;
#[path = "restarts/resets.rs"]
mod resets;
#[path = "restarts/rows.rs"]
mod rows;
#[path = "restarts/storage.rs"]
mod storage;

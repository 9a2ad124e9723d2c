//! What was counted beside what the gateway booked: what agrees, what differs, and what can't be compared.

mod support;

#[path = "ledger/audits.rs"]
mod audits;
#[path = "ledger/reconcile.rs"]
mod reconcile;
#[path = "ledger/running.rs"]
mod running;

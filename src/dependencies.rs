//! What the gateway depends on, and whether it is there: its database, its Redis, and the gateway itself.
//!
//! Here is how to connect to each of them ([`database`], [`redis`], [`gateway`]), for whoever reads there too, and how to ask on a
//! clock whether it answers ([`Check`], [`watch()`]). Where they are is read in [`address`](crate::address); what the answers mean
//! is judged in [`health`](crate::health).

mod check;
mod deadline;
mod watch;
mod words;

pub mod database;
pub mod gateway;
pub mod redis;

pub use check::{Check, CheckError};
pub use watch::{Checked, watch};

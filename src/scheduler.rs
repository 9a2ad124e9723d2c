//! Gives each listed deployment its turn to be probed, on its own clock.
//!
//! `turn` says what a turn comes to and when the next one is: pure functions of the facts. [`Scheduler`] keeps the clocks and has the
//! probes sent. Clocks tick in every replica, whoever probes: when another takes over, nobody's turn comes sooner for that.

mod clocks;
mod places;
mod run;
mod turn;

pub use run::{Scheduler, Terms};

//! The real binary beside providers that fail in every way: what it finds out by itself, how soon it says so, what it asks and
//! what it never asks.
//!
//! Intervals are short here, so that the tests are. What one probe finds is tested in `probes`; what follows from it, here.

mod support;

#[path = "probing/billed.rs"]
mod billed;
#[path = "probing/faults.rs"]
mod faults;
#[path = "probing/listed.rs"]
mod listed;
#[path = "probing/pace.rs"]
mod pace;
#[path = "probing/scene.rs"]
mod scene;
#[path = "probing/scripts.rs"]
mod scripts;
#[path = "probing/traffic.rs"]
mod traffic;
#[path = "probing/wildcards.rs"]
mod wildcards;

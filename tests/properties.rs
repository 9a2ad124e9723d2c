//! What holds for any sequence of events, lists, probes and checks: nothing is lost, nothing is counted twice, every view says the same.

mod support;

#[path = "properties/bodies.rs"]
mod bodies;
#[path = "properties/events.rs"]
mod events;
#[path = "properties/exposition.rs"]
mod exposition;
#[path = "properties/histories.rs"]
mod histories;
#[path = "properties/keeping.rs"]
mod keeping;
#[path = "properties/sums.rs"]
mod sums;
#[path = "properties/verdicts.rs"]
mod verdicts;

//! The database, Redis and the gateway, as the running exporter tells of them: in its JSON, its gauges and its log, through every fault
//! that real servers have.

mod support;

#[path = "dependencies/faults.rs"]
mod faults;
#[path = "dependencies/gateway.rs"]
mod gateway;
#[path = "dependencies/mistakes.rs"]
mod mistakes;
#[path = "dependencies/readiness.rs"]
mod readiness;
#[path = "dependencies/told.rs"]
mod told;

//! LiteLLM's spend log, read by the real exporter from a real PostgreSQL: every row counts once, whenever it appears.

mod support;

#[path = "spend_logs/basics.rs"]
mod basics;
#[path = "spend_logs/failover.rs"]
mod failover;
#[path = "spend_logs/faults.rs"]
mod faults;
#[path = "spend_logs/late.rs"]
mod late;
#[path = "spend_logs/switching.rs"]
mod switching;
#[path = "spend_logs/twice.rs"]
mod twice;
#[path = "spend_logs/values.rs"]
mod values;

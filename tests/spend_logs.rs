//! LiteLLM's spend log, read by the real exporter from a real PostgreSQL: every row counts once, whenever it appears.

mod support;

#[path = "spend_logs/basics.rs"]
mod basics;

//! `llm-exporter demo`: the real binary with its simulated gateway; and what happens on a simulated day.

mod support;

#[path = "demo/day.rs"]
mod day;
#[path = "demo/notice.rs"]
mod notice;
#[path = "demo/process.rs"]
mod process;

//! Metrics and health of LLM gateways, from one state.
//!
//! ```text
//! sources ──▶ RequestEvent ──▶ Sink (dedupe) ──▶ State ──▶ Snapshot ──▶ /metrics
//! discovery ──▶ Roster ──▶ scheduler ──▶ probes ───▲ ▲  └─▶ Report ──▶ /health*
//!                   └────▶ what is listed ─────────┘ │
//! dependencies ──▶ what is there ────────────────────┘
//! ```
//!
//! In the order of that picture: [`sources`] know the wire formats of gateways and make [`event`]s of them, and lists of who
//! may spend; the [`sink`] lets each attempt pass once; the [`state`] adds up facts; [`health`] judges them when asked;
//! [`collectors`] turn facts and verdicts into metrics and [`exposition`] writes these down; the [`server`] answers.
//! [`discovery`] finds out which deployments there are, the [`scheduler`] gives each its turn, and [`probes`] ask it;
//! [`dependencies`] are asked on clocks of their own; [`replicas`] share what they find, and one of them reads what only one may,
//! by [`handover`]; the [`ledger`] compares what was counted with what the gateway booked. What is [kept](keeping) of it all
//! outlives the end, in [`storage`]. [`supervise`] runs all of these in the background. [`config`] says how, [`run`] puts it all
//! together, and the [`demo`] puts a simulated gateway behind it. What stands between [`event`] and [`exposition`] is pure: no I/O,
//! no clock, no async.

pub mod address;
mod breather;
pub mod catalogue;
pub mod collectors;
pub mod config;
pub mod demo;
pub mod dependencies;
pub mod discovery;
pub mod event;
pub mod exposition;
pub mod handover;
pub mod health;
pub mod keeping;
pub mod ledger;
pub mod own;
pub mod probes;
mod redact;
pub mod replicas;
mod run;
pub mod scheduler;
pub mod server;
pub mod sink;
pub mod sources;
pub mod state;
pub mod storage;
pub mod supervise;
pub mod tls;
mod verdicts;

pub use run::{
    BackgroundError, Hangups, InUse, ProbeError, Probed, ReconcileError, Reconciled, RunError, Surroundings,
    probe_once, reconcile, run,
};

/// The version of the exporter.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

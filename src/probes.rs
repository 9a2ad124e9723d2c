//! Asks deployments whether they answer.
//!
//! [`plan()`] says how much a deployment is asked now, and why no more; [`Budget`] keeps what billed probes may cost in a day;
//! [`Prober`] asks. When that happens, how often and by which replica is decided elsewhere.

mod answer;
mod budget;
mod completion;
mod connect;
mod exchange;
mod failing;
mod finding;
mod listing;
mod plan;
mod price;
mod prober;
mod providers;
mod proxy;
mod question;
mod single;
mod sse;
mod status;
mod target;

pub use budget::{Budget, Reservation};
pub use plan::{Billed, Plan, Skipped, WhySkipped, plan};
pub use price::worst_case;
pub use prober::{Prober, ProberError};
pub use target::NoTarget;

//! From facts to verdicts.
//!
//! [`judge`] is a pure function of facts, [`Policy`] and the time. It is called when a view is rendered, never before, and
//! its result is stored nowhere. [`Report`] holds the verdicts of everything at one moment: gauges and JSON are both
//! made from it.

pub mod json;
mod judge;
mod policy;
mod report;

pub use judge::{HealthState, judge};
pub use policy::Policy;
pub use report::{DeploymentReport, ModelReport, Readiness, Report};

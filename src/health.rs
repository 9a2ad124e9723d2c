//! From facts to verdicts.
//!
//! [`judge`] is a pure function of facts, [`Policy`] and the time. It is called when a view is rendered, never before, and
//! its result is stored nowhere. [`Report`] holds the verdicts of everything at one moment: gauges and JSON are both
//! made from it.

mod dependency;
pub mod explanation;
pub mod json;
mod judge;
mod policy;
mod readiness;
mod report;
mod rule;
mod storage;

pub use dependency::{DependencyReport, DependencyState};
pub use judge::{HealthState, Verdict, judge};
pub use policy::Policy;
pub use readiness::Readiness;
pub use report::{DeploymentReport, ModelReport, Report};
pub use rule::Rule;
pub use storage::StorageJson;

//! Which deployments there are: what the gateway, its configuration file and the operator say, put together in one [`Roster`].
//!
//! [`gateway`] and [`litellm_config`] read a list each, [`own`] what the operator adds, [`merge()`] puts them together, and
//! [`Discovery`] does all of it again and again. What traffic tells of is no list and stays with the [state](crate::state).

mod entry;
pub mod gateway;
mod identity;
mod list;
pub mod litellm_config;
mod merge;
mod own;
mod providers;
mod references;
mod refresh;
mod roster;
mod source;

pub use list::ModelList;
pub use merge::merge;
pub use own::own;
pub use refresh::{Discovery, Environment, SameGateway};
pub use roster::{Listed, Mode, Prices, ProbeChoice, Roster};
pub use source::{Refreshed, SourceStatus};

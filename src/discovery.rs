//! Which deployments there are: what the gateway, its configuration file and the operator say, put together in one [`Roster`].

mod roster;

pub use roster::{Listed, Mode, Prices, ProbeChoice, Roster};

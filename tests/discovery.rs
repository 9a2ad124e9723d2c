//! Which deployments there are, from what the gateway, its configuration file and the operator say.

mod support;

#[path = "discovery/fixtures.rs"]
mod fixtures;
#[path = "discovery/lists.rs"]
mod lists;
#[path = "discovery/merging.rs"]
mod merging;
#[path = "discovery/own.rs"]
mod own;
#[path = "discovery/properties.rs"]
mod properties;
#[path = "discovery/refreshing.rs"]
mod refreshing;

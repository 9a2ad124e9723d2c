//! What the operator configured, and of which the state therefore expects to be told.

use std::time::Duration;

use super::{Dependency, ListSource};

/// What the operator configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// Which dependencies there are, in the order of [`Dependency::ALL`].
    pub dependencies: [bool; Dependency::ALL.len()],
    /// How long a check of a dependency holds: a checker that died must not leave its last word standing.
    pub check_holds: Duration,
    /// Which lists of models there are, in the order of [`ListSource::ALL`].
    pub lists: [bool; ListSource::ALL.len()],
}

//! A value that need not be there.

use super::{Kind, One, Wrong};
use crate::config::given::Given;

/// A value that need not be there; `null` where it is not.
#[derive(Debug)]
pub(in crate::config) struct Maybe<T>(pub(in crate::config) One<T>);

impl<T> Kind<Option<T>> for Maybe<T> {
    fn read(&self, given: &Given) -> Result<Option<T>, Vec<Wrong>> {
        self.0.read(given).map(Some)
    }

    fn show(&self, value: &Option<T>) -> String {
        value.as_ref().map_or_else(|| "null".into(), |value| self.0.show(value))
    }
}

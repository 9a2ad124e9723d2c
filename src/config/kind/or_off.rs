//! A value that is there unless it is switched off.

use super::{Kind, One, Wrong};
use crate::config::given::Given;

/// A value in whose place `off` may stand. So may `null`: the default is another, and who leaves the value out on purpose wants none.
#[derive(Debug)]
pub(in crate::config) struct OrOff<T>(pub(in crate::config) One<T>);

const OFF: &str = "off";

impl<T> Kind<Option<T>> for OrOff<T> {
    fn read(&self, given: &Given) -> Result<Option<T>, Vec<Wrong>> {
        match given {
            Given::Null => Ok(None),
            Given::Scalar(scalar) if scalar.text == OFF => Ok(None),
            _ => self.0.read(given).map(Some),
        }
    }

    fn show(&self, value: &Option<T>) -> String {
        value.as_ref().map_or_else(|| OFF.into(), |value| self.0.show(value))
    }

    fn takes_null(&self) -> bool {
        true
    }
}

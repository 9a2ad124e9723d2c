//! Lists of values, none of them twice.

use super::{Kind, One, Wrong};
use crate::config::{Problem, given::Given};

/// A list, or its elements in one text with commas between: the environment has no lists.
#[derive(Debug)]
pub(in crate::config) struct List<T: 'static> {
    pub(super) expected: &'static str,
    pub(super) of: One<T>,
    pub(super) allows_empty: bool,
    /// What no two elements may share.
    pub(super) identity: fn(&T) -> String,
}

impl<T> Kind<Vec<T>> for List<T> {
    fn read(&self, given: &Given) -> Result<Vec<T>, Vec<Wrong>> {
        let elements = match given {
            Given::List(elements) => elements.clone(),
            Given::Scalar(scalar) => scalar.text.split(',').map(|e| Given::text(e.trim())).collect(),
            Given::Section(_) | Given::Null => return Err(vec![self.not_a_list(given)]),
        };
        if elements.is_empty() && !self.allows_empty {
            return Err(vec![self.not_a_list(given)]);
        }
        self.read_elements(&elements)
    }

    fn show(&self, values: &Vec<T>) -> String {
        let shown: Vec<_> = values.iter().map(self.of.show).collect();
        format!("[{}]", shown.join(", "))
    }
}

impl<T> List<T> {
    fn not_a_list(&self, given: &Given) -> Wrong {
        let problem = Problem::Value { found: given.to_string(), expected: self.expected };
        problem.into()
    }

    fn read_elements(&self, elements: &[Given]) -> Result<Vec<T>, Vec<Wrong>> {
        let (mut values, mut wrongs) = (Vec::new(), Vec::new());
        for (n, element) in elements.iter().enumerate() {
            let value = self.of.read_one(element);
            match value.and_then(|value| self.check_new(value, element, &values)) {
                Ok(value) => values.push(value),
                Err(problem) => wrongs.push(Wrong::from(problem).within(&format!("[{n}]"))),
            }
        }
        if wrongs.is_empty() { Ok(values) } else { Err(wrongs) }
    }

    fn check_new(&self, value: T, element: &Given, earlier: &[T]) -> Result<T, Problem> {
        let gives = (self.identity)(&value);
        if earlier.iter().any(|other| (self.identity)(other) == gives) {
            let found = element.to_string();
            return Err(Problem::Repeated { found, gives });
        }
        Ok(value)
    }
}

//! What the reader says about a text that it refuses.

/// The first rule that a text breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub(crate) struct Violation {
    /// Counted from 1; 0 when it is no single line's fault.
    pub(crate) line: usize,
    /// The rule, in words.
    pub(crate) rule: String,
}

impl Violation {
    pub(crate) fn new(line: usize, rule: impl Into<String>) -> Self {
        Self { line, rule: rule.into() }
    }
}

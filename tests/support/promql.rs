//! What a query may say: metrics that the exporter or a rule makes, labels that these have, values that these labels can take.
//!
//! A query is parsed and the labels of its result are inferred from the [`Vocabulary`], part by part, as Prometheus derives them.
//! Code goes here when it knows PromQL; where queries stand, and what else is asked of them, is the business of the tests.

mod infer;
mod labels;
mod matching;
mod values;
mod vocabulary;
mod walk;

pub(crate) use labels::{Labels, Values};
pub(crate) use vocabulary::{Meaning, Recorded, Vocabulary, given};
pub(crate) use walk::{Found, selectors};

/// What a query gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It can't be told, because of a mistake that is told already.
    Unknown,
    /// A number or a text, without labels.
    Scalar,
    /// Series with these labels.
    Vector(Labels),
}

impl Shape {
    /// The labels, where they are known.
    pub(crate) fn labels(&self) -> Option<Labels> {
        match self {
            Self::Unknown => None,
            Self::Scalar => Some(Labels::default()),
            Self::Vector(labels) => Some(labels.clone()),
        }
    }
}

/// A query that was read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// What it gives.
    pub(crate) shape: Shape,
    /// What is wrong with it, each in words.
    pub(crate) mistakes: Vec<String>,
}

//! The queries that have had no data yet: asked again and again, each until it has.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::dashboards::{Query, Question};
use super::support::query_api::Api;

/// The queries that one server still owes an answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    server: &'static str,
    /// And why not.
    queries: BTreeMap<Query, String>,
}

impl Unanswered {
    /// All of these, of the server of this name.
    pub(crate) fn new(server: &'static str, queries: impl IntoIterator<Item = Query>) -> Self {
        Self { server, queries: queries.into_iter().map(|query| (query, "never asked".to_owned())).collect() }
    }

    /// Asks each once more, and keeps those that have no data.
    pub(crate) fn ask(&mut self, api: Api) {
        self.queries.retain(|query, why| match answer(api, &query.question) {
            Ok(()) => false,
            Err(reason) => {
                *why = reason;
                true
            }
        });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.queries.len()
    }

    /// One line for each.
    pub(crate) fn told(&self) -> String {
        self.queries.iter().fold(String::new(), |mut told, (query, why)| {
            writeln!(told, "{}: {query}: {why}", self.server).expect("a string takes text");
            told
        })
    }
}

/// Whether there is any, or why not.
fn answer(api: Api, question: &Question) -> Result<(), String> {
    let some = |count: usize, what: &str| if count > 0 { Ok(()) } else { Err(format!("no {what}")) };
    match question {
        Question::Value(promql) => {
            let points = api.query(promql)?;
            some(points.len(), "series")?;
            some(points.iter().filter(|(_, value)| !value.is_nan()).count(), "series that is a number")
        }
        Question::Exemplars(promql) => some(api.exemplars(promql)?.len(), "exemplars"),
        Question::LabelValues { label, selector } => some(api.label_values(label, selector)?.len(), "values"),
    }
}

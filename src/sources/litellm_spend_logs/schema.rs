//! Which columns the table has here: versions of LiteLLM differ, and a role may be let see some of them only.

use std::fmt;

use super::error::ReadError;
use super::field::{Field, INFORMATIVE, Location, METADATA, REQUEST_ID, START_TIME};
use crate::dependencies::database::{Column, Columns};

/// What a column must be to be of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeOf {
    /// Anything that can be written as text.
    Text,
    /// A number of any size.
    Number,
    /// A moment, with a zone or in UTC.
    Time,
}

/// The columns that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema {
    usable: Vec<&'static str>,
    /// Whether what stands in `metadata` can be had.
    pub(super) has_metadata: bool,
    /// Whether moments are held with a zone.
    pub(super) has_zone: bool,
    /// The columns that would be used and are not there, with the reason where there is a type to blame.
    pub(super) missing: Vec<String>,
}

impl Schema {
    /// Sorts out what of the table can be used. `columns` has every column of the table, by its name.
    ///
    /// # Errors
    /// Where the ids of rows or their beginnings can't be read.
    pub(super) fn of(columns: &Columns) -> Result<Self, ReadError> {
        let (mut usable, mut missing) = (Vec::new(), Vec::new());
        let known = Field::LOCATIONS.iter().filter_map(|location| match location {
            Location::Column(name, type_of) => Some((*name, *type_of)),
            Location::Metadata(_) => None,
        });
        for (name, type_of) in known {
            match problem(columns, name, |column| type_of.takes(&column.type_name)) {
                None => usable.push(name),
                Some(problem) if [REQUEST_ID, START_TIME].contains(&name) => {
                    return Err(ReadError::NoColumn { name, problem: problem.to_string() });
                }
                Some(problem) => missing.push(told(name, problem)),
            }
        }
        let informative = INFORMATIVE.into_iter().filter(|name| !columns.contains_key(*name));
        missing.extend(informative.map(str::to_owned));
        let metadata = problem(columns, METADATA, |column| ["json", "jsonb"].contains(&column.type_name.as_str()));
        let has_metadata = metadata.is_none();
        missing.extend(metadata.map(|problem| told(METADATA, problem)));
        let has_zone = columns.get(START_TIME).is_some_and(|column| column.type_name == "timestamptz");
        Ok(Self { usable, has_metadata, has_zone, missing })
    }

    /// Whether this column can be read.
    pub(super) fn has(&self, column: &str) -> bool {
        self.usable.contains(&column)
    }
}

/// Why a column is of no use.
#[derive(Debug, Clone, Copy)]
enum Problem<'a> {
    Absent,
    Unreadable,
    OfType(&'a str),
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("not there"),
            Self::Unreadable => f.write_str("not readable"),
            Self::OfType(name) => write!(f, "of type {name}"),
        }
    }
}

/// Most versions lack a column, which is told by its name alone.
fn told(name: &str, problem: Problem<'_>) -> String {
    match problem {
        Problem::Absent => name.to_owned(),
        problem => format!("{name} ({problem})"),
    }
}

fn problem<'a>(columns: &'a Columns, name: &str, is_fit: impl Fn(&Column) -> bool) -> Option<Problem<'a>> {
    match columns.get(name) {
        None => Some(Problem::Absent),
        Some(column) if !column.is_readable => Some(Problem::Unreadable),
        Some(column) if !is_fit(column) => Some(Problem::OfType(&column.type_name)),
        Some(_) => None,
    }
}

impl TypeOf {
    fn takes(self, type_name: &str) -> bool {
        match self {
            Self::Text => type_name != "bytea",
            Self::Number => ["int2", "int4", "int8", "float4", "float8", "numeric"].contains(&type_name),
            Self::Time => ["timestamp", "timestamptz"].contains(&type_name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(types: &[(&str, &str)]) -> Columns {
        let column = |type_name: &str| Column { type_name: type_name.to_owned(), is_readable: true };
        types.iter().map(|(name, type_name)| ((*name).to_owned(), column(type_name))).collect()
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_told_and_does_without() {
        let schema = Schema::of(&columns(&[
            ("request_id", "text"),
            ("startTime", "timestamp"),
            ("endTime", "timestamptz"),
            ("spend", "text"),
            ("metadata", "text"),
            ("created_at", "timestamp"),
        ]));
        let schema = schema.expect("the least that is needed");
        assert!(schema.has("endTime") && !schema.has("spend") && !schema.has("status"));
        assert!(!schema.has_metadata);
        let told = |name: &str| schema.missing.iter().any(|missing| missing == name);
        assert!(told("status") && told("request_duration_ms") && !told("created_at"), "{:?}", schema.missing);
        assert!(told("spend (of type text)") && told("metadata (of type text)"), "{:?}", schema.missing);
    }

    #[test]
    fn without_the_beginnings_of_rows_there_is_nothing_to_read() {
        let error = Schema::of(&columns(&[("request_id", "text"), ("startTime", "text")])).expect_err("no times");
        assert!(error.to_string().contains("startTime"), "{error}");
    }
}

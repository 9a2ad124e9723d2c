//! The text of what is asked, from the columns that there are.
//!
//! Whole `metadata`, `messages` and `response` are never asked for: they are many kilobytes a row. Each `metadata->'x'` would
//! unpack all of it again: of 10,000 rows with 11 KB each that takes a second, and a tenth where it is unpacked once.

use super::field::{Field, Location, METADATA, REQUEST_ID, START_TIME, TABLE};
use super::schema::{Schema, TypeOf};
use crate::dependencies::database::{qualified, quoted};

/// More of an error's message is of no use.
const MESSAGE_CHARACTERS: usize = 1_000;
/// Where that stands.
const ERROR_MESSAGE: &str = "error_information,error_message";

/// How much is asked of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Full,
    /// Without what stands in JSON, where a row's JSON can't be read.
    Plain,
}

/// The statements.
#[derive(Debug)]
pub(super) struct Statements {
    full: Selection,
    plain: Selection,
    /// Ids and beginnings from a moment on, after one of them, at most so many.
    pub(super) keys: String,
    /// Ids and beginnings between two moments, after one of them, at most so many.
    pub(super) keys_before: String,
    /// Rows of each minute between two moments.
    pub(super) counts: String,
}

/// The statements that select whole rows.
#[derive(Debug)]
struct Selection {
    page: String,
    rows: String,
}

impl Statements {
    /// For this table in that schema.
    pub(super) fn new(schema_name: &str, schema: &Schema) -> Self {
        let table = qualified(schema_name, TABLE);
        let (start, id) = (quoted(START_TIME), quoted(REQUEST_ID));
        // The first condition says no more than the second, but leaves out partitions.
        let after = format!("s.{start} >= $1 AND (s.{start}, s.{id}) > ($1, $2)");
        let keys = format!("SELECT s.{start}, s.{id}::text FROM {table} s WHERE {after}");
        let order = format!("ORDER BY s.{start}, s.{id}");
        // As a moment: a number of minutes would be worked out in decimals, which is a quarter of what counting costs.
        let minute = format!("date_trunc('minute', {})", in_utc(&format!("s.{start}"), schema));
        Self {
            full: Selection::new(&table, schema, Detail::Full, &after, &order),
            plain: Selection::new(&table, schema, Detail::Plain, &after, &order),
            keys: format!("{keys} {order} LIMIT $3"),
            keys_before: format!("{keys} AND s.{start} < $3 {order} LIMIT $4"),
            counts: format!(
                "SELECT {minute}, count(*) FROM {table} s WHERE s.{start} >= $1 AND s.{start} < $2 GROUP BY 1 ORDER BY 1"
            ),
        }
    }

    /// Whole rows after one of them and before a moment, at most so many.
    pub(super) fn page(&self, detail: Detail) -> &str {
        &self.selection(detail).page
    }

    /// Whole rows by their ids, which began between two moments.
    pub(super) fn rows(&self, detail: Detail) -> &str {
        &self.selection(detail).rows
    }

    const fn selection(&self, detail: Detail) -> &Selection {
        match detail {
            Detail::Full => &self.full,
            Detail::Plain => &self.plain,
        }
    }
}

impl Selection {
    fn new(table: &str, schema: &Schema, detail: Detail, after: &str, order: &str) -> Self {
        let has_metadata = schema.has_metadata && detail == Detail::Full;
        let values: Vec<String> =
            Field::LOCATIONS.iter().map(|location| value(*location, schema, has_metadata)).collect();
        let unpacked = if has_metadata { unpacked() } else { String::new() };
        let (values, columns) = (values.join(", "), columns(schema, has_metadata));
        let (start, id) = (quoted(START_TIME), quoted(REQUEST_ID));
        // Limited before anything is unpacked: a planner without statistics would sort all that is ahead, and unpack it first.
        let page = format!("SELECT {columns} FROM {table} s WHERE {after} AND s.{start} < $3 {order} LIMIT $4");
        let some = format!("s.{id} = ANY($3) AND s.{start} >= $1 AND s.{start} <= $2");
        Self {
            page: format!("SELECT {values} FROM ({page}) s{unpacked} {order}"),
            rows: format!("SELECT {values} FROM {table} s{unpacked} WHERE {some} {order}"),
        }
    }
}

/// The columns that values are made of: a role that may not see all of them may select no more.
fn columns(schema: &Schema, has_metadata: bool) -> String {
    let columns = Field::LOCATIONS.iter().filter_map(|location| match location {
        Location::Column(name, _) if schema.has(name) => Some(*name),
        Location::Column(..) | Location::Metadata(_) => None,
    });
    let columns = columns.chain(has_metadata.then_some(METADATA));
    columns.map(|name| format!("s.{}", quoted(name))).collect::<Vec<_>>().join(", ")
}

/// One value, or nothing of its type.
fn value(location: Location, schema: &Schema, has_metadata: bool) -> String {
    match location {
        Location::Column(name, type_of) if schema.has(name) => type_of.read(&format!("s.{}", quoted(name))),
        Location::Column(_, type_of) => type_of.read("NULL"),
        Location::Metadata(_) if !has_metadata => "NULL::text".to_owned(),
        Location::Metadata(path @ ERROR_MESSAGE) => format!("left({}, {MESSAGE_CHARACTERS})", within(path)),
        Location::Metadata(path) => within(path),
    }
}

/// A single name is found faster than a path.
fn within(path: &str) -> String {
    if path.contains(',') { format!("m.unpacked#>>'{{{path}}}'") } else { format!("m.unpacked->>'{path}'") }
}

/// The metadata, unpacked once: adding nothing to it gives it as it is in memory. What is no object has no fields. `OFFSET` keeps
/// the planner from putting the expression where each field is taken, which would unpack it again there.
fn unpacked() -> String {
    let metadata = format!("s.{}::jsonb", quoted(METADATA));
    format!(
        " CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof({metadata}) = 'object' THEN {metadata} || '{{}}'::jsonb END \
         AS unpacked OFFSET 0) AS m"
    )
}

impl TypeOf {
    /// Reads as one type, whichever of those it takes it is.
    fn read(self, expression: &str) -> String {
        match (self, expression) {
            (Self::Text, _) => format!("{expression}::text"),
            (Self::Number, _) => format!("{expression}::float8"),
            (Self::Time, "NULL") => "NULL::timestamp".to_owned(),
            // As it is, for the index; both types are read alike.
            (Self::Time, _) => expression.to_owned(),
        }
    }
}

fn in_utc(time: &str, schema: &Schema) -> String {
    if schema.has_zone { format!("({time} AT TIME ZONE 'UTC')") } else { time.to_owned() }
}

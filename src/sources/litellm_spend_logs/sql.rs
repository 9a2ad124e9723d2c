//! The text of what is asked, from the columns that there are.
//!
//! Whole `metadata`, `messages` and `response` are never asked for: they are many kilobytes a row. Each `metadata->'x'` would unpack
//! all of it again, so its fields are taken out in one go, by a record.

use std::fmt::Write as _;

use super::field::{Field, METADATA, Place, REQUEST_ID, START_TIME, TABLE};
use super::schema::{Json, Schema, TypeOf};

/// More of an error's message is of no use.
const MESSAGE_CHARACTERS: usize = 1_000;

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
        let table = format!("{}.{}", quoted(schema_name), quoted(TABLE));
        let (start, id) = (quoted(START_TIME), quoted(REQUEST_ID));
        // The first condition says no more than the second, but leaves out partitions.
        let after = format!("s.{start} >= $1 AND (s.{start}, s.{id}) > ($1, $2)");
        let keys = format!("SELECT s.{start}, s.{id}::text FROM {table} s WHERE {after}");
        let order = format!("ORDER BY s.{start}, s.{id}");
        let minute = format!("floor(extract(epoch FROM {})/60)::int8", in_utc(&format!("s.{start}"), schema));
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
        let metadata = schema.metadata.filter(|_| detail == Detail::Full);
        let values: Vec<String> = Field::PLACES.iter().map(|place| value(*place, schema, metadata)).collect();
        let record = metadata.map(record).unwrap_or_default();
        let select = format!("SELECT {} FROM {table} s{record}", values.join(", "));
        let (start, id) = (quoted(START_TIME), quoted(REQUEST_ID));
        Self {
            page: format!("{select} WHERE {after} AND s.{start} < $3 {order} LIMIT $4"),
            rows: format!("{select} WHERE s.{id} = ANY($3) AND s.{start} >= $1 AND s.{start} <= $2 {order}"),
        }
    }
}

/// One value, or nothing of its type.
fn value(place: Place, schema: &Schema, metadata: Option<Json>) -> String {
    match (place, metadata) {
        (Place::Column(name, type_of), _) if schema.has(name) => type_of.read(&format!("s.{}", quoted(name))),
        (Place::Column(_, type_of), _) => type_of.read("NULL"),
        (_, None) => "NULL::text".to_owned(),
        (Place::Metadata(name), Some(_)) => format!("m.{}", quoted(name)),
        (Place::Error("error_message"), Some(_)) => {
            format!("left(m.error_information->>'error_message', {MESSAGE_CHARACTERS})")
        }
        (Place::Error(name), Some(_)) => format!("m.error_information->>'{name}'"),
        (Place::Price(name), Some(_)) => {
            let path = format!("s.{}#>>'{{model_map_information,model_map_value,{name}}}'", quoted(METADATA));
            format!("CASE WHEN {} THEN {path} END", costs_nothing(schema))
        }
    }
}

/// Only then is the price looked for, which unpacks the metadata again.
fn costs_nothing(schema: &Schema) -> String {
    if !schema.has("spend") {
        return "false".to_owned();
    }
    let failed = if schema.has("status") { " AND s.status IS DISTINCT FROM 'failure'" } else { "" };
    format!("s.spend = 0{failed}")
}

/// The fields of the metadata, each as text whatever it is; what is no object has none.
fn record(json: Json) -> String {
    let (prefix, metadata) = (json.prefix(), quoted(METADATA));
    let mut fields = format!("error_information {prefix}");
    for place in Field::PLACES {
        if let Place::Metadata(name) = place {
            let _ = write!(fields, ", {} text", quoted(name));
        }
    }
    format!(
        " LEFT JOIN LATERAL {prefix}_to_record(CASE WHEN {prefix}_typeof(s.{metadata}) = 'object' THEN s.{metadata} END) \
         AS m({fields}) ON true"
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

/// A name as it must stand in a statement, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

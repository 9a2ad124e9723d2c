//! Which tables and columns there are, and which of them whoever logged in may read.
//!
//! Asked of PostgreSQL's own catalogue: `information_schema` hides what may not be read, and then a GRANT that is missing looks
//! like a table that is not there.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::question::Limits;
use super::{Connection, DatabaseError};

const SQL: &str = "SELECT c.relname::text, a.attname::text, t.typname::text, has_column_privilege(c.oid, a.attnum, 'SELECT'), \
    has_schema_privilege(n.oid, 'USAGE'), current_user::text \
    FROM pg_catalog.pg_namespace n \
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    WHERE n.nspname::text = $1 AND c.relname::text = ANY($2)";

/// The columns of a table, by name.
pub type Columns = BTreeMap<String, Column>;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name of its type in the catalogue, such as `int4`.
    pub type_name: String,
    /// Whether it may be read, where its schema may be used.
    pub is_readable: bool,
}

/// What there is of some tables in one schema.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Those that there are, by name.
    pub tables: BTreeMap<String, Columns>,
    /// Whether their schema may be used; without any of them that is not known, and `false`.
    pub may_use_schema: bool,
    /// Who asks; empty without any of them.
    pub role: String,
}

impl Connection {
    /// Looks up what there is of these tables in this schema.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn catalogue(&self, limits: Limits, schema: &str, tables: &[&str]) -> Result<Catalogue, DatabaseError> {
        let mut catalogue = Catalogue::default();
        let note = |row| catalogue.note(&row);
        self.ask_each(limits, SQL, &[(&schema, Type::TEXT), (&tables, Type::TEXT_ARRAY)], note).await?;
        Ok(catalogue)
    }
}

impl Catalogue {
    /// The columns of a table that may be read; `None` where there is no such table.
    #[must_use]
    pub fn readable(&self, table: &str) -> Option<Columns> {
        let is_readable = |(_, column): &(&String, &Column)| column.is_readable && self.may_use_schema;
        let columns = self.tables.get(table)?.iter().filter(is_readable);
        Some(columns.map(|(name, column)| (name.clone(), column.clone())).collect())
    }

    fn note(&mut self, row: &Row) -> Result<(), tokio_postgres::Error> {
        let column = Column { type_name: row.try_get(2)?, is_readable: row.try_get(3)? };
        self.tables.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?, column);
        (self.may_use_schema, self.role) = (row.try_get(4)?, row.try_get(5)?);
        Ok(())
    }
}

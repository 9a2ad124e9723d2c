//! Which of LiteLLM's tables and columns there are, and which of them whoever logged in may read.
//!
//! Asked of PostgreSQL's own catalogue: `information_schema` hides what may not be read, and then a GRANT that is missing looks
//! like a table that is not there.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::types::Type;

use super::{BudgetsError, ask, table};
use crate::dependencies::database::Connection;

const SQL: &str = "SELECT c.relname::text, a.attname::text, has_column_privilege(c.oid, a.attnum, 'SELECT'), \
    has_schema_privilege(n.oid, 'USAGE'), current_user::text \
    FROM pg_catalog.pg_namespace n \
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    WHERE n.nspname::text = $1 AND c.relname::text = ANY($2)";

/// By column, whether it may be read.
type Columns = BTreeMap<String, bool>;

/// What there is in one schema.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) schema: String,
    tables: HashMap<String, Columns>,
    may_use_schema: bool,
    role: String,
}

impl Catalog {
    /// Looks up what is there now.
    pub(super) async fn read(connection: &mut Connection, schema: &str) -> Result<Self, BudgetsError> {
        let tables = table::all();
        let rows = ask(connection, async |connection| {
            connection.query_typed(SQL, &[(&schema, Type::TEXT), (&tables, Type::TEXT_ARRAY)]).await
        });
        let mut catalog =
            Self { schema: schema.to_owned(), tables: HashMap::new(), may_use_schema: true, role: String::new() };
        for row in rows.await? {
            catalog.tables.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
            (catalog.may_use_schema, catalog.role) = (row.get(3), row.get(4));
        }
        Ok(catalog)
    }

    /// Those of the `wanted` columns that the table has. A table that has one which may not be read is not read at all: what
    /// stood there would look as if it were not set.
    pub(super) fn columns(&self, table: &str, wanted: &[&'static str]) -> Result<Vec<&'static str>, BudgetsError> {
        let name = self.name(table);
        if self.tables.is_empty() {
            return Err(BudgetsError::NoTables { schema: quoted(&self.schema) });
        }
        let Some(columns) = self.tables.get(table) else { return Err(BudgetsError::NoTable { table: name }) };
        let role = quoted(&self.role);
        if !self.may_use_schema {
            let grant = format!("GRANT USAGE ON SCHEMA {} TO {role}", quoted(&self.schema));
            return Err(BudgetsError::NotGranted { grant });
        }
        let there: Vec<_> = wanted.iter().copied().filter(|column| columns.contains_key(*column)).collect();
        let missing: Vec<_> = there.iter().filter(|column| columns.get(**column) == Some(&false)).collect();
        if missing.is_empty() {
            return Ok(there);
        }
        let some = missing.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let what = if missing.len() == there.len() { String::new() } else { format!(" ({some})") };
        Err(BudgetsError::NotGranted { grant: format!("GRANT SELECT{what} ON {name} TO {role}") })
    }

    /// Whether there is a table of this name, readable or not.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// Schema and table as SQL writes them.
    pub(super) fn name(&self, table: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(table))
    }
}

/// A name as SQL writes it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

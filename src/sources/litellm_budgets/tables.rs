//! Which of LiteLLM's tables and columns there are, and which of them whoever logged in may read.

use super::{BudgetsError, LIMITS, table};
use crate::dependencies::database::{Catalogue, Connection, qualified, quoted};

/// What there is in one schema.
#[derive(Debug)]
pub(super) struct Tables {
    schema: String,
    found: Catalogue,
}

impl Tables {
    /// Looks up what is there now.
    pub(super) async fn look_up(connection: &Connection, schema: &str) -> Result<Self, BudgetsError> {
        let found = connection.catalogue(LIMITS, schema, &table::all()).await?;
        Ok(Self { schema: schema.to_owned(), found })
    }

    /// Those of the `wanted` columns that the table has. A table that has one which may not be read is not read at all: what
    /// stood there would look as if it were not set.
    pub(super) fn columns(&self, table: &str, wanted: &[&'static str]) -> Result<Vec<&'static str>, BudgetsError> {
        let name = self.name(table);
        if self.found.tables.is_empty() {
            return Err(BudgetsError::NoTables { schema: quoted(&self.schema) });
        }
        let Some(columns) = self.found.tables.get(table) else { return Err(BudgetsError::NoTable { table: name }) };
        let role = quoted(&self.found.role);
        if !self.found.may_use_schema {
            let grant = format!("GRANT USAGE ON SCHEMA {} TO {role}", quoted(&self.schema));
            return Err(BudgetsError::NotGranted { grant });
        }
        let there: Vec<_> = wanted.iter().copied().filter(|column| columns.contains_key(*column)).collect();
        let is_missing = |column: &&&str| columns.get(**column).is_some_and(|column| !column.is_readable);
        let missing: Vec<_> = there.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(there);
        }
        let some = missing.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let what = if missing.len() == there.len() { String::new() } else { format!(" ({some})") };
        Err(BudgetsError::NotGranted { grant: format!("GRANT SELECT{what} ON {name} TO {role}") })
    }

    /// Whether there is a table of this name, readable or not.
    pub(super) fn has(&self, table: &str) -> bool {
        self.found.tables.contains_key(table)
    }

    /// Schema and table as SQL writes them.
    pub(super) fn name(&self, table: &str) -> String {
        qualified(&self.schema, table)
    }
}

//! The entities of one scope, asked for and read.

use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::catalog::Catalog;
use super::{BudgetsError, LitellmBudgets, STATEMENT_PATIENCE, ask, now, query};
use crate::dependencies::database::Connection;
use crate::event::{BudgetScope, Timestamp, Usd};
use crate::sources::litellm::names_a_key;
use crate::state::{Entity, EntityList};

impl LitellmBudgets {
    /// Asks for the entities of one scope.
    pub(super) async fn list(
        &self,
        connection: &mut Connection,
        catalog: &Catalog,
        scope: BudgetScope,
    ) -> Result<EntityList, BudgetsError> {
        let sql = query::sql(catalog, scope)?;
        let names = self.room.names[scope.index()];
        let most = self.room.budgets.saturating_add(1).saturating_add(names);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let asked_at = now();
        let mut entities = ask(connection, async |connection| rows(connection, &sql, most, names > 0).await).await?;
        // A key that is stored as it is must not be shown.
        entities.retain(|entity| scope != BudgetScope::Key || names_a_key(&entity.id));
        Ok(EntityList { scope, asked_at, entities })
    }
}

async fn rows(connection: &mut Connection, sql: &str, most: i64, names_too: bool) -> Result<Vec<Entity>, Error> {
    // Ends with the transaction, as a pooler's next client wants it.
    let limit = format!("SET LOCAL statement_timeout = {}", STATEMENT_PATIENCE.as_millis());
    let transaction = connection.build_transaction().read_only(true).start().await?;
    transaction.batch_execute(&limit).await?;
    let parameters = [(&most as _, Type::INT8), (&names_too as _, Type::BOOL), (&Usd::LARGEST as _, Type::FLOAT8)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    transaction.commit().await?;
    rows.iter().map(entity).collect()
}

fn entity(row: &Row) -> Result<Entity, Error> {
    let usd = |column| Ok::<_, Error>(row.try_get::<_, Option<f64>>(column)?.and_then(Usd::from_f64));
    let moment = |column| Ok::<_, Error>(row.try_get::<_, Option<f64>>(column)?.and_then(Timestamp::from_secs_f64));
    Ok(Entity {
        id: row.try_get(0)?,
        alias: row.try_get(1)?,
        limit: usd(2)?,
        spent: usd(3)?,
        resets_at: moment(4)?,
        expires_at: moment(5)?,
    })
}

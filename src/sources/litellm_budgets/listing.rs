//! The entities of one scope, asked for and read.

use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::tables::Tables;
use super::{BudgetsError, LIMITS, LitellmBudgets, now, query};
use crate::dependencies::database::{Connection, Parameter};
use crate::event::{BudgetScope, Timestamp, Usd};
use crate::sources::litellm::names_a_key;
use crate::state::{Entity, EntityList};

impl LitellmBudgets {
    /// Asks for the entities of one scope.
    pub(super) async fn list(
        &self,
        connection: &Connection,
        tables: &Tables,
        scope: BudgetScope,
    ) -> Result<EntityList, BudgetsError> {
        let sql = query::sql(tables, scope)?;
        let names = self.room.names[scope.index()];
        let most = self.room.budgets.saturating_add(1).saturating_add(names);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let (asked_at, names_too) = (now(), names > 0);
        let parameters: [Parameter<'_>; 3] =
            [(&most, Type::INT8), (&names_too, Type::BOOL), (&Usd::LARGEST, Type::FLOAT8)];
        let mut entities = Vec::new();
        let keep = |row| {
            let entity = entity(&row)?;
            // A key that is stored as it is must not be shown.
            if scope != BudgetScope::Key || names_a_key(&entity.id) {
                entities.push(entity);
            }
            Ok(())
        };
        connection.ask_each(LIMITS, &sql, &parameters, keep).await?;
        Ok(EntityList { scope, asked_at, entities })
    }
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

//! The statements by which the books are read: how a transaction begins, and what stands in them for a model and a cost.

use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::{BooksByModel, SPEND_LOG};
use crate::dependencies::database::Connection;
use crate::event::Usd;
use crate::state::{Booked, clean};

/// How long the server may take for one statement: an hour of millions of rows, read from disk.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// What stands for no model in our tables.
const OTHER: &str = "other";

/// A spend as whole picodollars. What is no amount (negative, not a number, nothing, more than any request costs) adds nothing, as it
/// adds nothing where we count it; and more than this would not fit.
pub(super) const PICOS: &str = "coalesce(sum(CASE WHEN spend >= 0 AND spend < 9000000 \
                     THEN round(spend * 1e12::float8)::bigint END), 0)::text";

/// A transaction that changes nothing and ends in time. It is given up where it is dropped.
pub(super) async fn begin(connection: &mut Connection) -> Result<Transaction<'_>, tokio_postgres::Error> {
    let transaction = connection.build_transaction().read_only(true).start().await?;
    let milliseconds = STATEMENT_TIMEOUT.as_millis();
    transaction
        .batch_execute(&format!("SET LOCAL statement_timeout = {milliseconds}; SET LOCAL timezone = 'UTC'"))
        .await?;
    Ok(transaction)
}

pub(super) async fn columns(
    connection: &mut Connection,
    schema: &str,
) -> Result<HashSet<String>, tokio_postgres::Error> {
    const SQL: &str = "SELECT column_name::text FROM information_schema.columns \
                       WHERE table_schema::text = $1 AND table_name::text = $2";
    let transaction = begin(connection).await?;
    let rows = transaction.query_typed(SQL, &[(&schema, Type::TEXT), (&SPEND_LOG, Type::TEXT)]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

pub(super) async fn look(connection: &mut Connection, table: &str) -> Result<(), tokio_postgres::Error> {
    let transaction = begin(connection).await?;
    let sql = format!("SELECT request_id, \"startTime\", spend FROM {table} LIMIT 0");
    transaction.query_typed(&sql, &[]).await.map(drop)
}

/// The public model of a row: as we name what its callback tells. What was refused before a deployment was chosen has none, and nor
/// have the gateway's own health checks.
pub(super) fn model(columns: &HashSet<String>) -> String {
    let text = |name: &str| {
        if columns.contains(name) { format!("coalesce(\"{name}\", '')") } else { "''".to_owned() }
    };
    let (group, model, id) = (text("model_group"), text("model"), text("model_id"));
    let (status, team) = (text("status"), text("team_id"));
    format!(
        "CASE WHEN {status} = 'failure' AND {id} = '' THEN '' WHEN {group} <> '' THEN {group} \
         WHEN {team} = 'litellm-internal-health-check' THEN '' ELSE {model} END"
    )
}

pub(super) async fn by_model<'p>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl IntoIterator<Item = (&'p (dyn ToSql + Sync), Type)>,
    has_room: &impl Fn(&str, usize) -> bool,
) -> Result<BooksByModel, tokio_postgres::Error> {
    let mut models = BooksByModel::new();
    let mut rows = pin!(transaction.query_typed_raw(sql, parameters).await?);
    while let Some(row) = rows.try_next().await? {
        let requests: i64 = row.try_get(1)?;
        let picos: &str = row.try_get(2)?;
        let booked = Booked {
            requests: u64::try_from(requests).unwrap_or_default(),
            cost: Usd::from_all_picos(picos.parse().unwrap_or_default()),
        };
        let mut model = shown(row.try_get(0)?);
        if !models.contains_key(&model) && !has_room(&model, models.len()) {
            OTHER.clone_into(&mut model);
        }
        models.entry(model).or_default().add(&booked);
    }
    Ok(models)
}

/// A model as our tables name it.
pub(super) fn shown(model: &str) -> String {
    if model.is_empty() { OTHER.to_owned() } else { clean(model).into_owned() }
}

pub(super) fn qualified(schema: &str, table: &str) -> String {
    format!("\"{}\".\"{table}\"", schema.replace('"', "\"\""))
}

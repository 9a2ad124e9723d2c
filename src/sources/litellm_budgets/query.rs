//! The query for the entities of one scope.
//!
//! Columns are cast to types that we know, so that a version with other types is read as well, and numbers that are no amount of
//! money are taken for none there already: PostgreSQL puts NaN above all numbers, and those who spent most come first.

use super::BudgetsError;
use super::table::{
    BUDGET_ID, BUDGET_RESET_AT, EXPIRES, EntityTable, MAX_BUDGET, SHARED_BUDGETS, SHARED_COLUMNS, SPEND, TEAM_ID,
};
use super::tables::Tables;
use crate::dependencies::database::quoted;
use crate::event::BudgetScope;

/// The team of the keys that LiteLLM makes for everybody who logs in to its pages: each has a budget and expires within a day,
/// and none is anybody's to look after. LiteLLM's own list of keys leaves them out, too.
const LOGINS: &str = "litellm-dashboard";

/// The text of the query: `$1` is how many rows it may give, `$2` whether names alone are wanted too, `$3` the largest amount. A
/// row is id, alias, limit, spent, and when it resets and expires in seconds since the epoch.
pub(super) fn sql(tables: &Tables, scope: BudgetScope) -> Result<String, BudgetsError> {
    let table = EntityTable::of(scope);
    let own = Columns { prefix: "e", there: tables.columns(table.name, &table.columns())? };
    if !own.has(table.id) {
        return Err(BudgetsError::NoColumn { table: tables.name(table.name), column: table.id });
    }
    let shared = shared(tables, &own)?;
    let stored = stored(table, &own, &shared);
    let from = from(tables, table, &own, &shared);
    Ok(format!(
        "SELECT id, alias, max_budget, spend, resets_at, expires_at FROM (\
           SELECT id, alias, resets_at, expires_at, \
             CASE WHEN max_budget BETWEEN 0 AND $3 THEN max_budget END AS max_budget, \
             CASE WHEN spend BETWEEN 0 AND $3 THEN spend END AS spend \
           FROM (SELECT {stored} FROM {from}) stored\
         ) sane \
         WHERE id <> '' AND (max_budget IS NOT NULL OR expires_at IS NOT NULL OR ($2 AND alias <> '')) \
         ORDER BY (max_budget IS NOT NULL OR expires_at IS NOT NULL) DESC, spend DESC NULLS LAST, id \
         LIMIT $1"
    ))
}

/// What is selected, as it is stored. An entity's own limit goes over the one that it shares.
fn stored(table: &EntityTable, own: &Columns, shared: &Columns) -> String {
    let (id, alias) = (own.text(table.id), own.text(table.alias));
    let (limit, shared_limit, spend) = (own.number(MAX_BUDGET), shared.number(MAX_BUDGET), own.number(SPEND));
    let (reset, shared_reset) = (own.seconds(BUDGET_RESET_AT), shared.seconds(BUDGET_RESET_AT));
    let expires = own.seconds(EXPIRES);
    format!(
        "{id} AS id, COALESCE({alias}, '') AS alias, COALESCE({limit}, {shared_limit}) AS max_budget, {spend} AS spend, \
         COALESCE({reset}, {shared_reset}) AS resets_at, {expires} AS expires_at"
    )
}

/// Where it is selected from.
fn from(tables: &Tables, table: &EntityTable, own: &Columns, shared: &Columns) -> String {
    let mut from = format!("{} e", tables.name(table.name));
    if shared.has(BUDGET_ID) {
        let budgets = tables.name(SHARED_BUDGETS);
        from.push_str(&format!(" LEFT JOIN {budgets} b ON b.{BUDGET_ID} = e.{BUDGET_ID}"));
    }
    // A key's team, and not a team itself.
    if own.has(TEAM_ID) && table.id != TEAM_ID {
        from.push_str(&format!(" WHERE e.{TEAM_ID} IS DISTINCT FROM '{LOGINS}'"));
    }
    from
}

/// What can be joined: nothing where the entities have no budget to share, or there are none.
fn shared(tables: &Tables, own: &Columns) -> Result<Columns, BudgetsError> {
    let is_there = own.has(BUDGET_ID) && tables.has(SHARED_BUDGETS);
    let found = if is_there { tables.columns(SHARED_BUDGETS, &SHARED_COLUMNS)? } else { Vec::new() };
    let can_be_joined = found.contains(&BUDGET_ID);
    Ok(Columns { prefix: "b", there: if can_be_joined { found } else { Vec::new() } })
}

/// The columns of one table, each as an expression of a type that we know, and as NULL where it is not there.
#[derive(Debug)]
struct Columns {
    prefix: &'static str,
    there: Vec<&'static str>,
}

impl Columns {
    fn has(&self, column: &str) -> bool {
        self.there.contains(&column)
    }

    fn named(&self, column: &str) -> Option<String> {
        self.has(column).then(|| format!("{}.{}", self.prefix, quoted(column)))
    }

    fn text(&self, column: &str) -> String {
        self.named(column).map_or_else(|| "NULL::text".to_owned(), |name| format!("{name}::text"))
    }

    fn number(&self, column: &str) -> String {
        self.named(column).map_or_else(|| "NULL::float8".to_owned(), |name| format!("{name}::float8"))
    }

    /// LiteLLM's timestamps are without a zone and mean UTC, which is how PostgreSQL counts their seconds.
    fn seconds(&self, column: &str) -> String {
        let seconds = |name| format!("EXTRACT(EPOCH FROM {name})::float8");
        self.named(column).map_or_else(|| "NULL::float8".to_owned(), seconds)
    }
}

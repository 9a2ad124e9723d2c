//! LiteLLM's tables of who may spend, as of version 1.109: what each calls the same things.

use crate::event::BudgetScope;

/// Where limits stand that several entities share. Organisations and end users have no others.
pub(super) const SHARED_BUDGETS: &str = "LiteLLM_BudgetTable";
/// What is read of [`SHARED_BUDGETS`].
pub(super) const SHARED_COLUMNS: [&str; 3] = [BUDGET_ID, MAX_BUDGET, BUDGET_RESET_AT];

pub(super) const BUDGET_ID: &str = "budget_id";
pub(super) const MAX_BUDGET: &str = "max_budget";
pub(super) const BUDGET_RESET_AT: &str = "budget_reset_at";
pub(super) const SPEND: &str = "spend";
pub(super) const EXPIRES: &str = "expires";
pub(super) const TEAM_ID: &str = "team_id";

/// Where the entities of a scope are.
#[derive(Debug)]
pub(super) struct EntityTable {
    pub(super) name: &'static str,
    pub(super) id: &'static str,
    pub(super) alias: &'static str,
    /// What is read besides, where it is there: not every version has every column.
    others: &'static [&'static str],
}

impl EntityTable {
    pub(super) const fn of(scope: BudgetScope) -> &'static Self {
        match scope {
            BudgetScope::Key => &Self {
                name: "LiteLLM_VerificationToken",
                id: "token",
                alias: "key_alias",
                others: &[SPEND, MAX_BUDGET, BUDGET_RESET_AT, BUDGET_ID, EXPIRES, TEAM_ID],
            },
            BudgetScope::Team => &Self {
                name: "LiteLLM_TeamTable",
                id: "team_id",
                alias: "team_alias",
                others: &[SPEND, MAX_BUDGET, BUDGET_RESET_AT, BUDGET_ID],
            },
            BudgetScope::User => &Self {
                name: "LiteLLM_UserTable",
                id: "user_id",
                alias: "user_alias",
                others: &[SPEND, MAX_BUDGET, BUDGET_RESET_AT, BUDGET_ID],
            },
            BudgetScope::Org => &Self {
                name: "LiteLLM_OrganizationTable",
                id: "organization_id",
                alias: "organization_alias",
                others: &[SPEND, BUDGET_ID],
            },
            BudgetScope::EndUser => {
                &Self { name: "LiteLLM_EndUserTable", id: "user_id", alias: "alias", others: &[SPEND, BUDGET_ID] }
            }
        }
    }

    /// Everything that is read where it is there.
    pub(super) fn columns(&self) -> Vec<&'static str> {
        [self.id, self.alias].into_iter().chain(self.others.iter().copied()).collect()
    }
}

/// Every table that is read.
pub(super) fn all() -> Vec<&'static str> {
    BudgetScope::ALL.map(|scope| EntityTable::of(scope).name).into_iter().chain([SHARED_BUDGETS]).collect()
}

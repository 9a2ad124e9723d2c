//! Budgets and names, read from LiteLLM's database again and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::time::MissedTickBehavior;

use super::BackgroundError;
use crate::config::Config;
use crate::dependencies::database::Connector;
use crate::event::{BudgetScope, ConsumerLabel};
use crate::own::Round;
use crate::sources::litellm_budgets::{LitellmBudgets, Reading, Room};
use crate::state::State;
use crate::supervise::{Rounds, Supervisor};

/// Starts reading them, where a database is configured and they are wanted.
pub(super) fn start(supervisor: &mut Supervisor, config: &Config, state: &Arc<State>) -> Result<(), BackgroundError> {
    let Some(address) = config.database.url.as_ref().filter(|_| config.sources.litellm_budgets.enabled) else {
        return Ok(());
    };
    let connector = Connector::new(address, config.database.ca_file.as_deref()).map_err(BackgroundError::Database)?;
    let (config, state) = (config.clone(), Arc::clone(state));
    supervisor.start("budgets", move |rounds| {
        let reader = LitellmBudgets::new(connector.clone(), room(&config));
        let told = Told { limit: config.limits.budgets, ..Told::default() };
        Refreshing { reader, state: Arc::clone(&state), told }.run(config.clone(), rounds)
    });
    Ok(())
}

/// Names are asked for where a label of consumers shows them.
fn room(config: &Config) -> Room {
    let mut names = [0; BudgetScope::ALL.len()];
    for scope in config.labels.consumer.iter().filter_map(ConsumerLabel::named_scope) {
        names[scope.index()] = config.limits.consumers;
    }
    Room { budgets: config.limits.budgets, names }
}

/// By the place of a scope in [`BudgetScope::ALL`], why its list can't be had.
type Errors = [Option<String>; BudgetScope::ALL.len()];

struct Refreshing {
    reader: LitellmBudgets,
    state: Arc<State>,
    told: Told,
}

impl Refreshing {
    async fn run(mut self, config: Config, rounds: Rounds) {
        let mut clock = tokio::time::interval(config.sources.litellm_budgets.interval);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let started = Instant::now();
            let errors = self.refresh().await;
            let is_well = errors.iter().all(Option::is_none);
            self.told.note_errors(errors);
            rounds.note(if is_well { Round::Succeeded } else { Round::Failed }, started);
        }
    }

    /// Reads once; returns why the list of a scope can't be had, where it can't.
    async fn refresh(&mut self) -> Errors {
        let mut errors = Errors::default();
        let mut lists = Vec::new();
        match self.reader.read().await {
            Ok(readings) => {
                for Reading { scope, list } in readings {
                    match list {
                        Ok(list) => lists.push(list),
                        Err(error) => errors[scope.index()] = Some(error.to_string()),
                    }
                }
            }
            Err(error) => errors = BudgetScope::ALL.map(|_| Some(error.to_string())),
        }
        for (scope, _) in BudgetScope::ALL.iter().zip(&errors).filter(|(_, error)| error.is_some()) {
            self.state.note_unread_entities(*scope);
        }
        let left_out = self.state.list_entities(&lists);
        lists.iter().zip(left_out).for_each(|(list, left_out)| self.told.note_left_out(list.scope, left_out));
        errors
    }
}

/// What was logged, so that it is logged once, by the place of a scope in [`BudgetScope::ALL`].
#[derive(Debug, Default)]
struct Told {
    limit: usize,
    errors: Errors,
    has_left_out: [bool; BudgetScope::ALL.len()],
}

impl Told {
    /// One line for all scopes that have the same trouble.
    fn note_errors(&mut self, errors: Errors) {
        let mut news: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for (scope, (before, now)) in BudgetScope::ALL.iter().zip(self.errors.iter().zip(&errors)) {
            if before != now {
                news.entry(now.as_deref()).or_default().push(scope.as_str());
            }
        }
        for (error, scopes) in news {
            let scopes = scopes.join(", ");
            match error {
                Some(error) => tracing::warn!(scopes, %error, "budgets can't be read; those read before stay"),
                None => tracing::info!(scopes, "budgets can be read again"),
            }
        }
        self.errors = errors;
    }

    fn note_left_out(&mut self, scope: BudgetScope, left_out: usize) {
        let before = std::mem::replace(&mut self.has_left_out[scope.index()], left_out > 0);
        if left_out > 0 && !before {
            let (scope, limit) = (scope.as_str(), self.limit);
            tracing::warn!(scope, limit, "more budgets than limits.budgets: who spent least is left out");
        }
    }
}

//! What lists say of deployments, and which deployments are shown.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::traffic::Traffic;
use super::{DeploymentFacts, clean};
use crate::event::{Deployment, Timestamp};

/// Requests that are told of later than this after they were made are few.
const LONGEST_REQUEST: Duration = Duration::from_mins(15);

/// A deployment as it is listed, without secrets other than what an address holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing<'a> {
    /// The gateway's id for it.
    pub id: &'a str,
    /// The public name.
    pub model: &'a str,
    /// Who runs it.
    pub provider: &'a str,
    /// The provider's name for the model.
    pub upstream_model: &'a str,
    /// Where it is reached; empty where nobody says.
    pub api_base: &'a str,
}

/// What the lists make of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// No list has ever named it: it is known from its traffic.
    #[default]
    Unlisted,
    /// It is on the list.
    Listed,
    /// Its id is on the list with another name: an alias, or one of the many models of a wildcard.
    OtherName,
    /// It was on the list and is no more.
    Gone {
        /// When the first list without it was asked for.
        since: Timestamp,
    },
}

impl Standing {
    /// Whether the list names it, or its id.
    #[must_use]
    pub const fn is_on_list(self) -> bool {
        matches!(self, Self::Listed | Self::OtherName)
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unlisted => "unlisted",
            Self::Listed => "listed",
            Self::OtherName => "other_name",
            Self::Gone { .. } => "gone",
        }
    }
}

impl DeploymentFacts {
    /// Whether views show it. What is gone from the list is not shown, unless there was traffic since: then the list is behind.
    #[must_use]
    pub fn is_shown(&self, listed_at: Option<Timestamp>, stale_after: Duration, now: Timestamp) -> bool {
        match self.standing {
            Standing::Unlisted | Standing::Listed => true,
            Standing::OtherName => self.seen_at.is_some_and(|seen_at| !seen_at.is_older_than(stale_after, now)),
            Standing::Gone { .. } => self.seen_at > listed_at,
        }
    }

    /// Whether any request has reached it through this exporter, so that there is something to count.
    #[must_use]
    pub const fn has_traffic(&self) -> bool {
        self.requests > 0
    }

    /// Whether any request has reached it, told to this exporter or to another replica.
    #[must_use]
    pub const fn was_asked(&self) -> bool {
        self.seen_at.is_some()
    }
}

impl Traffic {
    /// Takes over a list of all deployments, which was asked for at `at`.
    pub(super) fn list(&mut self, listings: &[Listing<'_>], at: Timestamp) {
        self.tick(at);
        self.listed_at = Some(at);
        let mut by_id = self.forget_lists(at);
        let mut listed = HashMap::with_capacity(listings.len());
        let mut new = Vec::new();
        let mut seen = HashSet::with_capacity(listings.len());
        for listing in listings {
            // Ids that differ may look alike once cleaned: those are one deployment here, and the first is it.
            let id = clean(listing.id);
            let mut rows = by_id.remove(&*id).unwrap_or_default();
            if !seen.insert(id) {
                continue;
            }
            if !self.mark(listing, &rows) {
                new.push(listing);
            }
            // The others may have to make room.
            rows.retain(|row| self.deployments.at(*row).standing.is_on_list());
            listed.insert(listing.id.to_owned(), rows);
        }
        self.drop_idle_rows(new.len(), at);
        for listing in new {
            let row = self.add_listed(listing);
            listed.entry(listing.id.to_owned()).or_default().extend(row);
        }
        self.rows_of_listed = listed;
    }

    /// Every row as if no list named it; positions by id.
    fn forget_lists(&mut self, at: Timestamp) -> HashMap<String, Vec<usize>> {
        // It was one deployment's before there was no more room: now it is nobody's.
        if let Some(row) = self.deployments.overflow_row() {
            self.deployments.at_mut(row).standing = Standing::Unlisted;
        }
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut gone = Vec::new();
        for (position, facts) in self.deployments.own_rows() {
            if facts.standing.is_on_list() {
                Arc::make_mut(facts).standing = Standing::Gone { since: at };
                gone.push(position);
            }
            if !facts.info.deployment.is_empty() {
                by_id.entry(facts.info.deployment.clone()).or_default().push(position);
            }
        }
        gone.into_iter().for_each(|position| self.deployments.note_change(position));
        by_id
    }

    /// Marks the rows of one id; returns whether one of them is the listed one.
    fn mark(&mut self, listing: &Listing<'_>, rows: &[usize]) -> bool {
        let chosen = self.row_of(listing, rows);
        for row in rows {
            let facts = self.deployments.at_mut(*row);
            if Some(*row) == chosen {
                facts.standing = Standing::Listed;
                facts.update_info(&told_by(listing));
            } else if facts.was_asked() {
                facts.standing = Standing::OtherName;
            }
        }
        chosen.is_some()
    }

    /// The row that a listing means. Events may name the provider in other words: a row that they made is the same all the
    /// same, and is preferred to one that a list made before the first event.
    fn row_of(&mut self, listing: &Listing<'_>, rows: &[usize]) -> Option<usize> {
        let (model, provider) = (clean(listing.model), clean(listing.provider));
        let rank = |facts: &DeploymentFacts| {
            let is_same_provider = facts.info.provider == provider;
            let fits = facts.info.model == model && (facts.was_asked() || is_same_provider);
            fits.then_some((facts.was_asked(), is_same_provider))
        };
        let ranked = rows.iter().filter_map(|row| Some((rank(self.deployments.at(*row))?, *row)));
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, row)| row)
    }

    fn add_listed(&mut self, listing: &Listing<'_>) -> Option<usize> {
        let told = told_by(listing);
        let window = self.settings.window;
        let key = [listing.model, listing.provider, listing.id];
        let row = self.deployments.slot_or_drop(&key, || Arc::new(DeploymentFacts::new(&told, &key, window)))?;
        if self.deployments.overflow_row() == Some(row) {
            return None;
        }
        self.deployments.at_mut(row).standing = Standing::Listed;
        Some(row)
    }

    /// What is on no list any more and never cost anything leaves nothing behind that somebody would miss. It is kept for a while,
    /// so that a request that was under way is not taken for one to a deployment that nobody listed; unless there is no room for `new`.
    fn drop_idle_rows(&mut self, new: usize, now: Timestamp) {
        let size = self.deployments.size();
        let is_tight = size.rows + new > size.limit;
        let is_idle = |facts: &Arc<DeploymentFacts>| match facts.standing {
            Standing::Gone { since } => {
                let is_old = is_tight || since.is_older_than(LONGEST_REQUEST, now);
                is_old && !facts.has_traffic() && !facts.probes.was_billed()
            }
            // Only another replica has seen it, and tells of it again where there is room.
            Standing::Unlisted => is_tight && !facts.has_traffic(),
            Standing::Listed | Standing::OtherName => false,
        };
        for row in self.deployments.remove_if(is_idle) {
            if let Some(links) = self.links.get_mut(row) {
                *links = None;
            }
        }
    }
}

fn told_by<'a>(listing: &Listing<'a>) -> Deployment<'a> {
    let Listing { id, model, provider, upstream_model, api_base } = *listing;
    Deployment {
        id: Cow::Borrowed(id),
        model: Cow::Borrowed(model),
        provider: Cow::Borrowed(provider),
        upstream_model: Cow::Borrowed(upstream_model),
        api_base: Cow::Borrowed(api_base),
        rate_limits: None,
    }
}

#[cfg(test)]
#[path = "listing/tests.rs"]
mod tests;

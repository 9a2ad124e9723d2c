//! The one state: facts that every view is made from.
//!
//! It holds counts, sums and moments, never conclusions: whether a deployment is healthy is
//! [judged](crate::health::judge) when a view is rendered, so that a verdict can neither go stale nor stick. All of it
//! sits behind one lock that is held for one event or for one copy. A view takes a [`Snapshot`], a copy of one moment,
//! and renders that without any lock: what two metrics say in one scrape was true at the same time.

mod budgets;
mod calls;
mod changes;
mod comparison;
mod consumers;
mod deliveries;
mod dependencies;
mod deployments;
mod entities;
mod exemplar;
mod expected;
mod fallbacks;
#[cfg(test)]
pub(crate) mod fixtures;
mod following;
mod health_checks;
mod histogram;
mod journal;
mod kept;
mod label;
mod ledger;
mod listing;
mod lists;
mod models;
mod names;
mod news;
mod outbox;
mod outcomes;
mod probe_latency;
mod probe_spending;
mod probes;
mod probing;
mod rate_limits;
mod reach;
mod reading;
mod set_back;
mod snapshot;
mod sources;
mod spend_buffers;
mod startup;
mod streak;
mod table;
mod tally;
mod traffic;
mod upstreams;
mod without_model;

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use parking_lot::Mutex;

pub use budgets::BudgetFacts;
pub use changes::{Changes, NotRestored, RowChange};
pub use comparison::{Agreement, Booked, ComparedModel, Comparison, Period};
pub use consumers::ConsumerFacts;
pub use dependencies::{Check, Dependency, DependencyFacts, LatestCheck};
pub use deployments::{Cooldown, DeploymentFacts, DeploymentInfo, LastError};
pub use entities::{Entity, EntityList, EntityListFacts};
pub use exemplar::{Exemplar, TraceId};
pub use expected::Expected;
pub use fallbacks::FallbackFacts;
pub use health_checks::HealthCheckFacts;
pub use histogram::{Bounds, DURATION, GATEWAY_OVERHEAD, Histogram, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN};
pub use journal::Journal;
pub use label::{LabelSet, clean};
pub use ledger::{Counted, CountedHour, LedgerChange};
pub use listing::{Listing, Standing};
pub use lists::{ListFacts, ListSource};
pub use models::ModelFacts;
pub use news::News;
pub use outcomes::{OutcomeCounts, Outcomes};
pub use probe_latency::{PROBE_DURATION, ProbeLatency};
pub use probe_spending::ProbeSpending;
pub use probes::{ProbeCounts, ProbeFacts, ProbedBy};
pub use probing::ProbeView;
pub use rate_limits::RateLimitFacts;
pub use reach::{Reach, Recent};
pub use reading::{Reading, ReadingProgress};
pub(crate) use set_back::is_ahead;
pub use snapshot::{Fleet, Snapshot};
pub use sources::{Origin, RejectReason, Source, SourceFacts};
pub use spend_buffers::{SpendBuffer, SpendBuffers};
pub use startup::Startup;
pub use streak::Streak;
pub(crate) use table::OVERFLOW;
pub use table::{Row, Rows, TableSize};
pub use tally::Times;
pub use traffic::Settings;
pub use upstreams::UpstreamFacts;
pub use without_model::WithoutModelFacts;

use crate::event::{BudgetScope, ProbeOutcome, RequestEvent, RowMark, SkipReason, Timestamp, Usd, UtcHour};
use outbox::Outbox;
use traffic::Traffic;

/// The state of the gateway, as far as it was told to us.
#[derive(Debug)]
pub struct State {
    traffic: Mutex<Traffic>,
    startup: Startup,
}

impl State {
    /// An empty state.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { startup: Startup::new(&settings.expected), traffic: Mutex::new(Traffic::new(settings)) }
    }

    /// Adds one attempt. It must not have been added before: the [sink](crate::sink::Sink) sees to that.
    pub fn record(&self, origin: impl Into<Origin>, event: &RequestEvent<'_>, now: Timestamp) {
        self.traffic.lock().record(origin.into(), event, now);
    }

    /// Learns what an event says of now, of health, limits and budgets, without counting it: another source, or another exporter, does.
    pub fn learn(&self, source: Source, event: &RequestEvent<'_>, now: Timestamp) {
        self.traffic.lock().learn(source, event, now);
    }

    /// Adds what one source knows an attempt to have cost beyond what another had told when it was [recorded](Self::record): this
    /// event is the richer one, and `extra` the difference.
    pub fn record_surcharge(&self, event: &RequestEvent<'_>, extra: Usd, now: Timestamp) {
        self.traffic.lock().record_surcharge(event, extra, now);
    }

    /// Notes how far a source has come that reads rows, together with what these counted: what is kept of one is kept of both.
    /// Rows of minutes before `rows_from` need not be remembered any more.
    pub fn note_progress(&self, progress: String, rows_from: i64) {
        self.traffic.lock().note_progress(progress, rows_from);
    }

    /// Notes rows that another replica counts: they are remembered as seen, and count nothing here.
    pub fn note_rows_seen(&self, rows: &[RowMark]) {
        self.traffic.lock().note_rows_seen(rows);
    }

    /// Notes what this replica must [remember of itself](crate::handover::Memory).
    pub fn note_handover(&self, text: String) {
        self.traffic.lock().note_handover(text);
    }

    /// Keeps track from now on of what changes.
    pub fn track_changes(&self) {
        self.traffic.lock().track_changes();
    }

    /// What changed since it was taken the last time, or since it [is tracked](Self::track_changes).
    #[must_use]
    pub fn take_changes(&self) -> Changes {
        self.traffic.lock().take_changes()
    }

    /// The label names of each table whose rows are kept.
    #[must_use]
    pub fn kept_labels(&self) -> Vec<(&'static str, Vec<String>)> {
        self.traffic.lock().kept_labels()
    }

    /// Puts back a row as it was [taken](Self::take_changes) before a restart.
    ///
    /// # Errors
    /// When it can't be read. Then it begins anew.
    pub fn restore_row(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), NotRestored> {
        self.traffic.lock().restore_row(table, key, value)
    }

    /// Puts back what is counted in no table.
    ///
    /// # Errors
    /// When it can't be read. Then it begins anew.
    pub fn restore_totals(&self, value: &[u8]) -> Result<(), NotRestored> {
        self.traffic.lock().restore_totals(value)
    }

    /// Notes that everything is counted from now on: hours that began before are not compared with the gateway's books. What was
    /// noted first holds, also what was noted before a restart.
    pub fn start_counting(&self, now: Timestamp) {
        self.traffic.lock().ledger.start_counting(now);
    }

    /// Since when everything is counted; `None` before it is [said](Self::start_counting) or the first event came.
    #[must_use]
    pub fn counting_since(&self) -> Option<Timestamp> {
        self.traffic.lock().ledger.counting_since()
    }

    /// What was counted from one hour to the one before `end`, without hours of nothing. It ends early, but not within an hour, where
    /// it comes to `most` hours and models. The lock is held for one hour at a time.
    #[must_use]
    pub fn counted(&self, first: UtcHour, end: UtcHour, most: usize) -> Vec<CountedHour> {
        let (mut hours, mut next, mut left) = (Vec::new(), first, most);
        while left > 0 {
            let Some(counted) = self.traffic.lock().ledger.hours(next, end).next() else { break };
            left = left.saturating_sub(counted.models.len());
            next = counted.hour.plus(1);
            hours.push(counted);
        }
        hours
    }

    /// Notes what a comparison with the gateway's books found.
    pub fn note_comparison(&self, period: Period, comparison: Option<Comparison>) {
        self.traffic.lock().agreement.periods[period.index()] = comparison.map(Arc::new);
    }

    /// Notes that the gateway's books were read to the end.
    pub fn note_books_read(&self, at: Timestamp) {
        self.traffic.lock().agreement.last_success_at = Some(at);
    }

    /// Puts back what was counted by hour and model, a key and its value. What can't be read is left out.
    pub fn restore_ledger(&self, key: &[u8], value: &[u8]) {
        self.traffic.lock().ledger.restore(key, value);
    }

    /// Gathers from now on what other replicas are to be told of requests.
    pub fn gather_news(&self) {
        let mut traffic = self.traffic.lock();
        let window = traffic.settings.window;
        traffic.outbox.get_or_insert_with(|| Outbox::new(window));
    }

    /// What requests said of deployments since it was taken the last time, or since it [is gathered](Self::gather_news).
    #[must_use]
    pub fn take_news(&self) -> Vec<News> {
        self.traffic.lock().take_news()
    }

    /// Learns from requests that came to another replica: evidence, which counts nothing.
    pub fn learn_news(&self, news: &News) {
        self.traffic.lock().learn_news(news);
    }

    /// Notes an attempt that was delivered again, with what this delivery knows better.
    pub fn note_duplicate(&self, origin: impl Into<Origin>, event: &RequestEvent<'_>, now: Timestamp) {
        self.traffic.lock().note_duplicate(origin.into(), event, now);
    }

    /// Notes something that was delivered and is no event.
    pub fn note_rejected(&self, origin: impl Into<Origin>, reason: RejectReason) {
        self.traffic.lock().note_rejected(origin.into(), reason);
    }

    /// Notes whether a delivery as a whole could be taken.
    pub fn note_delivery(&self, source: Source, taken: bool) {
        self.traffic.lock().source_mut(source).up = Some(taken);
    }

    /// Notes how reading a source goes.
    pub fn note_reading(&self, source: Source, reading: Reading) {
        self.traffic.lock().note_reading(source, reading);
    }

    /// How reading a source goes; `None` where it is not read.
    #[must_use]
    pub fn reading(&self, source: Source) -> Option<Reading> {
        self.traffic.lock().reading(source).cloned()
    }

    /// Whether another replica reads this source.
    #[must_use]
    pub fn is_read_elsewhere(&self, source: Source) -> bool {
        let is_standby = |reading: &Reading| reading.progress == ReadingProgress::Standby;
        self.traffic.lock().reading(source).is_some_and(is_standby)
    }

    /// Notes rows of a source that were found long after their requests began.
    pub fn note_late(&self, source: Source, rows: u64) {
        self.traffic.lock().source_mut(source).late += rows;
    }

    /// Takes over a list of all deployments, which was asked for at `at`: what is not on it is no longer shown.
    pub fn list(&self, listings: &[Listing<'_>], at: Timestamp) {
        self.traffic.lock().list(listings, at);
    }

    /// Notes how reading a list of models went.
    pub fn note_list(&self, source: ListSource, facts: ListFacts) {
        if facts.last_success_at.is_some() {
            self.startup.note_list();
        }
        self.traffic.lock().note_list(source, facts);
    }

    /// Takes over who the gateway lists: in the scopes of these lists, who is not listed has no budget from now on, and requests
    /// only refresh what is. Returns for each list how many had no room.
    pub fn list_entities(&self, lists: &[EntityList]) -> Vec<usize> {
        self.traffic.lock().list_entities(lists)
    }

    /// Notes that the list of this scope could not be read: the one before holds.
    pub fn note_unread_entities(&self, scope: BudgetScope) {
        self.traffic.lock().note_unread_entities(scope);
    }

    /// Adds what a probe of the deployment with this id found.
    pub fn record_probe(&self, deployment: &str, outcome: &ProbeOutcome, by: ProbedBy) {
        self.traffic.lock().record_probe(deployment, outcome, by);
    }

    /// What this exporter's own billed probes have cost on the latest day on which there were any, also before a restart.
    #[must_use]
    pub fn probe_spending(&self) -> ProbeSpending {
        self.traffic.lock().probe_spending
    }

    /// What decides whether the deployment with this id is probed; `None` where it is not listed.
    #[must_use]
    pub fn probe_view(&self, deployment: &str) -> Option<ProbeView> {
        self.traffic.lock().probe_view(deployment)
    }

    /// The ids of all deployments that have one.
    #[must_use]
    pub fn deployment_ids(&self) -> Vec<String> {
        self.traffic.lock().deployment_ids()
    }

    /// Notes that the deployment with this id was not probed though it was its turn, or not as dearly as it could be.
    pub fn note_probe_skipped(&self, deployment: &str, reason: SkipReason) {
        self.traffic.lock().note_probe_skipped(deployment, reason);
    }

    /// Notes which deployments the gateway itself lets rest, as seen at `at`.
    pub fn note_cooldowns<S: BuildHasher>(&self, in_cooldown: &HashSet<String, S>, at: Timestamp) {
        self.traffic.lock().note_cooldowns(in_cooldown, at);
    }

    /// Notes what waits in the gateway's Redis to be written to its database.
    pub fn note_spend_buffers(&self, lengths: SpendBuffers) {
        self.traffic.lock().spend_buffers = lengths;
    }

    /// From now on the operator expects this. Of dependencies that are expected no more nothing is known any more; lists are forgotten
    /// by [who reads them](Self::forget_list).
    pub fn expect(&self, expected: Expected) {
        if !expected.lists.contains(&true) {
            // There is none to wait for.
            self.startup.note_list();
        }
        self.traffic.lock().expect(expected);
    }

    /// Forgets how reading a list of models went: it is not read any more.
    pub fn forget_list(&self, source: ListSource) {
        self.traffic.lock().forget_list(source);
    }

    /// Forgets what checks of a dependency found: it is another one from now on.
    pub fn forget_dependency(&self, dependency: Dependency) {
        *self.traffic.lock().dependency_mut(dependency) = DependencyFacts::default();
    }

    /// Notes what a check of a dependency found.
    pub fn note_dependency(&self, dependency: Dependency, check: Check) {
        if check.result.is_ok() {
            self.startup.note_dependency(dependency);
        }
        self.traffic.lock().dependency_mut(dependency).note(check);
    }

    /// What has been reached once. Waits for nothing.
    #[must_use]
    pub const fn startup(&self) -> &Startup {
        &self.startup
    }

    /// Notes which version the gateway says it is.
    pub fn note_gateway_version(&self, version: &str) {
        self.traffic.lock().note_gateway_version(version);
    }

    /// A copy of the deployments, as of `now`.
    #[must_use]
    pub fn fleet(&self, now: Timestamp) -> Fleet {
        self.traffic.lock().fleet(now)
    }

    /// A copy of everything, as of `now`.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        self.traffic.lock().snapshot(now)
    }
}

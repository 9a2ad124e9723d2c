//! The clocks, and the probes that are under way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::sleep_until;

use super::clocks::Clocks;
use super::places::{Places, Taken};
use super::turn::{is_billed_due, pause, reason_to_skip};
use crate::config::Config;
use crate::discovery::{Listed, Roster};
use crate::event::{ProbeLevel, ProbeOutcome, Timestamp, Usd};
use crate::own::{Probing, Round};
use crate::probes::{Billed, Budget, Prober, Reservation, plan, worst_case};
use crate::replicas::{Finding, Leadership};
use crate::state::{ProbeView, ProbedBy, State};
use crate::supervise::Rounds;

/// Looked at this often when no clock runs: a list may come at any time, and wakes it too.
const IDLE: Duration = Duration::from_mins(1);

/// What the scheduler works with. Cheap to clone, so that it can be started again.
#[derive(Debug, Clone)]
pub struct Scheduler {
    /// Where what was found goes, and where it is read that no probe is needed.
    pub state: Arc<State>,
    /// What the operator says of it.
    pub terms: watch::Receiver<Arc<Terms>>,
    /// What there is to probe.
    pub roster: watch::Receiver<Arc<Roster>>,
    /// Whether this replica probes; `None` where replicas share nothing.
    pub leadership: watch::Receiver<Option<Leadership>>,
    /// What billed probes may still cost today.
    pub budget: Arc<Mutex<Budget>>,
    /// Who tells other replicas.
    pub found: mpsc::UnboundedSender<Finding>,
    /// Where it is shown who probes and what was spent.
    pub probing: Arc<Probing>,
}

/// What the operator says of probing. When it changes, what is under way goes on as it began.
#[derive(Debug)]
pub struct Terms {
    /// How often, how many at once; when traffic is fresh.
    pub config: Config,
    /// Who asks.
    pub prober: Arc<Prober>,
}

/// What a turn has come to.
#[derive(Debug)]
enum Step {
    /// There is a place for its probe now.
    Placed(Taken),
    /// Its probe has ended.
    Probed(Option<Reservation>, ProbeOutcome),
}

impl Scheduler {
    /// Gives deployments their turns until it is dropped.
    pub async fn run(self, rounds: Rounds) {
        let mut work = Work::new(self);
        work.take_roster();
        loop {
            let started = Instant::now();
            let due = work.clocks.take_due(started);
            due.into_iter().for_each(|id| work.turn(id));
            work.note_role();
            rounds.note(Round::Succeeded, started);
            work.wait().await;
        }
    }
}

/// The scheduler at work.
struct Work {
    scheduler: Scheduler,
    terms: Arc<Terms>,
    places: Places,
    clocks: Clocks,
    listed: HashMap<String, Arc<Listed>>,
    running: JoinSet<Step>,
    /// Which deployment each running probe is for.
    ids: HashMap<Id, String>,
}

impl Work {
    fn new(mut scheduler: Scheduler) -> Self {
        let terms = Arc::clone(&scheduler.terms.borrow_and_update());
        Self {
            places: Places::new(terms.config.probes.concurrency),
            terms,
            scheduler,
            clocks: Clocks::default(),
            listed: HashMap::new(),
            running: JoinSet::new(),
            ids: HashMap::new(),
        }
    }

    /// Until something is to be done.
    async fn wait(&mut self) {
        let next_at = self.clocks.next_at().unwrap_or_else(|| Instant::now() + IDLE);
        tokio::select! {
            Some(ended) = self.running.join_next_with_id() => self.finish(ended),
            Ok(()) = self.scheduler.roster.changed() => self.take_roster(),
            Ok(()) = self.scheduler.terms.changed() => self.take_terms(),
            // For the role that is shown; whose turn it is, the clocks alone say.
            Ok(()) = self.scheduler.leadership.changed() => {}
            () = sleep_until(next_at.into()) => {}
        }
    }

    /// Where it is asked otherwise from now on, nobody waits for a turn that was set before. What has a place keeps it until its end.
    fn take_terms(&mut self) {
        let terms = Arc::clone(&self.scheduler.terms.borrow_and_update());
        let before = std::mem::replace(&mut self.terms, terms);
        let probes = &self.terms.config.probes;
        if *probes == before.config.probes {
            return;
        }
        self.places = Places::new(probes.concurrency);
        let (interval, now) = (probes.interval, Instant::now());
        self.listed.keys().for_each(|id| self.clocks.hasten(id, interval, now));
    }

    fn take_roster(&mut self) {
        let roster = Arc::clone(&self.scheduler.roster.borrow_and_update());
        let each = roster.deployments.iter().map(|listed| (listed.id.clone(), Arc::new(listed.clone())));
        let before = std::mem::replace(&mut self.listed, each.collect());
        let (interval, now) = (self.terms.config.probes.interval, Instant::now());
        self.clocks.keep(self.listed.keys().map(String::as_str), interval, now);
        for (id, listed) in &self.listed {
            // Whoever corrected an address or a key does not wait for the end of a pause.
            let is_elsewhere = |old: &Arc<Listed>| old.api_base != listed.api_base || old.api_key != listed.api_key;
            if before.get(id).is_some_and(is_elsewhere) {
                self.clocks.hasten(id, interval, now);
            }
        }
        self.places.tidy();
    }

    /// Waits for a place, or counts why it is not probed.
    fn turn(&mut self, id: String) {
        if let Some((listed, _)) = self.probeable(&id) {
            let place = self.places.of(&listed);
            self.go_on(id, async { Step::Placed(place.take().await) });
        }
    }

    /// Sends the probe for which there is a place now. Whatever was known before the wait may be otherwise since: who leads, what
    /// traffic said, what is listed.
    fn begin(&mut self, id: String, taken: Taken) {
        let Some((listed, view)) = self.probeable(&id) else { return };
        let Some((level, reservation)) = self.level(&listed, &view, now()) else {
            self.rest(&id, None);
            return;
        };
        let prober = Arc::clone(&self.terms.prober);
        self.go_on(id, async move {
            let outcome = prober.probe(&listed, level).await;
            drop(taken);
            Step::Probed(reservation, outcome)
        });
    }

    /// The deployment, if it is to be probed now; else its turn is over, and it is counted why.
    fn probeable(&mut self, id: &str) -> Option<(Arc<Listed>, ProbeView)> {
        let (state, Config { probes: config, health: policy, .. }) = (&self.scheduler.state, &self.terms.config);
        // It left the list in between.
        let (Some(listed), Some(view)) = (self.listed.get(id).map(Arc::clone), state.probe_view(id)) else {
            self.clocks.rest(id, config.interval, Duration::ZERO, Instant::now());
            return None;
        };
        let Some(reason) = reason_to_skip(&listed, &view, config, policy, self.probes_itself(), now()) else {
            return Some((listed, view));
        };
        state.note_probe_skipped(id, reason);
        self.rest(id, None);
        None
    }

    fn go_on(&mut self, id: String, step: impl Future<Output = Step> + Send + 'static) {
        let running = self.running.spawn(step);
        self.ids.insert(running.id(), id);
    }

    /// At which level it is asked, and what of the budget is put by for that. Counts why not at a dearer one.
    fn level(&self, listed: &Listed, view: &ProbeView, now: Timestamp) -> Option<(ProbeLevel, Option<Reservation>)> {
        let Scheduler { state, budget, .. } = &self.scheduler;
        let Config { probes: config, health: policy, .. } = &self.terms.config;
        let mut budget = budget.lock();
        // Who is alone does not know what others spend, who are as alone.
        let left = if self.is_alone() { Usd::ZERO } else { budget.left(now) };
        let is_due = is_billed_due(view, config, policy, now);
        let billed = if is_due { Billed::Due { left } } else { Billed::NotDue };
        let plan = plan(listed, config, billed);
        let counted = plan.skipped.iter().filter_map(|skipped| skipped.why.counted_as()).next();
        if let Some(reason) = counted {
            state.note_probe_skipped(&listed.id, reason);
        }
        let level = plan.level?;
        if !level.is_billed() {
            return Some((level, None));
        }
        // The plan has seen that it is left.
        let reservation = worst_case(listed, config).and_then(|cost| budget.reserve(cost, now))?;
        Some((level, Some(reservation)))
    }

    fn finish(&mut self, ended: Result<(Id, Step), JoinError>) {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let Some(id) = self.ids.remove(&task) else { return };
        match ended {
            Ok((_, Step::Placed(taken))) => self.begin(id, taken),
            Ok((_, Step::Probed(reservation, outcome))) => {
                let retry_after = outcome.retry_after;
                self.note(&id, reservation, outcome);
                self.rest(&id, retry_after);
            }
            Err(error) => {
                tracing::error!(deployment = id, %error, "a probe broke");
                self.rest(&id, None);
            }
        }
    }

    fn note(&self, id: &str, reservation: Option<Reservation>, outcome: ProbeOutcome) {
        let Scheduler { state, budget, found, probing, .. } = &self.scheduler;
        let cost = outcome.usage.map_or(Usd::ZERO, |usage| usage.cost);
        if let Some(reservation) = reservation {
            let now = now();
            let mut budget = budget.lock();
            budget.settle(reservation, cost, now);
            probing.note_spent(budget.spent(now));
        }
        state.record_probe(id, &outcome, ProbedBy::Us);
        // Nobody listens where replicas share nothing.
        _ = found.send(Finding { deployment: id.to_owned(), outcome });
    }

    /// Sets the clock for the next turn, by what is known now.
    fn rest(&mut self, id: &str, retry_after: Option<Duration>) {
        let (state, Config { probes: config, health: policy, .. }) = (&self.scheduler.state, &self.terms.config);
        let view = state.probe_view(id).unwrap_or_default();
        let pause = pause(&view, config, policy, now());
        self.clocks.rest(id, pause, retry_after.unwrap_or_default(), Instant::now());
    }

    fn probes_itself(&self) -> bool {
        self.scheduler.leadership.borrow().is_none_or(|leadership| leadership.probes(Instant::now()))
    }

    fn is_alone(&self) -> bool {
        matches!(*self.scheduler.leadership.borrow(), Some(Leadership::Alone { .. }))
    }

    fn note_role(&self) {
        let is_any = self.terms.config.probes.enabled && !self.listed.is_empty();
        self.scheduler.probing.note_probes_itself(is_any.then(|| self.probes_itself()));
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

#[cfg(test)]
#[path = "run/tests.rs"]
mod tests;

//! What is known of one deployment.

use std::sync::Arc;
use std::time::Duration;

use super::table::OVERFLOW;
use super::{LabelSet, OutcomeCounts, Outcomes, ProbeFacts, Reach, Standing, Streak, clean};
use crate::event::{
    Blame, Deployment, ErrorKind, InputTokens, Outcome, OutputTokens, ProbeOutcome, RequestEvent, Timestamp, Usage, Usd,
};
use crate::redact::{redact_message, redact_url};

/// The label names of the deployments table.
pub(super) const LABELS: [&str; 3] = ["model", "provider", "deployment"];

/// Counts, sums and moments of one deployment.
#[derive(Debug, Clone)]
pub struct DeploymentFacts {
    /// What it is.
    pub info: Arc<DeploymentInfo>,
    /// Attempts that reached it.
    pub requests: u64,
    /// Those that failed, by the index of their [`ErrorKind`].
    pub errors: [u64; ErrorKind::ALL.len()],
    /// Input tokens that were paid for.
    pub input: InputTokens,
    /// Output tokens that were paid for.
    pub output: OutputTokens,
    /// What was booked.
    pub cost: Usd,
    /// What the lists of models make of it.
    pub standing: Standing,
    /// The latest request, whatever became of it.
    pub seen_at: Option<Timestamp>,
    /// The latest request that was answered.
    pub last_served_at: Option<Timestamp>,
    /// The latest outcome of a request or a billed probe that says something about the deployment.
    pub answered_at: Option<Timestamp>,
    /// The latest successes of these, and failures that speak against it.
    pub streak: Streak,
    /// The latest refusal of these by the provider's rate limit.
    pub last_throttled_at: Option<Timestamp>,
    /// The outcomes of these in the last minutes.
    pub outcomes: Outcomes,
    /// Whether it can be reached, by unbilled probes.
    pub reach: Reach,
    /// How it was probed.
    pub probes: ProbeFacts,
    /// Whether the gateway itself lets it rest, when that was last seen.
    pub cooldown: Option<Cooldown>,
    /// The latest failure in words, kept after recovery.
    pub last_error: Option<LastError>,
}

/// What a deployment is, as far as that does not tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentInfo {
    /// The gateway's id for it.
    pub deployment: String,
    /// The public model name.
    pub model: String,
    /// Who runs it.
    pub provider: String,
    /// The provider's name for the model.
    pub upstream_model: String,
    /// Where it is reached, without secrets; empty where the gateway does not say.
    pub api_base: String,
    /// All of this as labels.
    pub labels: LabelSet,
}

/// Whether a gateway lets a deployment rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cooldown {
    /// It does.
    pub is_on: bool,
    /// When that was seen.
    pub at: Timestamp,
}

impl Cooldown {
    /// What was seen longer ago holds no more: gateways let a deployment rest for seconds.
    const HOLDS: Duration = Duration::from_secs(30);

    /// Whether it rests, as far as that is known at `now`.
    #[must_use]
    pub fn is_on_at(self, now: Timestamp) -> Option<bool> {
        (!self.at.is_older_than(Self::HOLDS, now)).then_some(self.is_on)
    }
}

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// The gateway's words, shortened and with secrets masked.
    pub message: Arc<str>,
    /// When.
    pub at: Timestamp,
}

impl DeploymentInfo {
    /// Named as its `row` is, so that every view gives it the same name. The overflow row stands for many deployments, and says
    /// nothing of where any of them is.
    fn new(told: &Deployment<'_>, row: &[&str]) -> Self {
        let mut names = row.iter().map(|value| clean(value).into_owned());
        let [model, provider, deployment] = LABELS.map(|_| names.next().unwrap_or_default());
        let is_one = row.iter().any(|value| *value != OVERFLOW);
        let upstream_model = if is_one { clean(&told.upstream_model).into_owned() } else { String::new() };
        let api_base = if is_one { clean(&redact_url(&told.api_base)).into_owned() } else { String::new() };
        let labels = LabelSet::new([
            ("deployment", deployment.as_str()),
            ("model", &model),
            ("provider", &provider),
            ("upstream_model", &upstream_model),
            ("api_base", &api_base),
        ]);
        Self { deployment, model, provider, upstream_model, api_base, labels }
    }
}

impl DeploymentFacts {
    pub(super) fn new(told: &Deployment<'_>, row: &[&str], window: Duration) -> Self {
        Self {
            info: Arc::new(DeploymentInfo::new(told, row)),
            requests: 0,
            errors: [0; ErrorKind::ALL.len()],
            input: InputTokens::default(),
            output: OutputTokens::default(),
            cost: Usd::ZERO,
            standing: Standing::default(),
            seen_at: None,
            last_served_at: None,
            answered_at: None,
            streak: Streak::default(),
            last_throttled_at: None,
            outcomes: Outcomes::new(window),
            reach: Reach::default(),
            probes: ProbeFacts::default(),
            cooldown: None,
            last_error: None,
        }
    }

    /// What a list says of it holds from now on.
    pub(super) fn update_info(&mut self, told: &Deployment<'_>) {
        let row = [self.info.model.as_str(), &self.info.provider, &self.info.deployment];
        let mut info = DeploymentInfo::new(told, &row);
        if told.api_base.is_empty() {
            // An address that an event told is better than none.
            let api_base = self.info.api_base.clone();
            info = DeploymentInfo::new(&Deployment { api_base: api_base.as_str().into(), ..told.clone() }, &row);
        }
        if info != *self.info {
            self.info = Arc::new(info);
        }
    }

    pub(super) fn record(&mut self, event: &RequestEvent<'_>, at: Timestamp) {
        self.requests += 1;
        self.input.add(&event.usage.input);
        self.output.add(&event.usage.output);
        self.cost += event.cost.booked();
        if let Some(kind) = event.outcome.error() {
            self.errors[kind.index()] += 1;
        }
        self.learn_request(event, at);
    }

    /// Learns from a request what it says of the deployment's health.
    pub(super) fn learn_request(&mut self, event: &RequestEvent<'_>, at: Timestamp) {
        self.seen_at = self.seen_at.max(Some(at));
        match &event.outcome {
            Outcome::Success => {
                self.last_served_at = self.last_served_at.max(Some(at));
                self.note_success(at);
            }
            Outcome::Failure { kind, message } => {
                if kind.blame() != Blame::Nobody {
                    self.note_failure(kind.blame(), at);
                    self.note_error(*kind, message.as_deref(), at);
                }
            }
        }
    }

    /// Adds what a request that is counted already turned out to have cost.
    pub(super) fn surcharge(&mut self, usage: &Usage, extra: Usd) {
        self.input.add(&usage.input);
        self.output.add(&usage.output);
        self.cost += extra;
    }

    /// Learns from a probe.
    pub(super) fn learn(&mut self, outcome: &ProbeOutcome) {
        let at = outcome.at;
        if !outcome.level.is_billed() {
            self.reach.add(outcome);
        } else if outcome.result.is_ok() {
            self.note_success(at);
        }
        let Err(failure) = &outcome.result else { return };
        let blame = failure.kind.probe_blame();
        if outcome.level.is_billed() && blame != Blame::Nobody {
            self.note_failure(blame, at);
        }
        // In words it is told whomever it speaks against: a probe that can't be sent is the operator's business.
        self.note_error(failure.kind, Some(&failure.message), at);
    }

    fn note_success(&mut self, at: Timestamp) {
        self.answered_at = self.answered_at.max(Some(at));
        self.streak.add_success(at);
        self.outcomes.add(at, OutcomeCounts::SERVED);
    }

    fn note_failure(&mut self, blame: Blame, at: Timestamp) {
        self.answered_at = self.answered_at.max(Some(at));
        if blame == Blame::Throttle {
            self.last_throttled_at = self.last_throttled_at.max(Some(at));
            self.outcomes.add(at, OutcomeCounts::THROTTLED);
        } else {
            self.streak.add_failure(at);
            self.outcomes.add(at, OutcomeCounts::FAILED);
        }
    }

    pub(super) fn note_error(&mut self, kind: ErrorKind, message: Option<&str>, at: Timestamp) {
        if self.last_error.as_ref().is_none_or(|last| last.at <= at) {
            let message = message.map_or_else(|| kind.as_str().into(), redact_message);
            self.last_error = Some(LastError { kind, message: message.into(), at });
        }
    }
}

//! The rules by which a deployment is judged.

use super::HealthState;

/// The rule that decided on a deployment's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing was ever learnt of it.
    NoEvidence,
    /// What was learnt is too old.
    Stale,
    /// Too many failures in a row.
    FailuresInARow,
    /// Most requests of the window failed.
    MostFail,
    /// Many requests of the window failed or were throttled.
    ManyFail,
    /// The latest request failed, of few.
    LatestFailed,
    /// The provider throttled the latest request, of few.
    Throttled,
    /// It answers again, not yet for long.
    Recovering,
    /// It answers.
    Answers,
    /// Too many probes failed in a row.
    Unreachable,
    /// The latest probe failed.
    LatestProbeFailed,
    /// The provider throttled the latest probe.
    ProbeThrottled,
    /// It can be reached again, not yet for long.
    ReachableAgain,
    /// It can be reached.
    Reachable,
    /// The gateway lets it rest.
    Cooldown,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 15] = [
        Self::NoEvidence,
        Self::Stale,
        Self::FailuresInARow,
        Self::MostFail,
        Self::ManyFail,
        Self::LatestFailed,
        Self::Throttled,
        Self::Recovering,
        Self::Answers,
        Self::Unreachable,
        Self::LatestProbeFailed,
        Self::ProbeThrottled,
        Self::ReachableAgain,
        Self::Reachable,
        Self::Cooldown,
    ];

    /// What it decides.
    #[must_use]
    pub const fn state(self) -> HealthState {
        match self {
            Self::NoEvidence | Self::Stale => HealthState::Unknown,
            Self::FailuresInARow | Self::MostFail | Self::Unreachable => HealthState::Unhealthy,
            Self::ManyFail
            | Self::LatestFailed
            | Self::Throttled
            | Self::Recovering
            | Self::LatestProbeFailed
            | Self::ProbeThrottled
            | Self::ReachableAgain
            | Self::Cooldown => HealthState::Degraded,
            Self::Answers | Self::Reachable => HealthState::Healthy,
        }
    }

    /// Its name, in logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEvidence => "no_evidence",
            Self::Stale => "stale",
            Self::FailuresInARow => "failures_in_a_row",
            Self::MostFail => "most_fail",
            Self::ManyFail => "many_fail",
            Self::LatestFailed => "latest_failed",
            Self::Throttled => "throttled",
            Self::Recovering => "recovering",
            Self::Answers => "answers",
            Self::Unreachable => "unreachable",
            Self::LatestProbeFailed => "latest_probe_failed",
            Self::ProbeThrottled => "probe_throttled",
            Self::ReachableAgain => "reachable_again",
            Self::Reachable => "reachable",
            Self::Cooldown => "cooldown",
        }
    }

    /// What it says, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NoEvidence => "nothing has been learnt of it yet",
            Self::Stale => "what is known of it is older than health.stale_after",
            Self::FailuresInARow => "health.failure_threshold requests in a row failed",
            Self::MostFail => "health.unhealthy_error_ratio of the requests in health.window failed",
            Self::ManyFail => "health.degraded_error_ratio of the requests in health.window failed or were throttled",
            Self::LatestFailed => "the latest of fewer than health.min_requests requests failed",
            Self::Throttled => "the provider throttled the latest of fewer than health.min_requests requests",
            Self::Recovering => "it answers again, but not yet health.recovery_threshold requests in a row",
            Self::Answers => "it answers requests",
            Self::Unreachable => "health.failure_threshold probes in a row failed",
            Self::LatestProbeFailed => "the latest probe failed, fewer than health.failure_threshold in a row",
            Self::ProbeThrottled => "the provider throttled the latest probe",
            Self::ReachableAgain => "it can be reached again, but not yet by health.recovery_threshold probes in a row",
            Self::Reachable => "it can be reached, and no request says otherwise",
            Self::Cooldown => "the gateway itself sends it no requests for the moment",
        }
    }

    /// The one of two that decides for the worse; of two alike, this one. What is unknown is neither good nor bad: the other decides.
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    const fn rank(self) -> u8 {
        match self.state() {
            HealthState::Unknown => 0,
            HealthState::Healthy => 1,
            HealthState::Degraded => 2,
            HealthState::Unhealthy => 3,
        }
    }
}

//! The names of what replicas share in Redis.

/// In every name: a Redis Cluster keeps keys with the same text in braces on the same server, and a script may only touch keys of one.
const TAG: &str = "{llm_exporter}";

/// The names of what replicas share in Redis: the operator's prefix, the tag, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    base: String,
}

impl Keys {
    /// The keys behind this prefix. Exporters with the same prefix are replicas of each other.
    pub(crate) fn new(prefix: &str) -> Self {
        // Empty braces would switch the tag off: nothing else that a prefix may hold does.
        Self { base: format!("{}{TAG}", prefix.replace("{}", "{-}")) }
    }

    /// Who leads: `REPLICA:FENCE`.
    pub(super) fn lease(&self) -> String {
        self.name("probe_lease")
    }

    /// How often the lead has changed hands.
    pub(super) fn fence(&self) -> String {
        self.name("probe_fence")
    }

    /// The stream of what probes found.
    pub(super) fn evidence(&self) -> String {
        self.name("probe_evidence")
    }

    /// The stream of what requests said.
    pub(super) fn traffic(&self) -> String {
        self.name("traffic")
    }

    /// What billed probes cost on one day.
    pub(super) fn spend(&self, day: impl std::fmt::Display) -> String {
        self.name(&format!("probe_spend:{day}"))
    }

    /// Who reads this spend log, in which epoch, and how far it has read.
    pub(crate) fn spend_log_holder(&self, scope: &str) -> String {
        self.name(&format!("spend_log_holder:{scope}"))
    }

    /// Which rows of this spend log were claimed.
    pub(crate) fn spend_log_claims(&self, scope: &str) -> String {
        self.name(&format!("spend_log_claims:{scope}"))
    }

    fn name(&self, what: &str) -> String {
        format!("{}:{what}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_the_prefix_and_the_tag() {
        let keys = Keys::new("team-a:");
        assert_eq!(keys.lease(), "team-a:{llm_exporter}:probe_lease");
        assert_eq!(keys.spend("2026-11-24"), "team-a:{llm_exporter}:probe_spend:2026-11-24");
    }

    #[test]
    fn a_prefix_with_empty_braces_does_not_switch_the_tag_off() {
        assert_eq!(Keys::new("{}").fence(), "{-}{llm_exporter}:probe_fence");
    }
}

//! Whose traffic it is that everything tells of.

/// The header that every answer has where the traffic is no gateway's.
pub const TRAFFIC_HEADER: &str = "x-llm-exporter-traffic";

/// Where the events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Traffic {
    /// A gateway that people use.
    #[default]
    Gateway,
    /// The [demo](crate::demo): nobody asked, nobody answered and nobody paid.
    Simulated,
}

impl Traffic {
    /// Both, in the order of the metrics.
    pub const ALL: [Self; 2] = [Self::Gateway, Self::Simulated];

    /// The label value, and the word in JSON and headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Simulated => "simulated",
        }
    }

    /// The word that must stand with every answer, where one must.
    #[must_use]
    pub const fn notice(self) -> Option<&'static str> {
        match self {
            Self::Gateway => None,
            Self::Simulated => Some(self.as_str()),
        }
    }
}

//! Who calls: teams and their keys, what they ask for and what they may spend.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::purse::Allotment;

/// A team of the operator's.
#[derive(Debug)]
pub(super) struct Team {
    pub(super) id: &'static str,
    pub(super) alias: &'static str,
    pub(super) allotment: Option<Allotment>,
    /// Which models it asks, and how often each.
    pub(super) models: &'static [(f64, &'static str)],
    pub(super) keys: &'static [Key],
}

/// A virtual key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) alias: &'static str,
    /// How much of all calls it makes.
    pub(super) weight: f64,
    /// The share of its calls that want their answers as streams.
    pub(super) streams: f64,
    pub(super) user: Option<&'static str>,
    pub(super) allotment: Option<Allotment>,
}

impl Key {
    /// What LiteLLM keeps in its place: 64 hexadecimal digits.
    pub(super) fn hash(&self) -> String {
        let half = |seed| xxh3_128_with_seed(self.alias.as_bytes(), seed);
        format!("{:032x}{:032x}", half(1), half(2))
    }
}

const MONTH: Duration = Duration::from_hours(30 * 24);
const DAY: Duration = Duration::from_hours(24);

const fn key(alias: &'static str, weight: f64, streams: f64) -> Key {
    Key { alias, weight, streams, user: None, allotment: None }
}

impl Key {
    const fn of(self, user: &'static str) -> Self {
        Self { user: Some(user), ..self }
    }

    const fn within(self, usd: f64, period: Duration, used: f64) -> Self {
        Self { allotment: Some(Allotment { usd, period, used }), ..self }
    }
}

/// All teams.
pub(super) const TEAMS: [Team; 4] = [
    Team {
        id: "5f1c7d3e-search",
        alias: "Search",
        allotment: Some(Allotment { usd: 12_000.0, period: MONTH, used: 0.41 }),
        models: &[
            (3.0, "gpt-4o-mini"),
            (4.0, "text-embedding-3-small"),
            (2.0, "claude-haiku-4-5"),
            (1.0, "llama-3.3-70b"),
        ],
        keys: &[
            key("search-api", 22.0, 0.7),
            key("search-indexer", 14.0, 0.0).within(180.0, DAY, 0.2),
            key("search-experiments", 4.0, 0.3).within(60.0, DAY, 0.35),
        ],
    },
    Team {
        id: "b2a94e10-support",
        alias: "Support",
        allotment: Some(Allotment { usd: 30_000.0, period: MONTH, used: 0.63 }),
        models: &[(4.0, "claude-sonnet-4-5"), (3.0, "gpt-4o"), (2.0, "claude-haiku-4-5"), (0.5, "o4-mini")],
        keys: &[
            key("support-bot", 20.0, 0.95),
            key("support-agent-assist", 8.0, 0.9),
            key("support-evaluation", 2.0, 0.0).within(250.0, DAY, 0.15),
        ],
    },
    Team {
        id: "0c8d2f77-data",
        alias: "Data Science",
        // Nearly used, all the time.
        allotment: Some(Allotment { usd: 9_000.0, period: MONTH, used: 0.86 }),
        models: &[
            (2.0, "o4-mini"),
            (2.0, "gpt-4o"),
            (2.0, "qwen3-32b"),
            (2.0, "llama-3.3-70b"),
            (1.0, "claude-sonnet-4-5"),
        ],
        keys: &[
            key("notebooks-ada", 4.0, 0.5).of("ada").within(150.0, DAY, 0.3),
            key("notebooks-grace", 3.0, 0.5).of("grace").within(150.0, DAY, 0.1),
            key("ticket-enrichment", 9.0, 0.0),
        ],
    },
    Team {
        id: "e73b6a52-mobile",
        alias: "Mobile",
        allotment: None,
        models: &[(5.0, "gpt-4o-mini"), (1.0, "gpt-4o"), (1.0, "claude-haiku-4-5"), (0.5, "qwen3-32b")],
        keys: &[
            key("mobile-ios", 7.0, 0.95),
            key("mobile-android", 6.0, 0.95),
            // Used up now and then, and reset on the half hour.
            key("mobile-staging", 3.0, 0.8).within(0.12, Duration::from_mins(30), 0.45),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::fleet;
    use super::*;

    #[test]
    fn every_model_has_callers_and_every_caller_asks_for_models() {
        let asked: HashSet<&str> = TEAMS.iter().flat_map(|team| team.models).map(|(_, model)| *model).collect();
        let known: HashSet<&str> = fleet::MODELS.iter().map(|model| model.name).collect();
        assert_eq!(asked, known);
    }

    #[test]
    fn every_key_has_a_hash_of_its_own() {
        let hashes: Vec<String> = TEAMS.iter().flat_map(|team| team.keys).map(Key::hash).collect();
        assert!(hashes.iter().all(|hash| hash.len() == 64), "{hashes:?}");
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
    }
}

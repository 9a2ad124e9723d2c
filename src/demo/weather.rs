//! What goes wrong at providers, and when: the same for the events as for what probes find.

use std::time::Duration;

use super::Provider;
use super::dice::{Dice, seconds};
use crate::event::Timestamp;

/// Each kind of trouble comes once in this time.
const ROUND: Duration = Duration::from_mins(24);

/// What is wrong with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It answers hardly anything, and not its list of models.
    Outage,
    /// Answers begin late.
    SlowFirstTokens,
    /// It refuses much for coming too fast.
    Throttled,
}

/// A trouble of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// What is wrong.
    pub trouble: Trouble,
    /// With whom.
    pub provider: Provider,
    /// When it began.
    pub from: Timestamp,
    /// When all is well again.
    pub until: Timestamp,
}

/// All episodes of a demo that began at some time. Pure: ask it about any moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    seed: u64,
    began: Timestamp,
}

/// When in its round a trouble begins at the earliest and the latest, and how long it takes, in minutes.
const fn minutes(trouble: Trouble) -> [(f64, f64); 2] {
    match trouble {
        // Early, so that who has just started sees one.
        Trouble::Outage => [(3.5, 6.0), (4.0, 6.0)],
        Trouble::SlowFirstTokens => [(13.0, 14.0), (3.0, 4.0)],
        Trouble::Throttled => [(18.5, 20.0), (2.0, 3.0)],
    }
}

impl Weather {
    /// The weather from `began` on.
    #[must_use]
    pub const fn new(seed: u64, began: Timestamp) -> Self {
        Self { seed, began }
    }

    /// When it began.
    pub(super) const fn began(&self) -> Timestamp {
        self.began
    }

    /// The episode that is on at `provider`.
    #[must_use]
    pub fn episode(&self, provider: Provider, now: Timestamp) -> Option<Episode> {
        let round = now.since(self.began)?.as_secs() / ROUND.as_secs();
        let is_on = |episode: &Episode| episode.from <= now && now < episode.until;
        self.of_round(round).into_iter().find(|episode| episode.provider == provider && is_on(episode))
    }

    /// What is wrong with `provider`.
    #[must_use]
    pub fn trouble(&self, provider: Provider, now: Timestamp) -> Option<Trouble> {
        self.episode(provider, now).map(|episode| episode.trouble)
    }

    /// The episodes of a round, which all end within it.
    fn of_round(&self, round: u64) -> [Episode; 3] {
        let providers = self.order(round);
        let mut dice = Dice::new(self.seed.rotate_left(32) ^ round);
        let begin = self.began.plus(ROUND.saturating_mul(u32::try_from(round).unwrap_or(u32::MAX)));
        [Trouble::Outage, Trouble::SlowFirstTokens, Trouble::Throttled].map(|trouble| {
            let [after, lasting] = minutes(trouble).map(|(least, most)| seconds(60.0 * dice.between(least, most)));
            let provider = match trouble {
                Trouble::Outage => providers[0],
                Trouble::SlowFirstTokens => providers[1],
                Trouble::Throttled => *providers.iter().find(|provider| provider.throttles()).unwrap_or(&providers[2]),
            };
            let from = begin.plus(after);
            Episode { trouble, provider, from, until: from.plus(lasting) }
        })
    }

    /// The providers, the one whose turn it is first: in as many rounds as there are, each has an outage.
    fn order(&self, round: u64) -> [Provider; Provider::ALL.len()] {
        let all = Provider::ALL.len();
        let turn = usize::try_from(round).unwrap_or_default() % all;
        let mut providers = Provider::ALL;
        Dice::new(self.seed).shuffle(&mut providers);
        providers.rotate_left(turn);
        providers
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const BEGAN: Timestamp = Timestamp::from_micros(1_795_411_100_000_000);

    fn after(minutes: u64) -> Timestamp {
        BEGAN.plus(Duration::from_mins(minutes))
    }

    fn outages(weather: Weather, rounds: u64) -> Vec<Episode> {
        (0..rounds).map(|round| weather.of_round(round)[0]).collect()
    }

    #[test]
    fn the_first_outage_is_seen_within_ten_minutes_and_another_every_twenty_to_thirty() {
        for seed in 0..50 {
            let outages = outages(Weather::new(seed, BEGAN), 20);
            assert!(outages[0].from < after(7), "{:?}", outages[0]);
            for pair in outages.windows(2) {
                let (lasted, apart) = (pair[0].until.since(pair[0].from), pair[1].from.since(pair[0].from));
                assert!(lasted.is_some_and(|it| (240..=360).contains(&it.as_secs())), "{pair:?}");
                assert!(apart.is_some_and(|it| (20 * 60..=30 * 60).contains(&it.as_secs())), "{pair:?}");
            }
        }
    }

    #[test]
    fn each_provider_has_an_outage_in_turn() {
        let outages = outages(Weather::new(1, BEGAN), 5);
        let providers: HashSet<&str> = outages.iter().map(|outage| outage.provider.as_str()).collect();
        assert_eq!(providers.len(), 5);
    }

    #[test]
    fn a_moment_has_the_same_weather_whenever_it_is_asked_for() {
        let weather = Weather::new(1, BEGAN);
        let all: Vec<Episode> = (0..5).flat_map(|round| weather.of_round(round)).collect();
        for episode in all {
            let just_before = Timestamp::from_micros(episode.from.as_micros() - 1);
            assert_eq!(weather.episode(episode.provider, just_before), None);
            assert_eq!(weather.episode(episode.provider, episode.from), Some(episode));
            assert_eq!(weather.trouble(episode.provider, episode.until), None);
        }
        let before_all = Timestamp::from_micros(BEGAN.as_micros() - 1);
        assert!(Provider::ALL.iter().all(|provider| weather.trouble(*provider, before_all).is_none()));
    }

    #[test]
    fn never_is_more_than_one_thing_wrong() {
        let weather = Weather::new(1, BEGAN);
        for minute in 0..24 * 60 {
            let wrong = Provider::ALL.iter().filter(|it| weather.trouble(**it, after(minute)).is_some()).count();
            assert!(wrong <= 1, "{wrong} providers are in trouble after {minute} min");
        }
    }
}

//! A call, its attempts, and what each of them takes.

use std::time::Duration;

use super::callback::Metadata;
use super::dice::{Dice, seconds, whole};
use super::fleet::{Deployment, Kind, Model, Prices};
use super::headroom::Headroom;
use super::mishap::Mishap;
use super::weather::Trouble;
use crate::event::Timestamp;

/// What somebody asked for once, however often the gateway tries.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) trace_id: String,
    pub(super) is_stream: bool,
    pub(super) metadata: Metadata,
}

/// One try at one deployment.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    pub(super) call: &'a Call,
    pub(super) model: &'static Model,
    pub(super) deployment: &'static Deployment,
    pub(super) retries: usize,
    pub(super) fallbacks: usize,
    pub(super) answer_id: String,
    pub(super) api_base: String,
    pub(super) started_at: Timestamp,
    /// Of streams only.
    pub(super) first_token_at: Option<Timestamp>,
    pub(super) ended_at: Timestamp,
    pub(super) usage: Usage,
    pub(super) mishap: Option<Mishap>,
    pub(super) headroom: Option<Headroom>,
    pub(super) overhead_ms: f64,
}

/// Tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    /// All of the prompt, with what the provider remembered of it and what it is to remember.
    pub(super) prompt: u64,
    pub(super) cached: u64,
    pub(super) written: u64,
    pub(super) answer: u64,
    pub(super) thought: u64,
}

/// How long an answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) first_token: Duration,
    pub(super) whole: Duration,
}

/// By how much first tokens are late when they are slow.
const SLOW: f64 = 12.0;
/// The share of its time per token that a thought takes: nobody has to be sent it.
const THINKING: f64 = 0.6;
const LONGEST_ANSWER: f64 = 4_000.0;
const LONGEST_PROMPT: f64 = 100_000.0;
/// Providers remember no shorter prompts.
const SHORTEST_REMEMBERED: u64 = 1_024;

impl Usage {
    /// What a call of this model may use.
    pub(super) fn of(model: &Model, dice: &mut Dice) -> Self {
        let prompt = whole(dice.around(model.prompt, 0.8).clamp(8.0, LONGEST_PROMPT));
        if model.kind == Kind::Embedding {
            return Self { prompt, ..Self::default() };
        }
        let of_prompt = |share: f64| whole(prompt as f64 * share);
        let is_remembered = prompt >= SHORTEST_REMEMBERED && dice.happens(0.55);
        let cached = if is_remembered { of_prompt(dice.between(0.4, 0.85)) } else { 0 };
        let writes = model.prices.is_some_and(|prices| prices.cache_write.is_some());
        let written = if writes && dice.happens(0.2) { of_prompt(dice.between(0.05, 0.14)) } else { 0 };
        let answer = whole(dice.around(model.answer, 0.7).clamp(2.0, LONGEST_ANSWER));
        let thinks = model.kind == Kind::Reasoning;
        let thought = if thinks { whole(dice.around(450.0, 0.8).min(LONGEST_ANSWER)) } else { 0 };
        Self { prompt, cached, written, answer, thought }
    }

    pub(super) const fn completion(&self) -> u64 {
        self.answer + self.thought
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// In USD.
    pub(super) fn cost(&self, prices: Prices) -> f64 {
        let Prices { input, output, cache_read, cache_write } = prices;
        let plain = self.prompt.saturating_sub(self.cached + self.written);
        let at = |tokens: u64, price: f64| tokens as f64 * price;
        let prompt = at(plain, input) + at(self.cached, cache_read) + at(self.written, cache_write.unwrap_or(input));
        (prompt + at(self.completion(), output)) / 1e6
    }

    /// What is used when only this share of the answer is made.
    fn cut(self, share: f64) -> Self {
        Self { answer: whole(self.answer as f64 * share), ..self }
    }
}

impl Pace {
    /// How long an answer of this usage takes.
    pub(super) fn of(
        model: &Model,
        deployment: &Deployment,
        usage: Usage,
        trouble: Option<Trouble>,
        dice: &mut Dice,
    ) -> Self {
        let slow = if trouble == Some(Trouble::SlowFirstTokens) { SLOW } else { 1.0 };
        let per_token = dice.around(model.per_token * deployment.slowness, 0.25);
        let thinking = usage.thought as f64 * per_token * THINKING;
        let first = dice.around(model.first_token * deployment.slowness * slow, 0.45) + thinking;
        Self { first_token: seconds(first), whole: seconds(first + usage.answer as f64 * per_token) }
    }
}

impl Attempt<'_> {
    /// Ends with `mishap`, at `ended_at`: with nothing used, or with part of the answer where it had begun.
    pub(super) fn fail(&mut self, mishap: Mishap, ended_at: Timestamp) {
        let had_begun = matches!(mishap, Mishap::StreamCut | Mishap::Cancelled);
        let first_token_at = self.first_token_at.filter(|first| had_begun && *first < ended_at);
        self.usage = match first_token_at {
            Some(first) => {
                let of = |until: Timestamp| until.since(first).unwrap_or_default().as_secs_f64();
                self.usage.cut(of(ended_at) / of(self.ended_at).max(0.001))
            }
            None => Usage::default(),
        };
        (self.mishap, self.ended_at, self.first_token_at) = (Some(mishap), ended_at, first_token_at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fleet::{MODELS, model};
    use super::*;

    #[test]
    fn a_prompt_is_made_of_its_parts() {
        let mut dice = Dice::new(1);
        for model in MODELS.iter().cycle().take(4_000) {
            let usage = Usage::of(model, &mut dice);
            assert!(usage.prompt > 0 && usage.cached + usage.written <= usage.prompt, "{}: {usage:?}", model.name);
            assert_eq!(usage.thought > 0, model.kind == Kind::Reasoning);
        }
    }

    #[test]
    fn what_the_provider_remembered_is_cheaper() {
        let prices = model("claude-haiku-4-5").and_then(|model| model.prices).expect("it has prices");
        let usage = Usage { prompt: 1_000_000, answer: 1_000_000, ..Usage::default() };
        assert!((usage.cost(prices) - 6.0).abs() < 1e-9, "{}", usage.cost(prices));
        let cached = Usage { cached: 1_000_000, ..usage };
        assert!((cached.cost(prices) - 5.1).abs() < 1e-9, "{}", cached.cost(prices));
        let written = Usage { written: 1_000_000, ..usage };
        assert!((written.cost(prices) - 6.25).abs() < 1e-9, "{}", written.cost(prices));
    }
}

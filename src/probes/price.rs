//! What billed probes cost.

use crate::config::Probes;
use crate::discovery::{Listed, Mode, Prices};
use crate::event::{ProbeUsage, Usd};

/// What a prompt of ours can count at most, with all that providers write around it.
const CHAT_PROMPT: u64 = 128;
const EMBEDDING_PROMPT: u64 = 16;
const RERANK_PROMPT: u64 = 64;
/// No answer that is read to its end is longer, thoughts included: who tells more is not believed, and books no fortune.
const MOST_TOKENS: u64 = 1 << 20;

/// Tokens of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tokens {
    pub(super) input: u64,
    pub(super) output: u64,
}

impl Tokens {
    /// Of two accounts of the same answer the larger one: providers tell what they used so far.
    pub(super) fn max(self, other: Self) -> Self {
        Self { input: self.input.max(other.input), output: self.output.max(other.output) }
    }

    /// The most that a billed probe of this mode uses.
    pub(super) fn at_most(mode: Option<Mode>, config: &Probes) -> Self {
        match mode {
            Some(Mode::Embedding) => Self { input: EMBEDDING_PROMPT, output: 0 },
            Some(Mode::Rerank) => Self { input: RERANK_PROMPT, output: 0 },
            _ => Self { input: CHAT_PROMPT, output: config.completion.max_tokens },
        }
    }

    /// What they cost; `None` where a price that is needed is not known.
    fn cost(self, mode: Option<Mode>, prices: &Prices) -> Option<Usd> {
        let Prices { input_token, output_token, request } = *prices;
        let (input, output) = match mode {
            // A price for each request is the whole price, where there is one.
            Some(Mode::Embedding | Mode::Rerank) => (input_token.or(request.map(|_| 0.0))?, 0.0),
            _ => (input_token?, output_token?),
        };
        let tokens = self.input as f64 * input + self.output as f64 * output;
        Usd::from_f64(tokens + request.unwrap_or_default())
    }
}

/// The most that one billed probe of the deployment costs; `None` without a price.
#[must_use]
pub fn worst_case(listed: &Listed, config: &Probes) -> Option<Usd> {
    Tokens::at_most(listed.mode, config).cost(listed.mode, &listed.prices)
}

/// What a probe used: what the provider told, else the most that it can have been.
pub(super) fn usage(listed: &Listed, config: &Probes, told: Option<Tokens>) -> ProbeUsage {
    let cost = |tokens: Tokens| Some((tokens, tokens.cost(listed.mode, &listed.prices)?));
    let most = Tokens::at_most(listed.mode, config);
    let told = told.filter(|told| told.input.max(told.output) <= MOST_TOKENS);
    let (tokens, cost) = told.and_then(cost).or_else(|| cost(most)).unwrap_or((told.unwrap_or(most), Usd::ZERO));
    ProbeUsage { tokens: tokens.input.saturating_add(tokens.output), cost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OwnModel;
    use crate::discovery::own;

    #[test]
    fn a_provider_that_tells_of_a_fortune_is_not_believed() {
        let prices = Prices { input_token: Some(1e-6), output_token: Some(1e-5), request: None };
        let model = OwnModel { model: "m".into(), mode: Some(Mode::Chat), prices, ..OwnModel::default() };
        let (listed, config) = (&own(&[model])[0], Probes::default());
        let used = |output| usage(listed, &config, Some(Tokens { input: 10, output })).cost;
        assert_eq!(Some(used(2_000)), Usd::from_f64(0.020_01), "more than it was allowed");
        assert_eq!(Some(used(1_000_000_000_000)), worst_case(listed, &config));
    }
}

//! What billed probes cost.

use crate::config::Probes;
use crate::discovery::{Listed, Mode, Prices};
use crate::event::{ProbeUsage, Usd};

/// What a prompt of ours can count at most, with all that providers write around it.
const CHAT_PROMPT: u64 = 128;
const EMBEDDING_PROMPT: u64 = 16;
const RERANK_PROMPT: u64 = 64;

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
    // A number of tokens that no money can buy was not meant.
    let (tokens, cost) = told.and_then(cost).or_else(|| cost(most)).unwrap_or((told.unwrap_or(most), Usd::ZERO));
    ProbeUsage { tokens: tokens.input.saturating_add(tokens.output), cost }
}

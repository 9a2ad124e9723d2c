//! Tokens, split so that the parts add up to the total.

/// The tokens of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// What went in.
    pub input: InputTokens,
    /// What came out.
    pub output: OutputTokens,
}

impl Usage {
    /// All tokens, in and out.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.input.total().saturating_add(self.output.total())
    }
}

/// Input tokens by kind. The kinds are disjoint: their sum is the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct InputTokens {
    /// Text that no cache knew.
    pub uncached: u64,
    /// Read from the provider's prompt cache.
    pub cache_read: u64,
    /// Written to the provider's prompt cache.
    pub cache_write: u64,
    /// Sound.
    pub audio: u64,
    /// Images, video and whatever comes next.
    pub other: u64,
}

/// Output tokens by kind. The kinds are disjoint: their sum is the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct OutputTokens {
    /// The visible answer.
    pub text: u64,
    /// The model's own thinking, paid for and not shown.
    pub reasoning: u64,
    /// Sound.
    pub audio: u64,
    /// Images, video and whatever comes next.
    pub other: u64,
}

impl InputTokens {
    /// How many kinds there are.
    pub const KINDS: usize = 5;

    /// Splits `total` into its kinds. Parts that together exceed the total (gateways round, and count audio as text)
    /// are cut in the order written, so that the sum is the total whatever a gateway sends.
    #[must_use]
    pub fn split(total: u64, cache_read: u64, cache_write: u64, audio: u64, other: u64) -> Self {
        let mut left = total;
        let mut take = |wanted| take_from(&mut left, wanted);
        let (cache_read, cache_write, audio, other) = (take(cache_read), take(cache_write), take(audio), take(other));
        Self { uncached: left, cache_read, cache_write, audio, other }
    }

    /// Each kind by its label value, in a fixed order.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u64); Self::KINDS] {
        let Self { uncached, cache_read, cache_write, audio, other } = *self;
        [
            ("uncached", uncached),
            ("cache_read", cache_read),
            ("cache_write", cache_write),
            ("audio", audio),
            ("other", other),
        ]
    }

    /// All input tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_kind().iter().fold(0, |sum, (_, count)| u64::saturating_add(sum, *count))
    }

    /// Adds another attempt's tokens.
    pub fn add(&mut self, more: &Self) {
        let Self { uncached, cache_read, cache_write, audio, other } = self;
        *uncached = uncached.saturating_add(more.uncached);
        *cache_read = cache_read.saturating_add(more.cache_read);
        *cache_write = cache_write.saturating_add(more.cache_write);
        *audio = audio.saturating_add(more.audio);
        *other = other.saturating_add(more.other);
    }
}

impl OutputTokens {
    /// How many kinds there are.
    pub const KINDS: usize = 4;

    /// Splits `total` into its kinds, as [`InputTokens::split`] does.
    #[must_use]
    pub fn split(total: u64, reasoning: u64, audio: u64, other: u64) -> Self {
        let mut left = total;
        let mut take = |wanted| take_from(&mut left, wanted);
        let (reasoning, audio, other) = (take(reasoning), take(audio), take(other));
        Self { text: left, reasoning, audio, other }
    }

    /// Each kind by its label value, in a fixed order.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u64); Self::KINDS] {
        let Self { text, reasoning, audio, other } = *self;
        [("text", text), ("reasoning", reasoning), ("audio", audio), ("other", other)]
    }

    /// All output tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_kind().iter().fold(0, |sum, (_, count)| u64::saturating_add(sum, *count))
    }

    /// Adds another attempt's tokens.
    pub fn add(&mut self, more: &Self) {
        let Self { text, reasoning, audio, other } = self;
        *text = text.saturating_add(more.text);
        *reasoning = reasoning.saturating_add(more.reasoning);
        *audio = audio.saturating_add(more.audio);
        *other = other.saturating_add(more.other);
    }
}

/// Takes up to `wanted` from what is left.
fn take_from(left: &mut u64, wanted: u64) -> u64 {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_always_add_up_to_the_total(total: u32, parts: [u32; 4]) {
            let [a, b, c, d] = parts.map(u64::from);
            prop_assert_eq!(InputTokens::split(total.into(), a, b, c, d).total(), u64::from(total));
            prop_assert_eq!(OutputTokens::split(total.into(), a, b, c).total(), u64::from(total));
        }
    }
}

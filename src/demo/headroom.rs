//! What a provider still allows in the minute that it is.

use serde::Serialize;

use super::fleet::Allowance;
use crate::event::Timestamp;

const MINUTE_MICROS: i64 = 60_000_000;

/// What was used of an allowance in one minute.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meter {
    minute: i64,
    requests: u64,
    tokens: u64,
}

/// The provider's headers, under LiteLLM's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Headroom {
    x_ratelimit_limit_requests: u64,
    x_ratelimit_remaining_requests: u64,
    x_ratelimit_limit_tokens: u64,
    x_ratelimit_remaining_tokens: u64,
}

impl Meter {
    /// Takes an answer of so many tokens from `allowance`, and tells what is left.
    pub(super) fn take(&mut self, allowance: Allowance, tokens: u64, now: Timestamp) -> Headroom {
        let minute = now.as_micros().div_euclid(MINUTE_MICROS);
        if minute != self.minute {
            *self = Self { minute, ..Self::default() };
        }
        self.requests = self.requests.saturating_add(1);
        self.tokens = self.tokens.saturating_add(tokens);
        Headroom {
            x_ratelimit_limit_requests: allowance.requests,
            x_ratelimit_remaining_requests: allowance.requests.saturating_sub(self.requests),
            x_ratelimit_limit_tokens: allowance.tokens,
            x_ratelimit_remaining_tokens: allowance.tokens.saturating_sub(self.tokens),
        }
    }
}

impl Headroom {
    /// What a provider says that has had enough: its limit and hardly anything left, or nothing of whom it turns away.
    pub(super) fn exhausted(allowance: Allowance, left: f64) -> Self {
        let of = |limit: u64| super::dice::whole(limit as f64 * left);
        Self {
            x_ratelimit_limit_requests: allowance.requests,
            x_ratelimit_remaining_requests: of(allowance.requests),
            x_ratelimit_limit_tokens: allowance.tokens,
            x_ratelimit_remaining_tokens: of(allowance.tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_shrinks_with_use_and_is_back_in_the_next_minute() {
        let allowance = Allowance { requests: 2, tokens: 100 };
        let (mut meter, start) = (Meter::default(), Timestamp::from_micros(MINUTE_MICROS));
        let mut left = |tokens, seconds: i64| {
            let headroom =
                meter.take(allowance, tokens, Timestamp::from_micros(start.as_micros() + seconds * 1_000_000));
            (headroom.x_ratelimit_remaining_requests, headroom.x_ratelimit_remaining_tokens)
        };
        assert_eq!(left(30, 0), (1, 70));
        assert_eq!(left(90, 59), (0, 0));
        assert_eq!(left(10, 60), (1, 90));
    }
}

//! What unit tests of the scheduler arrange.

use crate::discovery::{Listed, Mode, Prices, ProbeChoice};

/// A deployment that can be probed.
pub(crate) fn listed() -> Listed {
    Listed {
        id: "d".into(),
        model: "m".into(),
        provider: "openai".into(),
        upstream_model: "openai/m".into(),
        api_base: None,
        api_version: None,
        api_key: None,
        mode: Some(Mode::Chat),
        prices: Prices::default(),
        probe: ProbeChoice::AsConfigured,
    }
}

//! An entry of the list `models`.

use std::fmt;

use super::Secret;
use crate::discovery::{Mode, Prices, ProbeChoice};
use crate::redact::redact_url;

/// A deployment as the operator describes it, or what the gateway does not tell of some. A field that is given must be the same for a
/// deployment of the gateway to be meant.
#[derive(Clone, PartialEq, Default)]
pub struct OwnModel {
    /// The public name.
    pub model: String,
    /// The gateway's id for the deployment.
    pub deployment: Option<String>,
    /// Who runs it; the beginning of `upstream_model` where that is not given.
    pub provider: Option<String>,
    /// The provider's name for the model, as LiteLLM writes it: `azure/gpt-4o`.
    pub upstream_model: Option<String>,
    /// Where it is reached. May hold a secret.
    pub api_base: Option<String>,
    /// The version of the API.
    pub api_version: Option<String>,
    /// The deployment's key at the provider.
    pub api_key: Option<Secret>,
    /// What it is for.
    pub mode: Option<Mode>,
    /// What it charges, over what the gateway says.
    pub prices: Prices,
    /// How it is probed.
    pub probe: ProbeChoice,
}

impl fmt::Debug for OwnModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, deployment, provider, upstream_model, api_base, api_version, api_key, mode, prices, probe } =
            self;
        f.debug_struct("OwnModel")
            .field("model", model)
            .field("deployment", deployment)
            .field("provider", provider)
            .field("upstream_model", upstream_model)
            .field("api_base", &api_base.as_deref().map(redact_url))
            .field("api_version", api_version)
            .field("api_key", api_key)
            .field("mode", mode)
            .field("prices", prices)
            .field("probe", probe)
            .finish()
    }
}

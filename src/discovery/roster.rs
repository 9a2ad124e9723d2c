//! Every deployment that is listed anywhere, with what is needed to probe it.

use std::fmt;

use crate::config::Secret;
use crate::redact::redact_url;

/// Every deployment that is listed anywhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roster {
    /// The deployments; no two have the same id.
    pub deployments: Vec<Listed>,
}

/// One deployment as it is listed.
#[derive(Clone, PartialEq)]
pub struct Listed {
    /// The gateway's id for it, or one made of its name and address where nobody told one.
    pub id: String,
    /// The public name.
    pub model: String,
    /// Who runs it, in LiteLLM's words: `openai`, `azure`, `anthropic`.
    pub provider: String,
    /// The provider's name for the model, as LiteLLM writes it: `openai/gpt-4o`.
    pub upstream_model: String,
    /// Where it is reached, where that is not the provider's own address. May hold secrets.
    pub api_base: Option<String>,
    /// The version of the API, where the provider wants one (Azure).
    pub api_version: Option<String>,
    /// The deployment's key at the provider.
    pub api_key: Option<Secret>,
    /// What it is for; `None` where nobody says.
    pub mode: Option<Mode>,
    /// What it costs.
    pub prices: Prices,
    /// How the operator wants it to be probed.
    pub probe: ProbeChoice,
}

impl Listed {
    /// Whether it stands for many models (`openai/*`): listed, and never probed.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.model.contains('*') || self.upstream_model.contains('*')
    }

    /// Whether it has an address of its own that nobody told. It is listed as not to be probed then: whoever answers at the provider's
    /// own address is somebody else.
    pub(super) fn is_address_unknown(&self) -> bool {
        self.api_base.is_none() && self.probe == ProbeChoice::Off
    }

    /// The provider's own name for the model: `gpt-4o` where LiteLLM writes `openai/gpt-4o`. What else stands before a slash belongs
    /// to the name.
    #[must_use]
    pub fn provider_model(&self) -> &str {
        match self.upstream_model.split_once('/') {
            Some((prefix, name)) if prefix == self.provider => name,
            _ => &self.upstream_model,
        }
    }
}

// Not derived: an address may hold a password.
impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, model, provider, upstream_model, api_base, api_version, api_key, mode, prices, probe } = self;
        f.debug_struct("Listed")
            .field("id", id)
            .field("model", model)
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

/// What a model is for: LiteLLM's `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Chat completions.
    Chat,
    /// Text completions.
    Completion,
    /// OpenAI's responses.
    Responses,
    /// Embeddings.
    Embedding,
    /// Rankings.
    Rerank,
    /// Images, sound, video, realtime, batches, moderation and whatever comes next: no billed probe is made for these.
    Other,
}

impl Mode {
    /// Reads LiteLLM's word for it.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "chat" => Self::Chat,
            "completion" => Self::Completion,
            "responses" => Self::Responses,
            "embedding" => Self::Embedding,
            "rerank" => Self::Rerank,
            _ => Self::Other,
        }
    }
}

/// What a deployment charges, in USD. `None` is unknown; zero is free.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Prices {
    /// For each token that goes in.
    pub input_token: Option<f64>,
    /// For each token that comes out.
    pub output_token: Option<f64>,
    /// For each request, whatever its tokens (rerank).
    pub request: Option<f64>,
}

impl Prices {
    /// These, and the `others` where one is unknown.
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            input_token: self.input_token.or(others.input_token),
            output_token: self.output_token.or(others.output_token),
            request: self.request.or(others.request),
        }
    }
}

/// How the operator wants a deployment to be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ProbeChoice {
    /// As the section `probes` says for all.
    #[default]
    AsConfigured,
    /// Not at all.
    Off,
    /// With a connection at most.
    Connect,
    /// With the provider's list of models at most.
    Models,
    /// With billed requests as well, within the budget.
    Completion,
}

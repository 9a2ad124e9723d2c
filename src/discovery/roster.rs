//! Every deployment that is listed anywhere, with what is needed to probe it.

use crate::config::Secret;

/// Every deployment that is listed anywhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roster {
    /// The deployments; no two have the same id.
    pub deployments: Vec<Listed>,
}

/// One deployment as it is listed.
#[derive(Debug, Clone, PartialEq)]
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
}

/// What a model is for: LiteLLM's `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How the operator wants a deployment to be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

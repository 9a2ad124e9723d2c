//! What the simulated gateway offers: providers, models and their deployments.
//!
//! Prices, names and sizes are like those of real ones, so that dashboards look as they will.

/// Who runs models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// OpenAI.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Azure, in two regions.
    Azure,
    /// Amazon Bedrock.
    Bedrock,
    /// A server of the operator's own.
    Vllm,
}

/// One public model.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// In USD a million tokens; `None` where nobody has set any.
    pub(super) prices: Option<Prices>,
    /// Seconds until the first token, in the median.
    pub(super) first_token: f64,
    /// Seconds a token, in the median.
    pub(super) per_token: f64,
    /// Tokens of a prompt, in the median.
    pub(super) prompt: f64,
    /// Tokens of an answer without its thoughts, in the median.
    pub(super) answer: f64,
    /// Which models stand in for it, in this order.
    pub(super) fallbacks: &'static [&'static str],
    pub(super) deployments: &'static [Deployment],
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Chat,
    /// It thinks before it answers.
    Reasoning,
    Embedding,
}

/// USD a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prices {
    pub(super) input: f64,
    pub(super) output: f64,
    /// Of a prompt's beginning that the provider remembered.
    pub(super) cache_read: f64,
    /// Of one that it is to remember; `None` where that costs as much as any other.
    pub(super) cache_write: Option<f64>,
}

/// One upstream of a model.
#[derive(Debug, PartialEq)]
pub(super) struct Deployment {
    pub(super) id: &'static str,
    pub(super) provider: Provider,
    /// The provider's name for the model, as LiteLLM writes it.
    pub(super) upstream_model: &'static str,
    /// Where it stands under the provider's address.
    pub(super) path: &'static str,
    /// How much of the traffic it gets.
    pub(super) weight: f64,
    /// How much slower it is than the model's others.
    pub(super) slowness: f64,
    /// What the provider allows in a minute, where it says so.
    pub(super) allowance: Option<Allowance>,
}

/// Requests and tokens in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) requests: u64,
    pub(super) tokens: u64,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::OpenAi, Self::Anthropic, Self::Azure, Self::Bedrock, Self::Vllm];

    /// LiteLLM's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Azure => "azure",
            Self::Bedrock => "bedrock",
            Self::Vllm => "hosted_vllm",
        }
    }

    /// Whether it ever says that calls come too fast.
    pub(super) const fn throttles(self) -> bool {
        matches!(self, Self::OpenAi | Self::Anthropic | Self::Azure)
    }
}

impl Deployment {
    /// Where it is, at a gateway at `gateway`.
    pub(super) fn api_base(&self, gateway: &str) -> String {
        let Self { provider, path, .. } = self;
        format!("{}/providers/{}{path}", gateway.trim_end_matches('/'), provider.as_str())
    }
}

impl Model {
    /// LiteLLM's word for what it is for.
    pub(super) const fn mode(&self) -> &'static str {
        match self.kind {
            Kind::Chat | Kind::Reasoning => "chat",
            Kind::Embedding => "embedding",
        }
    }
}

/// The model of this name.
pub(super) fn model(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

const fn priced(input: f64, output: f64, cache_read: f64) -> Option<Prices> {
    Some(Prices { input, output, cache_read, cache_write: None })
}

const fn claude(input: f64, output: f64) -> Option<Prices> {
    Some(Prices { input, output, cache_read: input / 10.0, cache_write: Some(input * 1.25) })
}

const fn at(
    id: &'static str,
    provider: Provider,
    upstream_model: &'static str,
    path: &'static str,
    weight: f64,
    slowness: f64,
) -> Deployment {
    Deployment { id, provider, upstream_model, path, weight, slowness, allowance: None }
}

impl Deployment {
    const fn allowing(self, requests: u64, tokens: u64) -> Self {
        Self { allowance: Some(Allowance { requests, tokens }), ..self }
    }
}

/// All models. A model's callers are in `callers`.
pub(super) const MODELS: [Model; 8] = [
    Model {
        name: "gpt-4o",
        kind: Kind::Chat,
        prices: priced(2.5, 10.0, 1.25),
        first_token: 0.45,
        per_token: 0.011,
        prompt: 900.0,
        answer: 220.0,
        fallbacks: &["claude-sonnet-4-5"],
        deployments: &[
            at("gpt-4o-openai", Provider::OpenAi, "openai/gpt-4o", "/v1", 2.0, 1.0).allowing(500, 300_000),
            at("gpt-4o-azure-eu", Provider::Azure, "azure/gpt-4o-eu", "/eu", 2.0, 0.9).allowing(300, 200_000),
            at("gpt-4o-azure-us", Provider::Azure, "azure/gpt-4o-us", "/us", 1.0, 1.3).allowing(200, 120_000),
        ],
    },
    Model {
        name: "gpt-4o-mini",
        kind: Kind::Chat,
        prices: priced(0.15, 0.6, 0.075),
        first_token: 0.32,
        per_token: 0.007,
        prompt: 700.0,
        answer: 160.0,
        fallbacks: &["claude-haiku-4-5"],
        deployments: &[
            at("gpt-4o-mini-openai", Provider::OpenAi, "openai/gpt-4o-mini", "/v1", 3.0, 1.0).allowing(800, 600_000),
            at("gpt-4o-mini-azure-eu", Provider::Azure, "azure/gpt-4o-mini-eu", "/eu", 1.0, 1.1).allowing(300, 200_000),
        ],
    },
    Model {
        name: "o4-mini",
        kind: Kind::Reasoning,
        prices: priced(1.1, 4.4, 0.275),
        first_token: 1.2,
        per_token: 0.009,
        prompt: 1_100.0,
        answer: 320.0,
        fallbacks: &["gpt-4o"],
        deployments: &[at("o4-mini-openai", Provider::OpenAi, "openai/o4-mini", "/v1", 1.0, 1.0).allowing(200, 200_000)],
    },
    Model {
        name: "claude-sonnet-4-5",
        kind: Kind::Chat,
        prices: claude(3.0, 15.0),
        first_token: 0.8,
        per_token: 0.014,
        prompt: 1_400.0,
        answer: 260.0,
        fallbacks: &["gpt-4o"],
        deployments: &[
            at("sonnet-anthropic", Provider::Anthropic, "anthropic/claude-sonnet-4-5", "", 3.0, 1.0)
                .allowing(300, 400_000),
            at("sonnet-bedrock", Provider::Bedrock, "bedrock/anthropic.claude-sonnet-4-5", "/eu-central-1", 2.0, 1.2),
        ],
    },
    Model {
        name: "claude-haiku-4-5",
        kind: Kind::Chat,
        prices: claude(1.0, 5.0),
        first_token: 0.5,
        per_token: 0.007,
        prompt: 1_000.0,
        answer: 180.0,
        fallbacks: &["gpt-4o-mini"],
        deployments: &[
            at("haiku-anthropic", Provider::Anthropic, "anthropic/claude-haiku-4-5", "", 2.0, 1.0)
                .allowing(400, 400_000),
            at("haiku-bedrock", Provider::Bedrock, "bedrock/anthropic.claude-haiku-4-5", "/eu-central-1", 1.0, 1.15),
        ],
    },
    Model {
        name: "llama-3.3-70b",
        kind: Kind::Chat,
        prices: priced(0.6, 0.6, 0.6),
        first_token: 0.28,
        per_token: 0.021,
        prompt: 1_200.0,
        answer: 200.0,
        fallbacks: &["gpt-4o-mini"],
        deployments: &[
            at("llama-gpu-1", Provider::Vllm, "hosted_vllm/llama-3.3-70b", "/gpu-1/v1", 1.0, 1.0),
            at("llama-gpu-2", Provider::Vllm, "hosted_vllm/llama-3.3-70b", "/gpu-2/v1", 1.0, 1.05),
        ],
    },
    Model {
        name: "qwen3-32b",
        kind: Kind::Chat,
        // Nobody has set any, so that what it costs is not known.
        prices: None,
        first_token: 0.22,
        per_token: 0.013,
        prompt: 800.0,
        answer: 150.0,
        fallbacks: &[],
        deployments: &[at("qwen-gpu-3", Provider::Vllm, "hosted_vllm/qwen3-32b", "/gpu-3/v1", 1.0, 1.0)],
    },
    Model {
        name: "text-embedding-3-small",
        kind: Kind::Embedding,
        prices: priced(0.02, 0.0, 0.02),
        first_token: 0.12,
        per_token: 0.0,
        prompt: 420.0,
        answer: 0.0,
        fallbacks: &[],
        deployments: &[
            at("embedding-openai", Provider::OpenAi, "openai/text-embedding-3-small", "/v1", 2.0, 1.0)
                .allowing(1_000, 1_000_000),
            at("embedding-azure-eu", Provider::Azure, "azure/text-embedding-3-small", "/eu", 1.0, 1.2)
                .allowing(500, 350_000),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_fallbacks_are_models() {
        let mut ids = HashSet::new();
        for model in &MODELS {
            assert!(model.deployments.iter().all(|deployment| ids.insert(deployment.id)), "{}", model.name);
            for name in model.fallbacks {
                assert!(super::model(name).is_some_and(|other| other.name != model.name), "{name}");
            }
        }
    }

    #[test]
    fn every_provider_has_deployments() {
        let used: HashSet<Provider> =
            MODELS.iter().flat_map(|model| model.deployments).map(|deployment| deployment.provider).collect();
        assert_eq!(used.len(), Provider::ALL.len());
    }
}

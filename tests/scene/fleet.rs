//! The deployments that the gateway lists, and the stand-ins for those who run them.

use serde_json::{Value, json};

use super::support::provider::{Behaviour, Provider};

/// The key that each deployment has at its provider.
pub(crate) const KEY: &str = "plain-word-key-0815";

/// Where a request can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// The public name that callers use.
    pub(crate) model: &'static str,
    /// The gateway's id for it.
    pub(crate) id: &'static str,
    /// Who runs it.
    pub(crate) provider: &'static str,
}

/// Two providers: one runs two deployments of three, the other all the rest. Both can serve `chat`, and only the first `small`.
pub(crate) const FLEET: [Deployment; 7] = [
    Deployment { model: "chat", id: "chat-mistral", provider: "mistral" },
    Deployment { model: "chat", id: "chat-openai", provider: "openai" },
    Deployment { model: "small", id: "small-mistral", provider: "mistral" },
    Deployment { model: "reason", id: "reason-openai", provider: "openai" },
    Deployment { model: "embed", id: "embed-openai", provider: "openai" },
    // Those with a fault of their own.
    Deployment { model: FLAKY, id: "flaky-openai", provider: "openai" },
    Deployment { model: THROTTLED, id: "throttled-openai", provider: "openai" },
];

/// The model of which some requests fail while that fault is on.
pub(crate) const FLAKY: &str = "flaky";

/// The model whose provider says that little is left of the rate limit while that fault is on.
pub(crate) const THROTTLED: &str = "throttled";

/// Who can be made to fail.
pub(crate) const PROVIDERS: [&str; 2] = ["mistral", "openai"];

/// The stand-ins, in the order of [`PROVIDERS`].
#[derive(Debug)]
pub(crate) struct Fleet {
    providers: [Provider; PROVIDERS.len()],
    fails: [bool; PROVIDERS.len()],
}

impl Fleet {
    /// Starts them, all well.
    pub(crate) fn start() -> Self {
        Self { providers: PROVIDERS.map(|_| Provider::start()), fails: PROVIDERS.map(|_| false) }
    }

    /// Answers everything with 500 from now on.
    pub(crate) fn fail(&mut self, provider: &str) {
        self.set(provider, true);
    }

    /// Answers as it should from now on.
    pub(crate) fn heal(&mut self, provider: &str) {
        self.set(provider, false);
    }

    /// Whether whoever runs the deployment answers with 500.
    pub(crate) fn fails(&self, deployment: &Deployment) -> bool {
        self.fails[index(deployment.provider)]
    }

    /// What the gateway answers to `GET /model/info`.
    pub(crate) fn listing(&self) -> String {
        json!({"data": FLEET.iter().map(|deployment| self.listed(deployment)).collect::<Vec<_>>()}).to_string()
    }

    fn listed(&self, deployment: &Deployment) -> Value {
        let Deployment { model, id, provider } = deployment;
        json!({
            "model_name": model,
            "litellm_params": {
                "model": format!("{provider}/{model}-large"),
                "api_base": self.providers[index(provider)].api_base(),
            },
            "model_info": {
                "id": id, "mode": "chat", "input_cost_per_token": 1.5e-7, "output_cost_per_token": 6e-7,
            },
        })
    }

    fn set(&mut self, provider: &str, fails: bool) {
        let index = index(provider);
        self.fails[index] = fails;
        self.providers[index].behave(if fails { Behaviour::Status(500) } else { Behaviour::Healthy });
    }
}

fn index(provider: &str) -> usize {
    PROVIDERS.iter().position(|name| *name == provider).expect("a provider of the fleet")
}

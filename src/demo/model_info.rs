//! The simulated gateway's answer to `GET /model/info`.

use serde::Serialize;

use super::fleet::{Deployment, MODELS, Model, Prices};

#[derive(Debug, Serialize)]
pub(super) struct ModelInfo {
    data: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    model_name: &'static str,
    litellm_params: Params,
    model_info: Info,
}

#[derive(Debug, Serialize)]
struct Params {
    model: &'static str,
    api_base: String,
    custom_llm_provider: &'static str,
}

#[derive(Debug, Serialize)]
struct Info {
    id: &'static str,
    mode: &'static str,
    litellm_provider: &'static str,
    input_cost_per_token: Option<f64>,
    output_cost_per_token: Option<f64>,
    cache_read_input_token_cost: Option<f64>,
}

impl ModelInfo {
    /// All deployments of a gateway at `gateway`.
    pub(super) fn of(gateway: &str) -> Self {
        let of = |model: &'static Model| model.deployments.iter().map(move |it| Entry::new(model, it, gateway));
        Self { data: MODELS.iter().flat_map(of).collect() }
    }
}

impl Entry {
    fn new(model: &'static Model, deployment: &'static Deployment, gateway: &str) -> Self {
        let price = |of: fn(Prices) -> f64| model.prices.map(|prices| of(prices) / 1e6);
        Self {
            model_name: model.name,
            litellm_params: Params {
                model: deployment.upstream_model,
                api_base: deployment.api_base(gateway),
                custom_llm_provider: deployment.provider.as_str(),
            },
            model_info: Info {
                id: deployment.id,
                mode: model.mode(),
                litellm_provider: deployment.provider.as_str(),
                input_cost_per_token: price(|prices| prices.input),
                output_cost_per_token: price(|prices| prices.output),
                cache_read_input_token_cost: price(|prices| prices.cache_read),
            },
        }
    }
}

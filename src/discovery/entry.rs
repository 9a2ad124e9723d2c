//! One entry of LiteLLM's list of models, which looks the same in its answers and in its configuration file.

use serde::Deserialize;
use serde_json::Value;

use super::identity::Identity;
use super::list::Unfit;
use super::references::{References, text};
use super::{Listed, Mode, Prices, ProbeChoice, providers};
use crate::config::Secret;

/// An entry as it is written. Each value may be anything, so that a strange one costs only itself. No
/// `Debug`: it holds keys.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    model_name: Value,
    litellm_params: Params,
    #[serde(default)]
    model_info: Option<Info>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Params {
    model: Value,
    api_base: Value,
    /// Another name for `api_base`.
    base_url: Value,
    api_key: Value,
    api_version: Value,
    custom_llm_provider: Value,
    /// Parameters that are kept elsewhere.
    litellm_credential_name: Value,
    input_cost_per_token: Value,
    output_cost_per_token: Value,
    input_cost_per_query: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    id: Value,
    mode: Value,
    litellm_provider: Value,
    team_id: Value,
    team_public_model_name: Value,
    input_cost_per_token: Value,
    output_cost_per_token: Value,
    input_cost_per_query: Value,
}

impl Entry {
    /// The deployment that the entry tells of.
    pub(super) fn listed(&self, references: &mut References<'_>) -> Result<Listed, Unfit> {
        let nothing = Info::default();
        let Self { model_name, litellm_params: params, model_info } = self;
        let info = model_info.as_ref().unwrap_or(&nothing);
        let model = info.name_for_the_team(references).or_else(|| references.text(model_name));
        let model = model.ok_or(Unfit::NoModelName)?;
        let upstream_model = references.text(&params.model).ok_or(Unfit::NoModel)?;
        let (api_base, kept_in) = match params.address(references) {
            Address::OfProvider => (None, None),
            Address::Known(address) => (Some(address), None),
            Address::Unknown(kept_in) => (None, Some(kept_in)),
        };
        let explicit = references.text(&params.custom_llm_provider);
        let of_prices = references.text(&info.litellm_provider);
        let id = references.text(&info.id);
        let made_up = || Identity::new(&model, &upstream_model, api_base.as_deref().or(kept_in)).made_up_id();
        Ok(Listed {
            id: id.unwrap_or_else(made_up),
            provider: providers::of(explicit.as_deref(), &upstream_model, of_prices.as_deref()),
            api_version: references.text(&params.api_version),
            api_key: references.text(&params.api_key).map(Secret::new),
            mode: references.text(&info.mode).map(|word| Mode::parse(&word)),
            prices: params.prices(references).or(info.prices(references)),
            // To ask the provider's own address instead would be to ask somebody else, with a key that is not theirs.
            probe: if kept_in.is_some() { ProbeChoice::Off } else { ProbeChoice::AsConfigured },
            model,
            upstream_model,
            api_base,
        })
    }
}

/// Where a deployment is reached.
enum Address<'a> {
    /// At the provider's own address.
    OfProvider,
    Known(String),
    /// At one of its own, of which only is known where that is kept.
    Unknown(&'a str),
}

impl Params {
    fn address(&self, references: &mut References<'_>) -> Address<'_> {
        if let Some(written) = text(&self.api_base).or_else(|| text(&self.base_url)) {
            return references.resolve(written).map_or(Address::Unknown(written), Address::Known);
        }
        // A credential may hold an address as well.
        text(&self.litellm_credential_name).map_or(Address::OfProvider, Address::Unknown)
    }

    fn prices(&self, references: &mut References<'_>) -> Prices {
        prices(references, &self.input_cost_per_token, &self.output_cost_per_token, &self.input_cost_per_query)
    }
}

impl Info {
    /// A team's own model has a name of LiteLLM's making; this is what the team calls it.
    fn name_for_the_team(&self, references: &mut References<'_>) -> Option<String> {
        references.text(&self.team_id)?;
        references.text(&self.team_public_model_name)
    }

    fn prices(&self, references: &mut References<'_>) -> Prices {
        prices(references, &self.input_cost_per_token, &self.output_cost_per_token, &self.input_cost_per_query)
    }
}

fn prices(references: &mut References<'_>, input_token: &Value, output_token: &Value, request: &Value) -> Prices {
    Prices {
        input_token: references.price(input_token),
        output_token: references.price(output_token),
        request: references.price(request),
    }
}

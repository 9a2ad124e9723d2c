//! The gateway's own list: LiteLLM's answer to `GET /model/info`.
//!
//! How it is fetched is the business of [`dependencies`](crate::dependencies).

mod rows;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::Entry;
use super::list::{ModelList, Unfit};
use super::references::References;

/// The answer is no list of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoList {
    /// It isn't JSON.
    #[error("the gateway's answer to /model/info is not JSON, or ends too early")]
    NotJson,
    /// It is some other JSON.
    #[error("the gateway's answer to /model/info has no list of models under `data`")]
    NoData,
}

#[derive(Deserialize)]
struct Answer<'a> {
    // Not read further at once: an entry that makes no sense costs only itself, and hundreds of fields of each aren't kept.
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

/// Reads an answer. Entries that can't be read are left out and noted.
///
/// # Errors
/// When there is no list in it.
pub fn parse(body: &[u8]) -> Result<ModelList, NoList> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => NoList::NoData,
        _ => NoList::NotJson,
    })?;
    // What LiteLLM itself could not find in its environment is not in ours.
    let mut references = References::new(&|_| None);
    let listed = |entry: &&RawValue| {
        let entry: Entry = serde_json::from_str(entry.get()).map_err(|_| Unfit::NotAnEntry)?;
        entry.listed(&mut references)
    };
    let ModelList { deployments, notes } = ModelList::of(answer.data.iter().map(listed));
    Ok(ModelList { deployments: rows::united(deployments), notes })
}

#[cfg(test)]
mod tests {
    use super::super::{Listed, Mode, Prices, ProbeChoice};
    use super::*;

    fn one(entry: &str) -> Listed {
        let list = parse(format!(r#"{{"data":[{entry}]}}"#).as_bytes()).expect("a list");
        assert_eq!(list.notes, [""; 0]);
        list.deployments.into_iter().next().expect("a deployment")
    }

    #[test]
    fn every_field_is_read_whatever_its_type() {
        let listed = one(
            r#"{"model_name":"m","litellm_params":{"model":"azure/x","api_base":"https://a/","api_version":"2024-10-21",
            "custom_llm_provider":"azure"},"model_info":{"id":7,"mode":"embedding","input_cost_per_token":"1e-7",
            "output_cost_per_token":0,"input_cost_per_query":0.002,"litellm_provider":"openai"}}"#,
        );
        let expected = Listed {
            id: "7".into(),
            model: "m".into(),
            provider: "azure".into(),
            upstream_model: "azure/x".into(),
            api_base: Some("https://a/".into()),
            api_version: Some("2024-10-21".into()),
            api_key: None,
            mode: Some(Mode::Embedding),
            prices: Prices { input_token: Some(1e-7), output_token: Some(0.0), request: Some(0.002) },
            probe: ProbeChoice::AsConfigured,
        };
        assert_eq!(listed, expected);
        assert_eq!(listed.provider_model(), "x");
    }

    #[test]
    fn a_price_set_for_the_deployment_is_above_that_of_the_model() {
        let listed = one(r#"{"model_name":"m","litellm_params":{"model":"gpt-4o","input_cost_per_token":1},
            "model_info":{"id":"a","input_cost_per_token":2,"output_cost_per_token":-3}}"#);
        assert_eq!(listed.prices, Prices { input_token: Some(1.0), ..Prices::default() });
    }

    #[test]
    fn a_bad_entry_costs_only_itself() {
        let body = r#"{"data":[7,{"model_name":"a"},{"litellm_params":{"model":"x"}},{"model_name":"b","litellm_params":{}},
            {"model_name":"c","litellm_params":{"model":"x","api_base":[]},"model_info":null}]}"#;
        let list = parse(body.as_bytes()).expect("a list");
        assert_eq!(list.deployments.len(), 1);
        assert_eq!(list.deployments[0].model, "c");
        let note = "entries of the list of models are left out: 2 not an entry of a list of models, 1 without model_name, \
                    1 without litellm_params.model";
        assert_eq!(list.notes, [note]);
    }

    #[test]
    fn a_team_sees_its_own_name_for_a_model() {
        let entry = |team| {
            format!(
                r#"{{"model_name":"model_name_t_u","litellm_params":{{"model":"x"}},
                "model_info":{{"id":"a","team_id":{team},"team_public_model_name":"gpt-4"}}}}"#
            )
        };
        assert_eq!(one(&entry(r#""t""#)).model, "gpt-4");
        assert_eq!(one(&entry("null")).model, "model_name_t_u");
    }

    #[test]
    fn an_address_that_the_gateway_did_not_find_is_not_replaced_by_another() {
        let listed = one(r#"{"model_name":"m","litellm_params":{"model":"x","api_base":"os.environ/BASE"}}"#);
        assert_eq!((listed.api_base, listed.probe), (None, ProbeChoice::Off));
        let kept = one(r#"{"model_name":"m","litellm_params":{"model":"x","litellm_credential_name":"shared"}}"#);
        assert_eq!((kept.api_base, kept.probe), (None, ProbeChoice::Off), "it may be among the credentials");
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for body in ["", "<html>", r#"{"data":["#, r#"{"data":[{}]} x"#] {
            assert_eq!(parse(body.as_bytes()), Err(NoList::NotJson), "{body}");
        }
        for body in ["{}", "[]", r#"{"data":7}"#, r#"{"error":{"message":"no"}}"#] {
            assert_eq!(parse(body.as_bytes()), Err(NoList::NoData), "{body}");
        }
        assert_eq!(parse(br#"{"data":[]}"#), Ok(ModelList::default()), "no models are a list too");
    }
}

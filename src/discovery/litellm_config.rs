//! LiteLLM's own configuration file: its `model_list`, with what it refers to.
//!
//! Read are `model_list`, `credential_list` and `include`. Everything else says how the gateway behaves, not which deployments it has:
//! also `model_group_alias`, which only gives a model a second name, and `environment_variables`, which LiteLLM sets too late for its
//! own list of models (seen live with version 1.109.1).

mod contents;
mod yaml;

use std::path::{Path, PathBuf};

use contents::Contents;

use super::list::ModelList;

/// The file can't be read as one of LiteLLM's.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// It, or a file that it includes, can't be read.
    #[error("LiteLLM's configuration {}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML, or no configuration.
    #[error("LiteLLM's configuration {}: {reason}", path.display())]
    NotAConfiguration {
        /// The file.
        path: PathBuf,
        /// Why, without values of the file.
        reason: String,
    },
}

/// Reads the deployments that a configuration file lists. `env` tells the value of a variable. What it does not tell is absent and
/// noted.
///
/// # Errors
/// When the file, or one that it includes, can't be read. Half a list would say that the other half is gone.
pub fn read(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<ModelList, ConfigFileError> {
    let mut contents = Contents::default();
    contents.add(path)?;
    Ok(contents.list(env))
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, ProbeChoice};
    use super::*;
    use crate::config::Secret;

    fn env(name: &str) -> Option<String> {
        match name {
            "KEY" => Some("sk-from-env".into()),
            "BASE" => Some("https://azure.example".into()),
            _ => None,
        }
    }

    fn read_text(text: &str) -> Result<ModelList, String> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("a write");
        let name = file.path().display().to_string();
        read(file.path(), &env).map_err(|error| error.to_string().replace(&name, "FILE"))
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let list = read_text(
            "
            shared: &azure {api_key: os.environ/KEY, api_base: os.environ/BASE, api_version: '2024-10-21'}
            other: &other {api_version: never, custom_llm_provider: azure}
            model_list:
              - model_name: one
                litellm_params: {<<: *azure, model: azure/one, api_base: https://own.example}
              - &two
                model_name: two
                litellm_params: {<<: [*azure, *other], model: two}
                model_info: {mode: embedding, id: 12}
            ",
        )
        .expect("a list");
        let [one, two] = &list.deployments[..] else { panic!("two deployments: {list:?}") };
        assert_eq!(one.api_base.as_deref(), Some("https://own.example"), "what stands beside a merge is above it");
        assert_eq!(one.api_key, Some(Secret::new("sk-from-env")));
        assert_eq!(two.api_version.as_deref(), Some("2024-10-21"), "the first of several is above the others");
        assert_eq!((two.provider.as_str(), two.id.as_str(), two.mode), ("azure", "12", Some(Mode::Embedding)));
        assert_eq!(two.api_base.as_deref(), Some("https://azure.example"));
    }

    #[test]
    fn a_variable_that_is_not_set_is_noted_once_and_its_value_absent() {
        let list = read_text(
            "
            model_list:
              - {model_name: a, litellm_params: {model: openai/a, api_key: os.environ/GONE}}
              - {model_name: b, litellm_params: {model: openai/b, api_key: os.environ/GONE, api_base: os.environ/NOWHERE}}
              - {model_name: c, litellm_params: {model: os.environ/NO_MODEL}}
            ",
        )
        .expect("a list");
        assert!(list.deployments.iter().all(|listed| listed.api_key.is_none()), "{list:?}");
        let probes: Vec<_> = list.deployments.iter().map(|listed| listed.probe).collect();
        assert_eq!(probes, [ProbeChoice::AsConfigured, ProbeChoice::Off], "an address that can't be told is not asked");
        let notes = [
            "entries of the list of models are left out: 1 without litellm_params.model",
            "not set in the exporter's environment, where the list of models refers to it: GONE, NOWHERE, NO_MODEL",
        ];
        assert_eq!(list.notes, notes);
    }

    #[test]
    fn credentials_of_the_file_are_used() {
        let list = read_text(
            "
            credential_list:
              - {credential_name: shared, credential_values: {api_key: os.environ/KEY, api_base: https://shared.example}}
            model_list:
              - {model_name: a, litellm_params: {model: openai/a, litellm_credential_name: shared}}
              - {model_name: b, litellm_params: {model: openai/b, litellm_credential_name: shared, api_key: sk-own}}
            ",
        )
        .expect("a list");
        let keys: Vec<_> = list.deployments.iter().map(|listed| listed.api_key.clone()).collect();
        assert_eq!(keys, [Some(Secret::new("sk-from-env")), Some(Secret::new("sk-own"))]);
        assert!(list.deployments.iter().all(|listed| listed.api_base.as_deref() == Some("https://shared.example")));
    }

    #[test]
    fn a_file_without_models_has_an_empty_list() {
        assert_eq!(read_text("general_settings: {master_key: x}"), Ok(ModelList::default()));
        assert_eq!(read_text("model_list:"), Ok(ModelList::default()));
        assert_eq!(read_text(""), Ok(ModelList::default()));
    }

    #[test]
    fn what_is_no_configuration_is_refused_without_repeating_it() {
        let refused = |text: &str| read_text(text).expect_err("no configuration");
        let says = |reason: &str| format!("LiteLLM's configuration FILE: {reason}");
        assert_eq!(refused("sk-secret"), says("holds no keys with values"));
        assert_eq!(
            refused("a: {"),
            says(
                "is not valid YAML: while parsing a node, did not find expected node content at byte 4 line 2 column 1"
            )
        );
        assert_eq!(refused("sk-secret: 1\nsk-secret: 2"), says("has a key twice at byte 24 line 2 column 12"));
        assert_eq!(refused("a: {{ sk-secret }}"), says("has a list or a map for a key"));
        assert_eq!(refused("model_list: {a: b}"), says("its model_list is not a list"));
        assert_eq!(refused("a: 1\n---\nb: 2"), says("holds more than one document"));
    }
}

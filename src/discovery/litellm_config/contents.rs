//! A configuration file together with those that it includes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::super::entry::Entry;
use super::super::list::{ModelList, Unfit};
use super::super::references::References;
use super::{ConfigFileError, yaml};

/// What of all files together matters here.
#[derive(Default)]
pub(super) struct Contents {
    files: BTreeSet<PathBuf>,
    models: Vec<Value>,
    credentials: Vec<Value>,
}

impl Contents {
    /// Adds a file and those that it includes. One that is there already is not read again: two may include each other.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), ConfigFileError> {
        let unreadable = |source| ConfigFileError::Unreadable { path: path.to_owned(), source };
        if !self.files.insert(path.canonicalize().map_err(unreadable)?) {
            return Ok(());
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let refused = |reason| ConfigFileError::NotAConfiguration { path: path.to_owned(), reason };
        let mut file = yaml::read(&text).map_err(refused)?;
        self.models.extend(list(&mut file, "model_list").map_err(refused)?);
        self.credentials.extend(list(&mut file, "credential_list").map_err(refused)?);
        let included = list(&mut file, "include").map_err(refused)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        included.iter().filter_map(Value::as_str).try_for_each(|name| self.add(&folder.join(name)))
    }

    /// The deployments.
    pub(super) fn list(self, env: &dyn Fn(&str) -> Option<String>) -> ModelList {
        let Self { files: _, models, credentials } = self;
        let mut references = References::new(env);
        let listed = |mut entry: Value| {
            take_credential(&mut entry, &credentials);
            let entry: Entry = serde_json::from_value(entry).map_err(|_| Unfit::NotAnEntry)?;
            entry.listed(&mut references)
        };
        let mut list = ModelList::of(models.into_iter().map(listed));
        if !references.missing.is_empty() {
            let names: Vec<_> = references.missing.into_iter().collect();
            let not_set = "not set in the exporter's environment, where the list of models refers to it";
            list.notes.push(format!("{not_set}: {}", names.join(", ")));
        }
        list
    }
}

/// Takes the list under a key; none is an empty one.
fn list(file: &mut Map<String, Value>, key: &str) -> Result<Vec<Value>, String> {
    match file.remove(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("its {key} is not a list")),
    }
}

/// Adds what a named credential says to the parameters of an entry that don't say it themselves.
fn take_credential(entry: &mut Value, credentials: &[Value]) {
    const NAME: &str = "litellm_credential_name";
    let Some(Value::Object(params)) = entry.get_mut("litellm_params") else { return };
    let Some(name) = params.get(NAME).filter(|name| name.is_string()) else { return };
    let named = credentials.iter().find(|credential| credential.get("credential_name") == Some(name));
    let Some(Value::Object(values)) = named.and_then(|credential| credential.get("credential_values")) else { return };
    params.remove(NAME);
    for (key, value) in values {
        params.entry(key).or_insert_with(|| value.clone());
    }
}

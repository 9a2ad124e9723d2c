//! The layers below the command line, each flattened to settings by key path. What they hold is
//! not looked at here, except to know where a path ends.

use std::{collections::BTreeMap, fs, path::Path};

use config::{ConfigError as ReadError, Environment, File, FileFormat, Map, Source, Value, ValueKind};

use super::{Mistake, Origin, given::Given, keys};

/// The environment variables that are ours. Two underscores, because Kubernetes sets variables
/// such as `LLM_EXPORTER_PORT` for a service of that name.
const PREFIX: &str = "LLM_EXPORTER";
const SEPARATOR: &str = "__";

/// A value that a layer gives to a path, which need not be a key's.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) path: String,
    pub(super) given: Given,
    pub(super) origin: Origin,
}

/// Reads a YAML file; the settings come sorted by path.
pub(super) fn from_file(file: &Path) -> Result<Vec<Setting>, Mistake> {
    let mistake = |reason| Mistake::File { path: file.to_owned(), reason };
    let text = fs::read_to_string(file).map_err(|error| mistake(format!("cannot be read: {error}")))?;
    let tree = match File::from_str(&text, FileFormat::Yaml).collect() {
        Ok(tree) => tree,
        Err(error) => match describe(&error) {
            Some(reason) => return Err(mistake(reason)),
            None => return Ok(Vec::new()),
        },
    };
    let mut settings = Vec::new();
    flatten("", tree, &Origin::File(file.to_owned()), &mut settings);
    Ok(settings)
}

/// Picks our variables out of an environment; the settings come sorted by path.
///
/// An empty variable is the same as none: compose files and charts pass `${TOKEN:-}` on.
pub(super) fn from_env(env: impl IntoIterator<Item = (String, String)>) -> Vec<Setting> {
    // Without `try_parsing`: it would turn the token 00123 into 123.
    let tree = Environment::with_prefix(PREFIX)
        .prefix_separator(SEPARATOR)
        .separator(SEPARATOR)
        .ignore_empty(true)
        .source(Some(env.into_iter().collect()))
        .collect()
        .expect("only a value that is not Unicode fails");
    // Flat already: the paths come with their dots.
    let settings = sorted(tree).map(|(path, value)| Setting {
        origin: Origin::Environment(variable(&path)),
        given: value.into(),
        path,
    });
    settings.collect()
}

/// The variable that sets a key.
pub(super) fn variable(path: &str) -> String {
    let path = path.to_ascii_uppercase().replace('.', SEPARATOR);
    format!("{PREFIX}{SEPARATOR}{path}")
}

fn sorted(tree: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    tree.into_iter().collect::<BTreeMap<_, _>>().into_iter()
}

/// Walks down to the keys. What is under a key stays that key's value, whatever its type.
fn flatten(section: &str, tree: Map<String, Value>, origin: &Origin, into: &mut Vec<Setting>) {
    for (name, value) in sorted(tree) {
        let path = join(section, &name);
        match value.kind {
            ValueKind::Table(inner) if !inner.is_empty() && keys::find(&path).is_none() => {
                flatten(&path, inner, origin, into);
            }
            _ => into.push(Setting { path, given: value.into(), origin: origin.clone() }),
        }
    }
}

fn join(section: &str, name: &str) -> String {
    // `ingest.token: x` in one line is no key of ours: accepting it would give a key two places.
    let name = if name.contains('.') { format!("{name:?}") } else { name.to_owned() };
    if section.is_empty() {
        return name;
    }
    format!("{section}.{name}")
}

/// Says why a text gives no tree, without repeating values of it; `None` where it is just empty.
fn describe(error: &ReadError) -> Option<String> {
    let ReadError::FileParse { cause, .. } = error else {
        return Some("is not a configuration".into());
    };
    // Boxed twice, in 0.15.
    let root = cause.downcast_ref::<Box<ReadError>>().map(Box::as_ref);
    if let Some(ReadError::Type { unexpected, .. }) = root {
        // Not `unexpected` itself: it may be the text of a secret's file given by mistake.
        let is_null = unexpected.to_string() == "unit value";
        return (!is_null).then(|| "holds one value or a list, expected keys with values".into());
    }
    let cause = cause.to_string();
    if cause.starts_with("Cannot parse") {
        // Not the cause itself: it repeats what stands in the braces of `{{ TOKEN }}`.
        return Some("has a list or a map for a key; quote a value that begins with {{".into());
    }
    if let Some((_, place)) = cause.split_once(": duplicated key in mapping") {
        return Some(format!("has a key twice{place}"));
    }
    Some(format!("is not valid YAML: {cause}"))
}

//! YAML as Python's reader takes it, as far as that matters here: with `<<`, which the parser leaves to its caller.
//!
//! Read by the same parser as the exporter's own configuration. Unlike Python's it refuses a key that stands twice.

use config::{ConfigError, File, FileFormat, Source, Value, ValueKind};
use serde_json::{Map, Value as Json};

/// The key under which others are merged in.
const MERGE: &str = "<<";

/// Reads a text as keys and values, or says why it is none, without repeating values of it.
pub(super) fn read(text: &str) -> Result<Map<String, Json>, String> {
    match File::from_str(text, FileFormat::Yaml).collect() {
        Ok(tree) => Ok(merged(tree)),
        Err(error) => describe(&error).map_or_else(|| Ok(Map::new()), Err),
    }
}

fn json(value: Value) -> Json {
    match value.kind {
        ValueKind::Nil => Json::Null,
        ValueKind::Boolean(flag) => flag.into(),
        ValueKind::I64(number) => number.into(),
        ValueKind::U64(number) => number.into(),
        ValueKind::I128(number) => number.to_string().into(),
        ValueKind::U128(number) => number.to_string().into(),
        ValueKind::Float(number) => number.into(),
        ValueKind::String(text) => text.into(),
        ValueKind::Table(table) => merged(table).into(),
        ValueKind::Array(elements) => elements.into_iter().map(json).collect(),
    }
}

/// What stands in a table itself is above what is merged in, and of several the first.
fn merged(table: impl IntoIterator<Item = (String, Value)>) -> Map<String, Json> {
    let mut keys: Map<_, _> = table.into_iter().map(|(key, value)| (key, json(value))).collect();
    let sources = match keys.remove(MERGE) {
        Some(Json::Array(sources)) => sources,
        Some(source) => vec![source],
        None => Vec::new(),
    };
    for source in sources {
        let Json::Object(source) = source else { continue };
        for (key, value) in source {
            keys.entry(key).or_insert(value);
        }
    }
    keys
}

/// Says why a text gives no tree; `None` where it is just empty.
fn describe(error: &ConfigError) -> Option<String> {
    let ConfigError::FileParse { cause, .. } = error else { return Some("cannot be read as YAML".into()) };
    // Boxed twice, in 0.15.
    if let Some(ConfigError::Type { unexpected, .. }) = cause.downcast_ref::<Box<ConfigError>>().map(Box::as_ref) {
        let is_empty = unexpected.to_string() == "unit value";
        return (!is_empty).then(|| "holds no keys with values".into());
    }
    let cause = cause.to_string();
    // Some causes repeat what stands there, which may be a secret.
    let reason = if cause.starts_with("Cannot parse") {
        "has a list or a map for a key".to_owned()
    } else if cause.starts_with("Parsing ") {
        "has a number that is none".to_owned()
    } else if cause.contains("YAML documents") {
        "holds more than one document".to_owned()
    } else if let Some((_, place)) = cause.split_once(": duplicated key in mapping") {
        format!("has a key twice{place}")
    } else {
        format!("is not valid YAML: {cause}")
    };
    Some(reason)
}

//! The request bodies that a real LiteLLM 1.109.1 pushed, one file a scenario, as received.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the captured bodies.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/litellm-callback")
}

/// One captured body, by its scenario: `body("chat_success")`.
pub(crate) fn body(scenario: &str) -> Vec<u8> {
    let path = folder().join(scenario).with_extension("json");
    fs::read(&path).unwrap_or_else(|error| panic!("reading the capture {}: {error}", path.display()))
}

/// The events of one captured body.
pub(crate) fn events(scenario: &str) -> Vec<serde_json::Value> {
    serde_json::from_slice(&body(scenario)).expect("a captured body is a JSON array")
}

/// The names of all scenarios, sorted.
pub(crate) fn scenarios() -> Vec<String> {
    let files = fs::read_dir(folder()).expect("the captures are part of the repository");
    let mut names: Vec<String> = files
        .map(|file| file.expect("a readable folder").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

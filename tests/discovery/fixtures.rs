//! Deployments with speaking names, and a folder for a configuration file.

use std::fs;
use std::path::{Path, PathBuf};

use llm_exporter::config::{OwnModel, Secret};
use llm_exporter::discovery::{Listed, Mode, Prices, ProbeChoice, Roster};

/// The path of a capture of what a real LiteLLM 1.109.1 answers.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rest").join(name)
}

/// A real answer to `GET /model/info`.
pub(super) fn captured_answer() -> Vec<u8> {
    answer("model_info.json")
}

/// Another, with deployments of every kind, and the configuration file behind it.
pub(super) fn captured_kinds() -> (Vec<u8>, PathBuf) {
    (answer("model_info_kinds.json"), capture("model_info_kinds.config.yaml"))
}

fn answer(name: &str) -> Vec<u8> {
    let path = capture(name);
    fs::read(&path).unwrap_or_else(|error| panic!("reading the capture {}: {error}", path.display()))
}

/// A deployment of `model` with this id, of which nothing else is known but that it is OpenAI's `openai/MODEL`.
pub(super) fn listed(model: &str, id: &str) -> Listed {
    Listed {
        id: id.into(),
        model: model.into(),
        provider: "openai".into(),
        upstream_model: format!("openai/{model}"),
        api_base: None,
        api_version: None,
        api_key: None,
        mode: None,
        prices: Prices::default(),
        probe: ProbeChoice::AsConfigured,
    }
}

/// The same with more told of it.
pub(super) trait Told: Sized {
    fn at(self, api_base: &str) -> Self;
    fn with_key(self, key: &str) -> Self;
    fn for_(self, mode: Mode) -> Self;
    fn charging(self, input_token: f64) -> Self;
}

macro_rules! told {
    ($of:ty) => {
        impl Told for $of {
            fn at(mut self, api_base: &str) -> Self {
                self.api_base = Some(api_base.into());
                self
            }

            fn with_key(mut self, key: &str) -> Self {
                self.api_key = Some(Secret::new(key));
                self
            }

            fn for_(mut self, mode: Mode) -> Self {
                self.mode = Some(mode);
                self
            }

            fn charging(mut self, input_token: f64) -> Self {
                self.prices.input_token = Some(input_token);
                self
            }
        }
    };
}

told!(Listed);
told!(OwnModel);

/// An entry of the operator's that says nothing but the public name.
pub(super) fn own(model: &str) -> OwnModel {
    OwnModel { model: model.into(), ..OwnModel::default() }
}

/// The ids in the order of the roster.
pub(super) fn ids(roster: &Roster) -> Vec<&str> {
    roster.deployments.iter().map(|listed| listed.id.as_str()).collect()
}

/// The only deployment with this id.
pub(super) fn find<'a>(roster: &'a Roster, id: &str) -> &'a Listed {
    let mut found = roster.deployments.iter().filter(|listed| listed.id == id);
    let listed = found.next().unwrap_or_else(|| panic!("no deployment {id} in {roster:?}"));
    assert!(found.next().is_none(), "{id} stands twice in {roster:?}");
    listed
}

/// A key in plain text.
pub(super) fn key(listed: &Listed) -> Option<&str> {
    listed.api_key.as_ref().map(Secret::expose)
}

/// A folder that goes with the test, for LiteLLM's configuration.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes a file, over one of the same name.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a write");
        path
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

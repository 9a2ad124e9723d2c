//! The latest of each list, read again and again.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tracing::{info, warn};

use super::merge::Merged;
use super::{ModelList, Refreshed, SourceStatus, gateway, litellm_config, own};
use crate::config::OwnModel;
use crate::event::Timestamp;
use crate::redact::redact_message;
use crate::state::ListSource;

/// Tells the value of an environment variable.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Reads the lists and remembers the latest of each. One that can't be read leaves the list that was there before.
///
/// `F` asks the gateway for its list and gives the body of the answer, or says why there is none.
pub struct Discovery<F> {
    fetch: Option<F>,
    config_file: Option<PathBuf>,
    env: Environment,
    own: Vec<OwnModel>,
    of_gateway: Latest,
    of_config_file: Latest,
    notes: BTreeSet<String>,
}

impl<F> fmt::Debug for Discovery<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fetch, config_file, env: _, own: _, of_gateway, of_config_file, notes } = self;
        f.debug_struct("Discovery")
            .field("has_gateway", &fetch.is_some())
            .field("config_file", config_file)
            .field("of_gateway", of_gateway)
            .field("of_config_file", of_config_file)
            .field("notes", notes)
            .finish_non_exhaustive()
    }
}

impl<F, Answer> Discovery<F>
where
    F: Fn() -> Answer,
    Answer: Future<Output = Result<Vec<u8>, String>>,
{
    /// With nothing read yet. `env` is where the configuration file's `os.environ/NAME` are looked up.
    pub fn new(fetch: Option<F>, config_file: Option<PathBuf>, own: Vec<OwnModel>, env: Environment) -> Self {
        let (of_gateway, of_config_file) = Default::default();
        Self { fetch, config_file, env, own, of_gateway, of_config_file, notes: BTreeSet::new() }
    }

    /// Goes on from what was read `before`: of a list that is read from where it was, the latest holds until it is read again.
    #[must_use]
    pub fn going_on_from(mut self, before: Self, gateway: SameGateway) -> Self {
        if gateway == SameGateway::Yes && self.fetch.is_some() {
            self.of_gateway = before.of_gateway;
        }
        if self.config_file == before.config_file {
            self.of_config_file = before.of_config_file;
        }
        self.notes = before.notes;
        self
    }

    /// Reads every list again. What is new is logged once: a source that fails or recovers, and what is strange in a list.
    pub async fn refresh(&mut self) -> Refreshed {
        if let Some(fetch) = &self.fetch {
            // What the gateway tells was true at some time after it was asked, not after its answer was here.
            let asked_at = now();
            let list = match fetch().await {
                Ok(body) => elsewhere(move || gateway::parse(&body).map_err(|error| error.to_string())).await,
                Err(error) => Err(error),
            };
            self.of_gateway.note(ListSource::Gateway, list, asked_at);
        }
        if let Some(path) = &self.config_file {
            let (path, env, read_at) = (path.clone(), Arc::clone(&self.env), now());
            let read = move || litellm_config::read(&path, &*env).map_err(|error| error.to_string());
            let list = elsewhere(read).await;
            self.of_config_file.note(ListSource::ConfigFile, list, read_at);
        }
        let Merged { roster, notes } = Merged::of(self.of_gateway.list(), self.of_config_file.list(), &self.own);
        self.log_new(notes);
        Refreshed { roster, sources: self.statuses() }
    }

    fn log_new(&mut self, notes: Vec<String>) {
        let of_lists = [&self.of_gateway, &self.of_config_file].into_iter().flat_map(Latest::notes);
        let notes: BTreeSet<String> = of_lists.chain(notes).map(|note| redact_message(&note)).collect();
        for note in notes.difference(&self.notes) {
            warn!(note, "a list of models is not all that it could be");
        }
        self.notes = notes;
    }

    fn statuses(&self) -> Vec<SourceStatus> {
        let of_gateway = self.fetch.is_some().then(|| self.of_gateway.status(ListSource::Gateway));
        let of_config_file = self.config_file.is_some().then(|| self.of_config_file.status(ListSource::ConfigFile));
        let of_own = (!self.own.is_empty()).then(|| SourceStatus {
            source: ListSource::OwnModels,
            error: None,
            last_success_at: Some(now()),
            deployments: own(&self.own).len(),
        });
        [of_gateway, of_config_file, of_own].into_iter().flatten().collect()
    }
}

/// Whether a gateway is the one that was asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameGateway {
    /// It is: what it told holds until it tells otherwise.
    Yes,
    /// It is another: what the one before told says nothing of it.
    No,
}

/// The latest list of one source, and how the source fares since.
#[derive(Debug, Default)]
struct Latest {
    list: Option<(ModelList, Timestamp)>,
    error: Option<String>,
}

impl Latest {
    fn note(&mut self, source: ListSource, read: Result<ModelList, String>, at: Timestamp) {
        let source = source.as_str();
        match read {
            Ok(list) => {
                if self.error.take().is_some() {
                    info!(source, "the list of models can be read again");
                }
                self.list = Some((list, at));
            }
            Err(error) => {
                let error = redact_message(&error);
                if self.error.as_ref() != Some(&error) {
                    warn!(source, %error, "the list of models cannot be read; the last one stays");
                }
                self.error = Some(error);
            }
        }
    }

    fn list(&self) -> Option<&[super::Listed]> {
        self.list.as_ref().map(|(list, _)| list.deployments.as_slice())
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        self.list.iter().flat_map(|(list, _)| list.notes.iter().cloned())
    }

    fn status(&self, source: ListSource) -> SourceStatus {
        SourceStatus {
            source,
            error: self.error.clone(),
            last_success_at: self.list.as_ref().map(|(_, at)| *at),
            deployments: self.list().map_or(0, <[_]>::len),
        }
    }
}

/// Reads on a thread where that holds nobody up: answers are megabytes long, and a file may lie on a disk that is far away.
async fn elsewhere(read: impl FnOnce() -> Result<ModelList, String> + Send + 'static) -> Result<ModelList, String> {
    let broken = |error| Err(format!("reading the list of models broke off: {error}"));
    tokio::task::spawn_blocking(read).await.unwrap_or_else(broken)
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

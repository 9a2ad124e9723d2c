//! The configuration read again while the exporter runs: taken over as a whole, or not at all.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;
use std::{fmt, io};

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::background::{Background, BackgroundError, Prepared};
use super::expected;
use super::signals::Hangups;
use crate::config::{Config, ConfigError, LogLevel};
use crate::server::{Reloaded, Shared};

/// What a reload needs of the program around.
pub struct Surroundings {
    /// Reads the configuration again from where it was read at the start. Blocks.
    pub read: Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>,
    /// Sets which records are logged from now on.
    pub set_log_level: Box<dyn Fn(LogLevel) + Send + Sync>,
    /// Who asks for it by signal.
    pub hangups: Hangups,
}

impl Surroundings {
    /// Those of a program whose configuration is always the same. To be made within a runtime.
    ///
    /// # Errors
    /// When the operating system tells of no signals.
    pub(crate) fn constant(config: &Config) -> io::Result<Self> {
        let config = config.clone();
        Ok(Self {
            read: Arc::new(move || Ok(config.clone())),
            set_log_level: Box::new(|_| {}),
            hangups: Hangups::listen()?,
        })
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Surroundings").field("hangups", &self.hangups).finish_non_exhaustive()
    }
}

/// Why a configuration that was read is not taken over.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Mistakes(#[from] ConfigError),
    /// A mistake that shows only when it is used.
    #[error(transparent)]
    Unusable(#[from] BackgroundError),
    #[error("{}: can't change while the exporter runs, restart it", keys.join(", "))]
    NeedsRestart { keys: Vec<&'static str> },
    #[error("reading it broke off")]
    BrokenOff,
}

impl NotTaken {
    /// One for each thing that is to be done about it.
    fn reasons(&self) -> Vec<String> {
        match self {
            Self::Mistakes(error) => error.mistakes().iter().map(ToString::to_string).collect(),
            Self::Unusable(_) | Self::NeedsRestart { .. } | Self::BrokenOff => vec![self.to_string()],
        }
    }
}

/// The configuration in use, and who takes over another.
pub(super) struct Reloader {
    config: Config,
    surroundings: Surroundings,
    requests: mpsc::Receiver<oneshot::Sender<Reloaded>>,
}

impl Reloader {
    /// `config` is in use.
    pub(super) const fn new(
        config: Config,
        surroundings: Surroundings,
        requests: mpsc::Receiver<oneshot::Sender<Reloaded>>,
    ) -> Self {
        Self { config, surroundings, requests }
    }

    /// The configuration in use.
    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// Reads it again whenever that is asked for, one time after the other. May be dropped where it is no longer needed.
    pub(super) async fn run(&mut self, background: &mut Background, shared: &Shared) -> Infallible {
        loop {
            let asked_by = tokio::select! {
                () = self.surroundings.hangups.next() => None,
                Some(asked_by) = self.requests.recv() => Some(asked_by),
            };
            let reloaded = self.reload(background, shared).await;
            if let Some(asked_by) = asked_by {
                // Whoever asked may have left.
                _ = asked_by.send(reloaded);
            }
        }
    }

    async fn reload(&mut self, background: &mut Background, shared: &Shared) -> Reloaded {
        let taken = self.try_reload(background, shared).await;
        taken.map_err(|not_taken| {
            shared.own().configured().note_refusal();
            let reasons = not_taken.reasons();
            for reason in &reasons {
                tracing::error!(reason, "the configuration was not reloaded; the one in use stays");
            }
            reasons
        })
    }

    async fn try_reload(&mut self, background: &mut Background, shared: &Shared) -> Result<(), NotTaken> {
        let (read, read_at) = (Arc::clone(&self.surroundings.read), SystemTime::now().into());
        // A file may lie on a disk that is far away.
        let config = spawn_blocking(move || read()).await.map_err(|_broken| NotTaken::BrokenOff)??;
        let changed = self.config.changed_keys(&config);
        let keys: Vec<_> = changed.iter().copied().filter(|path| !Config::is_live(path)).collect();
        if !keys.is_empty() {
            return Err(NotTaken::NeedsRestart { keys });
        }
        let prepared = Prepared::new(&config, shared.own().traffic())?;
        // From here on nothing can fail.
        shared.change(config.health, config.ingest.token.clone());
        background.go_on(&config, prepared, shared, expected(&config)).await;
        (self.surroundings.set_log_level)(config.log.level);
        self.config = config;
        shared.own().configured().note_use(read_at);
        let changed = if changed.is_empty() { "nothing".to_owned() } else { changed.join(", ") };
        tracing::info!(changed, "the configuration was reloaded");
        Ok(())
    }
}

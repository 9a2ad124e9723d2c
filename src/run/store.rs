//! The store at the start: opened, read, and from then on written.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::config::Config;
use crate::keeping::{Keeper, Restored, restore};
use crate::own::StorageFacts;
use crate::sink::Sink;
use crate::state::State;
use crate::storage::{Committer, OpenError, Opened, Store, StoreError};

/// The store can't be had because another exporter has it.
#[derive(Debug, thiserror::Error)]
#[error("storage.path: {0}")]
pub struct InUse(OpenError);

/// The state as it was before, and where it is kept from now on.
pub(super) struct Loaded {
    pub(super) state: Arc<State>,
    pub(super) sink: Arc<Sink>,
    pub(super) restored: Restored,
    /// `None` where nothing is to be kept, or can be.
    kept: Option<(Store, Keeper)>,
}

/// Reads what was kept. `make` makes a state without anything in it, and its sink.
///
/// Blocks. A store that can't be used is no reason not to start, unless another exporter uses it: then both would go on from the same
/// counters.
pub(super) fn load(
    config: &Config,
    facts: &StorageFacts,
    make: impl Fn() -> (Arc<State>, Arc<Sink>),
) -> Result<Loaded, InUse> {
    let Some(folder) = &config.storage.path else { return Ok(Loaded::without_store(make())) };
    let opened = Store::open(folder, SystemTime::now().into());
    facts.note_open(&opened, SystemTime::now().into());
    match opened {
        Ok(opened) => Ok(read(opened, config.ingest.dedupe_window, facts, make)),
        Err(error @ OpenError::InUse { .. }) => Err(InUse(error)),
        Err(error) => {
            warn_of_no_store(&error);
            Ok(Loaded::without_store(make()))
        }
    }
}

/// Where some of a damaged store is in the state already and some is not, all begins anew.
fn read(opened: Opened, window: usize, facts: &StorageFacts, make: impl Fn() -> (Arc<State>, Arc<Sink>)) -> Loaded {
    let started = Instant::now();
    let mut next = Some(unpack(opened));
    while let Some(store) = next.take() {
        let (state, sink) = make();
        match restore(&store, &state, &sink, window) {
            Ok((keeper, restored)) => {
                tell(&restored, started.elapsed());
                return Loaded { state, sink, restored, kept: Some((store, keeper)) };
            }
            // What takes its place is empty, so that this comes to an end.
            Err(error) if error.is_damage() => next = replace(store, facts),
            Err(error) => note_unreadable(&error, facts),
        }
    }
    Loaded::without_store(make())
}

fn tell(restored: &Restored, took: Duration) {
    let Restored { series, rows, .. } = restored;
    let (seen_rows, seconds) = (rows.len(), took.as_secs_f64());
    if *series > 0 {
        tracing::info!(series, seen_rows, seconds, "counters go on from what is in the store");
    }
}

fn replace(store: Store, facts: &StorageFacts) -> Option<Store> {
    let fresh = store.set_aside(SystemTime::now().into());
    facts.note_open(&fresh, SystemTime::now().into());
    fresh.map(unpack).inspect_err(warn_of_no_store).ok()
}

fn note_unreadable(error: &StoreError, facts: &StorageFacts) {
    facts.note_failure(error.kind(), &error.to_string(), SystemTime::now().into());
    warn_of_no_store(error);
}

fn warn_of_no_store<E: std::fmt::Display>(error: &E) {
    tracing::warn!(%error, "there is no store: counters are kept in memory only, and end with this process");
}

/// Tells the log what stood in the store's place, if anything did.
fn unpack(opened: Opened) -> Store {
    let Opened { store, set_aside } = opened;
    if let Some(set_aside) = set_aside {
        tracing::warn!(reason = set_aside.reason.as_str(), "{set_aside}: counters begin anew");
    }
    store
}

impl Loaded {
    fn without_store((state, sink): (Arc<State>, Arc<Sink>)) -> Self {
        Self { state, sink, restored: Restored::default(), kept: None }
    }

    /// Keeps from now on what changes; how that goes is noted in `facts`.
    ///
    /// # Errors
    /// When the operating system has no thread left.
    pub(super) fn keep(
        self,
        interval: Duration,
        facts: &Arc<StorageFacts>,
    ) -> io::Result<(Restored, Option<Committer>)> {
        let Self { restored, kept, .. } = self;
        let start = |(store, mut keeper): (Store, Keeper)| {
            Committer::start(store, move || keeper.take_changes(), interval, Arc::clone(facts))
        };
        Ok((restored, kept.map(start).transpose()?))
    }
}

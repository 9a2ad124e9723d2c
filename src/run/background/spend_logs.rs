//! LiteLLM's spend log, read where there is a database.

use std::sync::Arc;

use tokio::sync::watch;

use super::BackgroundError;
use crate::config::Config;
use crate::dependencies::database::Connector;
use crate::keeping::Restored;
use crate::server::Shared;
use crate::sink::Recognition;
use crate::sources::litellm_spend_logs::{Settle, Setup, SpendLogs};
use crate::supervise::Supervisor;

/// Starts reading it, unless it is switched off or nobody said where it is. It ends with `stopping`; returns
/// where it is told that it has, and nobody tells where it never began.
pub(super) fn start(
    supervisor: &mut Supervisor,
    config: &Config,
    shared: &Shared,
    restored: Restored,
    stopping: &watch::Receiver<bool>,
) -> Result<watch::Receiver<bool>, BackgroundError> {
    let (ended, has_ended) = watch::channel(false);
    let spend_logs = &config.sources.litellm_spend_logs;
    let Some(address) = config.database.url.as_ref().filter(|_| spend_logs.enabled) else { return Ok(has_ended) };
    let connector = Connector::new(address, config.database.ca_file.as_deref()).map_err(BackgroundError::Database)?;
    let (state, sink) = (Arc::clone(shared.state()), Arc::clone(shared.sink()));
    let commits = shared.commits().clone();
    // Before anything is pushed; the table will tell whether it knows calls.
    sink.recognise(Recognition::ByCall);
    let settle: Settle = Arc::new(move || {
        let commits = commits.clone();
        Box::pin(async move { commits.of_rows().await })
    });
    let setup = Setup { connector, config: spend_logs.clone(), sink, state, settle };
    let reading = Arc::new(SpendLogs::new(setup, restored));
    let stopping = stopping.clone();
    supervisor.start("spend_logs", move |rounds| {
        let (reading, mut stopping, ended) = (Arc::clone(&reading), stopping.clone(), ended.clone());
        async move {
            let (activate, active) = watch::channel(true);
            tokio::join!(reading.run(active, rounds), async move {
                _ = stopping.wait_for(|is_stopping| *is_stopping).await;
                drop(activate);
            });
            ended.send_replace(true);
        }
    });
    Ok(has_ended)
}

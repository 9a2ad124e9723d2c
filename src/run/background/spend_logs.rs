//! LiteLLM's spend log, read where there is a database.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{BackgroundError, redis_connector};
use crate::config::{Config, SpendLogShare};
use crate::dependencies::database::Connector;
use crate::handover::{Lead, Memory, Parts, RedisShare, SchemaShare, Share};
use crate::keeping::Restored;
use crate::server::Shared;
use crate::sink::Recognition;
use crate::sources::litellm_spend_logs::{HasCounted, Settle, Setup, SpendLogs};
use crate::supervise::Supervisor;

/// So long a share may be away before rows are counted without it: thrice as long as the slowest question takes.
const GRACE: Duration = Duration::from_secs(30);
/// What is shared is kept in Redis for so many times as long as rows are remembered, after it was last written to: where all
/// replicas are gone for longer, the first one that is back goes on from where it stopped itself.
const EXPIRY: u32 = 7;

/// What others need of the reading.
#[derive(Default)]
pub(super) struct Started {
    /// Where it is told that the reading has ended; nobody tells where it never began.
    pub(super) has_ended: Option<watch::Receiver<bool>>,
    /// Where it is told that it is known who reads.
    pub(super) has_turn: Option<watch::Receiver<bool>>,
    /// Whether a row was counted.
    pub(super) has_counted: Option<HasCounted>,
}

/// Starts reading it, unless it is switched off or nobody said where it is. It ends with `stopping`.
pub(super) fn start(
    supervisor: &mut Supervisor,
    config: &Config,
    shared: &Shared,
    restored: Restored,
    stopping: &watch::Receiver<bool>,
) -> Result<Started, BackgroundError> {
    let spend_logs = &config.sources.litellm_spend_logs;
    let Some(address) = config.database.url.as_ref().filter(|_| spend_logs.enabled) else {
        return Ok(Started::default());
    };
    let connector = Connector::new(address, config.database.ca_file.as_deref()).map_err(BackgroundError::Database)?;
    let (state, sink) = (Arc::clone(shared.state()), Arc::clone(shared.sink()));
    let commits = shared.commits().clone();
    // Before anything is pushed; the table will tell whether it knows calls.
    sink.recognise(Recognition::ByCall);
    let settle: Settle = Arc::new(move || {
        let commits = commits.clone();
        Box::pin(async move { commits.of_rows().await })
    });
    let lead = lead(config, &connector, &address.database, shared, restored.handover.as_deref())?;
    let setup = Setup { connector, config: spend_logs.clone(), sink, state, settle };
    let reading = Arc::new(SpendLogs::new(setup, lead, restored));
    let (ended, has_ended) = watch::channel(false);
    let started = Started {
        has_ended: Some(has_ended),
        has_turn: Some(reading.has_turn()),
        has_counted: Some(reading.has_counted()),
    };
    let stopping = stopping.clone();
    supervisor.start("spend_logs", move |rounds| {
        let (reading, stopping, ended) = (Arc::clone(&reading), stopping.clone(), ended.clone());
        async move {
            reading.run(stopping, rounds).await;
            ended.send_replace(true);
        }
    });
    Ok(started)
}

/// This replica among those that read the same schema of the same database.
fn lead(
    config: &Config,
    connector: &Connector,
    database: &str,
    shared: &Shared,
    restored: Option<&str>,
) -> Result<Lead, BackgroundError> {
    let (schema, state) = (connector.schema().to_owned(), Arc::clone(shared.state()));
    Ok(Lead::new(Parts {
        database: connector.clone(),
        share: share(config, connector, database)?,
        schema,
        memory: Memory::new(restored, move |text| state.note_handover(text)),
        facts: Arc::clone(shared.own().handover()),
        grace: GRACE,
    }))
}

fn share(config: &Config, connector: &Connector, database: &str) -> Result<Share, BackgroundError> {
    let (spend_logs, schema) = (&config.sources.litellm_spend_logs, connector.schema());
    Ok(match spend_logs.share {
        SpendLogShare::None => Share::Alone,
        SpendLogShare::Database => Share::Schema(Box::new(SchemaShare::new(connector.clone(), schema))),
        SpendLogShare::Auto => redis_connector(config)?.map_or(Share::Alone, |redis| {
            let (prefix, scope) = (config.redis.replica_prefix(), format!("{database}.{schema}"));
            Share::Redis(Box::new(RedisShare::new(redis, &prefix, &scope, spend_logs.sweep.saturating_mul(EXPIRY))))
        }),
    })
}

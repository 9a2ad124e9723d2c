//! The lock in the gateway's database by which exactly one replica reads its spend log.
//!
//! It is an advisory lock that belongs to a transaction, on a connection of its own. A lock that belongs to the session would stay with
//! a pooler's connection when ours is gone: behind PgBouncer in transaction mode nobody would ever get it again. The transaction is
//! `READ ONLY` and `READ COMMITTED`: it has no id, and between its statements no snapshot, so it holds back no vacuum however long it
//! lasts. The price is a session that monitoring shows as `idle in transaction`.
//!
//! A statement a second keeps it alive. The server ends a transaction that has been idle for longer than [`SERVER_PATIENCE`], and frees
//! the lock: whoever paused, or whose machine vanished without a word, is not waited for any longer than that. The holder stops earlier
//! to think that it holds, reckoned from when it *sent* the last statement that was answered, so there are never two that think so.
//!
//! The session of a process that was killed may live on for that long, and hold up the same replica's next process: it is known by the
//! name of its application, lest it be taken for another replica.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use xxhash_rust::xxh3::xxh3_64;

use crate::dependencies::database::{Connection, Connector, DatabaseError};
use crate::own::HeldUntil;
use crate::replicas::ReplicaId;

/// The first half of the lock's key, `classid` in `pg_locks`: "llmx" in ASCII, 1819045240.
const CLASS: i32 = i32::from_be_bytes(*b"llmx");

const BEAT: Duration = Duration::from_secs(1);
/// An answer is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(3);
/// So long after a statement was sent the lock is thought to be held.
const HOLD: Duration = Duration::from_secs(5);
/// So long after its last statement the server ends the transaction. A standby takes over a second later at most.
pub(super) const SERVER_PATIENCE: Duration = Duration::from_secs(7);
/// The lock is given back within this time, or else by closing the connection.
const FAREWELL: Duration = Duration::from_secs(1);

/// One who wants the lock.
#[derive(Debug)]
pub struct Candidate {
    connector: Connector,
    acquire: String,
    connection: Option<Connection>,
}

/// What came of asking for the lock.
#[derive(Debug)]
pub enum Tried {
    /// It is ours.
    Acquired(Lock),
    /// Another replica has it.
    Taken,
    /// An earlier process of this replica still has it, and will not for long.
    TakenBySelf,
}

/// The lock, as long as it is kept. Dropped, it is given back by closing the connection.
#[derive(Debug)]
pub struct Lock {
    connection: Arc<Connection>,
    until: Arc<HeldUntil>,
    lost: watch::Receiver<Option<String>>,
    keeper: JoinHandle<()>,
}

/// The lock is held no more, or that can't be known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lock of the spend log is lost: {reason}")]
pub struct LockLost {
    /// What happened, in words.
    pub reason: String,
}

impl Candidate {
    /// One for the spend log in this schema of the database, for this replica.
    #[must_use]
    pub fn new(connector: Connector, schema: &str, replica: &ReplicaId) -> Self {
        Self { connector, acquire: acquire(schema, replica), connection: None }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When the database can't be reached, or does not answer within some seconds. The connection is made anew the next time.
    pub async fn try_acquire(&mut self) -> Result<Tried, DatabaseError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.connect(PATIENCE).await?,
        };
        let sent_at = Instant::now();
        let rows = ask(&connection, &self.acquire).await?;
        let is_true = |row: Option<&Option<String>>| row.is_some_and(|value| value.as_deref() == Some("t"));
        if is_true(rows.last()) {
            return Ok(Tried::Acquired(Lock::keep(connection, sent_at + HOLD)));
        }
        ask(&connection, "ROLLBACK").await?;
        self.connection = Some(connection);
        Ok(if is_true(rows.first()) { Tried::TakenBySelf } else { Tried::Taken })
    }
}

impl Lock {
    fn keep(connection: Connection, until: Instant) -> Self {
        let (connection, until) = (Arc::new(connection), Arc::new(HeldUntil::new(until)));
        let (tell, lost) = watch::channel(None);
        // It lives and ends with the lock, as a connection's driver does with the connection: nobody needs to start it anew.
        let keeper = tokio::spawn(beat_on(Arc::clone(&connection), Arc::clone(&until), tell));
        Self { connection, until, lost, keeper }
    }

    /// Until when it is held, for whoever tells it.
    #[must_use]
    pub const fn until(&self) -> &Arc<HeldUntil> {
        &self.until
    }

    /// Whether it is held now, as far as is known here.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.until.holds(Instant::now())
    }

    /// Asks the server whether it is still held: after that, it is for some seconds.
    ///
    /// # Errors
    /// When it is not, or the server does not answer within 3 s.
    pub async fn verify(&self) -> Result<(), LockLost> {
        if let Some(reason) = &*self.lost.borrow() {
            return Err(LockLost { reason: reason.clone() });
        }
        let beat = beat(&self.connection, &self.until).await;
        beat.map_err(|error| self.give_up(error.to_string()))?;
        if self.is_held() { Ok(()) } else { Err(self.give_up("it could not be renewed in time".to_owned())) }
    }

    /// Returns when it is lost, with why. May be dropped and called again.
    pub fn lost(&self) -> impl Future<Output = LockLost> + Send + use<> {
        let mut lost = self.lost.clone();
        async move {
            let told = lost.wait_for(Option::is_some).await;
            let reason = told.ok().and_then(|reason| reason.clone());
            LockLost { reason: reason.unwrap_or_else(|| "it is not kept any more".to_owned()) }
        }
    }

    /// Gives it back, so that another replica gets it at its next attempt.
    pub async fn release(self) {
        self.until.end();
        self.keeper.abort();
        // Where that fails, the connection's end does the same.
        _ = self.connection.ask_plainly_within(FAREWELL, "ROLLBACK").await;
    }

    fn give_up(&self, reason: String) -> LockLost {
        self.until.end();
        LockLost { reason }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.until.end();
        self.keeper.abort();
    }
}

async fn beat_on(connection: Arc<Connection>, until: Arc<HeldUntil>, lost: watch::Sender<Option<String>>) {
    loop {
        sleep(BEAT).await;
        if let Err(error) = beat(&connection, &until).await {
            until.end();
            lost.send_replace(Some(error.to_string()));
            return;
        }
    }
}

/// Keeps the transaction from being idle for too long.
async fn beat(connection: &Connection, until: &HeldUntil) -> Result<(), DatabaseError> {
    let sent_at = Instant::now();
    ask(connection, "SELECT 1").await?;
    until.extend(sent_at + HOLD);
    Ok(())
}

/// The first value of each row that comes back in time.
async fn ask(connection: &Connection, sql: &str) -> Result<Vec<Option<String>>, DatabaseError> {
    let rows = connection.ask_plainly_within(PATIENCE, sql).await?;
    Ok(rows.iter().map(|row| row.get(0).map(str::to_owned)).collect())
}

/// Begins the transaction, looks for an earlier process of this replica, and tries the lock, in this order: a session that ends gives
/// its locks back before it is forgotten. What is set holds for this transaction, also behind a pooler. What PostgreSQL 17 limits by
/// `transaction_timeout` is to last; older ones do not know the name. No table or view is read, for its lock would last as well.
fn acquire(schema: &str, replica: &ReplicaId) -> String {
    // The name of an application has no more than 63 bytes.
    let name = format!("llm-exporter {:016x}", xxh3_64(replica.as_str().as_bytes()));
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; \
         SET LOCAL application_name = '{name}'; \
         SET LOCAL statement_timeout = {}; \
         SET LOCAL idle_in_transaction_session_timeout = {}; \
         SELECT count(*) > 0 FROM pg_stat_get_activity(NULL) WHERE application_name = '{name}' AND pid <> pg_backend_pid(); \
         SELECT CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL \
         THEN set_config('transaction_timeout', '0', true) END; \
         SELECT pg_try_advisory_xact_lock({CLASS}, {})",
        PATIENCE.as_millis(),
        SERVER_PATIENCE.as_millis(),
        object(schema),
    )
}

/// The second half of the lock's key, `objid` in `pg_locks`: the first four bytes, little end first, of the XXH3 (64 bit) of
/// `SCHEMA.LiteLLM_SpendLogs`. The database is part of every advisory lock.
fn object(schema: &str) -> i32 {
    let [a, b, c, d, ..] = xxh3_64(format!("{schema}.LiteLLM_SpendLogs").as_bytes()).to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_same_in_every_version() {
        assert_eq!(CLASS, 1_819_045_240);
        assert_eq!([object("public"), object("litellm")], [-1_148_272_599, 181_841_672]);
    }

    #[test]
    fn a_holder_stops_before_its_server_does_and_a_standby_takes_over_within_ten_seconds() {
        assert!(BEAT + PATIENCE < HOLD && HOLD < SERVER_PATIENCE);
        assert!(SERVER_PATIENCE + BEAT + Duration::from_secs(1) < Duration::from_secs(10));
    }
}

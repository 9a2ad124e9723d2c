//! How much of what the gateway spent waits in Redis to be written to its database.
//!
//! Where LiteLLM is told to (`use_redis_transaction_buffer`), its workers put rows and sums into lists, and one of them writes these down.

use std::time::Duration;

use redis::aio::ConnectionLike;

use super::ReplicaError;
use super::error::within;
use crate::state::SpendBuffer;

const PATIENCE: Duration = Duration::from_secs(3);

/// How long each of the lists is that LiteLLM with this namespace wrote, in the order of [`SpendBuffer::ALL`]; the empty namespace is
/// none. A list that is not there is empty.
///
/// # Errors
/// When Redis doesn't answer within 3 s, or with an error.
pub async fn spend_buffers<C>(conn: &mut C, namespace: &str) -> Result<[u64; SpendBuffer::ALL.len()], ReplicaError>
where
    C: ConnectionLike + Send,
{
    let mut lengths = [0; SpendBuffer::ALL.len()];
    for (length, buffer) in lengths.iter_mut().zip(SpendBuffer::ALL) {
        // One by one: in a cluster they are on several servers.
        for key in keys(namespace, list(buffer)) {
            let mut command = redis::cmd("LLEN");
            command.arg(key);
            let found: u64 = within(PATIENCE, "tell what waits for the database", command.query_async(conn)).await?;
            *length += found;
        }
    }
    Ok(lengths)
}

/// LiteLLM's name for it.
const fn list(buffer: SpendBuffer) -> &'static str {
    match buffer {
        SpendBuffer::SpendLogs => "litellm_spend_logs_buffer",
        SpendBuffer::SpendUpdates => "litellm_spend_update_buffer",
        SpendBuffer::DailySpendUpdates => "litellm_daily_spend_update_buffer",
    }
}

/// A name that begins with the namespace by chance is left alone by some versions, and not by others.
fn keys(namespace: &str, list: &str) -> Vec<String> {
    let mut keys = Vec::new();
    if list.starts_with(namespace) {
        keys.push(list.to_owned());
    }
    if !namespace.is_empty() {
        keys.push(format!("{namespace}:{list}"));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_stands_before_the_list_as_litellm_puts_it() {
        assert_eq!(keys("", "litellm_x"), ["litellm_x"]);
        assert_eq!(keys("prod", "litellm_x"), ["prod:litellm_x"]);
        assert_eq!(keys("litellm", "litellm_x"), ["litellm_x", "litellm:litellm_x"]);
    }
}

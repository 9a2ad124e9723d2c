//! Which deployments LiteLLM itself does not use at present.
//!
//! LiteLLM keeps `deployment:<id>:cooldown` in Redis while a deployment is in cooldown. What it writes there is not for others to
//! read; that the key exists is the fact.

use std::collections::HashSet;
use std::time::Duration;

use redis::Value;
use redis::aio::ConnectionLike;

use super::ReplicaError;
use super::error::within;

/// So many keys are asked for at once.
const BATCH: usize = 500;
const PATIENCE: Duration = Duration::from_secs(3);

/// Which of these deployments are in cooldown, by what LiteLLM with this namespace wrote; the empty one is none.
///
/// # Errors
/// When Redis doesn't answer within 3 s, or with an error.
pub async fn in_cooldown<C>(conn: &mut C, namespace: &str, ids: &[&str]) -> Result<HashSet<String>, ReplicaError>
where
    C: ConnectionLike + Send,
{
    let mut found = HashSet::new();
    for batch in ids.chunks(BATCH) {
        let keys: Vec<String> = batch.iter().map(|id| key(namespace, id)).collect();
        let mut get = redis::cmd("MGET");
        get.arg(keys);
        let values: Vec<Value> =
            within(PATIENCE, "tell which deployments are in cooldown", get.query_async(conn)).await?;
        let exists = |(id, value): (&&str, Value)| (value != Value::Nil).then(|| (*id).to_owned());
        found.extend(batch.iter().zip(values).filter_map(exists));
    }
    Ok(found)
}

/// LiteLLM leaves a key alone that begins with the namespace already, by chance or not.
fn key(namespace: &str, id: &str) -> String {
    let key = format!("deployment:{id}:cooldown");
    if key.starts_with(namespace) { key } else { format!("{namespace}:{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_stands_before_the_key_as_litellm_puts_it() {
        assert_eq!(key("", "id"), "deployment:id:cooldown");
        assert_eq!(key("prod", "id"), "prod:deployment:id:cooldown");
        assert_eq!(key("dep", "id"), "deployment:id:cooldown");
    }
}

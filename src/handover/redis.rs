//! The share in Redis: a hash that says who reads, in which epoch, and how far; and a sorted set of claims, by the newest minute of
//! each. Both are of one slot of a cluster, are changed by scripts, and expire where nobody writes to them.

use std::time::Duration;

use ::redis::{Script, Value};

use super::chunk::Chunk;
use super::share::{PATIENCE, ShareError, Taken, Telling, Told};
use crate::dependencies::redis::{Connection, Connector};
use crate::replicas::{Keys, within};

/// So many claims are read at once: some megabytes at most.
const PORTION: usize = 32;

/// Begins an epoch above the last one and not below the clock, which is given. Says the new one, the last one, how far its holder had
/// read, and how many milliseconds ago it said anything. Numbers go as text: Lua would round them.
const TAKE: &str = "
local last = tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0)
local time = redis.call('TIME')
local at = redis.call('HGET', KEYS[1], 'at')
local progress = redis.call('HGET', KEYS[1], 'progress')
local epoch = string.format('%.0f', math.max(last + 1, tonumber(ARGV[1])))
redis.call('HSET', KEYS[1], 'epoch', epoch)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local age = at and string.format('%.0f', math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - at))
return {epoch, string.format('%.0f', last), progress, age}
";

/// Writes claims and progress, unless a later epoch has begun. Where an earlier one stands there, or none, what was told before is
/// forgotten; where there are fewer claims than there should be, as well.
const TELL: &str = "
local stored = tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0)
local epoch = tonumber(ARGV[1])
if stored > epoch then return 'fenced' end
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
redis.call('HSET', KEYS[1], 'at', at)
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'progress', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[5]) end
for i = 6, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if stored < epoch or redis.call('ZCARD', KEYS[2]) < tonumber(ARGV[3]) then return 'forgotten' end
return 'kept'
";

/// The share in Redis.
#[derive(Debug)]
pub struct RedisShare {
    connector: Connector,
    connection: Option<Connection>,
    holder: String,
    claims: String,
    expiry: Duration,
    take: Script,
    tell: Script,
}

impl RedisShare {
    /// The share of those who read the same spend log: those with the same prefix and scope. What is there is kept for `expiry`
    /// after it was last written to.
    #[must_use]
    pub fn new(connector: Connector, prefix: &str, scope: &str, expiry: Duration) -> Self {
        let keys = Keys::new(prefix);
        let (take, tell) = (Script::new(TAKE), Script::new(TELL));
        let (holder, claims) = (keys.spend_log_holder(scope), keys.spend_log_claims(scope));
        Self { connector, connection: None, holder, claims, expiry, take, tell }
    }

    pub(super) async fn take(&mut self, clock: u64) -> Result<Taken, ShareError> {
        let mut connection = self.connected().await?;
        let mut script = self.take.prepare_invoke();
        script.key(&self.holder).key(&self.claims).arg(clock).arg(self.expiry_millis());
        type Answer = (u64, u64, Option<String>, Option<u64>);
        let answer = script.invoke_async(&mut connection);
        let (epoch, last, progress, age): Answer = within(PATIENCE, "say how far was read", answer).await?;
        let chunks = self.read(&mut connection).await?;
        self.connection = Some(connection);
        let previous = (last > 0).then_some(last);
        Ok(Taken { epoch, previous, progress, age: age.map(Duration::from_millis), chunks })
    }

    pub(super) async fn look(&mut self) -> Result<Vec<Chunk>, ShareError> {
        let mut connection = self.connected().await?;
        let chunks = self.read(&mut connection).await?;
        self.connection = Some(connection);
        Ok(chunks)
    }

    pub(super) async fn tell(&mut self, telling: &Telling<'_>) -> Result<Told, ShareError> {
        let Telling { epoch, chunks, expected, progress, rows_from } = telling;
        let mut connection = self.connected().await?;
        let mut script = self.tell.prepare_invoke();
        script.key(&self.holder).key(&self.claims).arg(epoch).arg(self.expiry_millis()).arg(expected);
        script.arg(progress.unwrap_or_default());
        script.arg(rows_from.map(|minute| minute.to_string()).unwrap_or_default());
        for chunk in *chunks {
            script.arg(chunk.newest).arg(&chunk.bytes);
        }
        let answer = script.invoke_async(&mut connection);
        let told: String = within(PATIENCE, "keep what was read", answer).await?;
        self.connection = Some(connection);
        match told.as_str() {
            "kept" => Ok(Told::Kept),
            "forgotten" => Ok(Told::Forgotten),
            "fenced" => Ok(Told::Fenced),
            _ => Err(ShareError::Garbled { place: "redis" }),
        }
    }

    /// The claims, in portions. Those of a later version, or of somebody else, are left alone.
    async fn read(&self, connection: &mut Connection) -> Result<Vec<Chunk>, ShareError> {
        let (mut chunks, mut from) = (Vec::new(), 0);
        loop {
            let mut range = ::redis::cmd("ZRANGE");
            range.arg(&self.claims).arg(from).arg(from + PORTION - 1);
            let members: Vec<Value> =
                within(PATIENCE, "say which rows were claimed", range.query_async(connection)).await?;
            let count = members.len();
            chunks.extend(members.into_iter().filter_map(|member| match member {
                Value::BulkString(bytes) => Chunk::read(bytes),
                _ => None,
            }));
            from += PORTION;
            if count < PORTION {
                return Ok(chunks);
            }
        }
    }

    /// It is kept again when all went well.
    async fn connected(&mut self) -> Result<Connection, ShareError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.connector.connect(PATIENCE).await?),
        }
    }

    fn expiry_millis(&self) -> u64 {
        u64::try_from(self.expiry.as_millis()).unwrap_or(u64::MAX)
    }
}

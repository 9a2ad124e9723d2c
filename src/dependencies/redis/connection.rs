//! A connection to a Redis, whatever there is at its other end.

use std::fmt;

use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::cluster_async::ClusterConnection;
use ::redis::{Cmd, Pipeline, RedisFuture, Value, cmd};

use super::RedisError;

/// A connection that is logged in. Clones share it; it is closed when the last of them is dropped.
#[derive(Clone)]
pub struct Connection {
    link: Link,
    server: String,
}

#[derive(Clone)]
enum Link {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) fn single(connection: MultiplexedConnection, server: String) -> Self {
        Self { link: Link::Single(connection), server }
    }

    pub(super) fn cluster(connection: ClusterConnection, server: String) -> Self {
        Self { link: Link::Cluster(connection), server }
    }

    /// Asks whether it is there. A cluster is when all its masters are.
    ///
    /// # Errors
    /// When the connection broke, no answer came in time, or the server answers with an error.
    pub async fn ping(&mut self) -> Result<(), RedisError> {
        let answer = cmd("PING").exec_async(self).await;
        answer.map_err(|source| RedisError::Failed { server: self.server.clone(), source })
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.link {
            Link::Single(connection) => connection.req_packed_command(cmd),
            Link::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.link {
            Link::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Link::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.link {
            Link::Single(connection) => connection.get_db(),
            Link::Cluster(connection) => connection.get_db(),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

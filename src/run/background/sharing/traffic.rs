//! What requests said of deployments, among replicas: a gateway's events come to one of them, whichever that is.

use std::time::{Duration, Instant};

use super::now;
use super::session::Session;
use crate::dependencies::redis::Connection;
use crate::replicas::{Heard, ReplicaError};

/// Nothing more is read after this time: whoever leads has to renew its lease, and a newcomer reads the rest in its next rounds.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// Tells the other replicas what requests said here, and learns what they said there.
    pub(super) async fn share_traffic(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        self.tell_traffic(connection).await?;
        let began = Instant::now();
        loop {
            let Heard { news, garbage, has_more } = self.traffic.hear(connection, now()).await?;
            if garbage > 0 {
                tracing::warn!(entries = garbage, "what another replica told of requests could not be understood");
            }
            news.iter().for_each(|news| self.sharing.state.learn_news(news));
            if !has_more || began.elapsed() > LONGEST_LOOK {
                return Ok(());
            }
        }
    }

    /// What could not be told before comes first; meanwhile the state gathers on.
    pub(super) async fn tell_traffic(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        if self.traffic.has_untold() {
            self.traffic.tell(connection, &[]).await?;
        }
        let news = self.sharing.state.take_news();
        self.traffic.tell(connection, &news).await
    }
}

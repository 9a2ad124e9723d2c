//! How many probes may be under way: in all, and at one server.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::discovery::Listed;

/// The places of probes that are under way.
///
/// A server that hangs holds each place for a whole timeout. It gets three quarters of them at most: what others have to say
/// must not grow stale meanwhile.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) in_all: Arc<Semaphore>,
    at_one: usize,
    at: HashMap<String, Arc<Semaphore>>,
}

/// One probe's places, to be waited for.
#[derive(Debug)]
pub(super) struct Place {
    at_server: Arc<Semaphore>,
    in_all: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(concurrency: usize) -> Self {
        let at_one = (concurrency * 3 / 4).max(1);
        Self { in_all: Arc::new(Semaphore::new(concurrency)), at_one, at: HashMap::new() }
    }

    /// Those for a probe of this deployment.
    pub(super) fn of(&mut self, listed: &Listed) -> Place {
        let at_server = self.at.entry(server(listed)).or_insert_with(|| Arc::new(Semaphore::new(self.at_one)));
        Place { at_server: Arc::clone(at_server), in_all: Arc::clone(&self.in_all) }
    }

    /// Forgets servers that nobody waits for.
    pub(super) fn tidy(&mut self) {
        self.at.retain(|_, at_server| Arc::strong_count(at_server) > 1);
    }
}

/// A probe's places while it has them.
#[derive(Debug)]
pub(super) struct Taken {
    _at_server: OwnedSemaphorePermit,
    _in_all: OwnedSemaphorePermit,
}

impl Place {
    /// Waits for a place at the server first: who waits there takes none from others.
    pub(super) async fn take(self) -> Taken {
        let at_server = self.at_server.acquire_owned().await.expect("nobody closes it");
        let in_all = self.in_all.acquire_owned().await.expect("nobody closes it");
        Taken { _at_server: at_server, _in_all: in_all }
    }
}

/// Which server a deployment is at, whoever logs in there: the provider's own, where it has no address.
fn server(listed: &Listed) -> String {
    let address = listed.api_base.as_deref().and_then(|base| Url::parse(base).ok());
    let server = |url: Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    address.and_then(server).unwrap_or_else(|| listed.provider.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::turn::fixtures::listed;

    fn at(host: &str) -> Listed {
        Listed { api_base: Some(format!("https://{host}/v1")), ..listed() }
    }

    #[tokio::test]
    async fn a_server_that_hangs_leaves_places_for_others() {
        let mut places = Places::new(8);
        let mut hanging = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let place = places.of(&at("hangs"));
            hanging.spawn(async move {
                let _taken = place.take().await;
                std::future::pending::<()>().await;
            });
        }
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(places.in_all.available_permits(), 2);
        // It comes back at once, or the test never ends.
        let _taken = places.of(&at("answers")).take().await;
    }

    #[test]
    fn a_server_is_the_same_whoever_logs_in_and_its_password_is_kept_nowhere() {
        let mut places = Places::new(8);
        let _waiting = [places.of(&at("one:secret@host")), places.of(&at("host:443")), places.of(&at("HOST"))];
        assert_eq!(places.at.len(), 1);
        assert!(!format!("{places:?}").contains("secret"));
    }

    #[test]
    fn there_is_always_a_place() {
        for concurrency in 1..20 {
            let places = Places::new(concurrency);
            assert!((1..=concurrency).contains(&places.at_one), "{concurrency}");
        }
    }

    #[test]
    fn servers_that_nobody_waits_for_are_forgotten() {
        let mut places = Places::new(8);
        let waiting = places.of(&at("a"));
        drop(places.of(&at("b")));
        places.tidy();
        assert_eq!(places.at.len(), 1);
        drop(waiting);
        places.tidy();
        assert_eq!(places.at.len(), 0);
    }
}

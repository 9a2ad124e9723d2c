//! Connections: how many there may be, and who may keep one. Nobody can take them all, or take one for ever.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use rustix::net::sockopt::set_tcp_user_timeout;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::ingest;
use super::unread::Unread;

/// Files that are no connection: listeners, the log, what a scrape reads of `/proc` …
const OTHER_FILES: u64 = 64;
/// … and what each worker needs to wait for its connections: five, and some to spare.
const FILES_OF_A_WORKER: u64 = 8;
/// A worker has this many however few files there may be: with fewer, probes would wait for one another.
const FEWEST: u64 = 16;
/// What actix allows when it is not told.
const MOST: u64 = 25_000;

/// How long an answer may take to be sent: six times as long as Prometheus waits for one by default.
pub(super) const SENDING_TIMEOUT: Duration = Duration::from_mins(1);

/// Lets the process open all the files that it may, and tells how many connections each of `workers` may have, so that
/// there is a file for every connection that is accepted. Those beyond wait in the listener's queue.
pub(super) fn most_per_worker(workers: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let files = if raised.is_ok() { limit.maximum } else { limit.current };
    share(files, workers)
}

/// The share of each worker in what `files` leave for connections; `None` is no limit.
fn share(files: Option<u64>, workers: usize) -> usize {
    let workers = u64::try_from(workers).unwrap_or(u64::MAX).max(1);
    let others = FILES_OF_A_WORKER.saturating_mul(workers).saturating_add(OTHER_FILES);
    let share = files.map_or(MOST, |files| files.saturating_sub(others) / workers);
    usize::try_from(share.clamp(FEWEST, MOST)).expect("the most fits into any usize")
}

/// How many connections are open, and from how many on nobody but pushers may keep one.
#[derive(Debug)]
pub(super) struct Connections {
    open: AtomicUsize,
    crowded_from: usize,
}

/// A connection that is open, until this is dropped with it.
#[derive(Debug)]
struct Open(Arc<Connections>);

impl Connections {
    /// None open of `most`. Half of them are kept for those who come anew.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), crowded_from: most / 2 })
    }

    /// Counts a new connection for as long as it is open, and limits how long it may take to send to it.
    pub(super) fn add(self: &Arc<Self>, connection: &dyn Any, kept_with_it: &mut Extensions) {
        self.open.fetch_add(1, Ordering::Relaxed);
        kept_with_it.insert(Open(Arc::clone(self)));
        limit_sending(connection);
    }

    fn is_crowded(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.crowded_from
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ends a connection whose client takes nothing at all of what it is sent: Linux is told to give up, also where the client
/// says that it lives and has no room.
fn limit_sending(connection: &dyn Any) {
    let milliseconds = u32::try_from(SENDING_TIMEOUT.as_millis()).expect("a minute is short");
    let stream = connection.downcast_ref::<TcpStream>().expect("every connection is one of TCP");
    // It fails on a connection that is gone, which needs no limit.
    _ = set_tcp_user_timeout(stream, milliseconds);
}

/// Closes a connection after its answer where too many are open, but for those of pushers whose push was taken.
///
/// actix gives the first head on a connection [`HEADERS_TIMEOUT`](super::HEADERS_TIMEOUT) and every later one for ever. So
/// not all who may send a first one get to send a second, or heads that never end could take all connections.
pub(super) async fn close(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_crowded = request.conn_data::<Open>().is_none_or(|connection| connection.0.is_crowded());
    let unread = Unread::of(&mut request);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let was_taken = response.request().path() == ingest::PATH && response.status() == StatusCode::OK;
    // A body that nobody read may never end either.
    if !was_taken && (is_crowded || unread.is_some()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| match unread {
        Some(unread) => unread.held_by(body),
        None => body,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_the_files_that_are_left() {
        assert_eq!(share(Some(1024), 4), (1024 - 64 - 4 * 8) / 4);
        assert_eq!(share(Some(1 << 20), 2), 25_000, "no more than actix allows");
        assert_eq!(share(None, 4), 25_000);
        assert_eq!(share(Some(100), 4), 16, "no fewer than probes need");
        assert_eq!(share(Some(1024), 0), 1024 - 64 - 8);
    }

    #[test]
    fn what_may_be_raised_is_raised() {
        let most = most_per_worker(2);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(most, share(limit.maximum, 2));
    }
}

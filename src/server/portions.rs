//! Large bodies in small portions, so that a thread which sends or receives one goes on answering others.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt;
use actix_web::web::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

/// What is sent before others have their turn: some 10 µs of copying.
const PORTION: usize = 32 * 1024;

/// A body that is sent in portions, with a turn for others between any two.
#[derive(Debug)]
pub(super) struct Portions {
    unsent: Rc<RefCell<Option<Unsent>>>,
    size: u64,
    left: usize,
    gave_way: bool,
    giving_up: JoinHandle<()>,
}

/// What is still to be sent, and the place that a scrape has until then.
#[derive(Debug)]
struct Unsent {
    rest: Bytes,
    _place: OwnedSemaphorePermit,
}

/// The client was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the client did not take its answer in time, with {left} bytes left")]
pub(super) struct TooSlow {
    left: usize,
}

impl Portions {
    /// What is not sent after `patience` is given up, with its place. Not only when it is asked for: a client that reads a
    /// little now and then keeps its connection, and what the system has taken for it may last for hours.
    pub(super) fn new(body: Vec<u8>, patience: Duration, place: OwnedSemaphorePermit) -> Self {
        let left = body.len();
        let unsent = Rc::new(RefCell::new(Some(Unsent { rest: Bytes::from(body), _place: place })));
        let given_up = Rc::clone(&unsent);
        let giving_up = rt::spawn(async move {
            tokio::time::sleep(patience).await;
            given_up.take();
        });
        Self { unsent, size: left as u64, left, gave_way: true, giving_up }
    }
}

impl Drop for Portions {
    fn drop(&mut self) {
        self.giving_up.abort();
    }
}

impl MessageBody for Portions {
    type Error = TooSlow;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TooSlow>>> {
        let Self { unsent, left, gave_way, .. } = self.get_mut();
        if *left == 0 {
            return Poll::Ready(None);
        }
        let mut unsent = unsent.borrow_mut();
        let Some(Unsent { rest, .. }) = unsent.as_mut() else {
            return Poll::Ready(Some(Err(TooSlow { left: *left })));
        };
        if !std::mem::replace(gave_way, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        *gave_way = false;
        let portion = rest.split_to(rest.len().min(PORTION));
        *left = rest.len();
        if *left == 0 {
            // Not later: the client may have all of it and come again before anybody asks for more.
            *unsent = None;
        }
        Poll::Ready(Some(Ok(portion)))
    }
}

/// Counts what was received, and tells when it is the others' turn.
#[derive(Debug, Default)]
pub(super) struct Turns {
    since_last: usize,
}

impl Turns {
    /// Notes `length` received bytes, and gives way when they make up a portion.
    pub(super) async fn take(&mut self, length: usize) {
        self.since_last += length;
        if self.since_last >= PORTION {
            self.since_last = 0;
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn portions(body: Vec<u8>, patience: Duration) -> (Portions, Arc<Semaphore>) {
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().expect("there is one");
        (Portions::new(body, patience, place), places)
    }

    fn polled(portions: Pin<&mut Portions>) -> Poll<Option<Result<Bytes, TooSlow>>> {
        portions.poll_next(&mut Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn a_body_arrives_whole_and_others_have_their_turn_between_its_portions() {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PORTION + 1).collect();
        rt::System::new().block_on(async {
            let (portions, places) = portions(body.clone(), Duration::from_hours(1));
            let (mut received, mut turns) = (Vec::new(), 0);
            let mut portions = pin!(portions);
            loop {
                let is_held = places.available_permits() == 0;
                assert_eq!(is_held, received.len() < body.len(), "it has its place until the last portion");
                match polled(portions.as_mut()) {
                    Poll::Pending => turns += 1,
                    Poll::Ready(Some(portion)) => received.extend_from_slice(&portion.expect("it is in time")),
                    Poll::Ready(None) => break,
                }
            }
            assert!(received == body, "the body is what it was");
            assert_eq!(turns, 2);
        });
    }

    #[test]
    fn a_body_that_is_not_sent_in_time_is_given_up_though_nobody_asks_for_it() {
        rt::System::new().block_on(async {
            let (portions, places) = portions(vec![0; PORTION + 1], Duration::ZERO);
            let mut portions = pin!(portions);
            let first = polled(portions.as_mut());
            assert!(matches!(first, Poll::Ready(Some(Ok(_)))), "{first:?}");
            let freed = tokio::time::timeout(Duration::from_secs(30), places.acquire()).await;
            drop(freed.expect("its place is free again").expect("nobody closes it"));
            let Poll::Ready(Some(Err(too_slow))) = polled(portions.as_mut()) else { panic!("it is still sent") };
            assert_eq!(too_slow.to_string(), "the client did not take its answer in time, with 1 bytes left");
        });
    }
}

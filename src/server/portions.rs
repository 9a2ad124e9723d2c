//! Large bodies in small portions, so that a thread which sends or receives one goes on answering others.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::OwnedSemaphorePermit;

/// What is sent before others have their turn: some 10 µs of copying.
const PORTION: usize = 32 * 1024;

/// A body that is sent in portions, with a turn for others between any two.
#[derive(Debug)]
pub(super) struct Portions {
    rest: Bytes,
    size: u64,
    gave_way: bool,
    deadline: Instant,
    /// The place of a scrape: free again when the last portion is handed on, or the body given up.
    place: Option<OwnedSemaphorePermit>,
}

/// The client was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the client did not take its answer in time; {left} bytes of it were left")]
pub(super) struct TooSlow {
    left: usize,
}

impl Portions {
    /// The body is given up at `deadline`: a client that takes no more of it does not keep it in memory for ever.
    pub(super) fn new(body: Vec<u8>, deadline: Instant, place: OwnedSemaphorePermit) -> Self {
        Self { size: body.len() as u64, rest: Bytes::from(body), gave_way: true, deadline, place: Some(place) }
    }
}

impl MessageBody for Portions {
    type Error = TooSlow;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TooSlow>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if Instant::now() >= self.deadline {
            return Poll::Ready(Some(Err(TooSlow { left: self.rest.len() })));
        }
        if !std::mem::replace(&mut self.gave_way, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.gave_way = false;
        let length = self.rest.len().min(PORTION);
        let portion = self.rest.split_to(length);
        if self.rest.is_empty() {
            // Not later: the client may have all of it and come again before anybody asks for more.
            self.place = None;
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
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;

    fn portions(body: Vec<u8>, deadline: Instant) -> (Portions, Arc<Semaphore>) {
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().expect("there is one");
        (Portions::new(body, deadline, place), places)
    }

    fn polled(portions: Pin<&mut Portions>) -> Poll<Option<Result<Bytes, TooSlow>>> {
        portions.poll_next(&mut Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn a_body_arrives_whole_and_others_have_their_turn_between_its_portions() {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PORTION + 1).collect();
        let (portions, places) = portions(body.clone(), Instant::now() + Duration::from_hours(1));
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
    }

    #[test]
    fn a_body_is_given_up_at_its_deadline() {
        let (portions, _places) = portions(vec![0; PORTION + 1], Instant::now());
        let mut portions = pin!(portions);
        let Poll::Ready(Some(Err(too_slow))) = polled(portions.as_mut()) else { panic!("it is still sent") };
        let expected = format!("the client did not take its answer in time; {} bytes of it were left", PORTION + 1);
        assert_eq!(too_slow.to_string(), expected);
    }
}

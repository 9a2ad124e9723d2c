//! Large bodies in small portions, so that a thread which sends or receives one goes on answering others.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// What is sent before others have their turn: some 10 µs of copying.
const PORTION: usize = 32 * 1024;

/// A body that is sent in portions, with a turn for others between any two.
#[derive(Debug)]
pub(super) struct Portions {
    rest: Bytes,
    size: u64,
    gave_way: bool,
}

impl Portions {
    pub(super) fn new(body: Vec<u8>) -> Self {
        Self { size: body.len() as u64, rest: Bytes::from(body), gave_way: true }
    }
}

impl MessageBody for Portions {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if !std::mem::replace(&mut self.gave_way, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.gave_way = false;
        let length = self.rest.len().min(PORTION);
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
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

    use super::*;

    #[test]
    fn a_body_arrives_whole_and_others_have_their_turn_between_its_portions() {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PORTION + 1).collect();
        let mut portions = pin!(Portions::new(body.clone()));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let (mut received, mut turns) = (Vec::new(), 0);
        loop {
            match portions.as_mut().poll_next(&mut context) {
                Poll::Pending => turns += 1,
                Poll::Ready(Some(Ok(portion))) => received.extend_from_slice(&portion),
                Poll::Ready(Some(Err(never))) => match never {},
                Poll::Ready(None) => break,
            }
        }
        assert!(received == body, "the body is what it was");
        assert_eq!(turns, 2);
    }
}

//! A body as it is received: in pieces, which take as much memory as they are long.

/// How long a piece gets: short enough to be copied between two answers, long enough for its own upkeep not to count.
const PIECE: usize = 32 * 1024;

/// A body that is being received.
///
/// What comes is copied, and never kept as it came: a piece of one byte would cost some sixty, and each would keep the buffer
/// that it was received into, with the lengths of chunks in it and whatever the client likes to put beside them.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    whole: Vec<Box<[u8]>>,
    last: Vec<u8>,
}

impl Pieces {
    /// Adds what has come next.
    pub(super) fn push(&mut self, next: &[u8]) {
        self.last.extend_from_slice(next);
        if self.last.len() >= PIECE {
            // Without the room that is left in it.
            self.whole.push(std::mem::take(&mut self.last).into_boxed_slice());
        }
    }

    /// Puts the body together, giving back each piece as it goes.
    pub(super) fn join(self) -> Vec<u8> {
        let Self { whole, last } = self;
        let mut body = Vec::with_capacity(whole.iter().map(|piece| piece.len()).sum::<usize>() + last.len());
        for piece in whole {
            body.extend_from_slice(&piece);
        }
        body.extend_from_slice(&last);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_make_up_the_body_that_came() {
        let mut pieces = Pieces::default();
        let mut body = Vec::new();
        for length in [1, 2, PIECE - 3, 3, PIECE - 1, PIECE, PIECE + 1, 0, 5] {
            let next: Vec<u8> = (0..=u8::MAX).cycle().skip(body.len()).take(length).collect();
            body.extend_from_slice(&next);
            pieces.push(&next);
        }
        assert!(pieces.join() == body, "the body is what it was");
    }

    #[test]
    fn what_comes_byte_by_byte_takes_no_more_than_what_comes_at_once() {
        let mut pieces = Pieces::default();
        (0..10 * PIECE).for_each(|_| pieces.push(b" "));
        assert_eq!(pieces.whole.len(), 10);
        assert_eq!(pieces.join(), vec![b' '; 10 * PIECE]);
    }
}

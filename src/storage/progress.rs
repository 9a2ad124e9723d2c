//! Between those who wait for a commit and the thread that makes it: tickets one way, how far it got the other.

use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use super::NotDurable;

/// What both sides share.
#[derive(Debug)]
pub(super) struct Progress {
    wishes: Mutex<Wishes>,
    /// Rung when there is a new wish.
    bell: Condvar,
    standing: watch::Sender<Standing>,
}

/// What the thread is wished to do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    /// The last ticket that was drawn.
    pub(super) drawn: u64,
    /// To commit what there is, and end.
    pub(super) stop: bool,
}

/// How far the thread got.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// What was recorded before this ticket was drawn is durable.
    done: u64,
    /// Why the latest commit failed.
    failing: Option<NotDurable>,
    /// How it was at the end of the thread.
    ended: Option<Result<(), NotDurable>>,
}

impl Standing {
    /// What whoever has this ticket can be told by now. What is durable stays so, whatever comes later.
    fn answer(&self, ticket: u64) -> Option<Result<(), NotDurable>> {
        if self.done >= ticket {
            return Some(Ok(()));
        }
        let refusal = match &self.ended {
            Some(Ok(())) => Some(NotDurable::stopped()),
            Some(Err(error)) => Some(error.clone()),
            None => self.failing.clone(),
        };
        refusal.map(Err)
    }
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { wishes: Mutex::default(), bell: Condvar::new(), standing: watch::Sender::new(Standing::default()) }
    }

    /// Draws a ticket and waits for what becomes of it. Where the store is failing, nobody waits and nobody hastens the next try.
    pub(super) async fn settled(&self) -> Result<(), NotDurable> {
        let mut standing = self.standing.subscribe();
        // No ticket is that high.
        if let Some(refusal) = standing.borrow().answer(u64::MAX) {
            return refusal;
        }
        let ticket = self.draw();
        let standing = standing.wait_for(|standing| standing.answer(ticket).is_some()).await;
        standing.ok().and_then(|standing| standing.answer(ticket)).unwrap_or_else(|| Err(NotDurable::stopped()))
    }

    fn draw(&self) -> u64 {
        let mut wishes = self.wishes.lock();
        wishes.drawn += 1;
        self.bell.notify_one();
        wishes.drawn
    }

    /// Wishes the end of the thread.
    pub(super) fn stop(&self) {
        self.wishes.lock().stop = true;
        self.bell.notify_one();
    }

    /// Waits for the end of the thread; says whether all is durable.
    pub(super) async fn ended(&self) -> Result<(), NotDurable> {
        let mut standing = self.standing.subscribe();
        let standing = standing.wait_for(|standing| standing.ended.is_some()).await;
        standing.ok().and_then(|standing| standing.ended.clone()).unwrap_or(Ok(()))
    }

    /// Waits, in the thread, until it is time to commit: at `deadline` at the latest. Whoever drew a ticket after `answered` is a reason to
    /// do so at once, unless the store is failing: then they have their answer. Returns what is wished as of now.
    pub(super) fn wait(&self, answered: u64, deadline: Instant) -> Wishes {
        let is_failing = self.standing.borrow().failing.is_some();
        let mut wishes = self.wishes.lock();
        while !wishes.stop && (is_failing || wishes.drawn <= answered) {
            if self.bell.wait_until(&mut wishes, deadline).timed_out() {
                break;
            }
        }
        *wishes
    }

    /// Answers every ticket up to `ticket`, or all where the store is failing.
    pub(super) fn publish(&self, ticket: u64, outcome: Result<(), NotDurable>) {
        self.standing.send_modify(|standing| match outcome {
            Ok(()) => {
                standing.done = ticket;
                standing.failing = None;
            }
            Err(error) => standing.failing = Some(error),
        });
    }

    /// Answers everybody: nothing more is committed.
    pub(super) fn end(&self, outcome: Result<(), NotDurable>) {
        self.standing.send_modify(|standing| standing.ended = Some(outcome));
    }
}

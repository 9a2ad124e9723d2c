//! Runs every background task: each by itself, so that one that breaks stops no other, and is started again.
//!
//! A task goes in rounds and says of each how it went; one that panics is started again after a pause that grows while it goes on
//! panicking. Nothing else here spawns what outlives a call.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use crate::own::{Round, Tasks};

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Who ran this long has recovered from whatever broke it before.
const RECOVERED_AFTER: Duration = Duration::from_mins(5);

/// Holds all background tasks. They end with it.
#[derive(Debug)]
pub struct Supervisor {
    running: JoinSet<()>,
    tasks: Arc<Tasks>,
}

impl Supervisor {
    /// Runs nothing yet; what becomes of its tasks is noted in `tasks`.
    #[must_use]
    pub fn new(tasks: Arc<Tasks>) -> Self {
        Self { running: JoinSet::new(), tasks }
    }

    /// Runs the future that `make` makes, again and again until one ends by itself. Each is told where to say how its rounds went.
    pub fn start<F, Fut>(&mut self, name: &'static str, make: F)
    where
        F: Fn(Rounds) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.tasks.note_start(name);
        self.running.spawn(keep_running(name, Arc::clone(&self.tasks), make));
    }

    /// Ends all tasks, wherever they are: none does anything any more once this returns.
    pub async fn stop(mut self) {
        self.running.shutdown().await;
    }
}

/// Where a task says how its rounds went.
#[derive(Debug, Clone)]
pub struct Rounds {
    name: &'static str,
    tasks: Arc<Tasks>,
}

impl Rounds {
    /// Notes a round that began at `started`.
    pub fn note(&self, round: Round, started: Instant) {
        self.tasks.note_round(self.name, round, started.elapsed(), SystemTime::now().into());
    }
}

async fn keep_running<F, Fut>(name: &'static str, tasks: Arc<Tasks>, make: F)
where
    F: Fn(Rounds) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut pause = SHORTEST_PAUSE;
    loop {
        let started = Instant::now();
        let rounds = Rounds { name, tasks: Arc::clone(&tasks) };
        // In this task and not in one of its own, which would outlive its being stopped by a moment. What it leaves half done when it
        // panics is dropped with it, or behind locks that others take as they find it.
        if AssertUnwindSafe(make(rounds)).catch_unwind().await.is_ok() {
            return;
        }
        if started.elapsed() > RECOVERED_AFTER {
            pause = SHORTEST_PAUSE;
        }
        tasks.note_restart(name);
        tracing::error!(
            task = name,
            pause_seconds = pause.as_secs_f64(),
            "a background task panicked; starting it again"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again_and_others_go_on() {
        let tasks = Arc::new(Tasks::default());
        let mut supervisor = Supervisor::new(Arc::clone(&tasks));
        let (starts, healthy) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (counted, notified) = (Arc::clone(&starts), Arc::clone(&healthy));
        supervisor.start("breaks", move |rounds| {
            let (starts, healthy) = (Arc::clone(&counted), Arc::clone(&notified));
            async move {
                if starts.fetch_add(1, Ordering::Relaxed) < 2 {
                    // A panic without its message on stderr.
                    std::panic::resume_unwind(Box::new(()));
                }
                rounds.note(Round::Succeeded, Instant::now());
                healthy.notify_one();
                std::future::pending::<()>().await;
            }
        });
        supervisor.start("waits", |_| std::future::pending());
        healthy.notified().await;
        let facts = |name| tasks.all().into_iter().find(|(task, _)| *task == name).map(|(_, facts)| facts);
        assert_eq!(facts("breaks").map(|facts| (facts.restarts, facts.succeeded)), Some((2, 1)));
        assert_eq!(facts("waits"), Some(crate::own::TaskFacts::default()));
        supervisor.stop().await;
    }
}

//! Work that takes long, on threads that step back for those that answer.

use std::cell::Cell;

use actix_web::web;

/// How far they step back: at 5 a thread gets a third of what one at 0 gets, and all of it where nobody else wants any.
const NICENESS: i32 = 5;

thread_local! {
    static IS_NICE: Cell<bool> = const { Cell::new(false) };
}

/// Work that came to no end.
#[derive(Debug, thiserror::Error)]
#[error("it panicked, or there was no thread for it")]
pub(super) struct BrokenOff;

/// Runs `work` on the blocking pool.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
    let nicely = move || {
        step_back();
        work()
    };
    web::block(nicely).await.map_err(|_| BrokenOff)
}

/// On Linux the niceness of process 0 is that of the calling thread. Where it can't be set, work goes on as it is.
fn step_back() {
    if !IS_NICE.replace(true) {
        _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_is_told_from_work_that_ends() {
        let system = actix_web::rt::System::new();
        system.block_on(run(|| 7)).expect("it ends");
        // A panic without its message on stderr.
        system.block_on(run(|| std::panic::resume_unwind(Box::new(())))).expect_err("it panics");
    }
}

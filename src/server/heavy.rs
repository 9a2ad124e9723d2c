//! Work that takes long, on threads that step back for those that answer.

use std::cell::Cell;

use actix_web::web;

/// How far they step back: at 5 a thread gets a third of what one at 0 gets, and all of it where nobody else wants any.
const NICENESS: i32 = 5;

thread_local! {
    static IS_NICE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on the blocking pool; `None` when it panicked or the pool is gone.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let nicely = move || {
        step_back();
        work()
    };
    web::block(nicely).await.ok()
}

/// On Linux the niceness of process 0 is that of the calling thread. Where it can't be set, work goes on as it is.
fn step_back() {
    if !IS_NICE.replace(true) {
        _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

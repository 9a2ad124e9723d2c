//! What a check says of a server through faults that all servers have.

use llm_exporter::dependencies::Check;

use crate::support::server::Server;
use crate::{assert_hangs, assert_no_tasks, assert_up, failure};

/// A server that its check can be made for.
pub(crate) trait Checked: Server {
    fn check(&self) -> Check;
}

pub(crate) async fn is_down_when_stopped_and_comes_back<S: Checked>() {
    let mut server = S::start();
    let mut check = server.check();
    assert_up(&mut check).await;
    server.stop();
    assert_eq!(failure(&mut check).await, format!("connection refused (127.0.0.1:{})", server.port()));
    server.start_again();
    assert_up(&mut check).await;
}

pub(crate) async fn may_be_restarted_between_two_checks<S: Checked>() {
    let mut server = S::start();
    let mut check = server.check();
    assert_up(&mut check).await;
    server.stop();
    server.start_again();
    assert_up(&mut check).await;
}

pub(crate) async fn is_down_when_it_hangs_and_recovers<S: Checked>() {
    let server = S::start();
    let (mut kept, mut fresh) = (server.check(), server.check());
    assert_up(&mut kept).await;
    server.pause();
    assert_hangs(&mut kept).await;
    assert_hangs(&mut kept).await;
    assert_hangs(&mut fresh).await;
    server.resume();
    assert_up(&mut kept).await;
    assert_up(&mut fresh).await;
}

pub(crate) async fn leaves_nothing_behind<S: Checked>() {
    let mut server = S::start();
    let mut check = server.check();
    assert_up(&mut check).await;
    server.pause();
    for _ in 0..5 {
        assert_hangs(&mut check).await;
    }
    assert_no_tasks().await;
    server.stop();
    for _ in 0..100 {
        failure(&mut check).await;
    }
    assert_no_tasks().await;
}

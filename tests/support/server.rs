//! What can be done to any real server of a test's own.

use super::postgres::Postgres;
use super::redis::Redis;

/// A server on 127.0.0.1 that can be stopped and made to hang.
pub(crate) trait Server {
    /// Starts one that lets everybody in.
    fn start() -> Self;

    /// Where it is, as an operator writes it.
    fn url(&self) -> String;

    /// Its port on 127.0.0.1.
    fn port(&self) -> u16;

    /// Ends it, and its connections with it.
    fn stop(&mut self);

    /// Starts it after a stop, at the same address.
    fn start_again(&mut self);

    /// Lets it hang: connections are accepted by the system, and nobody answers.
    fn pause(&self);

    /// Lets it go on after a pause.
    fn resume(&self);
}

/// Each of them has these methods of its own too, so that a test of one kind needs no trait.
macro_rules! server {
    ($kind:ty) => {
        impl Server for $kind {
            fn start() -> Self {
                Self::start()
            }

            fn url(&self) -> String {
                self.url()
            }

            fn port(&self) -> u16 {
                self.port()
            }

            fn stop(&mut self) {
                self.stop();
            }

            fn start_again(&mut self) {
                self.start_again();
            }

            fn pause(&self) {
                self.pause();
            }

            fn resume(&self) {
                self.resume();
            }
        }
    };
}

server!(Postgres);
server!(Redis);

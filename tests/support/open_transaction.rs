//! A transaction that stays open for as long as a test wants it to.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use super::postgres::Postgres;

/// A transaction in a session of its own, which did something and ends when it is told to, or rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenTransaction(Child);

impl OpenTransaction {
    /// Begins it with these statements, and does not wait for them.
    pub(crate) fn begin(server: &Postgres, sql: &str) -> Self {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &server.url()]);
        let child = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("psql starts");
        let mut transaction = Self(child);
        transaction.say(&format!("BEGIN; {sql};\n"));
        transaction
    }

    /// Commits it.
    pub(crate) fn commit(mut self) {
        self.say("COMMIT;\n");
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("it is our child").success());
    }

    fn say(&mut self, words: &str) {
        self.0.stdin.as_mut().expect("it is piped").write_all(words.as_bytes()).expect("psql reads");
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        _ = self.0.wait();
    }
}

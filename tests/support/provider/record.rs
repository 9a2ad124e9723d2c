//! What the stand-in was told to do and what it was asked.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use super::Behaviour;

/// One request that was seen.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and path without query: `GET /v1/models`.
    pub(crate) route: String,
    /// What stands behind the `?`.
    pub(crate) query: String,
    /// The headers, their names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// The body; `null` where there is none.
    pub(crate) body: Value,
}

impl Request {
    /// Whether a provider sends a bill for it.
    pub(crate) fn is_billed(&self) -> bool {
        !self.route.starts_with("GET ") && !self.route.starts_with("HEAD ")
    }

    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Debug, Default)]
struct Facts {
    behaviour: Behaviour,
    at_routes: HashMap<String, Behaviour>,
    requests: Vec<Request>,
    connections: usize,
    has_ended: bool,
}

/// What all connections share.
#[derive(Debug, Default)]
pub(super) struct Record {
    facts: Mutex<Facts>,
    ended: Condvar,
}

impl Record {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().expect("nobody panics with it")
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        self.facts().behaviour = behaviour;
    }

    pub(super) fn behave_at(&self, route: &str, behaviour: Behaviour) {
        self.facts().at_routes.insert(route.to_owned(), behaviour);
    }

    /// Notes a request and says how to answer it.
    pub(super) fn note(&self, request: Request) -> Behaviour {
        let mut facts = self.facts();
        let behaviour = facts.at_routes.get(&request.route).unwrap_or(&facts.behaviour).clone();
        facts.requests.push(request);
        behaviour
    }

    pub(super) fn note_connection(&self) {
        self.facts().connections += 1;
    }

    pub(super) fn connections(&self) -> usize {
        self.facts().connections
    }

    pub(super) fn count(&self, is_meant: impl Fn(&Request) -> bool) -> usize {
        self.facts().requests.iter().filter(|request| is_meant(request)).count()
    }

    pub(super) fn last(&self, route: &str) -> Option<Request> {
        self.facts().requests.iter().rev().find(|request| request.route == route).cloned()
    }

    pub(super) fn end(&self) {
        self.facts().has_ended = true;
        self.ended.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.facts().has_ended
    }

    /// Waits so long, or until the stand-in ends.
    pub(super) fn wait(&self, time: Duration) {
        let facts = self.facts();
        let _facts =
            self.ended.wait_timeout_while(facts, time, |facts| !facts.has_ended).expect("nobody panics with it");
    }
}

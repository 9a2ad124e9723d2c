//! What a replica must remember of itself across restarts, beside what it counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::replicas::ReplicaId;

/// What a replica remembers of itself, and where that is kept.
pub struct Memory {
    replica: ReplicaId,
    others_read: bool,
    keep: Box<dyn Fn(String) + Send + Sync>,
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    replica: String,
    others_read: bool,
}

impl Memory {
    /// What was written down, or a new replica's where nothing was or it can't be read. `keep` is given the text that replaces it at
    /// once, and each time it changes.
    #[must_use]
    pub fn new(restored: Option<&str>, keep: impl Fn(String) + Send + Sync + 'static) -> Self {
        let written = restored.and_then(|text| serde_json::from_str::<Written>(text).ok());
        let known = written.and_then(|written| Some((ReplicaId::parse(&written.replica)?, written.others_read)));
        let (replica, others_read) = known.unwrap_or_else(|| (ReplicaId::of_this_process(), false));
        let memory = Self { replica, others_read, keep: Box::new(keep) };
        memory.write();
        memory
    }

    /// Who this is.
    #[must_use]
    pub const fn replica(&self) -> &ReplicaId {
        &self.replica
    }

    /// Whether another replica read since this one did, as far as this one knows.
    pub(super) const fn others_read(&self) -> bool {
        self.others_read
    }

    pub(super) fn note_others_read(&mut self, others_read: bool) {
        if self.others_read != others_read {
            self.others_read = others_read;
            self.write();
        }
    }

    fn write(&self) {
        let written = Written { replica: self.replica.to_string(), others_read: self.others_read };
        (self.keep)(serde_json::to_string(&written).expect("two plain fields are JSON"));
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replica, others_read, keep: _ } = self;
        f.debug_struct("Memory").field("replica", replica).field("others_read", others_read).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn a_replica_is_the_same_after_a_restart_and_knows_that_others_read() {
        let kept = Arc::new(Mutex::new(String::new()));
        let keep = || {
            let kept = Arc::clone(&kept);
            move |text| *kept.lock() = text
        };
        let mut memory = Memory::new(None, keep());
        let replica = memory.replica().clone();
        assert!(!memory.others_read());
        memory.note_others_read(true);
        let text = kept.lock().clone();
        let restarted = Memory::new(Some(&text), keep());
        assert_eq!((restarted.replica(), restarted.others_read()), (&replica, true));
        assert_ne!(Memory::new(Some("{}"), keep()).replica(), &replica, "what can't be read is forgotten");
    }
}

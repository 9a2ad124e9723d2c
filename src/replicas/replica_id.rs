//! What tells one replica from another.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

/// Enough of a host's name to find the pod.
const MAX_HOST_CHARACTERS: usize = 48;

/// The host's, and two numbers.
const MAX_CHARACTERS: usize = MAX_HOST_CHARACTERS + 20;

/// What tells one replica from another: its host, its process, and something random for hosts with the same name.
///
/// A process that is started again is another replica, unless it [remembers](Self::parse) its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplicaId(String);

impl ReplicaId {
    /// The id of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self::new(&host, std::process::id(), random())
    }

    /// An id that was written down; `None` where the text can't be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let may_be = (1..=MAX_CHARACTERS).contains(&text.len()) && text.chars().all(is_printable);
        may_be.then(|| Self(text.to_owned()))
    }

    fn new(host: &str, process: u32, random: u64) -> Self {
        let host = host.chars().map(|character| if is_printable(character) { character } else { '_' });
        let host: String = host.take(MAX_HOST_CHARACTERS).collect();
        Self(format!("{host}-{process}-{:08x}", random >> 32))
    }

    /// The id as text: letters, digits, `-`, `.` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The lease is `REPLICA:FENCE`: no colon, and nothing that a log could not show.
fn is_printable(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_')
}

/// A random number: the standard library seeds its hashers with some. Good enough for names and jitter, and for nothing secret.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_printable_whatever_the_host_is_called() {
        assert_eq!(ReplicaId::new("exporter-0", 7, 0xab << 32).as_str(), "exporter-0-7-000000ab");
        assert_eq!(ReplicaId::new("a:b\u{e9}\n", 1, 0).as_str(), "a_b__-1-00000000");
        assert!(ReplicaId::new(&"x".repeat(500), u32::MAX, u64::MAX).as_str().len() < 80);
    }

    #[test]
    fn an_id_that_was_written_down_is_the_same_and_others_are_none() {
        let longest = ReplicaId::new(&"x".repeat(500), u32::MAX, u64::MAX);
        assert_eq!(ReplicaId::parse(longest.as_str()), Some(longest));
        for text in ["", "a:b", "a b", &"x".repeat(69)] {
            assert_eq!(ReplicaId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn two_replicas_of_one_host_and_process_number_differ() {
        assert_ne!(ReplicaId::of_this_process(), ReplicaId::of_this_process());
    }
}

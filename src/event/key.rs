//! What tells one attempt from every other.

use xxhash_rust::xxh3::Xxh3Default;

/// Identifies one attempt across deliveries and restarts.
///
/// A hash (XXH3, 64 bit) and not the ids themselves: a window of a million attempts then takes some 27 MB, and two
/// different attempts within it share a key once in 10¹³ events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey(u64);

/// Identifies one call, which may be several attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallKey(u64);

/// Stands between the parts of a key, so that ("ab", "c") and ("a", "bc") differ. No id holds it.
const SEPARATOR: &[u8] = &[0x1f];

impl AttemptKey {
    /// The key made of these ids, in this order.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        Self(hash(parts))
    }

    /// The hash itself, evenly spread over 64 bits.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The key with this hash, which was written down before.
    #[must_use]
    pub const fn from_u64(hash: u64) -> Self {
        Self(hash)
    }
}

impl CallKey {
    /// The key of the call with this id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(hash(&[id]))
    }
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = Xxh3Default::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(SEPARATOR);
    }
    hasher.digest()
}

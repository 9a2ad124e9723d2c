//! What the exporter keeps across its end, however it ends: a key-value store in one file, and who commits to it.
//!
//! [`Store`] is SQLite below: values by key in a few ordered spaces, written all or nothing, durable when a commit returns. It
//! knows nothing of what it holds; that is the concern of whoever makes the [`Write`]s. The [`Committer`] is the thread in which it
//! lives while the exporter runs: `committing` is what that thread does, `progress` what it and those who wait tell each other. What
//! is only one database's way of doing things belongs into `database`, what is done with files into `folder`.

mod committer;
mod committing;
mod database;
mod error;
mod folder;
mod pending;
mod progress;
mod store;

pub use committer::Committer;
pub use error::{FailureKind, NotDurable, OpenError, SetAside, SetAsideReason, StoreError};
pub use store::{Opened, Store};

/// Where a value is kept: ordered by key within each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// What there is one of.
    Meta,
    /// Rows of the state's tables.
    Rows,
    /// The attempts that are remembered, in the order of their arrival.
    Window,
    /// What a source has seen beyond its cursor.
    Seen,
    /// What was counted, to be held against the gateway's own books.
    Ledger,
}

impl Space {
    /// Every space.
    pub const ALL: [Self; 5] = [Self::Meta, Self::Rows, Self::Window, Self::Seen, Self::Ledger];

    /// The name of its table.
    const fn table(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Rows => "rows",
            Self::Window => "window",
            Self::Seen => "seen",
            Self::Ledger => "ledger",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// One change of the store. A value is absolute: to write it twice is to write it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// This key has this value from now on.
    Put {
        /// Where.
        space: Space,
        /// Which.
        key: Vec<u8>,
        /// What.
        value: Vec<u8>,
    },
    /// This key is gone; that it never was is no error.
    Delete {
        /// Where.
        space: Space,
        /// Which.
        key: Vec<u8>,
    },
    /// Every smaller key is gone; keys compare byte by byte.
    DeleteBelow {
        /// Where.
        space: Space,
        /// The smallest key that stays.
        key: Vec<u8>,
    },
}

//! The closed names that some keys take.

/// A text that is none of the names a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is unknown, expected {expected}")]
pub struct UnknownName {
    given: String,
    expected: &'static str,
}

impl UnknownName {
    /// What was given, and what might have been.
    pub(super) fn new(given: &str, expected: &'static str) -> Self {
        Self { given: given.to_owned(), expected }
    }
}

/// Gives each variant of an enum its name in the configuration, in the order in which names are told.
macro_rules! named {
    ($named:ident: $($variant:ident = $name:literal),+) => {
        impl $named {
            /// What [`FromStr`](std::str::FromStr) takes, for error messages.
            pub const ALLOWED: &str = $crate::config::names::one_of!($($name),+);

            /// Every one of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Returns the name as it is written in the configuration.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::str::FromStr for $named {
            type Err = $crate::config::UnknownName;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.into_iter().find(|known| known.as_str() == given);
                known.ok_or_else(|| $crate::config::UnknownName::new(given, Self::ALLOWED))
            }
        }

        impl std::fmt::Display for $named {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Names as a sentence has them: `a or b`, `one of a, b or c`.
macro_rules! one_of {
    ($first:literal, $last:literal) => {
        concat!($first, " or ", $last)
    };
    (, $last:literal) => {
        concat!(" or ", $last)
    };
    (, $next:literal $(, $more:literal)+) => {
        concat!(", ", $next, $crate::config::names::one_of!($(, $more)+))
    };
    ($first:literal $(, $more:literal)+) => {
        concat!("one of ", $first, $crate::config::names::one_of!($(, $more)+))
    };
}

pub(super) use {named, one_of};

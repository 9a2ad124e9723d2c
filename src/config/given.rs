//! A value as it was given, before it is known which key it belongs to and what that key takes.

use std::{collections::BTreeMap, fmt};

use config::{Value, ValueKind};

/// The most characters of a value that an error message repeats.
const LONGEST_SHOWN: usize = 80;

/// A value as it was given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Scalar(Scalar),
    List(Vec<Given>),
    /// Keys with their values.
    Section(BTreeMap<String, Given>),
    Null,
}

/// One value as text, whatever YAML took it for: each key reads its own type from that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) form: Form,
}

/// What the source took a scalar for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    Text,
    /// A number or boolean: YAML has read it and may have dropped digits (`00123` became `123`).
    Parsed,
}

impl Given {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Scalar(Scalar { text: text.into(), form: Form::Text })
    }

    fn parsed(value: &impl ToString) -> Self {
        Self::Scalar(Scalar { text: value.to_string(), form: Form::Parsed })
    }
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        match value.kind {
            ValueKind::Nil => Self::Null,
            ValueKind::Boolean(value) => Self::parsed(&value),
            ValueKind::I64(value) => Self::parsed(&value),
            ValueKind::I128(value) => Self::parsed(&value),
            ValueKind::U64(value) => Self::parsed(&value),
            ValueKind::U128(value) => Self::parsed(&value),
            ValueKind::Float(value) => Self::parsed(&value),
            ValueKind::String(text) => Self::text(text),
            ValueKind::Table(keys) => Self::Section(keys.into_iter().map(|(key, value)| (key, value.into())).collect()),
            ValueKind::Array(elements) => Self::List(elements.into_iter().map(Self::from).collect()),
        }
    }
}

/// How an error message repeats the value.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::List(elements) if elements.is_empty() => f.write_str("an empty list"),
            Self::List(_) => f.write_str("a list"),
            Self::Section(_) => f.write_str("a section"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.text.chars();
        let shown: String = rest.by_ref().take(LONGEST_SHOWN).collect();
        let dots = if rest.next().is_some() { "…" } else { "" };
        match self.form {
            Form::Text => write!(f, "{shown:?}{dots}"),
            Form::Parsed => write!(f, "{shown}{dots}"),
        }
    }
}

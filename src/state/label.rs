//! Labels: cleaned once, escaped once, rendered once.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::event::Timestamp;

/// Longer label values are cut: Prometheus can refuse a whole scrape for one that is too long.
const MAX_BYTES: usize = 256;

/// The labels of a series, as they stand between the braces: `model="gpt-4",provider="openai"`.
///
/// Rendered when the series is born, so that a scrape only copies. Cheap to clone.
#[derive(Clone, Default)]
pub struct LabelSet {
    /// May hold other sets as well.
    text: Arc<str>,
    range: Range<usize>,
    since: Option<Timestamp>,
}

impl LabelSet {
    /// Renders `pairs` in the order given. Names must be valid label names; values may be anything.
    #[must_use]
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut rendered = String::new();
        for (name, value) in pairs {
            if !rendered.is_empty() {
                rendered.push(',');
            }
            rendered.push_str(name);
            rendered.push_str("=\"");
            escape_into(&mut rendered, &clean(value));
            rendered.push('"');
        }
        Self { range: 0..rendered.len(), text: rendered.into(), since: None }
    }

    /// The same, of series that were made at this moment.
    #[must_use]
    pub fn made_at(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    /// When the series was made, where that is known.
    #[must_use]
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The same sets, in one piece of memory and in this order. A scrape goes through many sets several times, and twice as
    /// fast where the next one is what follows in memory.
    #[must_use]
    pub(super) fn gathered<'a>(sets: impl Iterator<Item = &'a Self> + Clone) -> Vec<Self> {
        let text: Arc<str> = sets.clone().map(Self::as_str).collect::<String>().into();
        let mut start = 0;
        let next = |set: &Self| {
            let range = start..start + set.range.len();
            start = range.end;
            Self { text: Arc::clone(&text), range, since: set.since }
        };
        sets.map(next).collect()
    }

    /// The same with one label more.
    #[must_use]
    pub fn and(&self, name: &str, value: &str) -> Self {
        let more = Self::new([(name, value)]);
        let separator = if self.range.is_empty() { "" } else { "," };
        let rendered = [self.as_str(), separator, more.as_str()].concat();
        Self { range: 0..rendered.len(), text: rendered.into(), since: self.since }
    }

    /// As it stands between the braces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text[self.range.clone()]
    }

    /// The labels again as names and unescaped values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, String)> {
        let mut rest = self.as_str();
        std::iter::from_fn(move || {
            let (name, quoted) = rest.split_once("=\"")?;
            let end = closing_quote(quoted);
            rest = quoted.get(end + 1..).unwrap_or_default().trim_start_matches(',');
            Some((name, unescape(&quoted[..end])))
        })
    }
}

impl fmt::Debug for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.as_str())
    }
}

impl PartialEq for LabelSet {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for LabelSet {}

/// A label value as it may be shown: at most 256 bytes, and no control characters.
#[must_use]
pub fn clean(value: &str) -> Cow<'_, str> {
    if value.len() <= MAX_BYTES && value.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(value);
    }
    let cut = &value[..value.floor_char_boundary(MAX_BYTES)];
    if !cut.contains(char::is_control) {
        return Cow::Borrowed(cut);
    }
    // '?' and not U+FFFD, which is longer than what it replaces: the limit is one of bytes.
    Cow::Owned(cut.chars().map(|character| if character.is_control() { '?' } else { character }).collect())
}

/// Escapes what both text formats want escaped. Line feeds need it too, but [`clean`] leaves none.
fn escape_into(out: &mut String, value: &str) {
    for character in value.chars() {
        if matches!(character, '\\' | '"') {
            out.push('\\');
        }
        out.push(character);
    }
}

/// Where the quote stands that ends an escaped value.
fn closing_quote(quoted: &str) -> usize {
    let mut escaped = false;
    let is_end = |byte: u8| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    };
    quoted.bytes().position(is_end).unwrap_or(quoted.len())
}

fn unescape(escaped: &str) -> String {
    let mut characters = escaped.chars();
    let next = || match characters.next()? {
        '\\' => characters.next(),
        plain => Some(plain),
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_are_rendered_in_order_and_escaped() {
        let labels = LabelSet::new([("model", r#"a"b\c"#), ("provider", "p")]);
        assert_eq!(labels.as_str(), r#"model="a\"b\\c",provider="p""#);
    }

    #[test]
    fn a_label_more_stands_behind_the_others() {
        assert_eq!(LabelSet::new([("a", "1")]).and("b", "\"").as_str(), r#"a="1",b="\"""#);
        assert_eq!(LabelSet::default().and("b", "2").as_str(), r#"b="2""#);
    }

    #[test]
    fn sets_are_the_same_once_they_are_gathered() {
        let sets = [LabelSet::new([("a", "1")]), LabelSet::default(), LabelSet::new([("b", "2"), ("c", "3")])];
        assert_eq!(LabelSet::gathered(sets.iter()), sets);
        assert_eq!(LabelSet::gathered([].iter()), []);
    }

    #[test]
    fn control_characters_and_length_are_bounded() {
        assert_eq!(clean("a\nb\u{7f}c\u{85}d"), "a?b?c?d");
        let long = "ü".repeat(200);
        assert_eq!(clean(&long).len(), 256);
        assert_eq!(clean("grün"), "grün", "what is harmless stays");
    }

    proptest! {
        #[test]
        fn any_cleaned_value_round_trips(values in proptest::collection::vec(any::<String>(), 1..4)) {
            let labels = LabelSet::new(values.iter().map(|value| ("name", value.as_str())));
            let back: Vec<String> = labels.pairs().map(|(_, value)| value).collect();
            let cleaned: Vec<String> = values.iter().map(|value| clean(value).into_owned()).collect();
            prop_assert_eq!(back, cleaned);
        }

        #[test]
        fn cleaning_is_final(value: String) {
            let once = clean(&value).into_owned();
            prop_assert_eq!(clean(&once).into_owned(), once);
        }
    }
}

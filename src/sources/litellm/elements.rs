//! The elements of a body, one after the other, decoded in one pass.

use super::NotJson;
use super::json::{self, SyntaxError};
use super::loose::Object;
use super::payload::Payload;
use crate::state::RejectReason;

/// One element of a body.
#[derive(Debug)]
pub(super) enum Element<'a> {
    /// An object.
    Payload(Box<Object<Payload<'a>>>),
    /// Something else.
    Rejected(RejectReason),
}

/// Iterates over the elements of a JSON array, or over JSON values that follow one another.
///
/// An element that can't be read is skipped, and not the rest of the body: it must not cost the other 511 events of a batch.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    body: &'a [u8],
    position: usize,
    shape: Shape,
    /// Whether anything so far was JSON.
    read_any: bool,
    /// Bytes that were read in vain, by elements that turned out to be no JSON.
    wasted: usize,
    first_error: Option<NotJson>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `[…]`
    Array,
    /// NDJSON, a single object, or objects one after the other.
    Sequence,
    /// Nothing more will come.
    Ended,
}

/// How often a body is read, bytes of broken elements counted each time that they are read again. A body made of beginnings
/// would otherwise be read to its end from each of them.
const MOST_READINGS: usize = 32;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<'a> Elements<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let mut elements =
            Self { body, position: 0, shape: Shape::Sequence, read_any: false, wasted: 0, first_error: None };
        elements.skip_whitespace();
        match elements.peek() {
            Some(b'[') => {
                elements.position += 1;
                elements.read_any = true;
                elements.shape = Shape::Array;
            }
            Some(_) => {}
            None => elements.note_error("it is empty", 0),
        }
        elements
    }

    /// Why nothing could be read, if nothing could.
    pub(super) fn unreadable(self) -> Option<NotJson> {
        self.first_error.filter(|_| !self.read_any)
    }

    fn peek(&self) -> Option<u8> {
        self.body.get(self.position).copied()
    }

    fn skip_whitespace(&mut self) {
        let rest = &self.body[self.position..];
        self.position += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    /// Goes to where the next element begins; `false` when there is none.
    fn find_next(&mut self) -> bool {
        self.skip_whitespace();
        if self.shape == Shape::Array {
            while self.peek() == Some(b',') {
                self.position += 1;
                self.skip_whitespace();
            }
            if self.peek() == Some(b']') {
                // Nothing should follow. What does is read, so that it is at least counted.
                self.position += 1;
                self.shape = Shape::Sequence;
                self.skip_whitespace();
            }
        }
        self.shape != Shape::Ended && self.position < self.body.len()
    }

    fn read(&mut self) -> Element<'a> {
        let element = match self.peek() {
            Some(b'{') => self.read_payload(),
            _ => self.skip_value(),
        };
        element.unwrap_or_else(|error| self.skip_unreadable(&error))
    }

    fn read_payload(&mut self) -> Result<Element<'a>, SyntaxError> {
        let rest = &self.body[self.position..];
        // Into its box at once: it is large, and moving it about costs.
        let (mut payload, length): (Box<Object<Payload<'a>>>, usize) = json::read(rest)?;
        payload.0.json = &rest[..length];
        self.went_over(length);
        Ok(Element::Payload(payload))
    }

    fn skip_value(&mut self) -> Result<Element<'a>, SyntaxError> {
        self.went_over(json::length(&self.body[self.position..])?);
        Ok(Element::Rejected(RejectReason::NotAnObject))
    }

    fn went_over(&mut self, length: usize) {
        self.position += length;
        self.read_any = true;
    }

    /// Every field is taken as it comes, so what can't be read is no JSON.
    fn skip_unreadable(&mut self, error: &SyntaxError) -> Element<'a> {
        self.note_error(&error.reason, self.position + error.at);
        self.wasted = self.wasted.saturating_add(error.at);
        if self.wasted > self.body.len().saturating_mul(MOST_READINGS) {
            self.shape = Shape::Ended;
            return Element::Rejected(RejectReason::Syntax);
        }
        let rest = &self.body[self.position..];
        let length = match self.shape {
            Shape::Array => length_of_element(rest),
            Shape::Sequence | Shape::Ended => length_of_line(rest),
        };
        match length {
            Some(length) => self.position += length,
            None => self.shape = Shape::Ended,
        }
        Element::Rejected(RejectReason::Syntax)
    }

    /// Remembers the first error and the line and column of its byte.
    fn note_error(&mut self, reason: &str, at: usize) {
        if self.first_error.is_some() {
            return;
        }
        let before = &self.body[..at.min(self.body.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        self.first_error = Some(NotJson { reason: reason.to_owned(), line, column });
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        if self.find_next() {
            return Some(self.read());
        }
        if self.shape == Shape::Array {
            // The body was cut off between two elements: whatever followed is lost, and that must show.
            self.shape = Shape::Ended;
            return Some(Element::Rejected(RejectReason::Syntax));
        }
        None
    }
}

/// How far it is to the comma or bracket that ends this element, as far as quotes and brackets tell; `None` when the body
/// ends first.
fn length_of_element(rest: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let is_end = |byte: u8| {
        if in_string {
            in_string = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            return false;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b',' | b']' | b'}' if depth == 0 => return true,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        false
    };
    // A bracket that nothing opened is no end: step over it, or the same place would be read for ever.
    rest.iter().copied().position(is_end).map(|end| end.max(1))
}

/// How far it is to the line that begins the next object; `None` when none does.
fn length_of_line(rest: &[u8]) -> Option<usize> {
    rest.windows(2).position(|pair| pair == b"\n{").map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ids of what was read, and the reasons of what was not.
    fn read(body: &str) -> Vec<String> {
        let describe = |element| match element {
            Element::Payload(payload) => payload.0.id.text().unwrap_or("?").to_owned(),
            Element::Rejected(reason) => reason.as_str().to_owned(),
        };
        Elements::new(body.as_bytes()).map(describe).collect()
    }

    #[test]
    fn arrays_lines_and_single_objects_are_told_apart_by_content() {
        for body in [
            r#"[{"id":"a"},{"id":"b"}]"#,
            "{\"id\":\"a\"}\n{\"id\":\"b\"}\n",
            r#"{"id":"a"}{"id":"b"}"#,
            "\u{feff} [ {\"id\":\"a\"} , {\"id\":\"b\"} ] \n",
        ] {
            assert_eq!(read(body), ["a", "b"], "{body}");
        }
        assert_eq!(read(r#"{"id":"a"}"#), ["a"]);
        assert_eq!(read("[]"), Vec::<String>::new());
    }

    #[test]
    fn a_broken_element_does_not_cost_the_others() {
        assert_eq!(read(r#"[{"id":"a"},{"id":oops},{"id":"b]}\""},{"id":"c"}]"#), ["a", "syntax", "b]}\"", "c"]);
        assert_eq!(
            read(r#"[{"id":"a"},7,"x",[1,{"id":"no"}],{"id":"b"}]"#),
            ["a", "not_an_object", "not_an_object", "not_an_object", "b"]
        );
        assert_eq!(read("{\"id\":\"a\"}\n{\"id\":\"b\n{\"id\":\"c\"}"), ["a", "syntax", "c"]);
        assert_eq!(read(r#"[{"id":"a"},}},{"id":"b"}]"#), ["a", "syntax", "syntax", "b"]);
    }

    #[test]
    fn what_is_not_looked_at_is_not_judged() {
        let odd = r#"[{"response":{"logprob":NaN,"x":oops},"id":"a"},{"n":-Infinity,"id":"b"}]"#;
        assert_eq!(read(odd), ["a", "b"]);
        let cut = "{\"id\":\"a\",\"response\":{\"text\":\"half a li\n{\"id\":\"b\",\"response\":{}}\n{\"id\":\"c\"}";
        assert_eq!(read(cut), ["syntax", "b", "c"], "a line that was cut off takes no other with it");
    }

    #[test]
    fn a_body_that_was_cut_off_gives_what_came_before() {
        assert_eq!(read(r#"[{"id":"a"},{"id":"b"#), ["a", "syntax"]);
        assert_eq!(read(r#"[{"id":"a"},"#), ["a", "syntax"]);
    }

    #[test]
    fn a_body_of_nothing_but_beginnings_is_given_up() {
        let repeated = |parts: &[&str]| parts.iter().map(|part| part.repeat(10_000)).collect::<String>();
        let bodies = [
            repeated(&["{\"a\":[}},"]),
            repeated(&["{\"a\":[\n"]),
            repeated(&["{\"a\":{\"b\":\n"]),
            // What is wrong with each shows at its end only: a field stands there twice.
            repeated(&["{\"id\":1,\"x\":\n", "{\"id\":1}", ",\"id\":2}"]),
            repeated(&["{\"id\":1,\"x\":[}},", "],\"id\":1"]),
        ];
        for body in bodies {
            for opening in ["", "["] {
                let elements = read(&format!("{opening}{body}"));
                assert!(elements.len() <= 2 * MOST_READINGS, "{} of {opening}{:.20}", elements.len(), body);
            }
        }
    }

    #[test]
    fn a_body_that_is_no_json_at_all_says_where() {
        let position = |body: &str| {
            let mut elements = Elements::new(body.as_bytes());
            elements.by_ref().for_each(drop);
            elements.unreadable().map(|error| (error.line, error.column))
        };
        assert_eq!(position("\n\n  hello"), Some((3, 3)));
        assert_eq!(position(""), Some((1, 1)));
        assert_eq!(position("{\"id\": }"), Some((1, 8)));
        assert_eq!(position("[nonsense]"), None, "an array is JSON enough to take what it may hold");
    }
}

//! JSON of which little is wanted: a [`Deserializer`] that steps over the rest faster than it could read it.
//!
//! Of the 14 KB of an event half a kilobyte is looked at. serde_json must take every value apart, also one that is thrown away;
//! here such a value is [stepped over](skip) by its brackets and quotes alone. What is not looked at is not judged either: a
//! mistake within a prompt or an answer costs no event. Nor does what Python writes and JSON does not know (`NaN`, `Infinity`),
//! or a text that can't be decoded: to the fields they are as good as null.
//!
//! Escapes are left to serde_json and numbers to the standard library.

mod skip;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display};

use memchr::memchr2;
use serde::de::value::BorrowedBytesDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// What is no JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// What is wrong.
    pub(super) reason: Box<str>,
    /// The byte where it is, counted from where reading began.
    pub(super) at: usize,
}

impl SyntaxError {
    #[cold]
    fn new(reason: &str, at: usize) -> Self {
        Self { reason: reason.into(), at }
    }

    #[cold]
    fn too_short(input: &[u8]) -> Self {
        Self::new("it ends too early", input.len())
    }
}

impl Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for SyntaxError {}

impl Error for SyntaxError {
    /// Of what was read and does not fit: where, [`read`] knows.
    #[cold]
    fn custom<T: Display>(reason: T) -> Self {
        Self { reason: reason.to_string().into(), at: 0 }
    }
}

/// Reads the value that `input` begins with, and tells how long it is.
pub(super) fn read<'de, T: Deserialize<'de>>(input: &'de [u8]) -> Result<(T, usize), SyntaxError> {
    let mut reader = Reader { input, position: 0 };
    let read = T::deserialize(&mut reader);
    match read {
        Ok(value) => Ok((value, reader.position)),
        Err(error) => Err(SyntaxError { at: error.at.max(reader.position), ..error }),
    }
}

/// How long the value is that `input` begins with.
pub(super) fn length(input: &[u8]) -> Result<usize, SyntaxError> {
    skip::end_of_value(input, 0)
}

/// A place in a text.
#[derive(Debug)]
struct Reader<'de> {
    input: &'de [u8],
    position: usize,
}

impl<'de> Reader<'de> {
    /// The next byte that is not white space, which is not taken.
    fn peek(&mut self) -> Result<u8, SyntaxError> {
        loop {
            match self.input.get(self.position) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.position += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(SyntaxError::too_short(self.input)),
            }
        }
    }

    fn error<T>(&self, reason: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(reason, self.position))
    }

    /// Steps over the value that comes next.
    fn skip(&mut self) -> Result<(), SyntaxError> {
        self.peek()?;
        self.position = skip::end_of_value(self.input, self.position)?;
        Ok(())
    }

    /// What stands between the quotes of the string that comes next, and whether that has escapes in it.
    fn string(&mut self) -> Result<(&'de [u8], bool), SyntaxError> {
        let start = self.position + 1;
        let rest = &self.input[start..];
        let (end, has_escapes) = match memchr2(b'"', b'\\', rest) {
            Some(length) if rest[length] == b'"' => (start + length + 1, false),
            _ => (skip::end_of_string(self.input, self.position)?, true),
        };
        self.position = end;
        Ok((&self.input[start..end - 1], has_escapes))
    }

    fn visit_string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, SyntaxError> {
        let start = self.position;
        let (content, has_escapes) = self.string()?;
        if has_escapes {
            return match serde_json::from_slice(&self.input[start..self.position]) {
                Ok(text) => visitor.visit_string(text),
                Err(_) => visitor.visit_unit(),
            };
        }
        match str::from_utf8(content) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => visitor.visit_unit(),
        }
    }

    /// What is neither text, object nor list.
    fn visit_scalar<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, SyntaxError> {
        let end = skip::end_of_scalar(self.input, self.position)?;
        let token = str::from_utf8(&self.input[self.position..end]).unwrap_or_default();
        let value = match token {
            "null" => visitor.visit_unit(),
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => self.visit_number(token, visitor),
        }?;
        self.position = end;
        Ok(value)
    }

    /// Numbers that are none, or beyond what a float can hold, are nothing.
    fn visit_number<V: Visitor<'de>>(&self, token: &str, visitor: V) -> Result<V::Value, SyntaxError> {
        if let Ok(whole) = token.parse() {
            return visitor.visit_u64(whole);
        }
        match token.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            Ok(_) => visitor.visit_unit(),
            Err(_) => self.error("invalid number"),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = SyntaxError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        match self.peek()? {
            b'"' => self.visit_string(visitor),
            b'{' => visitor.visit_map(Within::entering(self)),
            b'[' => visitor.visit_seq(Within::entering(self)),
            _ => self.visit_scalar(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        self.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        if self.peek()? == b'n' { self.deserialize_any(visitor) } else { visitor.visit_some(self) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// Inside an object or a list.
struct Within<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'a, 'de> Within<'a, 'de> {
    /// Takes the bracket that opens it.
    fn entering(reader: &'a mut Reader<'de>) -> Self {
        reader.position += 1;
        Self { reader, is_first: true }
    }

    /// Goes to where the next element begins; `false` where `close` stands instead, which is taken.
    fn find_next(&mut self, close: u8) -> Result<bool, SyntaxError> {
        let mut byte = self.reader.peek()?;
        if byte == close {
            self.reader.position += 1;
            return Ok(false);
        }
        if std::mem::replace(&mut self.is_first, false) {
            return Ok(true);
        }
        if byte != b',' {
            return self.reader.error("expected a comma or the end");
        }
        self.reader.position += 1;
        byte = self.reader.peek()?;
        if byte == close { self.reader.error("nothing follows the comma") } else { Ok(true) }
    }
}

impl<'de> MapAccess<'de> for Within<'_, 'de> {
    type Error = SyntaxError;

    /// A key is handed out as it is written. One with escapes in it is none of ours.
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SyntaxError> {
        if !self.find_next(b'}')? {
            return Ok(None);
        }
        if self.reader.peek()? != b'"' {
            return self.reader.error("expected a key in quotes");
        }
        let (key, _) = self.reader.string()?;
        seed.deserialize(BorrowedBytesDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, SyntaxError> {
        if self.reader.peek()? != b':' {
            return self.reader.error("expected a colon");
        }
        self.reader.position += 1;
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Within<'_, 'de> {
    type Error = SyntaxError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, SyntaxError> {
        if !self.find_next(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

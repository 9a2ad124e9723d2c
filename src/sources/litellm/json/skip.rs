//! Where values end, as far as quotes and brackets tell.

use memchr::{memchr, memchr_iter, memchr2};

use super::SyntaxError;

/// Where the value that begins at `start` ends. What stands within an object or a list is not looked at.
pub(super) fn end_of_value(input: &[u8], start: usize) -> Result<usize, SyntaxError> {
    match input.get(start) {
        Some(b'"') => end_of_string(input, start),
        Some(b'{') => end_of_nest(input, start, [b'{', b'}']),
        Some(b'[') => end_of_nest(input, start, [b'[', b']']),
        _ => end_of_scalar(input, start),
    }
}

/// Where the string whose opening quote is at `start` ends.
pub(super) fn end_of_string(input: &[u8], start: usize) -> Result<usize, SyntaxError> {
    end_of_string_around(input, start + 1)
}

/// Where the string ends that `inside` is in: at the first quote behind an even number of backslashes.
///
/// Not after a line break, which is none in JSON: there a line of NDJSON was cut off, and the quote is that of another event.
fn end_of_string_around(input: &[u8], inside: usize) -> Result<usize, SyntaxError> {
    let rest = input.get(inside..).unwrap_or_default();
    let is_escaped = |quote: usize| rest[..quote].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
    let quote = memchr_iter(b'"', rest).find(|quote| !is_escaped(*quote));
    let length = quote.ok_or_else(|| SyntaxError::too_short(input))?;
    match memchr(b'\n', &rest[..length]) {
        None => Ok(inside + length + 1),
        Some(line_break) => Err(SyntaxError::new("a line ends within a string", inside + line_break)),
    }
}

/// Where the word or number that begins at `start` ends.
pub(super) fn end_of_scalar(input: &[u8], start: usize) -> Result<usize, SyntaxError> {
    let rest = input.get(start..).unwrap_or_default();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    let token = &rest[..length];
    let is_number = token.strip_prefix(b"-").unwrap_or(token).first().is_some_and(u8::is_ascii_digit);
    if is_number || matches!(token, b"null" | b"true" | b"false" | b"NaN" | b"Infinity" | b"-Infinity") {
        return Ok(start + length);
    }
    Err(SyntaxError::new("expected value", start))
}

/// Where the object or list ends whose opening bracket is at `start`.
///
/// Goes from one bracket of this kind to the next. Whether one is a bracket, or stands within a string, the number of quotes
/// before it tells. Looking for brackets and counting quotes take a vector of bytes at a time.
fn end_of_nest(input: &[u8], start: usize, [open, close]: [u8; 2]) -> Result<usize, SyntaxError> {
    let (mut outside, mut depth) = (start, 0_usize);
    loop {
        let length = memchr2(open, close, &input[outside..]).ok_or_else(|| SyntaxError::too_short(input))?;
        let bracket = outside + length;
        if begins_string(input, outside, bracket)? {
            outside = end_of_string_around(input, bracket)?;
            continue;
        }
        outside = bracket + 1;
        if input[bracket] == open {
            depth += 1;
        } else if depth == 1 {
            return Ok(outside);
        } else {
            depth -= 1;
        }
    }
}

/// Whether a string that begins after `outside` holds `place`.
fn begins_string(input: &[u8], outside: usize, place: usize) -> Result<bool, SyntaxError> {
    let between = &input[outside..place];
    if memchr2(b'\\', b'\n', between).is_none() {
        return Ok(memchr_iter(b'"', between).count() % 2 == 1);
    }
    // Quotes may be escaped, or stand on a line that was cut off: from one string to the next.
    let mut outside = outside;
    while let Some(length) = memchr(b'"', &input[outside..place]) {
        outside = end_of_string(input, outside + length)?;
        if outside > place {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Cuts a file into bodies: whole if it is small, else by its events.
//!
//! Gzip is recognised by its first bytes and undone here, since a whole file may be small only as
//! long as it is compressed.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Cursor, Read},
    num::NonZeroUsize,
};

use flate2::bufread::MultiGzDecoder;
use serde::{
    Deserializer,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::batch::{Batch, Emit, Framing, Stopped};

/// Up to this many bytes a file is one body, if no batch is asked for.
const LARGEST_WHOLE: usize = 32 << 20;

/// How many events go into a body of a file that is too large to be one.
const DEFAULT_BATCH: NonZeroUsize = NonZeroUsize::new(500).expect("not zero");

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a file can't be read as events.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    #[error("the file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Reads a file and passes its bodies to `emit`, each of `batch` events if that is given.
pub(super) fn read(source: impl Read, batch: Option<NonZeroUsize>, emit: &mut Emit<'_>) -> Result<(), ReadError> {
    let mut source = unzipped(source)?;
    if let Some(limit) = batch {
        return read_events(source, limit, emit);
    }
    let mut head = Vec::new();
    let whole = LARGEST_WHOLE as u64;
    source.by_ref().take(whole + 1).read_to_end(&mut head)?;
    if head.len() <= LARGEST_WHOLE {
        // A body that nobody takes any more has failed to be sent, which is reported there.
        emit(head);
        return Ok(());
    }
    read_events(Box::new(Cursor::new(head).chain(source)), DEFAULT_BATCH, emit)
}

fn unzipped<'a>(source: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut source = BufReader::new(source);
    Ok(if source.fill_buf()?.starts_with(&GZIP) {
        Box::new(BufReader::new(MultiGzDecoder::new(source)))
    } else {
        Box::new(source)
    })
}

fn read_events<'a>(
    mut source: Box<dyn BufRead + 'a>,
    limit: NonZeroUsize,
    emit: &mut Emit<'_>,
) -> Result<(), ReadError> {
    if first_byte(&mut source)? == Some(b'[') {
        return read_array(source, Batch::new(Framing::Array, limit, emit));
    }
    let mut line = Vec::new();
    source.read_until(b'\n', &mut line)?;
    let is_whole = serde_json::from_slice::<IgnoredAny>(&line).is_ok();
    let source = Cursor::new(line).chain(source);
    if is_whole {
        read_lines(source, Batch::new(Framing::Lines, limit, emit))
    } else {
        read_values(source, Batch::new(Framing::Array, limit, emit))
    }
}

/// Returns the first byte that is not white space, without taking it.
fn first_byte(source: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = source.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let space = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(byte) = buffer.get(space) {
            let byte = *byte;
            source.consume(space);
            return Ok(Some(byte));
        }
        source.consume(space);
    }
}

/// Reads one event a line, without looking into it: what is broken is the exporter's to count.
fn read_lines(mut source: impl BufRead, mut batch: Batch<'_>) -> Result<(), ReadError> {
    let mut line = Vec::new();
    while source.read_until(b'\n', &mut line)? > 0 {
        let event = line.trim_ascii();
        if !event.is_empty() {
            batch.push(event)?;
        }
        line.clear();
    }
    Ok(batch.flush()?)
}

/// Reads events that are spread over lines.
fn read_values(source: impl BufRead, mut batch: Batch<'_>) -> Result<(), ReadError> {
    for event in serde_json::Deserializer::from_reader(source).into_iter::<Box<RawValue>>() {
        batch.push(event?.get().as_bytes())?;
    }
    Ok(batch.flush()?)
}

/// Reads the elements of one array.
fn read_array(source: impl BufRead, mut batch: Batch<'_>) -> Result<(), ReadError> {
    let mut json = serde_json::Deserializer::from_reader(source);
    json.deserialize_seq(Elements(&mut batch))?;
    json.end()?;
    Ok(batch.flush()?)
}

/// Passes each element on as it is read, so that the array is never in memory.
struct Elements<'a, 'b>(&'a mut Batch<'b>);

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(event) = elements.next_element::<Box<RawValue>>()? {
            self.0.push(event.get().as_bytes()).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn bodies(content: &[u8], batch: usize) -> Result<Vec<String>, ReadError> {
        let mut bodies = Vec::new();
        read(content, NonZeroUsize::new(batch), &mut |body| {
            bodies.push(String::from_utf8(body).expect("text"));
            true
        })?;
        Ok(bodies)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).expect("a write to memory");
        encoder.finish().expect("a write to memory")
    }

    #[test]
    fn a_small_file_is_one_body_as_it_is() {
        let content = " [{}, broken\n";
        assert_eq!(bodies(content.as_bytes(), 0).expect("read"), [content]);
    }

    #[test]
    fn an_array_is_cut_by_its_events() {
        let content = b"\n[{\"a\":[1,2]},\n {\"b\":\"]\"} ,{}]\n";
        assert_eq!(bodies(content, 2).expect("read"), ["[{\"a\":[1,2]},{\"b\":\"]\"}]", "[{}]"]);
    }

    #[test]
    fn lines_are_cut_without_looking_into_them() {
        let content = b"{\"a\":1}\r\n\nbroken\n{\"c\":3}";
        assert_eq!(bodies(content, 2).expect("read"), ["{\"a\":1}\nbroken\n", "{\"c\":3}\n"]);
    }

    #[test]
    fn an_event_over_several_lines_stays_whole() {
        let content = b"{\n  \"a\": 1\n}\n";
        assert_eq!(bodies(content, 5).expect("read"), ["[{\n  \"a\": 1\n}]"]);
    }

    #[test]
    fn gzip_is_undone_whatever_the_name() {
        assert_eq!(bodies(&gzip(b"{}\n"), 0).expect("read"), ["{}\n"]);
        assert_eq!(bodies(&gzip(b"[1,2]"), 1).expect("read"), ["[1]", "[2]"]);
    }

    #[test]
    fn a_file_larger_than_one_body_is_cut_in_batches() {
        let line = format!("{{\"pad\":\"{}\"}}\n", "x".repeat(99_989));
        let content = line.repeat(400);
        let bodies = bodies(content.as_bytes(), 0).expect("read");
        assert_eq!(bodies.concat(), content, "nothing is lost");
        assert!(bodies.len() > 1, "one body of {}", content.len());
        assert!(bodies.iter().all(|body| body.len() <= 9 << 20));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_position() {
        let error = bodies(b"[{},\n oops]", 1).expect_err("broken").to_string();
        assert_eq!(error, "the file is not JSON: expected value at line 2 column 2");
    }

    #[test]
    fn reading_stops_when_nobody_wants_more() {
        let mut taken = 0;
        let result = read(&b"1\n2\n3\n"[..], NonZeroUsize::new(1), &mut |_| {
            taken += 1;
            taken < 2
        });
        assert!(matches!(result, Err(ReadError::Stopped(_))), "{result:?}");
        assert_eq!(taken, 2);
    }
}

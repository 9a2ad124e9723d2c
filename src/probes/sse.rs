//! Reads server-sent events (the format of the HTML standard, section 9.2) as their bytes arrive. Only their data: no dialect here
//! says anything else in the fields that it doesn't also say there.

/// No event of a short answer has a longer line.
const LONGEST_LINE: usize = 256 << 10;

/// A line that no provider would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is longer than 256 KiB")]
pub(super) struct LineTooLong;

/// Puts events together. Who feeds it bounds the whole stream.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    data: Option<String>,
}

impl EventReader {
    /// Takes the next bytes and returns the data of each event that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, LineTooLong> {
        let mut events = Vec::new();
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() > LONGEST_LINE {
                return Err(LineTooLong);
            }
            if part.ends_with(b"\n") {
                events.extend(self.end_line());
            }
        }
        Ok(events)
    }

    /// What a stream that ended without the last empty line still had to say.
    pub(super) fn finish(mut self) -> Vec<String> {
        let last = self.end_line();
        last.into_iter().chain(self.data).collect()
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        if line.is_empty() {
            return self.data.take();
        }
        if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                data => *data = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": hello\r\nevent: x\r\ndata: one\r\ndata:two\r\n\r\n\n\nid: 3\ndata: ü\n\ndata: [DONE]";

    fn read(parts: &[&[u8]]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut events: Vec<_> = parts.iter().flat_map(|part| reader.push(part).expect("short lines")).collect();
        events.extend(reader.finish());
        events
    }

    #[test]
    fn an_event_is_its_data_without_comments_and_other_fields() {
        assert_eq!(read(&[STREAM.as_bytes()]), ["one\ntwo", "ü", "[DONE]"]);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut reader = EventReader::default();
        let mut pushes = (0..1000).map(|_| reader.push(&[b'x'; 1000]));
        assert!(pushes.any(|pushed| pushed == Err(LineTooLong)));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_bytes_are_cut(cut in 0..STREAM.len()) {
            let (one, two) = STREAM.as_bytes().split_at(cut);
            prop_assert_eq!(read(&[one, two]), read(&[STREAM.as_bytes()]));
        }
    }
}

//! What the exporter writes to stderr, and the address that it announces there.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What stands before the address in the log line that the exporter writes once it listens.
const ANNOUNCEMENT: &str = "listening on http://";

/// A child's stderr, read in a thread so that a full pipe never stops the child.
#[derive(Debug)]
pub(super) struct Log {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Log {
    /// Reads a stream to its end, in a thread of its own.
    pub(super) fn collect(stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let mut text = shared.lock().expect("nobody panics with this lock");
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self { text, reader: Some(reader) }
    }

    /// What has been read so far.
    pub(super) fn text(&self) -> String {
        self.text.lock().expect("nobody panics with this lock").clone()
    }

    /// The whole log of a child that has ended.
    pub(super) fn complete(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.text()
    }

    /// The address in the line that says where the exporter listens, once it is there.
    pub(super) fn announced_address(&self) -> Option<SocketAddr> {
        let text = self.text();
        let (_, after) = text.split_once(ANNOUNCEMENT)?;
        let end = after.find(|c: char| !c.is_ascii_hexdigit() && !".:[]".contains(c))?;
        after[..end].parse().ok()
    }
}

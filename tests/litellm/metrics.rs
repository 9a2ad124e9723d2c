//! What the exporter says: its answers over HTTP, and the samples in them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer over HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// `GET url/path`; `None` while nobody answers. HTTP/1.0, so that the body simply ends with the connection.
pub(crate) fn get(url: &str, path: &str) -> Option<Answer> {
    let address = url.strip_prefix("http://").expect("a URL of this test is http");
    let mut connection = TcpStream::connect(address).ok()?;
    connection.set_read_timeout(Some(TIMEOUT)).ok()?;
    write!(connection, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// The samples of one scrape.
pub(crate) struct Metrics(Vec<Sample>);

struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Scrapes `/metrics` of the exporter at `url`, in the text format.
    pub(crate) fn scrape(url: &str) -> Self {
        let answer = get(url, "/metrics").expect("the exporter answers");
        assert_eq!(answer.status, 200, "/metrics: {}", answer.body);
        let lines = answer.body.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self(lines.map(|line| sample(line).unwrap_or_else(|| panic!("no sample: {line}"))).collect())
    }

    /// The sum of every series of `name` that has all these labels; 0 if there is none.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has_labels = |sample: &&Sample| {
            labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|found| found == value))
        };
        // Not `sum`, which is -0 of nothing.
        self.named(name).filter(has_labels).fold(0.0, |sum, sample| sum + sample.value)
    }

    /// Every value of one label of `name`.
    pub(crate) fn label_values(&self, name: &str, label: &str) -> BTreeSet<String> {
        self.named(name).filter_map(|sample| sample.labels.get(label).cloned()).collect()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

/// Reads `name{label="value",…} value`. No label value of this test holds a quote, a brace or a backslash.
fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let labels = labels.trim_end_matches('}').split_terminator("\",").map(|pair| {
        let (key, value) = pair.split_once("=\"")?;
        Some((key.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    Some(Sample { name: name.to_owned(), labels: labels.collect::<Option<_>>()?, value: value.parse().ok()? })
}

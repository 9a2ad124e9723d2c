//! The HTTP API by which Prometheus and VictoriaMetrics alike answer queries.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::http::Request;

/// One result of an instant query: its labels and its value.
pub(crate) type Point = (BTreeMap<String, String>, f64);

/// A sample of the past, which a server is given and does not scrape.
#[derive(Debug, Clone)]
pub(crate) struct PastSample {
    /// The series: `llm_requests_total{model="gpt"}`.
    pub(crate) series: String,
    /// Its value.
    pub(crate) value: f64,
    /// When it had it.
    pub(crate) at: SystemTime,
}

impl PastSample {
    /// A line of OpenMetrics, which has times in seconds.
    pub(super) fn in_seconds(&self) -> String {
        format!("{} {} {}\n", self.series, self.value, self.since_1970().as_secs())
    }

    /// A line of the older text format, which has times in milliseconds.
    pub(super) fn in_milliseconds(&self) -> String {
        format!("{} {} {}\n", self.series, self.value, self.since_1970().as_secs() * 1_000)
    }

    fn since_1970(&self) -> Duration {
        self.at.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970")
    }
}

/// Where it is served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api(pub(crate) SocketAddr);

impl Api {
    /// The result of an instant query, sorted by labels, or why there is none.
    pub(crate) fn query(self, promql: &str) -> Result<Vec<Point>, String> {
        let data = self.get("query", &[("query", promql)])?;
        let mut points: Vec<Point> = match (data["resultType"].as_str(), data["result"].as_array()) {
            (Some("scalar"), Some(sample)) => vec![(BTreeMap::new(), value(sample))],
            (Some("vector"), Some(series)) => series.iter().map(point).collect(),
            _ => return Err(format!("no instant value: {data}")),
        };
        points.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(points)
    }

    /// The values that a label has in the series of a selector.
    pub(crate) fn label_values(self, label: &str, selector: &str) -> Result<Vec<String>, String> {
        let data = self.get(&format!("label/{label}/values"), &[("match[]", selector)])?;
        let values = data.as_array().ok_or_else(|| format!("no list: {data}"))?;
        Ok(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The labels of all exemplars that the query's series have.
    pub(crate) fn exemplars(self, promql: &str) -> Result<Vec<Value>, String> {
        let data = self.get("query_exemplars", &[("query", promql), ("start", "0"), ("end", "4102444800")])?;
        let series = data.as_array().ok_or_else(|| format!("no list: {data}"))?;
        let exemplars = series.iter().filter_map(|series| series["exemplars"].as_array()).flatten();
        Ok(exemplars.map(|exemplar| exemplar["labels"].clone()).collect())
    }

    /// What a call answers as its data.
    pub(crate) fn get(self, call: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let form: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let target = format!("/api/v1/{call}?{}", form.join("&"));
        let answer = Request::new("GET", &target).send(self.0).map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("{}: {}", answer.status, answer.text()));
        }
        Ok(answer.json()["data"].take())
    }
}

fn point(series: &Value) -> Point {
    let labels = series["metric"].as_object().expect("a series has labels");
    let labels = labels.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    (labels.collect(), value(series["value"].as_array().expect("an instant value is a pair")))
}

/// Of a sample, which is a pair of its time and its value.
fn value(sample: &[Value]) -> f64 {
    sample[1].as_str().and_then(|value| value.parse().ok()).expect("a value is a number in a string")
}

fn encoded(text: &str) -> String {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut done, byte| {
        if keeps(byte) {
            done.push(char::from(byte));
        } else {
            write!(done, "%{byte:02X}").expect("a string takes text");
        }
        done
    })
}

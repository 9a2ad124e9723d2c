//! JSON that says whose traffic it tells of.

use std::io::Write;

use serde::Serialize;

use crate::own::Traffic;

/// An object, and before its own keys the word for its traffic.
#[derive(Debug, Serialize)]
struct Marked<'a, T> {
    traffic: &'static str,
    #[serde(flatten)]
    answer: &'a T,
}

/// Writes `answer`, an object, as JSON. Where the traffic is a gateway's it is as it is; otherwise it says so.
pub(super) fn write<T: Serialize>(out: &mut impl Write, answer: &T, traffic: Traffic) -> serde_json::Result<()> {
    match traffic.notice() {
        None => serde_json::to_writer(out, answer),
        Some(traffic) => serde_json::to_writer(out, &Marked { traffic, answer }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(traffic: Traffic) -> String {
        let mut out = Vec::new();
        write(&mut out, &serde_json::json!({"status": "ready"}), traffic).expect("it is JSON");
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn only_simulated_traffic_is_told_of() {
        assert_eq!(written(Traffic::Gateway), r#"{"status":"ready"}"#);
        assert_eq!(written(Traffic::Simulated), r#"{"traffic":"simulated","status":"ready"}"#);
    }
}

//! The table of all metrics, made from the metrics themselves.

use std::fmt::Write as _;

use crate::collectors;
use crate::exposition::{Descriptor, Kind};

/// Every metric that the exporter can show, in the order of the exposition.
#[must_use]
pub fn metrics() -> Vec<&'static Descriptor> {
    collectors::all().iter().flat_map(|collector| collector.metrics()).copied().collect()
}

/// The table in Markdown: name, type, labels and meaning.
#[must_use]
pub fn markdown() -> String {
    let mut table = String::from("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for metric in metrics() {
        let labels = metric.labels.join(", ");
        let kind = match metric.kind {
            Kind::Info => "gauge, always 1",
            kind => kind.as_openmetrics(),
        };
        let (name, help) = (metric.name, metric.help.replace('|', "\\|"));
        writeln!(table, "| `{name}` | {kind} | {labels} | {help} |").expect("writing to a string can't fail");
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_label_and_help_text_is_fit_for_prometheus() {
        let mut names = HashSet::new();
        for metric in metrics() {
            let name = metric.name;
            assert!(names.insert(metric.family()), "{name} is declared twice");
            assert!(name.starts_with("llm_") || name.starts_with("process_"), "{name}: namespace");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}: characters");
            assert_eq!(metric.kind == Kind::Counter, name.ends_with("_total"), "{name}: only counters end in _total");
            assert_eq!(metric.kind == Kind::Info, name.ends_with("_info"), "{name}: only infos end in _info");
            assert!(!metric.help.is_empty() && !metric.help.contains(['"', '\\', '\n']), "{name}: {}", metric.help);
            for taken in ["type", "service", "env", "region", "customer", "job", "instance", "le"] {
                assert!(!metric.labels.contains(&taken), "{name}: the label {taken} belongs to others");
            }
        }
    }
}

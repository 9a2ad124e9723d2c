//! Grafana's own language around queries: variables and legends.

/// What Grafana puts in by itself where a duration or a number must stand, and what stands there when a query is read.
const BUILT_IN: [(&str, &str); 12] = [
    ("$__rate_interval_ms", "241000"),
    ("$__rate_interval", RATE_INTERVAL),
    ("$__interval_ms", "67000"),
    ("$__interval", "67s"),
    ("$__range_ms", "3607000"),
    ("$__range_s", "3607"),
    ("$__range", "3607s"),
    ("$__from", "1700000000000"),
    ("$__to", "1700003607000"),
    ("${__from}", "1700000000000"),
    ("${__to}", "1700003607000"),
    ("${__range_s}", "3607"),
];
/// Names that begin like this are Grafana's.
const OWN: &str = "__";

/// What stands for `$__rate_interval`: a duration that nobody else would write.
pub(crate) const RATE_INTERVAL: &str = "241s";

/// A query as Prometheus understands it. Other variables stay where they are, which is in matchers.
pub(crate) fn query(text: &str) -> String {
    let unbraced = ["__rate_interval", "__interval", "__range"]
        .into_iter()
        .fold(text.to_owned(), |text, name| text.replace(&format!("${{{name}}}"), &format!("${name}")));
    BUILT_IN.into_iter().fold(unbraced, |text, (variable, value)| text.replace(variable, value))
}

/// The variables that a text uses, without Grafana's own: `$job`, `${job}`, `${job:regex}`.
pub(crate) fn variables(text: &str) -> Vec<&str> {
    let is_end = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    let rests = text.split('$').skip(1).map(|rest| rest.strip_prefix('{').unwrap_or(rest));
    let names = rests.filter_map(|rest| rest.split(is_end).next());
    let is_name = |name: &str| name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_');
    names.filter(|name| is_name(name) && !name.starts_with(OWN)).collect()
}

/// The labels that a legend shows: `{{model}}`.
pub(crate) fn legend_labels(legend: &str) -> Vec<&str> {
    legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).map(str::trim).collect()
}

/// The labels that a link puts in: `${__field.labels.model}`.
pub(crate) fn link_labels(url: &str) -> Vec<&str> {
    let is_end = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    let rests = url.split("__field.labels.").skip(1);
    rests.filter_map(|rest| rest.split(is_end).next()).collect()
}

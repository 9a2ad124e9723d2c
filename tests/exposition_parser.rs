//! The strict reader of `/metrics` itself: what it takes, what it refuses and why, and what its look-ups return.

mod support;

use support::exposition::{Exposition, Format, MetricType};

const OPEN_METRICS: &str = "\
# HELP llm_requests Finished requests, by \\\"model\\\".\\nSecond line.
# TYPE llm_requests counter
llm_requests_total{model=\"gpt-4\",provider=\"openai\"} 3
llm_requests_total{model=\"gpt-4\",provider=\"azure\"} 4 # {trace_id=\"abc\"} 1.0 1795410834.735
llm_requests_total{model=\"a\\\\b\\\"c\\nd,{}\",provider=\"\"} 1e+06
llm_requests_created{model=\"a\\\\b\\\"c\\nd,{}\",provider=\"\"} 1795410834.7
# HELP llm_request_duration_seconds Start to last byte.
# TYPE llm_request_duration_seconds histogram
# UNIT llm_request_duration_seconds seconds
llm_request_duration_seconds_bucket{model=\"gpt-4\",le=\"1e-05\"} 0
llm_request_duration_seconds_bucket{model=\"gpt-4\",le=\"0.25\"} 1 # {trace_id=\"abc\"} 0.2
llm_request_duration_seconds_bucket{model=\"gpt-4\",le=\"1.0\"} 1
llm_request_duration_seconds_bucket{model=\"gpt-4\",le=\"+Inf\"} 2
llm_request_duration_seconds_sum{model=\"gpt-4\"} 7.25
llm_request_duration_seconds_count{model=\"gpt-4\"} 2
# TYPE llm_gateway info
# HELP llm_gateway The monitored gateway.
llm_gateway_info{version=\"1.109.1\"} 1
# TYPE llm_state stateset
# HELP llm_state Exactly one is 1.
llm_state{deployment=\"a\",llm_state=\"up\"} 1
llm_state{deployment=\"a\",llm_state=\"down\"} 0
# HELP llm_ready Whether traffic may come.
# TYPE llm_ready gauge
llm_ready -0.5
# HELP llm_idle A family without a series.
# TYPE llm_idle gauge
# EOF
";

const TEXT_004: &str = "\
# HELP llm_requests_total Finished \"requests\".\\nSecond \\\\ line.
# TYPE llm_requests_total counter
llm_requests_total{model=\"gpt-4\"} 3
# HELP llm_duration_seconds Start to last byte.
# TYPE llm_duration_seconds histogram
llm_duration_seconds_bucket{le=\"0.25\"} 1
llm_duration_seconds_bucket{le=\"+Inf\"} 2
llm_duration_seconds_sum 7.25
llm_duration_seconds_count 2
# HELP llm_gateway_info The monitored gateway.
# TYPE llm_gateway_info gauge
llm_gateway_info{version=\"1.109.1\"} 1
";

#[test]
fn a_good_exposition_is_taken_in_both_formats() {
    let open_metrics = Exposition::parse(Format::OpenMetrics, OPEN_METRICS).expect("nothing is wrong with it");
    let text = Exposition::parse(Format::Text004, TEXT_004).expect("nothing is wrong with it");

    let names = |exposition: &Exposition| exposition.families().iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    let expected =
        ["llm_requests", "llm_request_duration_seconds", "llm_gateway", "llm_state", "llm_ready", "llm_idle"];
    assert_eq!(names(&open_metrics), expected);
    assert_eq!(names(&text), ["llm_requests_total", "llm_duration_seconds", "llm_gateway_info"]);
}

#[test]
fn an_exposition_without_families_is_taken() {
    assert!(Exposition::parse(Format::OpenMetrics, "# EOF\n").expect("nothing is wrong with it").families().is_empty());
}

#[test]
fn metadata_is_unescaped_by_the_rules_of_its_format() {
    let open_metrics = Exposition::parse(Format::OpenMetrics, OPEN_METRICS).expect("nothing is wrong with it");
    let text = Exposition::parse(Format::Text004, TEXT_004).expect("nothing is wrong with it");

    let requests = open_metrics.family("llm_requests").expect("it is exposed");
    assert_eq!(requests.help, "Finished requests, by \"model\".\nSecond line.");
    assert_eq!(requests.metric_type, MetricType::Counter);
    let duration = open_metrics.family("llm_request_duration_seconds").expect("it is exposed");
    assert_eq!(duration.unit.as_deref(), Some("seconds"));
    assert_eq!(
        text.family("llm_requests_total").expect("it is exposed").help,
        "Finished \"requests\".\nSecond \\ line."
    );
}

#[test]
fn a_value_is_found_by_all_of_its_labels_and_a_sum_by_some() {
    let exposition = Exposition::parse(Format::OpenMetrics, OPEN_METRICS).expect("nothing is wrong with it");

    let name = "llm_requests_total";
    assert_eq!(exposition.value(name, &[("provider", "azure"), ("model", "gpt-4")]), Some(4.0));
    assert_eq!(exposition.value(name, &[("model", "gpt-4")]), None, "a label is missing");
    assert_eq!(exposition.value(name, &[("model", "a\\b\"c\nd,{}")]), Some(1e6), "an empty label is no label");
    assert_eq!(exposition.sum(name, &[("model", "gpt-4")]), 7.0);
    assert_eq!(exposition.sum(name, &[("model", "none")]), 0.0);
    assert_eq!(exposition.value("llm_ready", &[]), Some(-0.5));
    assert_eq!(exposition.value("llm_request_duration_seconds_count", &[("model", "gpt-4")]), Some(2.0));
}

#[test]
fn exemplars_keep_their_labels_value_and_time() {
    let exposition = Exposition::parse(Format::OpenMetrics, OPEN_METRICS).expect("nothing is wrong with it");

    let total = exposition.exemplars("llm_requests_total").next().expect("there is one");
    assert_eq!((total.labels.get("trace_id"), total.value, total.timestamp), ("abc", 1.0, Some(1_795_410_834.735)));
    let bucket = exposition.exemplars("llm_request_duration_seconds_bucket").next().expect("there is one");
    assert_eq!((bucket.value, bucket.timestamp), (0.2, None));
}

#[test]
fn a_violation_names_its_line() {
    let text = OPEN_METRICS.replace("llm_ready -0.5", "llm_ready  -0.5");
    let violation = Exposition::parse(Format::OpenMetrics, &text).expect_err("two spaces");
    assert_eq!(violation.to_string(), "line 25: no number: \"\"");
}

#[test]
fn the_content_type_chooses_the_format_and_must_be_exact() {
    let open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(Exposition::parse_as(open_metrics, OPEN_METRICS).is_ok());
    assert!(Exposition::parse_as("text/plain; version=0.0.4; charset=utf-8", TEXT_004).is_ok());
    for wrong in ["", "text/plain", "text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"] {
        assert!(Exposition::parse_as(wrong, TEXT_004).is_err(), "{wrong:?}");
    }
}

/// Each row changes one thing in a good exposition: what is replaced, by what, and a part of the complaint.
#[rustfmt::skip] // One row, one line.
const REFUSED_OPEN_METRICS: &[(&str, &str, &str)] = &[
    ("# EOF\n", "", "# EOF"),
    ("# EOF\n", "# EOF", "no line feed"),
    ("# EOF\n", "# EOF\n# EOF\n", "no comment is ours"),
    ("# EOF\n", "# EOF\nllm_ready 1\n", "# EOF"),
    ("# EOF\n", "# EOF\n\n", "# EOF"),
    ("llm_ready -0.5\n", "llm_ready -0.5\n\n", "blank line"),
    ("llm_ready -0.5\n", "llm_ready -0.5\r\n", "carriage return"),
    ("llm_ready -0.5\n", "# a comment\n", "no comment is ours"),
    ("llm_ready -0.5\n", "#\n", "expected ' '"),
    // Metadata.
    ("# TYPE llm_ready gauge\n", "", "belongs to no family"),
    ("# HELP llm_ready Whether traffic may come.\n", "", "no HELP"),
    ("# TYPE llm_idle gauge\n", "", "no TYPE"),
    ("# TYPE llm_ready gauge\n", "# TYPE llm_ready gauge\n# TYPE llm_ready gauge\n", "a second TYPE"),
    ("llm_ready -0.5\n", "llm_ready -0.5\n# TYPE llm_ready gauge\n", "after its samples"),
    ("# TYPE llm_ready gauge", "# TYPE llm_ready untyped", "no type"),
    ("# TYPE llm_ready gauge", "# TYPE llm_ready summary", "no type"),
    ("# TYPE llm_ready gauge", "# TYPE llm_ready Gauge", "no type"),
    ("# TYPE llm_ready gauge", "# TYPE llm_ready gauge ", "stray whitespace"),
    ("# TYPE llm_ready gauge", "# TYPE  llm_ready gauge", "no metric name"),
    ("# HELP llm_ready Whether", "# HELP llm_ready  Whether", "stray whitespace"),
    ("# HELP llm_ready Whether traffic may come.", "# HELP llm_ready ", "empty"),
    ("Whether traffic", "Whether \"traffic\"", "must be escaped"),
    ("Whether traffic", "Whether \\traffic", "no such escape"),
    ("_seconds seconds\n", "_seconds seconds\n# UNIT llm_request_duration_seconds seconds\n", "a second UNIT"),
    ("_seconds seconds\n", "_seconds milliseconds\n", "not the suffix"),
    ("_seconds seconds\n", "_seconds seconds extra\n", "text after the unit"),
    ("# TYPE llm_ready gauge\n", "# UNIT llm_ready ready\n# TYPE llm_ready gauge\n", "UNIT before TYPE"),
    ("# HELP llm_gateway The", "# UNIT llm_gateway gateway\n# HELP llm_gateway The", "has no unit"),
    // Families.
    ("# EOF\n", "# HELP llm_ready Again.\n# TYPE llm_ready gauge\n# EOF\n", "earlier, by llm_ready"),
    ("# EOF\n", "llm_ready 1\n# EOF\n", "is interleaved"),
    ("# EOF\n", "# HELP llm_requests_created Clash.\n# TYPE llm_requests_created gauge\n# EOF\n", "earlier, by llm_requests"),
    ("llm_ready -0.5\n", "llm_ready -0.5\nllm_ready -0.5\n", "stands twice"),
    ("llm_ready -0.5\n", "llm_ready{a=\"\"} 1\nllm_ready -0.5\n", "stands twice"),
    ("llm_ready -0.5\n", "llm_ready{a=\"1\"} 1\nllm_ready{a=\"2\"} 1\nllm_ready{a=\"1\"} 1\n", "stands twice"),
    ("llm_ready -0.5\n", "llm_ready_total 1\n", "wrong suffix"),
    // Samples.
    ("llm_ready -0.5", "llm_ready -0.5 1795410834", "after the value"),
    ("llm_ready -0.5", "llm_ready -0.5 ", "after the value"),
    ("llm_ready -0.5", " llm_ready -0.5", "no metric name"),
    ("llm_ready -0.5", "llm_ready\t-0.5", "expected ' '"),
    ("llm_ready -0.5", "llm_ready 0x10", "no number"),
    ("llm_ready -0.5", "llm_ready 1_000", "no number"),
    ("llm_ready -0.5", "llm_ready e5", "no number"),
    ("llm_ready -0.5", "llm_ready", "expected ' '"),
    ("llm_ready -0.5", "9llm_ready 1", "no metric name"),
    ("llm_ready -0.5", "_llm_ready 1", "no metric name"),
    ("llm_ready -0.5", "llm:ready 1", "expected ' '"),
    ("llm_ready -0.5", "llm_ready {a=\"1\"} 1", "no number"),
    ("llm_ready -0.5", "llm_ready{a=\"1\"}1", "expected ' '"),
    ("llm_ready -0.5", "llm_ready{a=\"1\",} 1", "no label name"),
    ("llm_ready -0.5", "llm_ready{a=\"1\", b=\"2\"} 1", "no label name"),
    ("llm_ready -0.5", "llm_ready{a = \"1\"} 1", "expected '='"),
    ("llm_ready -0.5", "llm_ready{a='1'} 1", "expected '\"'"),
    ("llm_ready -0.5", "llm_ready{a=\"1} 1", "closing quote"),
    ("llm_ready -0.5", "llm_ready{a=\"1\",a=\"2\"} 1", "stands twice"),
    ("llm_ready -0.5", "llm_ready{__name__=\"1\"} 1", "no label name"),
    ("llm_ready -0.5", "llm_ready{a-b=\"1\"} 1", "expected '='"),
    ("llm_ready -0.5", "llm_ready{a=\"\\t\"} 1", "no such escape"),
    ("llm_ready -0.5", "llm_ready{é=\"1\"} 1", "no label name"),
    // Counters.
    ("provider=\"openai\"} 3", "provider=\"openai\"} -1", "negative or NaN"),
    ("provider=\"openai\"} 3", "provider=\"openai\"} NaN", "negative or NaN"),
    ("llm_requests_total{model=\"gpt-4\",provider=\"openai\"}", "llm_requests{model=\"gpt-4\"}", "wrong suffix"),
    ("llm_requests_total{model=\"gpt-4\",provider=\"openai\"}", "llm_requests_created{model=\"b\"}", "exactly one _total"),
    ("llm_ready", "llm_ready_total", "_total is for"),
    ("llm_idle gauge", "llm_idle counter\n# HELP llm_x_total X.\n# TYPE llm_x_total counter", "_total is for"),
    // Exemplars.
    ("llm_ready -0.5", "llm_ready -0.5 # {trace_id=\"a\"} 1", "an exemplar on a gauge"),
    ("\"1.109.1\"} 1", "\"1.109.1\"} 1 # {} 1", "an exemplar on an info"),
    ("_count{model=\"gpt-4\"} 2", "_count{model=\"gpt-4\"} 2 # {} 1", "no bucket"),
    ("1795410834.7\n", "1795410834.7 # {} 1\n", "on _created"),
    ("} 0.2\n", "} 0.3\n", "outside its bucket"),
    ("# {trace_id=\"abc\"} 0.2", "# 0.2", "expected '{'"),
    ("# {trace_id=\"abc\"} 0.2", "#{trace_id=\"abc\"} 0.2", "expected ' '"),
    ("# {trace_id=\"abc\"} 0.2", "# {trace_id=\"abc\"}", "expected ' '"),
    ("} 1.0 1795410834.735", "} 1.0 1795410834.735 x", "text after it"),
    ("} 1.0 1795410834.735", "} 1.0 NaN", "no timestamp"),
    // Histograms.
    ("le=\"1.0\"", "le=\"1\"", "canonical \"1.0\""),
    ("le=\"1e-05\"", "le=\"0.00001\"", "canonical \"1e-05\""),
    ("le=\"+Inf\"", "le=\"Inf\"", "canonical \"+Inf\""),
    ("le=\"1.0\"", "le=\"x\"", "no number"),
    ("le=\"1.0\"", "le=\"0.1\"", "not sorted"),
    ("le=\"1.0\"", "le=\"0.25\"", "not sorted"),
    ("le=\"+Inf\"", "le=\"2.0\"", "not +Inf"),
    ("le=\"1.0\"} 1", "le=\"1.0\"} 0", "not cumulative"),
    ("le=\"+Inf\"} 2", "le=\"+Inf\"} 3", "_count is not the +Inf bucket"),
    ("le=\"1.0\"} 1", "le=\"1.0\"} 1.0", "whole number"),
    ("_count{model=\"gpt-4\"} 2", "_count{model=\"gpt-4\"} 2e0", "whole number"),
    ("llm_request_duration_seconds_sum{model=\"gpt-4\"} 7.25\n", "", "exactly one _sum"),
    ("llm_request_duration_seconds_count{model=\"gpt-4\"} 2\n", "", "exactly one _count"),
    ("_sum{model=\"gpt-4\"} 7.25", "_sum{model=\"gpt-4\"} NaN", "_sum is negative or NaN"),
    ("_sum{model=\"gpt-4\"}", "_sum{model=\"other\"}", "exactly one"),
    ("_sum{model=\"gpt-4\"}", "_sum{model=\"gpt-4\",le=\"1.0\"}", "le on a sample"),
    // Info and state sets.
    ("\"1.109.1\"} 1", "\"1.109.1\"} 0", "always 1"),
    ("llm_gateway", "llm_gateway_info", "_info is for"),
    ("llm_state=\"up\"} 1", "llm_state=\"up\"} 0", "exactly one state"),
    ("llm_state=\"down\"} 0", "llm_state=\"down\"} 1", "exactly one state"),
    ("llm_state=\"down\"} 0", "llm_state=\"down\"} 2", "neither 0 nor 1"),
    ("llm_state=\"down\"", "llm_state=\"up\"", "a state stands twice"),
    ("llm_state=\"down\"", "state=\"down\"", "no label named"),
];

#[rustfmt::skip] // One row, one line.
const REFUSED_TEXT_004: &[(&str, &str, &str)] = &[
    ("llm_gateway_info{version=\"1.109.1\"} 1\n", "llm_gateway_info{version=\"1.109.1\"} 1\n# EOF\n", "no comment"),
    ("llm_gateway_info{version=\"1.109.1\"} 1\n", "llm_gateway_info{version=\"1.109.1\"} 1", "no line feed"),
    ("llm_gateway_info{version=\"1.109.1\"} 1", "llm_gateway_info{version=\"1.109.1\"} 2", "always 1"),
    ("} 3\n", "} 3 # {trace_id=\"a\"} 1\n", "no exemplars"),
    ("} 3\n", "} 3 1795410834735\n", "after the value"),
    ("# TYPE llm_duration_seconds", "# UNIT llm_duration_seconds seconds\n# TYPE llm_duration_seconds", "no UNIT"),
    ("Finished \"requests\"", "Finished \\\"requests\\\"", "no such escape"),
    ("llm_requests_total", "llm_requests", "not a _total"),
    ("# TYPE llm_requests_total", "# TYPE llm_requests", "no TYPE"),
    ("# TYPE llm_gateway_info gauge", "# TYPE llm_gateway_info info", "no type"),
    ("llm_duration_seconds_count 2\n", "llm_duration_seconds_count 2\nllm_duration_seconds_created 1\n", "wrong suffix"),
    ("llm_gateway_info", "llm_gateway_total", "_total is for"),
];

#[test]
fn what_open_metrics_forbids_is_refused() {
    assert_all_refused(Format::OpenMetrics, OPEN_METRICS, REFUSED_OPEN_METRICS);
}

#[test]
fn what_text_004_forbids_is_refused() {
    assert_all_refused(Format::Text004, TEXT_004, REFUSED_TEXT_004);
}

#[test]
fn an_exemplar_may_have_128_characters_of_labels() {
    let with_trace_id = |length: usize| {
        let trace_id = "é".repeat(length - "trace_id".len());
        OPEN_METRICS.replace("# {trace_id=\"abc\"} 0.2", &format!("# {{trace_id=\"{trace_id}\"}} 0.2"))
    };

    Exposition::parse(Format::OpenMetrics, &with_trace_id(128)).expect("characters count, not bytes");
    let violation = Exposition::parse(Format::OpenMetrics, &with_trace_id(129)).expect_err("one too many");
    assert!(violation.rule.contains("128 characters"), "{violation}");
}

#[test]
fn thresholds_are_canonical_at_every_size() {
    let canonical = ["5e-05", "0.0001", "0.05", "1.5", "600.0", "123456.0", "1e+06", "1.5e+06", "1e+10"];
    for threshold in canonical {
        let text = TEXT_004.replace("le=\"0.25\"", &format!("le=\"{threshold}\""));
        Exposition::parse(Format::Text004, &text).unwrap_or_else(|violation| panic!("{threshold}: {violation}"));
    }
    for threshold in ["0.00005", "5e-5", "1e-04", "600", "600.00", "6e2", "1000000.0", "1e6", "1.0e+06", "+1.5"] {
        let text = TEXT_004.replace("le=\"0.25\"", &format!("le=\"{threshold}\""));
        let violation = Exposition::parse(Format::Text004, &text).expect_err(threshold);
        assert!(violation.rule.contains("canonical"), "{threshold}: {violation}");
    }
}

fn assert_all_refused(format: Format, good: &str, rows: &[(&str, &str, &str)]) {
    for (from, to, complaint) in rows {
        assert!(good.contains(from), "the row replaces nothing: {from:?}");
        match Exposition::parse(format, &good.replace(from, to)) {
            Ok(_) => panic!("{from:?} became {to:?} and was taken"),
            Err(violation) => {
                assert!(violation.rule.contains(complaint), "{from:?} became {to:?}: {violation}, not {complaint:?}");
            }
        }
    }
}

//! Every bad configuration file in `tests/data/config` with its exact message.
//!
//! A new kind of mistake is a new file there and a row here; the last test finds either missing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use llm_exporter::config::{Config, Overrides};

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/data/config").join(name).with_extension("yml")
}

/// Each bad file with the whole of its message, `{}` standing for the file's own path.
const MESSAGES: &[(&str, &str)] = &[
    ("a_list", "{}: holds one value or a list, expected keys with values"),
    (
        "consumer_label_is_null",
        "labels.consumer[1]: found null, expected one of team, key, user, org, end_user or tag:NAME (in {})",
    ),
    (
        "consumer_labels_with_one_name",
        "labels.consumer[1]: found \"tag:cost.centre\", which gives tag_cost_centre a second time (in {})",
    ),
    ("count_is_a_boolean", "health.min_requests: found true, expected a whole number from 1 to 1000000000 (in {})"),
    ("count_is_a_fraction", "scrape.max_concurrent: found 1.5, expected a whole number from 1 to 1000000000 (in {})"),
    ("count_is_a_list", "health.failure_threshold: found a list, expected a whole number from 1 to 1000000000 (in {})"),
    (
        "count_is_huge",
        "ingest.dedupe_window: found 18446744073709552000, expected a whole number from 1 to 1000000000 (in {})",
    ),
    (
        "body_above_what_may_be_in_flight",
        "ingest.max_body: found 1GiB, expected at most ingest.max_in_flight, which is 256MiB (in {})",
    ),
    ("count_is_negative", "ingest.dedupe_window: found -1, expected a whole number from 1 to 1000000000 (in {})"),
    ("count_is_zero", "limits.consumers: found 0, expected a whole number from 1 to 1000000000 (in {})"),
    ("dotted_key", "\"log.level\": unknown key, did you mean log.level? (in {})"),
    ("duplicate_key", "{}: has a key twice at byte 28 line 3 column 10"),
    (
        "duration_is_an_age",
        "health.stale_after: found \"87600h\", expected a duration with its unit, such as 30s, 5m or 1h30m, from 1ms to 8760h (in {})",
    ),
    (
        "duration_is_negative",
        "shutdown.grace: found \"-5s\", expected a duration with its unit, such as 30s, 5m or 1h30m, from 0s to 8760h (in {})",
    ),
    (
        "duration_is_zero",
        "health.window: found \"0s\", expected a duration with its unit, such as 30s, 5m or 1h30m, from 1ms to 8760h (in {})",
    ),
    (
        "duration_without_unit",
        "ingest.body_timeout: found 30, expected a duration with its unit, such as 30s, 5m or 1h30m, from 1ms to 8760h (in {})",
    ),
    ("empty_unknown_section", "telemetry: unknown key (in {})"),
    ("key_in_the_wrong_section", "scrape.max_body: unknown key, did you mean ingest.max_body? (in {})"),
    ("key_is_a_section", "listen: found a section, expected a list of at least one ADDRESS:PORT (in {})"),
    ("key_without_its_section", "dedupe_window: unknown key, did you mean ingest.dedupe_window? (in {})"),
    ("listen_is_a_port", "listen[0]: found \"4000\", expected ADDRESS:PORT such as 0.0.0.0:4000 or [::]:4000 (in {})"),
    ("listen_is_empty", "listen: found an empty list, expected a list of at least one ADDRESS:PORT (in {})"),
    ("listen_nested_list", "listen[0]: found a list, expected ADDRESS:PORT such as 0.0.0.0:4000 or [::]:4000 (in {})"),
    ("listen_twice", "listen[2]: found \"127.0.0.1:4000\", which gives 127.0.0.1:4000 a second time (in {})"),
    (
        "listen_without_port",
        "listen[0]: found \"0.0.0.0\", expected ADDRESS:PORT such as 0.0.0.0:4000 or [::]:4000 (in {})",
    ),
    (
        "many_mistakes",
        "ingest.max_bodi: unknown key, did you mean ingest.max_body? (in {})\n\
         ingest.max_body: found \"big\", expected a size such as 64MiB, 64MB or plain bytes, from 1 byte to 1024GiB (in {})\n\
         listen: found an empty list, expected a list of at least one ADDRESS:PORT (in {})\n\
         log.level: found \"loud\", expected one of off, error, warn, info, debug or trace (in {})",
    ),
    (
        "not_yaml",
        "{}: is not valid YAML: while parsing a block mapping, did not find expected key at byte 40 line 3 column 15",
    ),
    ("one_value", "{}: holds one value or a list, expected keys with values"),
    ("ratio_above_one", "health.unhealthy_error_ratio: found 50, expected a ratio from 0 to 1 (in {})"),
    (
        "ratio_above_the_default_of_the_other",
        "health.degraded_error_ratio: found 0.75, expected at most health.unhealthy_error_ratio, which is 0.5 (in {})",
    ),
    (
        "ratio_below_the_default_of_the_other",
        "health.degraded_error_ratio: found 0.1, expected at most health.unhealthy_error_ratio, which is 0.05 (in {})",
    ),
    ("ratio_is_a_percentage", "health.degraded_error_ratio: found \"10%\", expected a ratio from 0 to 1 (in {})"),
    ("ratio_is_not_a_number", "health.degraded_error_ratio: found \"NaN\", expected a ratio from 0 to 1 (in {})"),
    (
        "ratios_in_the_wrong_order",
        "health.degraded_error_ratio: found 0.6, expected at most health.unhealthy_error_ratio, which is 0.4 (in {})",
    ),
    ("section_is_a_list", "log: found a value, expected a section with the keys level, format (in {})"),
    (
        "section_is_a_value",
        "limits: found a value, expected a section with the keys deployments, models, consumers, budgets (in {})",
    ),
    (
        "size_is_zero",
        "ingest.max_body: found 0, expected a size such as 64MiB, 64MB or plain bytes, from 1 byte to 1024GiB (in {})",
    ),
    (
        "size_overflows",
        "ingest.max_body: found \"99999999999GiB\", expected a size such as 64MiB, 64MB or plain bytes, from 1 byte to 1024GiB (in {})",
    ),
    (
        "size_with_unknown_unit",
        "ingest.max_body: found \"64 apples\", expected a size such as 64MiB, 64MB or plain bytes, from 1 byte to 1024GiB (in {})",
    ),
    (
        "token_and_token_file",
        "ingest.token: is set together with ingest.token_file (in {}), expected one of the two (in {})",
    ),
    ("token_file_has_two_lines", "ingest.token_file: the file holds more than one line (in {})"),
    ("token_file_is_empty", "ingest.token_file: the file is empty (in {})"),
    (
        "token_file_is_missing",
        "ingest.token_file: the file cannot be read: No such file or directory (os error 2) (in {})",
    ),
    (
        "token_has_a_space",
        "ingest.token: expected a token of printable ASCII characters without spaces, in quotes if it looks like a number (in {})",
    ),
    (
        "token_is_a_number",
        "ingest.token: expected a token of printable ASCII characters without spaces, in quotes if it looks like a number (in {})",
    ),
    (
        "token_is_empty",
        "ingest.token: expected a token of printable ASCII characters without spaces, in quotes if it looks like a number (in {})",
    ),
    ("two_documents", "{}: is not valid YAML: Got 2 YAML documents, expected 1"),
    (
        "unknown_consumer_label",
        "labels.consumer[1]: found \"customer\", expected one of team, key, user, org, end_user or tag:NAME (in {})\n\
         labels.consumer[2]: found \"tag:\", expected one of team, key, user, org, end_user or tag:NAME (in {})",
    ),
    ("unknown_key_far_from_any", "ingest.colour_of_the_sky: unknown key (in {})"),
    ("unknown_key", "ingest.max_bodi: unknown key, did you mean ingest.max_body? (in {})"),
    ("unknown_log_format", "log.format: found \"logfmt\", expected text or json (in {})"),
    ("unknown_log_level", "log.level: found \"loud\", expected one of off, error, warn, info, debug or trace (in {})"),
    ("unknown_section", "ingst.max_in_flight: unknown key, did you mean ingest.max_in_flight? (in {})"),
    ("unrendered_template", "{}: has a list or a map for a key; quote a value that begins with {{"),
];

#[test]
fn each_bad_file_has_its_exact_message() {
    for (name, expected) in MESSAGES {
        let file = fixture(name);
        let expected = expected.replace("{}", &file.display().to_string());
        let error = Config::load(Some(&file), [], Overrides::default()).expect_err(name).to_string();
        assert_eq!(error, expected, "{name}");
    }
}

#[test]
fn each_bad_file_is_in_the_table() {
    let tested: BTreeSet<_> = MESSAGES.iter().map(|(name, _)| fixture(name)).collect();
    let present = fs::read_dir("tests/data/config").expect("the fixtures");
    let present = present.map(|entry| entry.expect("an entry").path());
    let present: BTreeSet<_> = present.filter(|path| path.extension().is_some()).collect();
    assert_eq!(tested, present);
}

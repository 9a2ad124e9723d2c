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
        "lease_is_too_short",
        "redis.lease: found \"500ms\", expected a duration with its unit, such as 15s or 1m, from 1s to 1h (in {})",
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
        "lookback_above_sweep",
        "sources.litellm_spend_logs.lookback: found 36h, expected at most sources.litellm_spend_logs.sweep, which is 24h (in {})",
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
        "share_is_unknown",
        "sources.litellm_spend_logs.share: found \"redis\", expected one of auto, database or none (in {})",
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
        "start_is_a_date",
        "sources.litellm_spend_logs.start: found \"2026-11-01\", expected now, beginning or a time such as \"2026-11-01T00:00:00Z\" (in {})",
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
    ("durability_is_a_boolean", "storage.durability.push: found true, expected sync or interval (in {})"),
    ("storage_path_is_empty", "storage.path: found \"\", expected the path of a folder, or off (in {})"),
    ("unknown_log_format", "log.format: found \"logfmt\", expected text or json (in {})"),
    ("unknown_log_level", "log.level: found \"loud\", expected one of off, error, warn, info, debug or trace (in {})"),
    ("unknown_section", "ingst.max_in_flight: unknown key, did you mean ingest.max_in_flight? (in {})"),
    (
        "api_key_and_api_key_file",
        "gateway.api_key: is set together with gateway.api_key_file (in {}), expected one of the two (in {})",
    ),
    (
        "api_key_is_not_ascii",
        "gateway.api_key: expected a key of printable ASCII characters, in quotes if it looks like a number (in {})",
    ),
    (
        "backoff_above_staleness",
        "probes.max_backoff: found 6m, expected at most health.stale_after, which is 5m (in {})",
    ),
    (
        "budget_is_negative",
        "probes.completion.daily_budget_usd: found -1, expected an amount in USD from 0, such as 0.5 (in {})",
    ),
    (
        "budget_is_infinite",
        "probes.completion.daily_budget_usd: found \"inf\", expected an amount in USD from 0, such as 0.5 (in {})",
    ),
    (
        "budget_is_beyond_reckoning",
        "probes.completion.daily_budget_usd: found 2000000000000, expected an amount in USD from 0, such as 0.5 (in {})",
    ),
    ("ca_file_holds_no_certificate", "gateway.ca_file: tests/data/config/token: holds no certificate in PEM (in {})"),
    (
        "ca_file_is_missing",
        "probes.ca_file: tests/data/config/nowhere.pem: no certificates can be read from it: I/O error: No such file or directory (os error 2) (in {})",
    ),
    (
        "completion_without_budget",
        "probes.completion.enabled: asks for billed probes, which need a budget: set probes.completion.daily_budget_usd above 0 (in {})",
    ),
    ("concurrency_is_zero", "probes.concurrency: found 0, expected a whole number from 1 to 1000000000 (in {})"),
    (
        "confirmation_after_the_interval",
        "probes.confirm_after: found 5s, expected at most probes.interval, which is 4s (in {})",
    ),
    (
        "database_url_and_url_file",
        "database.url: is set together with database.url_file (in {}), expected one of the two (in {})",
    ),
    (
        "database_url_has_a_word_as_port",
        "database.url: the address has a port that is no number from 1 to 65535; in a password / is written %2F, ? %3F and @ %40 (in {})",
    ),
    ("database_url_is_mysql", "database.url: the address does not begin with postgresql:// or postgres:// (in {})"),
    ("database_url_without_host", "database.url: the address names no host (in {})"),
    (
        "database_url_with_a_raw_slash",
        "database.url: the address has an @ behind the host; in a password / is written %2F, ? %3F and @ %40 (in {})",
    ),
    (
        "database_url_with_bad_encoding",
        "database.url: the address has a % that begins no UTF-8 text in percent-encoding; a % itself is written %25 (in {})",
    ),
    (
        "database_url_with_unknown_sslmode",
        "database.url: the address's parameter sslmode is not one of disable, allow, prefer, require, verify-ca or verify-full (in {})",
    ),
    (
        "freshness_above_staleness",
        "health.freshness: found 10m, expected at most health.stale_after, which is 5m (in {})",
    ),
    (
        "gateway_url_has_a_query",
        "gateway.url: expected an http or https address such as http://litellm:4000, without user, query and fragment (in {})",
    ),
    (
        "gateway_url_has_a_user",
        "gateway.url: expected an http or https address such as http://litellm:4000, without user, query and fragment (in {})",
    ),
    (
        "gateway_url_without_scheme",
        "gateway.url: found \"litellm:4000\", expected an http or https address such as http://litellm:4000, without user, query and fragment (in {})",
    ),
    (
        "interval_above_staleness",
        "probes.interval: found 1m, expected at most health.stale_after, which is 30s (in {})",
    ),
    (
        "max_tokens_is_one",
        "probes.completion.max_tokens: found 1, expected a whole number from 16 to 1000000, as a reasoning model that may say less looks dead (in {})",
    ),
    (
        "model_asks_for_completion_without_budget",
        "models[1].probe: asks for billed probes, which need a budget: set probes.completion.daily_budget_usd above 0 (in {})",
    ),
    ("model_is_a_name", "models[0]: found a value, expected a section with the key model (in {})"),
    (
        "model_with_api_key_and_file",
        "models[0].api_key: is set together with api_key_file, expected one of the two (in {})",
    ),
    (
        "model_with_many_mistakes",
        "models[0].api_kye: unknown key, did you mean api_key? (in {})\n\
         models[0].mode: found \"talk\", expected one of chat, completion, responses, embedding, rerank, image_generation, image_edit, audio_transcription, audio_speech, video_generation, realtime, batch, moderation, ocr, search, vector_store or other (in {})\n\
         models[0].probe: found \"always\", expected one of auto, off, connect, models or completion (in {})\n\
         models[1].api_base: expected an http or https address such as https://api.openai.com/v1 (in {})\n\
         models[1].api_key_file: the file cannot be read: No such file or directory (os error 2) (in {})\n\
         models[1].deployment: found 123, expected a text on one line, in quotes if it looks like a number (in {})\n\
         models[1].input_cost_per_token: found \"free\", expected an amount in USD from 0, such as 0.5 (in {})\n\
         models[1]: has no model, expected the public name that callers use (in {})",
    ),
    ("models_is_a_section", "models: found a section, expected a list of sections, each with the key model (in {})"),
    (
        "namespace_is_a_number",
        "redis.namespace: found 123, expected a text on one line, in quotes if it looks like a number (in {})",
    ),
    (
        "nested_section_is_a_value",
        "probes.completion: found a value, expected a section with the keys enabled, daily_budget_usd, max_tokens, interval (in {})",
    ),
    (
        "redis_url_is_http",
        "redis.url: the address does not begin with redis://, rediss://, unix://, redis+unix://, redis+sentinel://, rediss+sentinel://, redis+cluster:// or rediss+cluster:// (in {})",
    ),
    ("redis_url_with_a_named_database", "redis.url: the address's database is not a number from 0 (in {})"),
    (
        "section_with_sections_is_a_value",
        "probes: found a value, expected a section with the keys enabled, interval, timeout, concurrency, confirm_after, max_backoff, models, ca_file, completion (in {})",
    ),
    (
        "sentinels_without_service",
        "redis.url: the address names no service for the Sentinels to find, expected HOST:PORT/SERVICE (in {})",
    ),
    ("switch_is_a_word", "probes.enabled: found \"yes\", expected true or false (in {})"),
    (
        "unknown_nested_key",
        "probes.completion.budget: unknown key (in {})\n\
         probes.completion.max_token: unknown key, did you mean probes.completion.max_tokens? (in {})",
    ),
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

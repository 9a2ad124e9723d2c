//! The configuration as an operator meets it: files, variables, flags, and every message.

#[path = "config/secrets.rs"]
mod secrets;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{FileFormat, Source, Value, ValueKind};
use llm_exporter::{
    address::{DatabaseAddress, RedisAddress},
    config::{Config, ConfigError, Durability, LogFormat, LogLevel, Overrides, OwnModel, Secret},
    discovery::{Mode, Prices, ProbeChoice},
    event::ConsumerLabel,
};

const EXAMPLE: &str = "llm-exporter.example.yml";

/// Loads a file of ours with nothing else set.
fn load(file: impl AsRef<Path>) -> Result<Config, ConfigError> {
    Config::load(Some(file.as_ref()), [], Overrides::default())
}

/// Loads these variables, named without the prefix, over the fixture `file`.
fn load_env(file: Option<&Path>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = variables.iter().map(|(name, value)| (format!("LLM_EXPORTER__{name}"), (*value).to_owned()));
    Config::load(file, env, Overrides::default())
}

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/data/config").join(name).with_extension("yml")
}

/// Writes a configuration file that goes with the test.
fn file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), content).expect("a write");
    file
}

/// Flattens YAML to its leaves, as text.
fn leaves(yaml: &str) -> BTreeMap<String, String> {
    fn walk(path: &str, value: Value, leaves: &mut BTreeMap<String, String>) {
        match value.kind {
            ValueKind::Table(table) => {
                for (name, value) in table {
                    let path = format!("{path}.{name}");
                    walk(path.trim_start_matches('.'), value, leaves);
                }
            }
            kind => {
                leaves.insert(path.to_owned(), format!("{kind:?}"));
            }
        }
    }
    let tree = config::File::from_str(yaml, FileFormat::Yaml).collect().expect("YAML");
    let mut leaves = BTreeMap::new();
    walk("", Value::new(None, ValueKind::Table(tree)), &mut leaves);
    leaves
}

#[test]
fn nothing_set_is_the_default() {
    let config = Config::load(None, [], Overrides::default()).expect("nothing is wrong");
    assert_eq!(config, Config::default());
    assert_eq!(config.listen, ["0.0.0.0:4000".parse().expect("an address")]);
}

#[test]
fn the_example_is_the_default() {
    assert_eq!(load(EXAMPLE).expect("the example is valid"), Config::default());
}

#[test]
fn the_example_has_every_key_and_no_other() {
    let example = leaves(&fs::read_to_string(EXAMPLE).expect("the example"));
    let in_example: BTreeSet<_> = example.keys().map(String::as_str).collect();
    assert_eq!(in_example, Config::key_paths().collect());
}

/// `null` would load as the default too, and tell the reader nothing.
#[test]
fn the_example_writes_each_default_out() {
    let example = leaves(&fs::read_to_string(EXAMPLE).expect("the example"));
    assert_eq!(example, leaves(&Config::default().to_yaml().to_string()));
}

#[test]
fn the_entry_that_the_example_describes_is_valid() {
    let example = fs::read_to_string(EXAMPLE).expect("the example");
    let entry: String =
        example.lines().filter_map(|line| line.strip_prefix("#   ")).map(|l| format!("  {l}\n")).collect();
    let entry = entry.replace("/run/secrets/azure", "tests/data/config/token");
    let config = load(file(&format!("models:\n{entry}")).path()).expect("valid");
    let [model] = &config.models[..] else { panic!("one model: {:?}", config.models) };
    assert_eq!((model.model.as_str(), model.api_version.as_deref()), ("gpt-4", Some("2024-10-21")));
    assert_eq!((&model.api_key, model.mode), (&Some(Secret::new("a-token")), Some(Mode::Chat)));
    assert_eq!(model.prices, Prices { input_token: Some(0.000_002_5), output_token: Some(0.000_01), request: None });
}

#[test]
fn what_is_shown_loads_again() {
    let changed = load_env(
        None,
        &[
            ("LISTEN", "127.0.0.1:1, [::1]:2"),
            ("INGEST__MAX_BODY", "1500"),
            ("LABELS__CONSUMER", "team, tag:a \"b\""),
            ("HEALTH__WINDOW", "1h 30m 500ms"),
            ("HEALTH__DEGRADED_ERROR_RATIO", "0.25"),
            ("GATEWAY__URL", "https://litellm:4000/root/"),
            ("GATEWAY__CONFIG_FILE", "/etc/lite llm/config.yaml"),
            ("REDIS__NAMESPACE", "a: b"),
            ("PROBES__COMPLETION__ENABLED", "true"),
            ("PROBES__COMPLETION__DAILY_BUDGET_USD", "0.25"),
            ("STORAGE__PATH", "off"),
            ("STORAGE__DURABILITY__PUSH", "sync"),
            ("LOG__FORMAT", "json"),
        ],
    )
    .expect("all valid");
    let shown = file(&changed.to_yaml().to_string());
    assert_eq!(load(shown.path()).expect("valid"), changed);
}

#[test]
fn models_that_are_shown_load_again() {
    let below = file(
        "models:\n\
         - {model: a}\n\
         - {model: '*', deployment: '7', provider: azure, upstream_model: azure/x, api_base: 'https://h/v1', \
            api_version: v1, mode: image_generation, input_cost_per_token: 2.5e-6, output_cost_per_token: 0, \
            cost_per_request: 1, probe: off, api_key: null}\n\
         scrape: {max_concurrent: 7}\n",
    );
    let config = load(below.path()).expect("valid");
    let described = OwnModel {
        model: "*".into(),
        deployment: Some("7".into()),
        provider: Some("azure".into()),
        upstream_model: Some("azure/x".into()),
        api_base: Some("https://h/v1".into()),
        api_version: Some("v1".into()),
        api_key: None,
        mode: Some(Mode::Other),
        prices: Prices { input_token: Some(0.000_002_5), output_token: Some(0.0), request: Some(1.0) },
        probe: ProbeChoice::Off,
    };
    assert_eq!(config.models, [OwnModel { model: "a".into(), ..OwnModel::default() }, described]);
    let shown = file(&config.to_yaml().to_string());
    assert_eq!(load(shown.path()).expect("valid"), config, "{}", config.to_yaml());
}

#[test]
fn the_store_is_switched_off_by_a_word_and_by_null() {
    assert_eq!(load_env(None, &[("STORAGE__PATH", "off")]).expect("valid").storage.path, None);
    assert_eq!(load(file("storage: {path: null}\n").path()).expect("valid").storage.path, None);
    let below = file("storage: {path: off, durability: {push: interval}}\n");
    assert_eq!(load(below.path()).expect("valid").storage.path, None);
    let config = load_env(Some(below.path()), &[("STORAGE__PATH", "/var/lib/llm exporter")]).expect("valid");
    assert_eq!(config.storage.path, Some("/var/lib/llm exporter".into()));
    assert_eq!(config.storage.durability.push, Durability::Interval);
    assert_eq!(config.storage.durability.cursor, Durability::Sync, "nobody set it");
    // A section that is left empty says nothing of its keys.
    assert_eq!(load(file("storage: null\n").path()).expect("valid").storage.path, Some("./data".into()));
}

#[test]
fn a_section_within_a_section_is_read_from_all_layers() {
    let below = file("probes: {interval: 30s, completion: {daily_budget_usd: 2, max_tokens: 100}}\n");
    let variables = [("PROBES__COMPLETION__ENABLED", "true"), ("PROBES__COMPLETION__MAX_TOKENS", "32")];
    let probes = load_env(Some(below.path()), &variables).expect("valid").probes;
    assert_eq!(probes.interval, Duration::from_secs(30));
    assert_eq!(probes.completion.max_tokens, 32);
    assert!(probes.completion.enabled && (probes.completion.daily_budget_usd - 2.0).abs() < f64::EPSILON);

    let error = load_env(None, &[("PROBES__COMPLETION__INTERVAL", "soon")]).expect_err("no duration").to_string();
    let expected = "probes.completion.interval: found \"soon\", expected a duration";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn the_gateways_url_has_one_spelling() {
    for (text, shown) in [
        ("http://litellm:4000", "http://litellm:4000/"),
        ("http://litellm:4000/", "http://litellm:4000/"),
        ("HTTPS://LiteLLM/llm//", "https://litellm/llm"),
        ("https://[::1]:443/a/b", "https://[::1]/a/b"),
    ] {
        let url = load_env(None, &[("GATEWAY__URL", text)]).expect(text).gateway.url;
        assert_eq!(url.expect("a URL").as_str(), shown);
    }
}

#[test]
fn probes_that_are_off_may_have_any_interval() {
    let variables = [("PROBES__ENABLED", "false"), ("PROBES__INTERVAL", "1h"), ("PROBES__CONFIRM_AFTER", "2h")];
    assert!(load_env(None, &variables).is_ok());
}

#[test]
fn addresses_and_keys_may_come_from_files() {
    let (database, redis) = ("postgresql://u:p%40ss@db/x", "rediss://:p@cache/2");
    let (database_file, redis_file, key) = (file(database), file(&format!("{redis}\n")), file("sk 12~\n"));
    let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
    let config = load_env(
        None,
        &[
            ("DATABASE__URL_FILE", &path(&database_file)),
            ("REDIS__URL_FILE", &path(&redis_file)),
            ("GATEWAY__API_KEY_FILE", &path(&key)),
        ],
    )
    .expect("valid");
    assert_eq!(config.database.url, DatabaseAddress::parse(database).ok());
    assert_eq!(config.redis.url, RedisAddress::parse(redis).ok());
    assert_eq!(config.gateway.api_key, Some(Secret::new("sk 12~")));
}

#[test]
fn null_an_empty_section_and_an_empty_file_are_the_default() {
    for content in ["", "# nothing\n", "---\n", "null\n", "log:\n", "log: {}\nlisten: null\n", "log: {level: ~}\n"] {
        assert_eq!(load(file(content).path()).expect(content), Config::default(), "{content:?}");
    }
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_both() {
    let below = file("listen: ['127.0.0.1:1']\nlog: {level: warn, format: json}\nscrape: {max_concurrent: 7}\n");
    let variables = [("LISTEN", "127.0.0.1:2"), ("LOG__LEVEL", "debug")];

    let config = load_env(Some(below.path()), &variables).expect("valid");
    assert_eq!(config.listen, ["127.0.0.1:2".parse().expect("an address")]);
    assert_eq!(config.log.level, LogLevel::Debug);
    assert_eq!(config.log.format, LogFormat::Json, "only the file sets it");
    assert_eq!(config.scrape.max_concurrent, 7, "only the file sets it");

    let flags = Overrides {
        listen: vec!["127.0.0.1:3".parse().expect("an address")],
        log_level: Some(LogLevel::Off),
        log_format: Some(LogFormat::Text),
    };
    let env = variables.map(|(name, value)| (format!("LLM_EXPORTER__{name}"), value.to_owned()));
    let config = Config::load(Some(below.path()), env, flags).expect("valid");
    assert_eq!(config.listen, ["127.0.0.1:3".parse().expect("an address")]);
    assert_eq!(config.log.level, LogLevel::Off);
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn a_later_layer_replaces_a_list_whole() {
    let below = file("labels: {consumer: [team, key]}\n");
    let config = load_env(Some(below.path()), &[("LABELS__CONSUMER", "tag:env , user")]).expect("valid");
    assert_eq!(config.labels.consumer, [ConsumerLabel::Tag("env".into()), ConsumerLabel::User]);
}

#[test]
fn every_kind_of_value_is_read_from_the_environment() {
    let config = load_env(
        None,
        &[
            ("INGEST__MAX_BODY", "1GB"),
            ("INGEST__MAX_IN_FLIGHT", "1GiB"),
            ("LIMITS__MODELS", "8"),
            ("HEALTH__STALE_AFTER", "1h30m"),
            ("HEALTH__UNHEALTHY_ERROR_RATIO", "1"),
            ("SHUTDOWN__DELAY", "0s"),
            ("SHUTDOWN__GRACE", "0s"),
        ],
    )
    .expect("all valid");
    assert_eq!(config.ingest.max_body, 1_000_000_000);
    assert_eq!(config.ingest.max_in_flight, 1 << 30);
    assert_eq!(config.limits.models, 8);
    assert_eq!(config.health.stale_after, Duration::from_mins(90));
    assert!((config.health.unhealthy_error_ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!((config.shutdown.delay, config.shutdown.grace), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn a_token_of_digits_survives_the_environment() {
    let config = load_env(None, &[("INGEST__TOKEN", "00123")]).expect("valid");
    assert_eq!(config.ingest.token, Some(Secret::new("00123")));
}

#[test]
fn a_token_file_loses_its_line_break() {
    let config = load_env(None, &[("INGEST__TOKEN_FILE", "tests/data/config/token")]).expect("valid");
    assert_eq!(config.ingest.token, Some(Secret::new("a-token")));
}

#[test]
fn an_empty_variable_is_the_same_as_none() {
    let config = load_env(None, &[("INGEST__TOKEN", ""), ("LISTEN", "")]).expect("valid");
    assert_eq!(config, Config::default());
}

#[test]
fn variables_of_others_are_left_alone() {
    // What Kubernetes sets for a service named llm-exporter, and names that only look like ours.
    let env = [
        ("LLM_EXPORTER_PORT", "tcp://10.0.0.1:4000"),
        ("LLM_EXPORTER_SERVICE_HOST", "10.0.0.1"),
        ("PATH", "/bin"),
        ("MY_LLM_EXPORTER__LOG__LEVEL", "loud"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, env, Overrides::default()).expect("nothing is ours");
    assert_eq!(config, Config::default());
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    for (name, value, expected) in [
        (
            "LOG__LEVEL",
            "loud",
            "log.level: found \"loud\", expected one of off, error, warn, info, debug or trace (in the environment: LLM_EXPORTER__LOG__LEVEL)",
        ),
        (
            "LOG__LEVL",
            "info",
            "log.levl: unknown key, did you mean log.level? (in the environment: LLM_EXPORTER__LOG__LEVL)",
        ),
        (
            "LISTEN",
            "127.0.0.1:1,here",
            "listen[1]: found \"here\", expected ADDRESS:PORT such as 0.0.0.0:4000 or [::]:4000 (in the environment: LLM_EXPORTER__LISTEN)",
        ),
        (
            "LIMITS",
            "5",
            "limits: found a value, expected a section with the keys deployments, models, consumers, budgets (in the environment: LLM_EXPORTER__LIMITS)",
        ),
        (
            "INGEST__TOKEN",
            "two words",
            "ingest.token: expected a token of printable ASCII characters without spaces, in quotes if it looks like a number (in the environment: LLM_EXPORTER__INGEST__TOKEN)",
        ),
    ] {
        let error = load_env(None, &[(name, value)]).expect_err(name);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn mistakes_of_all_layers_are_listed_at_once() {
    let file = fixture("many_mistakes");
    let error =
        load_env(Some(&file), &[("LOG__LEVEL", "info"), ("SCRAPE__MAX_CONCURRENT", "0")]).expect_err("five mistakes");
    let keys: Vec<_> =
        error.to_string().lines().map(|line| line.split(':').next().expect("a key").to_owned()).collect();
    assert_eq!(
        keys,
        ["ingest.max_bodi", "ingest.max_body", "listen", "log.level", "scrape.max_concurrent"],
        "a mistake stays one when a later layer replaces the value"
    );
    assert_eq!(error.mistakes().len(), 5);
}

#[test]
fn a_broken_file_does_not_hide_mistakes_in_the_environment() {
    let error = load_env(Some(&fixture("not_yaml")), &[("LOG__LEVEL", "loud")]).expect_err("both");
    assert_eq!(error.mistakes().len(), 2, "{error}");
}

#[test]
fn a_long_value_is_shortened_in_its_message() {
    let error = load_env(None, &[("LOG__LEVEL", &"x".repeat(5000))]).expect_err("no level");
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = load("nowhere.yml").expect_err("no such file");
    assert_eq!(error.to_string(), "nowhere.yml: cannot be read: No such file or directory (os error 2)");
}

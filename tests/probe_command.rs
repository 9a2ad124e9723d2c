//! `llm-exporter probe`: one round of probes for somebody at a terminal. What it prints, and how it exits.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::json;
use support::provider::{Behaviour, Provider};
use tempfile::TempDir;

/// The key of every deployment. Nobody but the provider may see it, and its form gives it away to nobody.
const KEY: &str = "plain-word-key-0815";

const HEADERS: [&str; 7] = ["MODEL", "DEPLOYMENT", "LEVEL", "RESULT", "LATENCY", "COST", "NOTES"];

/// A configuration in a folder of its own.
struct Setup {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Setup {
    fn new(yaml: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("llm-exporter.yml"), yaml).expect("a temporary folder takes a file");
        Self { folder, environment: Vec::new() }
    }

    /// Deployments `dep-MODEL` at these addresses, and settings before them.
    fn models(settings: &str, models: &[(&str, &str, &str)]) -> Self {
        let entry = |(model, api_base, more): &(&str, &str, &str)| {
            format!(
                "  - {{model: {model}, deployment: dep-{model}, provider: openai, upstream_model: openai/{model}, \
                 api_base: \"{api_base}\", api_key: {KEY}{more}}}\n"
            )
        };
        let list: String = models.iter().map(entry).collect();
        Self::new(&format!("{settings}models:\n{list}"))
    }

    fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn probe(&self, models: &[&str]) -> Printed {
        let file = self.folder.path().join("llm-exporter.yml");
        self.run(&[&["--config", file.to_str().expect("a temporary path is text")], models].concat())
    }

    fn run(&self, arguments: &[&str]) -> Printed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
        command.arg("probe").args(arguments).env_clear().current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Printed::of(&command.output().expect("the program starts"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).expect("a temporary folder takes a file");
        file
    }
}

/// What a run printed, and how it ended.
#[derive(Debug)]
struct Printed {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Printed {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints UTF-8");
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// A model's row, cell by cell.
    fn row(&self, model: &str) -> Vec<String> {
        let mut lines = self.out.lines();
        let head = lines.next().unwrap_or_default();
        let starts: Vec<usize> =
            HEADERS.iter().map(|name| head.find(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))).collect();
        let row = lines.find(|line| line.split(' ').next() == Some(model));
        let row: Vec<char> = row.unwrap_or_else(|| panic!("no row of {model}: {self:?}")).chars().collect();
        let cell = |column: usize| {
            let end = starts.get(column + 1).copied().unwrap_or(row.len()).min(row.len());
            let cell: String = row[starts[column].min(end)..end].iter().collect();
            cell.trim_end().to_owned()
        };
        (0..HEADERS.len()).map(cell).collect()
    }

    fn is_free_of(&self, secrets: &[&str]) {
        for secret in secrets {
            assert!(!self.out.contains(secret) && !self.err.contains(secret), "it prints {secret}: {self:?}");
        }
    }
}

#[test]
fn all_well_exits_with_0_and_prints_a_row_for_each() {
    let (listing, silent) = (Provider::start(), Provider::start());
    silent.behave(Behaviour::NoModels);
    let setup = Setup::models("", &[("gpt", &listing.api_base(), ""), ("silent", &silent.api_base(), "")]);
    let printed = setup.probe(&[]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert_eq!(printed.out.lines().count(), 3, "{printed:?}");
    let [model, deployment, level, result, latency, cost, notes] = printed.row("gpt").try_into().expect("seven cells");
    assert_eq!([model, deployment, level, result, cost], ["gpt", "dep-gpt", "models", "ok", "0"]);
    assert!(latency.strip_suffix(" ms").is_some_and(|number| number.parse::<u64>().is_ok()), "{latency}");
    assert_eq!(notes, "no completion: billed probes are not switched on");
    assert_eq!(printed.row("silent")[2..4], ["connect", "ok"], "{printed:?}");
    assert_eq!((listing.requests("GET /v1/models"), listing.billed_requests(), silent.billed_requests()), (1, 0, 0));
    printed.is_free_of(&[KEY]);
}

#[test]
fn one_failure_exits_with_1_and_says_what_failed() {
    let (well, down) = (Provider::start(), Provider::start());
    let refusal = json!({"error": {"message": format!("Incorrect API key provided: {KEY}")}});
    down.behave(Behaviour::Refusal(401, refusal.to_string()));
    let setup = Setup::models("", &[("well", &well.api_base(), ""), ("down", &down.api_base(), "")]);
    let printed = setup.probe(&[]);
    assert_eq!(printed.code, Some(1), "{printed:?}");
    assert_eq!(printed.row("well")[3], "ok");
    let row = printed.row("down");
    assert_eq!(row[2..4], ["models", "auth"], "{row:?}");
    assert!(row[6].starts_with("HTTP 401: Incorrect API key provided: ***"), "{row:?}");
    assert!(printed.err.contains("error: 1 of 2 probes failed"), "{printed:?}");
    printed.is_free_of(&[KEY]);
    assert_eq!(setup.probe(&["well"]).code, Some(0), "what was not asked for fails nobody");
}

#[test]
fn each_way_to_fail_has_its_kind_under_result() {
    let cases = [
        (Behaviour::Hang, "timeout"),
        (Behaviour::HangMidBody, "timeout"),
        (Behaviour::Status(500), "server_error"),
        (Behaviour::RateLimited("60".to_owned()), "rate_limited_provider"),
        (Behaviour::Garbage, "bad_response"),
        (Behaviour::Endless, "bad_response"),
        (Behaviour::CloseAtOnce, "connect"),
    ];
    let providers: Vec<Provider> = cases.iter().map(|_| Provider::start()).collect();
    let bases: Vec<String> = providers.iter().map(Provider::api_base).collect();
    let names: Vec<String> = (0..cases.len()).map(|n| format!("gpt-{n}")).collect();
    let models: Vec<(&str, &str, &str)> =
        names.iter().zip(&bases).map(|(name, base)| (name.as_str(), base.as_str(), "")).collect();
    for (provider, (behaviour, _)) in providers.iter().zip(&cases) {
        provider.behave(behaviour.clone());
    }
    let printed = Setup::models("probes: {timeout: 2s}\n", &models).probe(&[]);
    assert_eq!(printed.code, Some(1));
    for (name, (behaviour, kind)) in names.iter().zip(&cases) {
        assert_eq!(printed.row(name)[3], *kind, "{behaviour:?}: {printed:?}");
    }
    assert_eq!(providers.iter().map(Provider::billed_requests).sum::<usize>(), 0);
}

#[test]
fn only_the_named_models_are_asked() {
    let (one, two, three) = (Provider::start(), Provider::start(), Provider::start());
    let models = [("one", &*one.api_base(), ""), ("two", &*two.api_base(), ""), ("three", &*three.api_base(), "")];
    let printed = Setup::models("", &models).probe(&["three", "one"]);
    assert_eq!((printed.code, printed.out.lines().count()), (Some(0), 3), "{printed:?}");
    assert_eq!((one.all_requests(), two.connections(), three.all_requests()), (1, 0, 1));
}

#[test]
fn an_unknown_model_exits_with_1_asks_nobody_and_names_what_there_is() {
    let provider = Provider::start();
    let setup = Setup::models("", &[("gpt-4", &provider.api_base(), ""), ("claude", &provider.api_base(), "")]);
    let printed = setup.probe(&["gpt-4", "gtp-5"]);
    assert_eq!((printed.code, &*printed.out), (Some(1), ""), "{printed:?}");
    assert!(printed.err.contains("no such model: gtp-5; there are claude, gpt-4"), "{printed:?}");
    assert_eq!(provider.connections(), 0);
}

#[test]
fn wrong_usage_exits_with_2() {
    let printed = Setup::new("").run(&["--frobnicate"]);
    assert_eq!(printed.code, Some(2), "{printed:?}");
    assert!(printed.err.contains("--frobnicate"), "{printed:?}");
}

#[test]
fn without_any_list_of_models_it_says_which_settings_name_one() {
    let printed = Setup::new("").run(&[]);
    assert_eq!((printed.code, &*printed.out), (Some(1), ""), "{printed:?}");
    for setting in ["gateway.url", "gateway.config_file", "models"] {
        assert!(printed.err.contains(setting), "{setting}: {printed:?}");
    }
}

#[test]
fn a_mistake_in_the_configuration_exits_with_1_and_names_the_key() {
    let printed = Setup::new("probes: {intervall: 1s}\n").probe(&[]);
    assert_eq!(printed.code, Some(1), "{printed:?}");
    assert!(printed.err.contains("intervall"), "{printed:?}");
}

#[test]
fn the_gateways_own_environment_is_configuration_enough() {
    let provider = Provider::start();
    let setup = Setup::new("").environment("PROVIDER_KEY", KEY);
    let entry = format!(
        "model_list:\n  - model_name: gpt\n    litellm_params:\n      model: openai/gpt\n      api_base: {}\n      \
         api_key: os.environ/PROVIDER_KEY\n  - model_name: \"openai/*\"\n    litellm_params:\n      model: \"openai/*\"\n",
        provider.api_base()
    );
    let file = setup.write("config.yaml", &entry);
    let setup = setup.environment("CONFIG_FILE_PATH", file.to_str().expect("a temporary path is text"));
    let printed = setup.run(&[]);
    assert_eq!(printed.code, Some(0), "a wildcard is skipped, which is no failure: {printed:?}");
    assert_eq!(printed.row("gpt")[2..4], ["models", "ok"]);
    let row = printed.row("openai/*");
    assert_eq!((&*row[2], &*row[3], &*row[4], &*row[5]), ("-", "skipped", "-", "-"), "{row:?}");
    assert!(row[6].contains("it stands for many models"), "{row:?}");
    let asked = provider.last("GET /v1/models").expect("it was asked");
    assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {KEY}")));
    printed.is_free_of(&[KEY]);
}

#[test]
fn a_file_of_models_that_is_not_there_is_told() {
    let printed = Setup::new("gateway: {config_file: /nowhere/config.yaml}\n").probe(&[]);
    assert_eq!((printed.code, &*printed.out), (Some(1), ""), "{printed:?}");
    assert!(printed.err.contains("/nowhere/config.yaml"), "{printed:?}");
}

#[test]
fn each_level_that_was_left_out_has_its_reason() {
    let provider = Provider::start();
    let base = provider.api_base();
    let priced = ", mode: chat, input_cost_per_token: 0.001, output_cost_per_token: 0.002";
    let limited = format!("{priced}, probe: models");
    let by_connection = format!("{priced}, probe: connect");
    let image = priced.replace("chat", "image_generation");
    let models = [
        ("off", &*base, ", probe: \"off\""),
        ("limited", &base, &*limited),
        ("by-connection", &base, &by_connection),
        ("no-price", &base, ", mode: chat"),
        ("no-mode", &base, ""),
        ("image", &base, &image),
        ("dear", &base, ", mode: chat, input_cost_per_token: 1, output_cost_per_token: 1"),
    ];
    let settings = "probes: {completion: {enabled: true, daily_budget_usd: 1}}\n";
    let printed = Setup::models(settings, &models).probe(&[]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    for (model, level, reason) in [
        ("off", "-", "probes are switched off"),
        ("limited", "models", "no completion: its own `probe` allows no more"),
        ("by-connection", "connect", "no models: its own `probe` allows no more"),
        ("no-price", "models", "no completion: its price is not known"),
        ("no-mode", "models", "no completion: its mode is not known"),
        ("image", "models", "no completion: its mode takes no billed probe"),
        ("dear", "models", "no completion: less is left of today's budget than it may cost"),
    ] {
        let row = printed.row(model);
        assert_eq!(row[2], level, "{model}: {row:?}");
        assert!(row[6].contains(reason), "{model}: {row:?}");
    }
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn what_a_billed_probe_cost_is_printed_and_the_budget_is_one_for_all() {
    let provider = Provider::start();
    let base = provider.api_base();
    let priced = ", mode: chat, input_cost_per_token: 0.001, output_cost_per_token: 0.002";
    // 128 × 0.001 + 64 × 0.002 at most: twice that is not there at once.
    let settings = "probes: {concurrency: 2, completion: {enabled: true, daily_budget_usd: 0.26}}\n";
    let models = [("one", &*base, priced), ("two", &base, priced), ("three", &base, priced)];
    let printed = Setup::models(settings, &models).probe(&[]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let row = printed.row("one");
    assert_eq!((&*row[2], &*row[3], &*row[5]), ("completion", "ok", "$0.014"), "{row:?}");
    assert_eq!(provider.billed_requests(), 1);
    assert!(printed.row("two")[6].contains("less is left of today's budget"), "{printed:?}");
}

#[test]
fn a_hanging_provider_delays_nobody_beyond_its_timeout() {
    let (hanging, well) = (Provider::start(), Provider::start());
    hanging.behave(Behaviour::Hang);
    let models = [("hangs", &*hanging.api_base(), ""), ("well", &*well.api_base(), "")];
    let began = Instant::now();
    let printed = Setup::models("probes: {timeout: 1s}\n", &models).probe(&[]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!((printed.code, &*printed.row("hangs")[3], &*printed.row("well")[3]), (Some(1), "timeout", "ok"));
}

#[test]
fn nothing_secret_of_an_address_or_a_name_reaches_the_terminal() {
    let provider = Provider::start();
    let base = format!("http://admin:pass-4711-word@{}/v1?api_key=query-0815-secret", provider.address());
    provider.behave(Behaviour::Refusal(500, format!("cannot serve {base} for Bearer {KEY}")));
    let printed = Setup::models("", &[("gpt", &base, "")]).probe(&[]);
    assert_eq!(printed.code, Some(1), "{printed:?}");
    printed.is_free_of(&[KEY, "pass-4711-word", "query-0815-secret"]);
    drop(provider);
    let printed = Setup::models("", &[("gpt", &base, "")]).probe(&["nobody"]);
    printed.is_free_of(&[KEY, "pass-4711-word", "query-0815-secret"]);
}

#[test]
fn a_gateway_that_cannot_be_reached_is_told_and_without_another_list_nothing_is_probed() {
    let gateway = Provider::start();
    gateway.behave(Behaviour::Status(500));
    let yaml = format!("gateway: {{url: \"{}\", api_key: {KEY}}}\n", gateway.url());
    let printed = Setup::new(&yaml).probe(&[]);
    assert_eq!((printed.code, &*printed.out), (Some(1), ""), "{printed:?}");
    assert!(printed.err.contains("no list of models could be read"), "{printed:?}");
    assert_eq!(gateway.billed_requests(), 0);
    printed.is_free_of(&[KEY]);
}

#[test]
fn a_reply_that_would_break_the_table_is_one_line() {
    let provider = Provider::start();
    let refusal = json!({"error": {"message": "first\nsecond\u{1b}[31mred\rthird"}});
    provider.behave(Behaviour::Refusal(500, refusal.to_string()));
    let printed = Setup::models("", &[("gpt", &provider.api_base(), "")]).probe(&[]);
    assert_eq!(printed.out.lines().count(), 2, "{printed:?}");
    assert!(!printed.out.chars().any(|character| character.is_control() && character != '\n'), "{printed:?}");
}

//! The README says what the code does, and so do the examples in `deploy/`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use llm_exporter::config::{Config, Overrides};
use llm_exporter::event::ErrorKind;
use llm_exporter::health::Rule;
use llm_exporter::server::ROUTES;

const README: &str = include_str!("../README.md");
const DEPLOY: [&str; 4] = [
    include_str!("../deploy/Dockerfile"),
    include_str!("../deploy/compose.yml"),
    include_str!("../deploy/compose.litellm.yml"),
    include_str!("../deploy/kubernetes.yml"),
];

/// Where the generated table begins and ends.
const MARKS: [&str; 2] = ["<!-- catalogue -->\n", "<!-- /catalogue -->"];
/// How an example of our own configuration begins; others say which program they are for.
const OWN_YAML: &str = "# llm-exporter.yml";
const OTHER_YAML: [&str; 4] = ["# LiteLLM's config.yaml", "# prometheus.yml", "# Kubernetes", "# Docker Compose"];

#[test]
fn the_table_of_metrics_is_the_catalogue() {
    let [begin, end] = MARKS;
    let table = README.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(table, _)| table);
    let table = table.expect("the README marks where the table of metrics stands");
    assert_eq!(
        table.trim(),
        llm_exporter::catalogue::markdown().trim(),
        "the table is out of date: put the output of `llm-exporter catalogue` between the marks"
    );
}

#[test]
fn every_configuration_it_shows_is_valid() {
    let own: Vec<&str> = blocks("yaml").filter(|block| block.starts_with(OWN_YAML)).collect();
    assert!(own.len() >= 3, "the README shows the configuration: {own:?}");
    for yaml in own {
        let config = load(yaml);
        assert!(config.is_ok(), "{yaml}\n{config:?}");
    }
}

#[test]
fn what_is_shown_of_the_configuration_is_what_comes_of_it() {
    let of = |text| blocks("yaml").find(|block| block.contains(text)).expect(text);
    assert_eq!(load(of("consumers: 20000")).expect("valid").limits.consumers, 20_000);
    let config = load(of("daily_budget_usd")).expect("valid");
    assert!(!config.probes.completion.enabled, "one deployment alone asks for billed probes");
    assert_eq!(config.models.len(), 2);
}

#[test]
fn every_yaml_block_is_yaml_and_says_what_it_is_for() {
    for block in blocks("yaml") {
        assert!(is_yaml(block), "{block}");
        let is_named = OTHER_YAML.iter().chain([&OWN_YAML]).any(|start| block.starts_with(start));
        assert!(is_named, "the block says in its first line what it is for: {block}");
    }
}

#[test]
fn the_configuration_for_kubernetes_is_valid() {
    let [_, _, _, kubernetes] = DEPLOY;
    let (_, rest) = kubernetes.split_once("llm-exporter.yml: |\n").expect("the manifests hold a configuration");
    let lines: Vec<&str> = rest.lines().take_while(|line| line.starts_with("    ")).collect();
    let config = load(&lines.join("\n"));
    assert!(config.is_ok_and(|config| config.gateway.url.is_some()), "{lines:?}");
    assert!(kubernetes.split("\n---\n").all(is_yaml), "the manifests are YAML");
}

#[test]
fn every_command_line_is_understood() {
    let shown = README.split("`llm-exporter ").skip(1).filter_map(|rest| rest.split_once('`'));
    let in_text = shown.map(|(arguments, _)| arguments.to_owned());
    let in_blocks = ["sh", "text"].into_iter().flat_map(blocks).flat_map(str::lines);
    let in_blocks = in_blocks.filter_map(|line| line.trim_start_matches("$ ").strip_prefix("llm-exporter "));
    let all: BTreeSet<String> = in_text.chain(in_blocks.map(str::to_owned)).collect();
    assert!(all.len() >= 4, "the README shows how it is called: {all:?}");
    for arguments in all {
        let mut program = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
        // All before it is read first: what is not understood is an error all the same.
        let output = program.args(arguments.split_whitespace()).arg("--help").output().expect("the binary starts");
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_route_is_told_of_and_no_other() {
    for (route, _) in ROUTES {
        assert!(README.contains(route), "{route} is missing");
    }
    let known = |path: &str| ROUTES.iter().any(|(route, _)| *route == path);
    let of_probes = ["path: ", "localhost:4000", "localhost:9400"];
    let paths = DEPLOY.iter().chain([&README]).flat_map(|text| of_probes.iter().flat_map(|start| after(text, start)));
    for path in paths.filter(|path| path.starts_with('/')) {
        assert!(known(path), "{path} is no route");
    }
}

#[test]
fn every_error_kind_is_named() {
    for kind in ErrorKind::ALL {
        assert!(README.contains(&format!("`{}`", kind.as_str())), "{} is missing", kind.as_str());
    }
}

#[test]
fn every_rule_is_named_with_the_state_that_it_decides() {
    let rows: Vec<&str> = README.lines().filter(|line| line.starts_with("| `")).collect();
    for rule in std::iter::successors(Some(Rule::NoEvidence), |rule| next(*rule)) {
        let (name, state) = (format!("`{}`", rule.as_str()), format!("| `{}` |", rule.state().as_str()));
        let is_told =
            |row: &&str| row.split('|').nth(1).is_some_and(|cell| cell.contains(&name)) && row.contains(&state);
        assert!(rows.iter().any(is_told), "the README has no row for {name} with {state}");
    }
}

#[test]
fn every_variable_of_the_proxy_is_named_and_no_other() {
    let sources = [
        include_str!("../src/config/proxy.rs"),
        include_str!("../src/config/proxy/database.rs"),
        include_str!("../src/config/proxy/redis.rs"),
    ];
    let read: BTreeSet<&str> =
        sources.iter().flat_map(|source| quoted(source, '"')).filter(|it| is_variable(it)).collect();
    let (_, section) = README.split_once("\n## Dependencies\n").expect("there is such a section");
    let rows =
        section.lines().skip_while(|line| !line.starts_with("| what |")).take_while(|line| line.starts_with('|'));
    let told: BTreeSet<&str> = rows.flat_map(|row| quoted(row, '`')).filter(|it| is_variable(it)).collect();
    assert_eq!(told, read);
}

#[test]
fn every_variable_of_ours_is_a_key() {
    let known: BTreeSet<String> =
        Config::key_paths().map(|path| format!("LLM_EXPORTER__{}", path.to_uppercase().replace('.', "__"))).collect();
    for text in DEPLOY.iter().chain([&README]) {
        for rest in after(text, "LLM_EXPORTER__") {
            let variable = format!("LLM_EXPORTER__{rest}");
            assert!(variable == "LLM_EXPORTER__SECTION__KEY" || known.contains(&variable), "{variable} is no key");
        }
    }
}

/// Every rule, one after the other: a new one does not compile until it stands here.
const fn next(rule: Rule) -> Option<Rule> {
    match rule {
        Rule::NoEvidence => Some(Rule::Stale),
        Rule::Stale => Some(Rule::FailuresInARow),
        Rule::FailuresInARow => Some(Rule::MostFail),
        Rule::MostFail => Some(Rule::ManyFail),
        Rule::ManyFail => Some(Rule::LatestFailed),
        Rule::LatestFailed => Some(Rule::Throttled),
        Rule::Throttled => Some(Rule::Recovering),
        Rule::Recovering => Some(Rule::Answers),
        Rule::Answers => Some(Rule::Unreachable),
        Rule::Unreachable => Some(Rule::LatestProbeFailed),
        Rule::LatestProbeFailed => Some(Rule::ProbeThrottled),
        Rule::ProbeThrottled => Some(Rule::ReachableAgain),
        Rule::ReachableAgain => Some(Rule::Reachable),
        Rule::Reachable => Some(Rule::Cooldown),
        Rule::Cooldown => None,
    }
}

/// The fenced blocks of the README in this language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let start = format!("\n```{language}\n");
    let found: Vec<&str> = README.split(&start).skip(1).filter_map(|rest| rest.split("```").next()).collect();
    found.into_iter()
}

/// Loads a configuration as it stands there, but with files of secrets that exist.
fn load(yaml: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (secret, file) = (folder.path().join("secret"), folder.path().join("llm-exporter.yml"));
    std::fs::write(&secret, "t0ken\n").expect("a file");
    std::fs::write(&file, with_secrets_in(yaml, &secret)).expect("a file");
    Config::load(Some(&file), [], Overrides::default()).map_err(|error| error.to_string())
}

fn with_secrets_in(yaml: &str, secret: &Path) -> String {
    const FOLDER: &str = "/run/secrets/";
    let mut pieces = yaml.split(FOLDER);
    let first = pieces.next().unwrap_or_default().to_owned();
    let is_of_path = |character: char| character.is_ascii_alphanumeric() || "-_/".contains(character);
    pieces.fold(first, |text, piece| format!("{text}{}{}", secret.display(), piece.trim_start_matches(is_of_path)))
}

fn is_yaml(text: &str) -> bool {
    // Under a key, since one of them is a list.
    let indented: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("key:\n{indented}");
    let source = config::File::from_str(&text, config::FileFormat::Yaml);
    config::Config::builder().add_source(source).build().is_ok()
}

/// What follows `start` wherever it stands in the text, as far as it may be a path or a name.
fn after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let is_end = |character: char| !(character.is_ascii_alphanumeric() || "_/-".contains(character));
    text.split(start).skip(1).filter_map(|rest| rest.split(is_end).next()).collect()
}

/// What stands between two of these characters, on one line.
fn quoted(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.lines().flat_map(move |line| line.split(quote).skip(1).step_by(2))
}

fn is_variable(text: &str) -> bool {
    text.len() > 3 && text.chars().all(|character| character.is_ascii_uppercase() || character == '_')
}

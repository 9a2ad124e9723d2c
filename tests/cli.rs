//! The program as it is called: output, errors and exit codes.

use std::process::{Command, Output};

/// Runs the program with nothing of ours in its environment.
fn run(args: &[&str]) -> Output {
    program(args).output().expect("the program starts")
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
    command.args(args).env_clear();
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_names_every_command_and_shows_examples() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for expected in
        ["serve", "demo", "check-config", "replay", "reconcile", "catalogue", "--config", "--listen", "Examples:"]
    {
        assert!(stdout(&output).contains(expected), "{expected}: {}", stdout(&output));
    }
}

#[test]
fn help_shows_nothing_of_the_environment() {
    for args in
        [&["--help"][..], &["serve", "--help"], &["check-config", "--help"], &["replay", "--help"], &["demo", "--help"]]
    {
        let output = program(args).env("LLM_EXPORTER__INGEST__TOKEN", "s3cr3t").output().expect("the program starts");
        assert_eq!(output.status.code(), Some(0));
        assert!(!stdout(&output).contains("s3cr3t"), "{}", stdout(&output));
    }
}

#[test]
fn version_is_that_of_the_package() {
    let output = run(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), concat!("llm-exporter ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    for (args, expected) in [
        (&["--lisen", "127.0.0.1:0"][..], "a similar argument exists: '--listen'"),
        (&["check-confg"], "a similar subcommand exists: 'check-config'"),
        (&["--listen", "4000"], "expected ADDRESS:PORT such as 127.0.0.1:4000 or [::]:4000"),
        (&["--log-level", "loud"], "[possible values: off, error, warn, info, debug, trace]"),
        (&["serve", "--log-format", "xml"], "[possible values: text, json]"),
        (&["demo", "--listen", "here"], "expected ADDRESS:PORT such as 127.0.0.1:4000 or [::]:4000"),
        (&["demo", "--config", "x"], "unexpected argument '--config'"),
        (&["replay"], "<FILE>..."),
        (&["replay", "--batch", "0", "x"], "--batch"),
        (&["replay", "--url", "here", "x"], "--url"),
        (&["--log-level", "info", "check-config"], "cannot be used with"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[test]
fn a_valid_configuration_is_shown_as_one() {
    let output = run(&["check-config", "--config", "llm-exporter.example.yml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.starts_with("# configuration is valid"), "{shown}");
    assert!(shown.contains("\ningest:\n  token: null\n"), "{shown}");
    assert!(shown.contains("\n  max_body: 64MiB\n"), "{shown}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_environment_is_checked_too_and_its_secrets_stay_hidden() {
    let output = program(&["check-config"])
        .env("LLM_EXPORTER__INGEST__TOKEN", "s3cr3t")
        .env("LLM_EXPORTER__LOG__LEVEL", "debug")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("  level: debug\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("  token: null  # set, not shown\n"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("s3cr3t"));
}

#[test]
fn every_mistake_is_listed_on_standard_error() {
    for command in ["check-config", "serve"] {
        let output = run(&[command, "--config", "tests/data/config/many_mistakes.yml"]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert_eq!(stdout(&output), "", "{command}");
        let errors = stderr(&output);
        let mut lines = errors.lines();
        assert_eq!(lines.next(), Some("error: the configuration has 4 mistakes"));
        let keys: Vec<_> = lines.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(keys, ["  ingest.max_bodi", "  ingest.max_body", "  listen", "  log.level"]);
    }
}

#[test]
fn a_missing_file_fails_and_is_named() {
    let output = run(&["check-config", "--config", "nowhere.yml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: the configuration has a mistake\n  nowhere.yml: cannot be read: No such file or directory (os error 2)\n"
    );
}

#[test]
fn the_catalogue_is_printed() {
    let output = run(&["catalogue"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), llm_exporter::catalogue::markdown());
}

#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_is_not_unicode_is_a_mistake_and_no_panic() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let output = program(&["check-config"])
        .env("LLM_EXPORTER__INGEST__TOKEN", OsStr::from_bytes(b"\xff\xfe"))
        .env("OTHER", OsStr::from_bytes(b"\xff"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ingest.token: expected"), "{}", stderr(&output));
}

//! The README says what the code does.

use llm_exporter::config::{Config, Overrides};

/// Where the generated table begins and ends.
const MARKS: [&str; 2] = ["<!-- catalogue -->\n", "<!-- /catalogue -->"];

#[test]
fn the_table_of_metrics_is_the_catalogue() {
    let readme = include_str!("../README.md");
    let [begin, end] = MARKS;
    let table = readme.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(table, _)| table);
    let table = table.expect("the README marks where the table of metrics stands");
    assert_eq!(
        table.trim(),
        llm_exporter::catalogue::markdown().trim(),
        "the table is out of date: put the output of `llm-exporter catalogue` between the marks"
    );
}

#[test]
fn the_configuration_it_shows_is_valid() {
    let readme = include_str!("../README.md");
    let section = readme.split_once("\n## Configuration\n").map(|(_, rest)| rest).expect("there is such a section");
    let yaml = section.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it shows one");
    let folder = tempfile::tempdir().expect("a folder");
    let (token, file) = (folder.path().join("token"), folder.path().join("llm-exporter.yml"));
    std::fs::write(&token, "t0ken\n").expect("a file");
    let yaml = yaml.replace("/run/secrets/llm-exporter", &token.display().to_string());
    std::fs::write(&file, yaml).expect("a file");
    let config = Config::load(Some(&file), [], Overrides::default()).expect("the README shows a valid configuration");
    assert_eq!(config.limits.consumers, 20_000);
}

#[test]
fn every_error_kind_is_named() {
    let readme = include_str!("../README.md");
    for kind in llm_exporter::event::ErrorKind::ALL {
        assert!(readme.contains(&format!("`{}`", kind.as_str())), "{} is missing", kind.as_str());
    }
}

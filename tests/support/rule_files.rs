//! The rule files in `alerts/`, as Prometheus reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::promql::{Labels, Recorded, Vocabulary, given};
use super::yaml;

/// Files in `alerts/` that hold no rules.
const OTHERS: [&str; 1] = ["alertmanager.example.yml"];

/// Every rule, and where it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) recorded: Vec<Rule>,
    pub(crate) alerts: Vec<Rule>,
}

/// A rule of either kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(skip)]
    pub(crate) file: String,
    pub(crate) record: Option<String>,
    pub(crate) alert: Option<String>,
    pub(crate) expr: String,
    #[serde(rename = "for")]
    pub(crate) lasting: Option<String>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "interval")]
    _interval: Option<String>,
    rules: Vec<Rule>,
}

/// The folder of the rules.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts")
}

impl Rules {
    /// Those of the project.
    pub(crate) fn load() -> Self {
        let mut rules = Self::default();
        for path in rule_files() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            rules.add(&name, yaml::read(&path));
        }
        assert!(!rules.recorded.is_empty() && !rules.alerts.is_empty(), "there are rules in {}", folder().display());
        rules
    }

    /// Those of a text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut rules = Self::default();
        rules.add("text", yaml::parse(text).expect("rules"));
        rules
    }

    fn add(&mut self, file: &str, read: RuleFile) {
        for rule in read.groups.into_iter().flat_map(|group| group.rules) {
            let rule = Rule { file: file.to_owned(), ..rule };
            let kind = if rule.record.is_some() { &mut self.recorded } else { &mut self.alerts };
            kind.push(rule);
        }
    }

    /// What a Prometheus with these rules has.
    pub(crate) fn vocabulary(&self) -> Vocabulary {
        let recorded: Vec<Recorded<'_>> = self.recorded.iter().map(Rule::as_recorded).collect();
        let vocabulary = Vocabulary::of_exporter().recording(&recorded);
        let alerts: Vec<(&str, Labels)> =
            self.alerts.iter().map(|alert| (alert.name(), alert.result(&vocabulary))).collect();
        vocabulary.alerting(alerts)
    }
}

impl Rule {
    /// The name of what it makes.
    pub(crate) fn name(&self) -> &str {
        self.record.as_deref().or(self.alert.as_deref()).unwrap_or("a rule without a name")
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> String {
        format!("{}, {}", self.file, self.name())
    }

    /// The labels of what it makes, as far as they can be told.
    pub(crate) fn result(&self, vocabulary: &Vocabulary) -> Labels {
        vocabulary.read(&self.expr).shape.labels().unwrap_or_default().overwritten_by(given(&self.labels))
    }

    fn as_recorded(&self) -> Recorded<'_> {
        Recorded { name: self.name(), query: &self.expr, labels: &self.labels }
    }
}

fn rule_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the folder of the rules");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let is_other = |path: &Path| OTHERS.iter().any(|other| path.ends_with(other));
    paths.retain(|path| path.extension().is_some_and(|it| it == "yml" || it == "yaml") && !is_other(path));
    paths.sort();
    paths
}

//! Names of metrics and labels in texts for people.

use super::promql::Vocabulary;

/// How we are called where a dash is not allowed.
const OURSELVES: &str = "llm_exporter";

/// Where a text names a metric that there is not.
pub(crate) fn unknown_metrics(text: &str, vocabulary: &Vocabulary) -> Vec<String> {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || "_:…".contains(character);
    let words = text.split(|character| !is_of_name(character)).map(|word| word.trim_matches(':'));
    let names = words.filter(|word| word.starts_with("llm_") || word.contains(":llm_"));
    let unknown = names.filter(|name| *name != OURSELVES && !is_known(name, vocabulary));
    unknown.map(|name| format!("the text names {name}, which is no metric")).collect()
}

/// A histogram is named as a whole, and several metrics by how they begin (`llm_consumer_…`).
fn is_known(name: &str, vocabulary: &Vocabulary) -> bool {
    if let Some((beginning, end)) = name.split_once('…') {
        return vocabulary.names().any(|known| known.starts_with(beginning) && known.ends_with(end));
    }
    [name, &format!("{name}_bucket")].into_iter().any(|name| vocabulary.labels(name).is_some())
}

/// The labels that a template of Prometheus asks for.
pub(crate) fn template_labels(template: &str) -> Vec<&str> {
    let is_end = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    let starts = ["$labels.", ".Labels."];
    let rests = starts.iter().flat_map(|start| template.split(start).skip(1));
    rests.filter_map(|rest| rest.split(is_end).next()).collect()
}

//! Every metric that there is to ask for.

use std::collections::{BTreeMap, BTreeSet};

use llm_exporter::catalogue;
use llm_exporter::exposition::{Descriptor, Kind};
use promql_parser::parser::{self, Expr};

use super::infer::Inference;
use super::labels::TAGS;
use super::{Labels, Reading, Shape, Values, selectors, values};

/// The catalogue's word for the labels that the operator chooses.
const CONSUMER_LABELS: &str = "consumer labels";
/// What these can be.
const CONSUMERS: [&str; 6] = ["team", "key", "user", "org", "end_user", TAGS];
/// What Prometheus tells of every target by itself.
const OF_TARGETS: [&str; 4] =
    ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling"];
/// What Prometheus adds to all that it scrapes.
const TARGET: [&str; 2] = ["job", "instance"];

/// How the samples of a metric are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// They only grow: they are nothing without a rate.
    Counter,
    /// They stand for themselves.
    Gauge,
    /// A rule made them.
    Recorded,
}

/// A rule that makes a metric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded<'a> {
    pub(crate) name: &'a str,
    pub(crate) query: &'a str,
    /// The labels that it adds.
    pub(crate) labels: &'a BTreeMap<String, String>,
}

/// All metrics, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    metrics: BTreeMap<String, (Meaning, Labels)>,
}

impl Vocabulary {
    /// What a Prometheus has that scrapes the exporter.
    pub(crate) fn of_exporter() -> Self {
        let mut all = Self::default();
        for metric in catalogue::metrics() {
            all.add_described(metric);
        }
        for name in OF_TARGETS {
            all.add(name, Meaning::Gauge, open(TARGET));
        }
        all
    }

    fn add_described(&mut self, metric: &Descriptor) {
        let (name, labels) = (metric.name, scraped(metric));
        match metric.kind {
            Kind::Counter => self.add(name, Meaning::Counter, labels),
            Kind::Gauge | Kind::Info => self.add(name, Meaning::Gauge, labels),
            Kind::Histogram => {
                self.add(&format!("{name}_bucket"), Meaning::Counter, labels.clone().with("le", values::bounds(name)));
                for suffix in ["sum", "count"] {
                    self.add(&format!("{name}_{suffix}"), Meaning::Counter, labels.clone());
                }
            }
        }
    }

    /// And what these rules make of it, in whatever order they stand. What rests on itself is left out.
    pub(crate) fn recording(mut self, rules: &[Recorded<'_>]) -> Self {
        let mut waiting: Vec<&Recorded<'_>> = rules.iter().collect();
        loop {
            let unsettled: BTreeSet<&str> = waiting.iter().map(|rule| rule.name).collect();
            let (ready, rest): (Vec<&Recorded<'_>>, Vec<_>) =
                waiting.into_iter().partition(|rule| is_ready(rule, &unsettled));
            if ready.is_empty() {
                return self;
            }
            let made: Vec<_> = ready
                .iter()
                .map(|rule: &&Recorded<'_>| (rule.name, self.read(rule.query).shape, rule.labels))
                .collect();
            for (name, shape, labels) in made {
                self.add_recorded(name, shape.labels().unwrap_or_default().overwritten_by(given(labels)));
            }
            waiting = rest;
        }
    }

    /// And the alerts, by name and with the labels that each has, as Prometheus tells of them.
    pub(crate) fn alerting<'a>(mut self, alerts: impl IntoIterator<Item = (&'a str, Labels)>) -> Self {
        let all = alerts.into_iter().map(|(name, labels)| labels.with("alertname", Values::one(name)));
        if let Some(labels) = all.reduce(Labels::union) {
            let states = Values::of(["pending", "firing"]);
            self.add("ALERTS_FOR_STATE", Meaning::Gauge, labels.clone());
            self.add("ALERTS", Meaning::Gauge, labels.with("alertstate", states));
        }
        self
    }

    fn add_recorded(&mut self, name: &str, labels: Labels) {
        let labels = match self.metrics.remove(name) {
            Some((_, others)) => others.union(labels),
            None => labels,
        };
        self.add(name, Meaning::Recorded, labels);
    }

    fn add(&mut self, name: &str, meaning: Meaning, labels: Labels) {
        self.metrics.insert(name.to_owned(), (meaning, labels));
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.metrics.keys().map(String::as_str)
    }

    pub(crate) fn labels(&self, metric: &str) -> Option<&Labels> {
        self.metrics.get(metric).map(|(_, labels)| labels)
    }

    pub(crate) fn meaning(&self, metric: &str) -> Option<Meaning> {
        self.metrics.get(metric).map(|(meaning, _)| *meaning)
    }

    /// The known name that is most like this one.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let likeness = |known: &str| strsim::normalized_damerau_levenshtein(known, name);
        let names = self.metrics.keys().map(|known| (likeness(known), known.as_str()));
        names.max_by(|(one, _), (other, _)| one.total_cmp(other)).filter(|(it, _)| *it > 0.7).map(|(_, known)| known)
    }

    /// What a query gives, and what is wrong with it.
    pub(crate) fn read(&self, query: &str) -> Reading {
        match parser::parse(query) {
            Ok(parsed) => self.read_parsed(&parsed),
            Err(error) => Reading { shape: Shape::Unknown, mistakes: vec![format!("it can't be parsed: {error}")] },
        }
    }

    pub(crate) fn read_parsed(&self, query: &Expr) -> Reading {
        let mut inference = Inference::new(self);
        let shape = inference.shape(query);
        Reading { shape, mistakes: inference.into_mistakes() }
    }
}

/// Whether a rule asks for nothing that other rules have yet to make.
fn is_ready(rule: &Recorded<'_>, unsettled: &BTreeSet<&str>) -> bool {
    let Ok(query) = parser::parse(rule.query) else { return true };
    let names: Vec<String> = selectors(&query).iter().filter_map(|found| found.selector.name.clone()).collect();
    !names.iter().any(|name| unsettled.contains(name.as_str()))
}

/// The labels of a metric when Prometheus has scraped it.
fn scraped(metric: &Descriptor) -> Labels {
    let (of_consumers, own): (Vec<&str>, Vec<&str>) =
        metric.labels.iter().copied().partition(|label| *label == CONSUMER_LABELS);
    let own = own.into_iter().map(|label| (label, values::of(metric.name, label)));
    let of_consumers = of_consumers.into_iter().flat_map(|_| CONSUMERS).map(|label| (label, Values::Any));
    own.chain(of_consumers).collect::<Labels>().union(open(TARGET))
}

fn open<const N: usize>(names: [&str; N]) -> Labels {
    names.into_iter().map(|name| (name, Values::Any)).collect()
}

/// The labels that a rule sets.
pub(crate) fn given(labels: &BTreeMap<String, String>) -> Labels {
    let values = |value: &String| if value.contains("{{") { Values::Any } else { Values::one(value) };
    labels.iter().map(|(name, value)| (name.clone(), values(value))).collect()
}

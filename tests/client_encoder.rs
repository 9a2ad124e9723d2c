//! prometheus-client's own encoder writes the same metrics as ours.

mod support;

use std::collections::BTreeMap;

use llm_exporter::collectors::{self, View};
use llm_exporter::exposition::Dialect;
use llm_exporter::exposition::client::ClientEncoder;
use llm_exporter::health::{Readiness, Report};
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;
use support::captures;
use support::exposition::{Exposition, Format, MetricType};
use support::pipeline::{NOW, Pipeline, settings};

/// Our collectors as one of prometheus-client's.
#[derive(Debug)]
struct Bridge(Pipeline);

impl prometheus_client::collector::Collector for Bridge {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Self(pipeline) = self;
        let snapshot = pipeline.state.snapshot(NOW);
        let report = Report::new(&snapshot.fleet, &pipeline.policy, Readiness::new(false, pipeline.state.startup()));
        let view = View { snapshot: &snapshot, report: &report, own: &pipeline.own };
        let mut out = ClientEncoder::new(encoder);
        for collector in collectors::all().iter().filter(|collector| collector.name() != "process") {
            collector.collect(&view, &mut out).expect("no collector breaks");
        }
        out.finish()
    }
}

/// Type, help, and each sample by its name and labels; exemplars and the order within a histogram aside.
type Content = (MetricType, String, BTreeMap<(String, Vec<(String, String)>), f64>);

fn content(exposition: &Exposition) -> BTreeMap<String, Content> {
    let families = exposition.families().iter().map(|family| {
        let samples = family.samples.iter().map(|sample| {
            let labels = sample.labels.iter().filter(|(_, value)| !value.is_empty());
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            ((sample.name.clone(), labels), sample.value)
        });
        (family.name.clone(), (family.metric_type, family.help.clone(), samples.collect()))
    });
    families.collect()
}

/// prometheus-client writes the smallest threshold as `0.00005`, OpenMetrics wants `5e-05`.
fn canonical(text: &str) -> String {
    text.replace("le=\"0.00005\"", "le=\"5e-05\"")
}

#[test]
fn both_encoders_write_the_same_samples() {
    let pipeline = Pipeline::with(settings(&["team", "key", "tag:jobA"]));
    for scenario in captures::scenarios() {
        pipeline.take(&captures::body(&scenario)).expect("a captured body is JSON");
    }
    let hostile = "quote \" backslash \\ line\nfeed ünïcödé";
    let event = support::edited::event("chat_success");
    let asked = serde_json::json!({"model_group": hostile, "model_id": hostile});
    pipeline.push([&support::edited::Edited::with(event, asked)]);
    pipeline.state.note_gateway_version("1.109.1");
    let ours =
        Exposition::parse(Format::OpenMetrics, &pipeline.text(Dialect::OpenMetrics, NOW)).expect("ours is valid");

    let mut registry = Registry::default();
    registry.register_collector(Box::new(Bridge(pipeline)));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("prometheus-client can write");
    let theirs = Exposition::parse(Format::OpenMetrics, &canonical(&text))
        .unwrap_or_else(|violation| panic!("theirs is not valid: {violation}\n{text}"));

    let (ours, theirs) = (content(&ours), content(&theirs));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, family) in &ours {
        assert_eq!(family, &theirs[name], "{name}");
    }
}

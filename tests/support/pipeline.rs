//! The way from a pushed body to an exposition, in memory: all that the exporter does but for its server, at a time that
//! stands still.

use std::sync::Arc;
use std::time::Duration;

use llm_exporter::collectors::{self, Collector, View};
use llm_exporter::event::{ConsumerLabel, RequestEvent, Timestamp};
use llm_exporter::exposition::{Dialect, Style, render};
use llm_exporter::health::{Policy, Readiness, Report};
use llm_exporter::own::OwnMetrics;
use llm_exporter::sink::{Receipt, Sink};
use llm_exporter::sources::litellm::{self, NotJson, Summary};
use llm_exporter::state::{Expected, Settings, Source, State};

use super::exposition::{Exposition, Format};

/// A minute and a half after the last captured event: all of them lie within the windows of the default policy.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_411_100_000_000);

/// So many attempts are recognised.
pub(crate) const WINDOW: usize = 100_000;

/// A state, its sink, and the collectors over it.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) state: Arc<State>,
    pub(crate) sink: Sink,
    pub(crate) own: OwnMetrics,
    pub(crate) policy: Policy,
    collectors: Vec<Box<dyn Collector>>,
}

/// Room for everything, and the consumer labels that `labels` names.
pub(crate) fn settings(labels: &[&str]) -> Settings {
    let parse = |label: &&str| label.parse::<ConsumerLabel>().expect("a consumer label");
    Settings {
        deployments: 1_000,
        models: 1_000,
        consumers: 1_000,
        budgets: 1_000,
        consumer_labels: labels.iter().map(parse).collect(),
        window: Duration::from_mins(5),
        expected: Expected::default(),
    }
}

impl Pipeline {
    /// One with room for everything and without consumers.
    pub(crate) fn new() -> Self {
        Self::with(settings(&[]))
    }

    /// One with these limits and labels.
    pub(crate) fn with(settings: Settings) -> Self {
        let state = Arc::new(State::new(settings));
        let sink = Sink::new(Arc::clone(&state), WINDOW);
        // What the kernel says of this process is no concern of the state, and slow to read.
        let collectors: Vec<_> =
            collectors::all().into_iter().filter(|collector| collector.name() != "process").collect();
        let own = OwnMetrics::new(collectors.iter().map(|collector| collector.name()), NOW, 0);
        Self { state, sink, own, policy: Policy::default(), collectors }
    }

    /// The same without the collectors of these names.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.collectors.retain(|collector| !names.contains(&collector.name()));
        self
    }

    /// Pushes a body, as LiteLLM does.
    pub(crate) fn take(&self, body: &[u8]) -> Result<Summary, NotJson> {
        litellm::take(body, &self.sink, NOW)
    }

    /// Pushes events as one JSON array.
    pub(crate) fn push<'a>(&self, events: impl IntoIterator<Item = &'a serde_json::Value>) -> Summary {
        let events: Vec<_> = events.into_iter().collect();
        let body = serde_json::to_vec(&events).expect("JSON can be written");
        self.take(&body).expect("what was written as JSON is JSON")
    }

    /// Records one decoded event at `now`.
    pub(crate) fn record(&self, event: &RequestEvent<'_>, now: Timestamp) -> Receipt {
        self.sink.take(Source::LitellmCallback, event, now)
    }

    /// Records decoded events, whatever becomes of them.
    pub(crate) fn record_all(&self, events: &[RequestEvent<'_>]) {
        for event in events {
            self.record(event, NOW);
        }
    }

    /// The verdicts as of `now`.
    pub(crate) fn report(&self, now: Timestamp) -> Report {
        Report::new(&self.state.fleet(now), &self.policy, self.readiness())
    }

    fn readiness(&self) -> Readiness {
        Readiness::new(false, self.state.startup())
    }

    /// The exposition as of `now`, as text.
    pub(crate) fn text(&self, style: impl Into<Style>, now: Timestamp) -> String {
        let snapshot = self.state.snapshot(now);
        let report = Report::new(&snapshot.fleet, &self.policy, self.readiness());
        let view = View { snapshot: &snapshot, report: &report, own: &self.own };
        let scrape = render(&self.collectors, &view, style, Vec::new).expect("memory takes all");
        assert_eq!(scrape.broken, [], "no collector breaks");
        String::from_utf8(scrape.out).expect("an exposition is UTF-8")
    }

    /// The OpenMetrics exposition as of `now`, strictly read.
    pub(crate) fn scrape_at(&self, now: Timestamp) -> Exposition {
        let text = self.text(Dialect::OpenMetrics, now);
        Exposition::parse(Format::OpenMetrics, &text).unwrap_or_else(|violation| {
            let around: Vec<&str> = text.lines().skip(violation.line.saturating_sub(3)).take(5).collect();
            panic!("{violation}, in\n{}", around.join("\n"))
        })
    }

    /// The OpenMetrics exposition, strictly read.
    pub(crate) fn scrape(&self) -> Exposition {
        self.scrape_at(NOW)
    }
}

/// What is exposed after these events were pushed to a fresh state.
pub(crate) fn scrape_of<'a>(events: impl IntoIterator<Item = &'a serde_json::Value>) -> Exposition {
    let pipeline = Pipeline::new();
    pipeline.push(events);
    pipeline.scrape()
}

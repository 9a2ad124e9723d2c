//! One exposition, from all collectors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Dialect, TextEncoder};
use crate::collectors::{Collector, View};

/// An exposition, and which collectors are not in it.
#[derive(Debug)]
pub struct Scrape {
    /// The text.
    pub body: Vec<u8>,
    /// The positions of the collectors that broke.
    pub broken: Vec<usize>,
}

/// Renders `view` through each collector, into `buffer`. One that breaks is left out whole: a truncated body would cost all the others.
#[must_use]
pub fn render(collectors: &[Box<dyn Collector>], view: &View<'_>, dialect: Dialect, buffer: Vec<u8>) -> Scrape {
    let mut encoder = TextEncoder::new(dialect, buffer);
    let mut broken = Vec::new();
    for (position, collector) in collectors.iter().enumerate() {
        let start = encoder.position();
        let collected = catch_unwind(AssertUnwindSafe(|| collector.collect(view, &mut encoder)));
        if !matches!(collected, Ok(Ok(()))) {
            encoder.rewind(start);
            broken.push(position);
        }
    }
    Scrape { body: encoder.finish(), broken }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::collectors::CollectError;
    use crate::event::Timestamp;
    use crate::exposition::{Descriptor, Encoder, Kind, Value};
    use crate::health::{Policy, Readiness, Report};
    use crate::own::OwnMetrics;
    use crate::state::{LabelSet, Settings, State};

    static GAUGE: Descriptor = Descriptor { name: "llm_test", kind: Kind::Gauge, labels: &[], help: "A test." };

    /// Emits one sample, and then does as it is told.
    #[derive(Debug)]
    enum Scripted {
        Works,
        Fails,
        Panics,
    }

    impl Collector for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }

        fn metrics(&self) -> &'static [&'static Descriptor] {
            &[]
        }

        fn collect(&self, _: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
            out.family(&GAUGE);
            out.sample(&LabelSet::default(), None, Value::Whole(1));
            match self {
                Self::Works => Ok(()),
                Self::Fails => Err(CollectError { group: self.name(), reason: "it was told to".to_owned() }),
                Self::Panics => panic!("it was told to"),
            }
        }
    }

    fn rendered(collectors: Vec<Box<dyn Collector>>) -> Scrape {
        let settings = Settings {
            deployments: 1,
            models: 1,
            consumers: 1,
            budgets: 1,
            consumer_labels: Vec::new(),
            window: Duration::from_mins(5),
        };
        let now = Timestamp::default();
        let snapshot = State::new(settings).snapshot(now);
        let report = Report::new(&snapshot.fleet, &Policy::default(), Readiness::Ready);
        let own = OwnMetrics::new([], now, 0);
        let view = View { snapshot: &snapshot, report: &report, own: &own };
        render(&collectors, &view, Dialect::OpenMetrics, Vec::new())
    }

    #[test]
    fn a_broken_collector_is_left_out_and_the_others_are_whole() {
        let alone = rendered(vec![Box::new(Scripted::Works)]);
        assert_eq!(alone.broken, Vec::<usize>::new());
        for broken in [Scripted::Fails, Scripted::Panics] {
            let scrape = rendered(vec![Box::new(broken), Box::new(Scripted::Works)]);
            assert_eq!(scrape.broken, [0]);
            assert_eq!(scrape.body, alone.body, "nothing of the broken one is left, and the rest ends as it should");
        }
    }
}

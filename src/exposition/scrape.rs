//! One exposition, from all collectors.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Style, TextEncoder};
use crate::collectors::{Collector, View};

/// An exposition, and which collectors are not in it.
#[derive(Debug)]
pub struct Scrape<W> {
    /// What it was written to.
    pub out: W,
    /// How long it is.
    pub bytes: u64,
    /// The collectors that broke.
    pub broken: Vec<Broken>,
}

/// A collector that broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its position among all collectors.
    pub position: usize,
    /// What it said.
    pub reason: String,
}

/// Renders `view` through each collector, into what `begin` gives. One that breaks is left out whole: a truncated body would cost
/// all the others. Where part of it is handed on already, all is rendered anew without it, into another beginning.
///
/// # Errors
/// When the exposition could not be written.
pub fn render<W: Write>(
    collectors: &[Box<dyn Collector>],
    view: &View<'_>,
    style: impl Into<Style>,
    begin: impl Fn() -> W,
) -> io::Result<Scrape<W>> {
    let mut broken = Vec::new();
    let style = style.into();
    loop {
        let mut encoder = TextEncoder::new(style, begin());
        if collect_all(collectors, view, &mut encoder, &mut broken) == Collected::Whole {
            let (out, bytes) = encoder.finish()?;
            return Ok(Scrape { out, bytes, broken });
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Collected {
    Whole,
    /// A part of a broken collector can't be taken back.
    Spoilt,
}

/// Each time that this ends early one collector more is known to be broken, and not asked again.
fn collect_all<W: Write>(
    collectors: &[Box<dyn Collector>],
    view: &View<'_>,
    encoder: &mut TextEncoder<W>,
    broken: &mut Vec<Broken>,
) -> Collected {
    for (position, collector) in collectors.iter().enumerate() {
        if broken.iter().any(|broken| broken.position == position) {
            continue;
        }
        let start = encoder.position();
        let Err(reason) = collect(&**collector, view, encoder) else { continue };
        broken.push(Broken { position, reason });
        if !encoder.rewind(start) {
            return Collected::Spoilt;
        }
    }
    Collected::Whole
}

fn collect<W: Write>(collector: &dyn Collector, view: &View<'_>, encoder: &mut TextEncoder<W>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(|| collector.collect(view, encoder))) {
        Ok(collected) => collected.map_err(|error| error.to_string()),
        Err(panic) => Err(words_of(&*panic)),
    }
}

/// What a panic said; it is a text unless somebody took pains.
fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", words.unwrap_or("without a word"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::collectors::CollectError;
    use crate::event::Timestamp;
    use crate::exposition::{Descriptor, Dialect, Encoder, Kind, Value};
    use crate::health::{Policy, Readiness, Report};
    use crate::own::OwnMetrics;
    use crate::state::{Expected, LabelSet, Settings, State};

    static GAUGE: Descriptor = Descriptor { name: "llm_test", kind: Kind::Gauge, labels: &[], help: "A test." };

    /// Emits samples, and then does as it is told.
    #[derive(Debug)]
    struct Scripted {
        samples: usize,
        end: End,
    }

    #[derive(Debug, Clone, Copy)]
    enum End {
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
            for _ in 0..self.samples {
                out.sample(&LabelSet::default(), None, Value::Whole(1));
            }
            match self.end {
                End::Works => Ok(()),
                End::Fails => Err(CollectError { group: self.name(), reason: "it was told to".to_owned() }),
                End::Panics => panic!("it was told to"),
            }
        }
    }

    fn rendered(collectors: Vec<Box<dyn Collector>>) -> Scrape<Vec<u8>> {
        let settings = Settings {
            deployments: 1,
            models: 1,
            consumers: 1,
            budgets: 1,
            consumer_labels: Vec::new(),
            window: Duration::from_mins(5),
            expected: Expected::default(),
        };
        let now = Timestamp::default();
        let state = State::new(settings);
        let snapshot = state.snapshot(now);
        let report = Report::new(&snapshot.fleet, &Policy::default(), Readiness::new(false, state.startup()));
        let own = OwnMetrics::new([], now, 0);
        let view = View { snapshot: &snapshot, report: &report, own: &own };
        render(&collectors, &view, Dialect::OpenMetrics, Vec::new).expect("memory takes all")
    }

    fn scripted(samples: usize, end: End) -> Box<dyn Collector> {
        Box::new(Scripted { samples, end })
    }

    #[test]
    fn a_broken_collector_is_left_out_and_the_others_are_whole() {
        let alone = rendered(vec![scripted(1, End::Works)]);
        assert_eq!(alone.broken, Vec::new());
        assert_eq!(alone.bytes, alone.out.len() as u64);
        for (end, reason) in [
            (End::Fails, "could not collect the metrics of the group scripted: it was told to"),
            (End::Panics, "it panicked: it was told to"),
        ] {
            // Few, which can be taken back, and so many that some are handed on before it breaks.
            for samples in [1, 100_000] {
                let scrape = rendered(vec![scripted(samples, end), scripted(1, End::Works)]);
                assert_eq!(scrape.broken, [Broken { position: 0, reason: reason.to_owned() }]);
                assert_eq!(scrape.out, alone.out, "nothing of the broken one is left, and the rest ends as it should");
            }
        }
    }

    #[test]
    fn however_many_break_the_others_are_whole() {
        let alone = rendered(vec![scripted(100_000, End::Works), scripted(1, End::Works)]);
        let scrape = rendered(vec![
            scripted(100_000, End::Works),
            scripted(100_000, End::Panics),
            scripted(1, End::Fails),
            scripted(1, End::Works),
            scripted(100_000, End::Fails),
        ]);
        assert_eq!(scrape.broken.iter().map(|broken| broken.position).collect::<Vec<_>>(), [1, 2, 4]);
        assert!(scrape.out == alone.out, "what is left is what the others say");
    }
}

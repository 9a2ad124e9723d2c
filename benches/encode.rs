//! What a sample line costs: both text formats, prometheus-client's `Family` with the same series, and the floor.
//!
//! Items are sample lines, so the time of one is the reciprocal of the throughput shown. The exporter and the floor hand their
//! text on in portions, as a scrape does that is compressed; `in_memory` keeps it, as one does that is not. `Family` can do no
//! other than write into one string, which here is written over again and again.

mod support;

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::atomic::AtomicU64;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use llm_exporter::collectors::{self, View};
use llm_exporter::exposition::{Dialect, render};
use llm_exporter::health::{Policy, Readiness, Report};
use llm_exporter::own::OwnMetrics;
use llm_exporter::state::{Snapshot, State};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use support::{NOW, event, filled};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Consumers have five lines each.
const CONSUMERS: [usize; 4] = [200, 2_000, 20_000, 200_000];
const LINES_PER_CONSUMER: usize = 5;

fn main() {
    divan::main();
}

/// What is done to a portion costs nothing here.
struct Taken;

impl Write for Taken {
    fn write(&mut self, portion: &[u8]) -> io::Result<usize> {
        Ok(black_box(portion).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A whole scrape: copy the state, judge it, render it.
fn rendered<W: Write>(state: &State, dialect: Dialect, begin: impl Fn() -> W) -> W {
    let snapshot: Snapshot = state.snapshot(NOW);
    let report = Report::new(&snapshot.fleet, &Policy::default(), Readiness::new(false, state.startup()));
    let own = OwnMetrics::new([], NOW, 0);
    let view = View { snapshot: &snapshot, report: &report, own: &own };
    render(&collectors::all(), &view, dialect, begin).expect("memory takes all").out
}

fn scrape<W: Write>(bencher: Bencher<'_, '_>, consumers: usize, dialect: Dialect, begin: impl Fn() -> W) {
    let state = filled(consumers);
    let body = rendered(&state, dialect, Vec::new);
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count();
    bencher.counter(ItemsCount::new(lines)).bench_local(|| rendered(black_box(&state), dialect, &begin));
}

#[divan::bench(args = CONSUMERS, max_time = 4)]
fn openmetrics(bencher: Bencher<'_, '_>, consumers: usize) {
    scrape(bencher, consumers, Dialect::OpenMetrics, || Taken);
}

#[divan::bench(args = CONSUMERS, max_time = 4)]
fn text(bencher: Bencher<'_, '_>, consumers: usize) {
    scrape(bencher, consumers, Dialect::Text, || Taken);
}

#[divan::bench(args = CONSUMERS, max_time = 4)]
fn text_in_memory(bencher: Bencher<'_, '_>, consumers: usize) {
    scrape(bencher, consumers, Dialect::Text, Vec::new);
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    team: String,
    key: String,
    user: String,
    org: String,
    end_user: String,
    model: String,
}

/// The peer: prometheus-client's own index and encoder.
#[divan::bench(args = CONSUMERS, max_time = 4)]
fn prometheus_client_family(bencher: Bencher<'_, '_>, consumers: usize) {
    let mut registry = Registry::default();
    let families: [Family<Labels, Counter<u64, AtomicU64>>; LINES_PER_CONSUMER] = Default::default();
    for (number, family) in families.iter().enumerate() {
        registry.register(format!("llm_consumer_number_{number}"), "What a consumer did", family.clone());
        for consumer in 0..consumers {
            family.get_or_create(&labels(consumer)).inc_by(123);
        }
    }
    let mut out = String::new();
    bencher.counter(ItemsCount::new(consumers * LINES_PER_CONSUMER)).bench_local(|| {
        out.clear();
        prometheus_client::encoding::text::encode(&mut out, black_box(&registry))
            .expect("writing to a string can't fail");
    });
}

fn labels(consumer: usize) -> Labels {
    let caller = event(consumer, 0).caller;
    let owned = |text: Option<std::borrow::Cow<'static, str>>| text.unwrap_or_default().into_owned();
    Labels {
        team: owned(caller.team),
        key: owned(caller.key),
        user: owned(caller.user),
        org: owned(caller.org),
        end_user: owned(caller.end_user),
        model: "gpt-4o-0000".to_owned(),
    }
}

/// The floor: copy a rendered prefix and print a number.
#[divan::bench(args = CONSUMERS, max_time = 4)]
fn floor(bencher: Bencher<'_, '_>, consumers: usize) {
    let prefix = |consumer| {
        let Labels { team, key, user, org, end_user, model } = labels(consumer);
        let mut text = String::from("llm_consumer_input_tokens_total{");
        write!(text, r#"team="{team}",key="{key}",user="{user}",org="{org}",end_user="{end_user}",model="{model}"}} "#)
            .expect("writing to a string can't fail");
        text
    };
    let prefixes: Vec<String> = (0..consumers).map(prefix).collect();
    let mut portion = Vec::new();
    bencher.counter(ItemsCount::new(consumers * LINES_PER_CONSUMER)).bench_local(|| {
        for _ in 0..LINES_PER_CONSUMER {
            for prefix in black_box(&prefixes) {
                portion.extend_from_slice(prefix.as_bytes());
                portion.extend_from_slice(itoa::Buffer::new().format(black_box(1_234_u64)).as_bytes());
                portion.push(b'\n');
                if portion.len() >= 32 * 1024 {
                    black_box(&portion);
                    portion.clear();
                }
            }
        }
    });
}

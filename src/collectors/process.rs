//! The process, by the names that every Prometheus client uses for it.

use procfs::process::{LimitValue, Process as Proc};
use procfs::{CurrentSI, ProcResult, WithCurrentSystemInfo};

use super::{CollectError, Collector, View};
use crate::event::Timestamp;
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::LabelSet;

metrics! {
    /// User and system CPU time spent, in seconds.
    CPU = Counter "process_cpu_seconds_total" [];
    /// Open file descriptors.
    OPEN_FDS = Gauge "process_open_fds" [];
    /// The most file descriptors that may be open.
    MAX_FDS = Gauge "process_max_fds" [];
    /// Virtual memory size in bytes.
    VIRTUAL_MEMORY = Gauge "process_virtual_memory_bytes" [];
    /// Resident memory size in bytes.
    RESIDENT_MEMORY = Gauge "process_resident_memory_bytes" [];
    /// Start time of the process since the Unix epoch, in seconds.
    START_TIME = Gauge "process_start_time_seconds" [];
    /// Operating system threads.
    THREADS = Gauge "process_threads" [];
}

#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, _: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let failed = |error: procfs::ProcError| CollectError { group: self.name(), reason: error.to_string() };
        let values = read().map_err(failed)?;
        let started_at = values.iter().find(|(metric, _)| *metric == &START_TIME).map(|(_, value)| *value);
        let started_at = match started_at {
            Some(Value::Float(seconds)) => Timestamp::from_secs_f64(seconds),
            _ => None,
        };
        let labels = LabelSet::default().made_at(started_at);
        for (metric, value) in values {
            out.family(metric);
            out.sample(&labels, None, value);
        }
        Ok(())
    }
}

fn read() -> ProcResult<[(&'static Descriptor, Value); 7]> {
    let process = Proc::myself()?;
    let stat = process.stat()?;
    let cpu_ticks = stat.utime.saturating_add(stat.stime);
    let max_fds = match process.limits()?.max_open_files.soft_limit {
        LimitValue::Value(limit) => Value::Whole(limit),
        LimitValue::Unlimited => Value::Float(f64::INFINITY),
    };
    Ok([
        (&CPU, Value::Float(cpu_ticks as f64 / procfs::ticks_per_second() as f64)),
        (&OPEN_FDS, Value::Whole(process.fd_count()? as u64)),
        (&MAX_FDS, max_fds),
        (&VIRTUAL_MEMORY, Value::Whole(stat.vsize)),
        (&RESIDENT_MEMORY, Value::Whole(stat.rss_bytes().get())),
        (&START_TIME, Value::Float(started_at(stat.starttime)?)),
        (&THREADS, Value::Whole(u64::try_from(stat.num_threads).unwrap_or_default())),
    ])
}

/// The kernel tells the start in ticks since it booted itself.
fn started_at(ticks_since_boot: u64) -> ProcResult<f64> {
    let booted_at = procfs::KernelStats::current()?.btime as f64;
    Ok(booted_at + ticks_since_boot as f64 / procfs::ticks_per_second() as f64)
}

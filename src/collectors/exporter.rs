//! The exporter itself.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::own::{OwnMetrics, Refusal};
use crate::state::LabelSet;

metrics! {
    /// 1, with the version of the exporter.
    BUILD_INFO = Info "llm_exporter_build_info" ["version"];
    /// How long the last scrape took to render and compress.
    SCRAPE_DURATION = Gauge "llm_exporter_scrape_duration_seconds" ["view"];
    /// How large the last scrape was, before compression.
    SCRAPE_SIZE = Gauge "llm_exporter_scrape_size_bytes" ["view"];
    /// Requests to the exporter that it refused, by reason.
    REFUSED = Counter "llm_exporter_refused_requests_total" ["reason"];
    /// Bytes of pushed bodies that are being received or decoded.
    IN_FLIGHT = Gauge "llm_exporter_ingest_in_flight_bytes" [];
    /// A push that would take llm_exporter_ingest_in_flight_bytes beyond it is refused as too_many_pushes.
    IN_FLIGHT_LIMIT = Gauge "llm_exporter_ingest_in_flight_limit_bytes" [];
    /// Groups of metrics that are missing from a scrape because they could not be collected.
    COLLECTOR_FAILURES = Counter "llm_exporter_collector_failures_total" ["collector"];
    /// 1 if the configuration that was last read is the one in use.
    RELOAD_SUCCESSFUL = Gauge "llm_exporter_config_last_reload_successful" [];
    /// When the configuration in use was read.
    RELOAD_TIME = Gauge "llm_exporter_config_last_reload_success_timestamp_seconds" [];
}

#[derive(Debug)]
pub(super) struct Exporter;

impl Collector for Exporter {
    fn name(&self) -> &'static str {
        "exporter"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let own = view.own;
        out.family(&BUILD_INFO);
        out.sample(&LabelSet::new([("version", crate::VERSION)]), None, Value::Whole(1));
        collect_scrape(own, out);
        out.family(&REFUSED);
        for reason in Refusal::ALL {
            out.sample(&LabelSet::default(), Some(("reason", reason.as_str())), own.refused(reason).into());
        }
        for (metric, bytes) in [(&IN_FLIGHT, own.in_flight().used()), (&IN_FLIGHT_LIMIT, own.in_flight().limit())] {
            out.family(metric);
            out.sample(&LabelSet::default(), None, Value::Whole(bytes));
        }
        out.family(&COLLECTOR_FAILURES);
        for (collector, failures) in own.collector_failures() {
            out.sample(&LabelSet::default(), Some(("collector", collector)), failures.into());
        }
        out.family(&RELOAD_SUCCESSFUL);
        out.sample(&LabelSet::default(), None, Value::Whole(1));
        out.family(&RELOAD_TIME);
        out.sample(&LabelSet::default(), None, own.configured_at().as_secs_f64().into());
        Ok(())
    }
}

/// Absent in the first scrape: there was no last one.
fn collect_scrape(own: &OwnMetrics, out: &mut dyn Encoder) {
    let Some(last) = own.last_scrape() else { return };
    let native = Some(("view", "native"));
    out.family(&SCRAPE_DURATION);
    out.sample(&LabelSet::default(), native, last.duration.as_secs_f64().into());
    out.family(&SCRAPE_SIZE);
    out.sample(&LabelSet::default(), native, Value::Whole(last.bytes));
}

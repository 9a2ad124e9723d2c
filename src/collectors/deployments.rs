//! Which deployments there are, and behind which gateway.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::LabelSet;

metrics! {
    /// 1 for each deployment that is known, from the gateway's lists or its traffic. Joins what is known of it to the other metrics; the address is without secrets.
    DEPLOYMENT = Info "llm_deployment_info" ["deployment", "model", "provider", "upstream_model", "api_base"];
    /// 1, with the version that the monitored gateway says it is. Absent while that is unknown.
    GATEWAY = Info "llm_gateway_info" ["version"];
}

#[derive(Debug)]
pub(super) struct Deployments;

impl Collector for Deployments {
    fn name(&self) -> &'static str {
        "deployments"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&DEPLOYMENT);
        for deployment in &view.report.deployments {
            out.sample(&deployment.info.labels, None, Value::Whole(1));
        }
        out.family(&GATEWAY);
        if let Some(version) = &view.snapshot.fleet.gateway_version {
            out.sample(&LabelSet::new([("version", version.as_str())]), None, Value::Whole(1));
        }
        Ok(())
    }
}

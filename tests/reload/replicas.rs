//! Among replicas: who probes no more gives the lead back, and who begins to stands for it.

use std::time::Duration;

use crate::reload;
use crate::support::deadline::PATIENCE;
use crate::support::exporter::{Exporter, Launch};
use crate::support::provider::Provider;
use crate::support::redis::Redis;

/// A lease is tried for every third of it, and renewed when a third of it is over: by then at least 30 s of it are left.
const BEFORE_THE_LEASE_ENDS: Duration = Duration::from_secs(25);

fn probes_itself(exporter: &Exporter) -> Option<bool> {
    exporter.metrics().value("llm_exporter_probes_itself", &[]).map(|value| value == 1.0)
}

fn wait_for_role(exporter: &Exporter, role: Option<bool>) {
    exporter.wait_until(&format!("it probes: {role:?}"), PATIENCE, |exporter| probes_itself(exporter) == role);
}

#[test]
fn the_lead_is_given_back_where_probes_are_switched_off_and_taken_where_they_are_switched_on() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let with = |is_on: bool| {
        format!(
            "redis: {{url: '{}', lease: 45s}}\nprobes: {{enabled: {is_on}, interval: 300ms, confirm_after: 100ms}}\nhealth: {{freshness: 1s}}\n\
             models:\n  - {{model: m, provider: openai, upstream_model: openai/m, api_key: sk-plain-0815, api_base: '{}'}}\n",
            redis.url(),
            provider.api_base()
        )
    };
    let one = Launch::default().config(&with(true)).start();
    wait_for_role(&one, Some(true));
    let other = Launch::default().config(&with(false)).start();
    wait_for_role(&other, None);
    let asked = provider.all_requests();
    one.wait_until("it goes on probing", PATIENCE, |_| provider.all_requests() > asked + 2);

    reload(&other, &with(true));
    wait_for_role(&other, Some(false));
    reload(&one, &with(false));
    wait_for_role(&one, None);
    other.wait_until("it takes the lead over", BEFORE_THE_LEASE_ENDS, |other| probes_itself(other) == Some(true));
    let asked = provider.all_requests();
    other.wait_until("it probes now", PATIENCE, |_| provider.all_requests() > asked + 2);
}

//! Billed probes, of which all replicas together may send no more than the day's budget pays for.

use std::time::{Duration, SystemTime};

use llm_exporter::event::{Timestamp, UtcDay};

use crate::support::deadline::PATIENCE;
use crate::support::exporter::Exporter;
use crate::support::provider::Provider;
use crate::support::redis::Redis;
use crate::{Setup, wait_for_role};

/// Ten tokens in and two out, at a thousandth of a cent each.
const COST: f64 = 12e-5;
const BUDGET: f64 = 0.003;

fn setup(redis: &Redis, provider: &Provider) -> Setup {
    Setup {
        model: ", probe: completion, input_cost_per_token: 0.00001, output_cost_per_token: 0.00001",
        probes: "  completion: {daily_budget_usd: 0.003, interval: 100ms}\n",
        interval: Duration::from_millis(300),
        ..Setup::new(redis, provider)
    }
}

#[test]
fn replicas_together_spend_no_more_than_the_daily_budget() {
    let (redis, provider) = (Redis::start(), Provider::start());
    let setup = setup(&redis, &provider);
    let mut first = setup.start();
    wait_for_role(&first, true);
    let second = setup.start();
    first.wait_until("some is spent", PATIENCE, |_| provider.billed_requests() >= 5);
    first.signal("KILL");
    first.wait_exit(PATIENCE);

    second.wait_until("the budget is spent", PATIENCE, |second| skipped_for_budget(second) > 0.0);
    // A third one begins with what the others have left.
    let third = setup.start();
    second.sigterm();
    third.wait_until("it leads, and has nothing to spend", PATIENCE, |third| skipped_for_budget(third) > 0.0);
    let spent = provider.billed_requests() as f64 * COST;
    assert!(spent <= BUDGET, "{spent} USD were spent of {BUDGET}");
    assert!(spent > BUDGET / 3.0, "but for what one probe may cost it is used: {spent} USD");
    let metrics = third.metrics();
    assert_eq!(metrics.sum("llm_probe_cost_usd_total", &[]), 0.0, "the bill is of who sent it");
    assert!(metrics.value("llm_exporter_probe_budget_spent_usd", &[]).is_some_and(|spent| spent > BUDGET / 3.0));
    third.wait_until("cheaper probes go on", PATIENCE, |third| {
        third.metrics().sum("llm_probes_total", &[("level", "models")]) > 1.0
    });
}

#[test]
fn nothing_is_billed_while_nobody_knows_what_the_others_spend() {
    let (mut redis, provider) = (Redis::start(), Provider::start());
    redis.stop();
    let exporter = Setup { lease: Duration::from_secs(1), ..setup(&redis, &provider) }.start();
    exporter.wait_until("cheaper probes are sent", PATIENCE, |exporter| {
        exporter.metrics().sum("llm_probes_total", &[("level", "models")]) > 1.0
    });
    assert!(skipped_for_budget(&exporter) > 0.0);
    assert_eq!(provider.billed_requests(), 0);
    redis.start_again();
    exporter.wait_until("billed ones are sent again", PATIENCE, |_| provider.billed_requests() > 0);
}

#[test]
fn a_sum_that_can_not_be_read_bills_nothing_and_holds_nothing_else_up() {
    let (redis, provider) = (Redis::start(), Provider::start());
    // Tomorrow's too: the test may run at midnight.
    for days in [0, 1] {
        let day = UtcDay::from_number(UtcDay::of(Timestamp::from(SystemTime::now())).number() + days);
        redis.command(&["SET", &format!("{{llm_exporter}}:probe_spend:{day}"), "garbage"]);
    }
    let setup = setup(&redis, &provider);
    let leader = setup.start();
    wait_for_role(&leader, true);
    let follower = setup.start();
    follower.wait_until("the follower knows what the leader found", PATIENCE, |follower| {
        follower.metrics().sum("llm_deployment_health", &[("state", "healthy")]) == 1.0
    });
    assert!(skipped_for_budget(&leader) > 0.0);
    assert_eq!(follower.metrics().sum("llm_probes_total", &[]), 0.0);
    assert_eq!(provider.billed_requests(), 0);
}

fn skipped_for_budget(exporter: &Exporter) -> f64 {
    exporter.metrics().sum("llm_probes_skipped_total", &[("reason", "budget")])
}

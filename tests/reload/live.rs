//! Models, the gateway and probes, while the exporter runs.

use crate::support::deadline::PATIENCE;
use crate::support::exporter::{Exporter, Launch};
use crate::support::gateway::{Gateway, MASTER_KEY, Mood};
use crate::support::provider::Provider;
use crate::{is_listed, reload, states, wait_for_state};

const OF_GATEWAY: &str = r#"{"data": [{"model_name": "theirs", "litellm_params": {"model": "openai/theirs"},
    "model_info": {"id": "dep-theirs", "db_model": false}}]}"#;

fn models(names: &[&str]) -> String {
    let each =
        names.iter().map(|name| format!("  - {{model: {name}, provider: openai, upstream_model: openai/{name}}}\n"));
    if names.is_empty() { String::new() } else { format!("models:\n{}", each.collect::<String>()) }
}

fn wait_for_models(exporter: &Exporter, listed: &[&str], gone: &[&str]) {
    exporter.wait_until(&format!("{listed:?} are listed, {gone:?} are not"), PATIENCE, |exporter| {
        listed.iter().all(|model| is_listed(exporter, model)) && gone.iter().all(|model| !is_listed(exporter, model))
    });
}

#[test]
fn models_come_and_go_with_the_list() {
    let off = "probes: {enabled: false}\n";
    let exporter = Launch::default().config(off).start();
    reload(&exporter, &format!("{off}{}", models(&["a", "b"])));
    wait_for_models(&exporter, &["a", "b"], &[]);
    assert_eq!(exporter.metrics().value("llm_models_list_up", &[("source", "models")]), Some(1.0));
    reload(&exporter, &format!("{off}{}", models(&["b", "c"])));
    wait_for_models(&exporter, &["b", "c"], &["a"]);
    reload(&exporter, off);
    wait_for_models(&exporter, &[], &["a", "b", "c"]);
    assert_eq!(exporter.metrics().samples("llm_models_list_up").count(), 0);
    reload(&exporter, &format!("{off}{}", models(&["a"])));
    wait_for_models(&exporter, &["a"], &["b", "c"]);
}

#[test]
fn a_gateway_comes_and_goes_and_nothing_is_left_of_it() {
    let gateway = Gateway::listing(OF_GATEWAY);
    let (off, own) = ("probes: {enabled: false}\ndependencies: {interval: 200ms, timeout: 2s}\n", models(&["own"]));
    let with_gateway =
        |key: &str| format!("{off}gateway: {{url: '{}', api_key: {key}, models_interval: 200ms}}\n", gateway.url());
    let up = |exporter: &Exporter| exporter.metrics().value("llm_dependency_up", &[("dependency", "gateway")]);
    let exporter = Launch::default().config(&format!("{off}{own}")).start();
    wait_for_models(&exporter, &["own"], &["theirs"]);
    assert_eq!(up(&exporter), None);

    // A key that is wrong, and then is not any more.
    reload(&exporter, &format!("{}{own}", with_gateway("sk-wrong")));
    let list_up = |exporter: &Exporter| exporter.metrics().value("llm_models_list_up", &[("source", "gateway")]);
    exporter.wait_until("it is refused", PATIENCE, |exporter| list_up(exporter) == Some(0.0));
    reload(&exporter, &format!("{}{own}", with_gateway(MASTER_KEY)));
    wait_for_models(&exporter, &["own", "theirs"], &[]);
    exporter.wait_until("it is there", PATIENCE, |exporter| up(exporter) == Some(1.0));

    // What it told holds while it is away, also where something else is reloaded.
    gateway.be(Mood::Down);
    exporter.wait_until("it is away", PATIENCE, |exporter| up(exporter) == Some(0.0));
    reload(&exporter, &format!("{}{}", with_gateway(MASTER_KEY), models(&["own", "more"])));
    wait_for_models(&exporter, &["own", "more", "theirs"], &[]);
    exporter.wait_until("it is still read", PATIENCE, |exporter| list_up(exporter) == Some(0.0));
    assert!(is_listed(&exporter, "theirs"));

    reload(&exporter, &format!("{off}{own}"));
    wait_for_models(&exporter, &["own"], &["more", "theirs"]);
    assert_eq!((up(&exporter), list_up(&exporter)), (None, None));
    assert_eq!(exporter.get("/health").status, 200, "{}", exporter.get("/health").text());
    gateway.assert_nothing_billed();
}

#[test]
fn probes_are_switched_on_and_off_and_go_by_another_interval() {
    let provider = Provider::start();
    let with = |probes: &str| {
        let model = "{model: gpt, provider: openai, upstream_model: openai/gpt, api_key: sk-plain-0815";
        format!(
            "probes: {{{probes}, confirm_after: 100ms}}\nhealth: {{freshness: 1s, stale_after: 2h}}\nmodels:\n  - {model}, api_base: '{}'}}\n",
            provider.api_base()
        )
    };
    let interval = |exporter: &Exporter| exporter.metrics().value("llm_exporter_probe_interval_seconds", &[]);
    let exporter = Launch::default().config(&with("enabled: false")).start();
    exporter.wait_until("it is listed", PATIENCE, |exporter| states(exporter, "gpt") == ["unknown"]);
    assert_eq!((interval(&exporter), provider.connections()), (None, 0));

    reload(&exporter, &with("interval: 1h"));
    assert_eq!(interval(&exporter), Some(3600.0));
    wait_for_state(&exporter, "gpt", "healthy");
    let asked = provider.all_requests();

    // Nobody waits for the end of the hour.
    reload(&exporter, &with("interval: 300ms"));
    assert_eq!(interval(&exporter), Some(0.3));
    exporter.wait_until("it is probed again and again", PATIENCE, |_| provider.all_requests() > asked + 3);

    reload(&exporter, &with("enabled: false, interval: 300ms"));
    assert_eq!(interval(&exporter), None);
    let skipped = |exporter: &Exporter| exporter.metrics().sum("llm_probes_skipped_total", &[("reason", "disabled")]);
    let (before, done) = (skipped(&exporter), exporter.metrics().sum("llm_probes_total", &[]));
    exporter.wait_until("its turn came, and it was left alone", PATIENCE, |exporter| skipped(exporter) > before);
    // One that was under way then is all that is counted after.
    assert!(exporter.metrics().sum("llm_probes_total", &[]) <= done + 1.0);
    exporter.wait_until("nobody probes", PATIENCE, |exporter| {
        exporter.metrics().value("llm_exporter_probes_itself", &[]).is_none()
    });
}

#[test]
fn a_budget_of_billed_probes_comes_and_goes() {
    let with = |probes: &str| format!("probes: {{{probes}}}\n");
    let budget = |exporter: &Exporter| exporter.metrics().value("llm_exporter_probe_budget_usd", &[]);
    let exporter = Launch::default().config(&with("interval: 20s")).start();
    assert_eq!(budget(&exporter), None);
    reload(&exporter, &with("completion: {enabled: true, daily_budget_usd: 2.5}"));
    assert_eq!(budget(&exporter), Some(2.5));
    assert_eq!(exporter.metrics().value("llm_exporter_probe_budget_spent_usd", &[]), Some(0.0));
    reload(&exporter, &with("interval: 20s"));
    assert_eq!(budget(&exporter), None);
}

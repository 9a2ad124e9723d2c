//! Probes that cost something: only where they are asked for, within their budget, in books of their own.

use std::time::Duration;

use crate::scene::{KEY, Scene, counted, everything_shown, holds_for, wait_for, wait_for_requests};
use crate::support::deadline::PATIENCE;
use crate::support::exporter::{Exporter, Launch};
use crate::support::provider::{Behaviour, Provider};

const CHAT: &str = "POST /v1/chat/completions";
/// The stand-in tells of ten tokens in and two out: 12 tokens for 10 × 0.001 + 2 × 0.002 USD.
const PRICED: &str = "mode: chat, input_cost_per_token: 0.001, output_cost_per_token: 0.002";
const COST: f64 = 0.014;
/// The most that one is expected to cost: 128 × 0.001 + 64 × 0.002 USD.
const WORST_CASE: f64 = 0.256;

/// Settings with billed probes within this budget, each deployment's this often.
fn settings(enabled: bool, budget: f64, interval: &str) -> String {
    format!(
        "probes:\n  interval: 300ms\n  confirm_after: 100ms\n  timeout: 5s\n  completion: \
         {{enabled: {enabled}, daily_budget_usd: {budget}, interval: {interval}}}\n\
         health: {{freshness: 1s, stale_after: 5m}}\n"
    )
}

#[test]
fn with_a_switch_a_budget_and_a_price_one_asks_for_a_word_and_books_it_apart() {
    let provider = Provider::start();
    let exporter = Scene::with(&settings(true, 100.0, "500ms")).model_with("gpt", &provider.api_base(), PRICED).start();
    exporter.wait_until("some were sent", PATIENCE, |_| provider.requests(CHAT) >= 3);
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!(shown["reason"], "answers", "it proves what a request proves: {shown}");
    // A stand-in that hangs stands still: both count the same then.
    provider.behave(Behaviour::Status(404));
    let failed = |exporter: &Exporter| counted(exporter, "llm_probe_failures_total", "gpt", &[("level", "completion")]);
    exporter.wait_until("what is refused is not billed", PATIENCE, |exporter| failed(exporter) >= 1.0);
    let metrics = exporter.metrics();
    let probes = metrics.sum("llm_probes_total", &[("model", "gpt"), ("level", "completion")]);
    let answered = probes - metrics.sum("llm_probe_failures_total", &[("model", "gpt"), ("level", "completion")]);
    let tokens = metrics.sum("llm_probe_tokens_total", &[("model", "gpt")]);
    let cost = metrics.sum("llm_probe_cost_usd_total", &[("model", "gpt")]);
    assert!((tokens - 12.0 * answered).abs() < 1e-9, "{tokens} of {answered}");
    assert!((cost - COST * answered).abs() < 1e-9, "{cost} of {answered}");
    let spent = metrics.value("llm_exporter_probe_budget_spent_usd", &[]).expect("it is told");
    assert!((spent - cost).abs() < 1e-9, "{spent}, {cost}");
    assert_eq!(metrics.value("llm_exporter_probe_budget_usd", &[]), Some(100.0));
    assert!(metrics.sum("llm_probe_time_to_first_token_seconds_count", &[("model", "gpt")]) >= answered);
    for of_requests in ["llm_requests_total", "llm_attempts_total", "llm_cost_usd_total", "llm_tokens_total"] {
        assert_eq!(metrics.sum(of_requests, &[]), 0.0, "{of_requests}");
    }
    let asked = provider.last(CHAT).expect("it was asked");
    let most = asked.body.get("max_tokens").or_else(|| asked.body.get("max_completion_tokens"));
    assert_eq!((most, &asked.body["stream"]), (Some(&64.into()), &true.into()), "{}", asked.body);
    assert!(!everything_shown(&exporter).contains(KEY));
}

#[test]
fn one_deployment_alone_can_ask_for_it() {
    let (asked, others) = (Provider::start(), Provider::start());
    let exporter = Scene::with(&settings(false, 100.0, "500ms"))
        .model_with("one", &asked.api_base(), &format!("{PRICED}, probe: completion"))
        .model_with("other", &others.api_base(), PRICED)
        .start();
    exporter.wait_until("one was sent", PATIENCE, |_| asked.requests(CHAT) >= 2);
    wait_for_requests(&exporter, &others, 5);
    assert_eq!(others.billed_requests(), 0);
}

#[test]
fn a_switch_alone_bills_nothing() {
    let provider = Provider::start();
    let exporter = Scene::with(&settings(true, 100.0, "500ms"))
        .model_with("no-price", &provider.api_base(), "mode: chat")
        .model_with("no-mode", &provider.api_base(), "input_cost_per_token: 0.001, output_cost_per_token: 0.002")
        .model_with("limited", &provider.api_base(), &format!("{PRICED}, probe: models"))
        .start();
    for model in ["no-price", "no-mode", "limited"] {
        wait_for(&exporter, model, "healthy");
    }
    wait_for_requests(&exporter, &provider, 12);
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn images_sound_and_the_like_are_never_asked_for() {
    let provider = Provider::start();
    let modes = [
        "image_generation",
        "image_edit",
        "audio_transcription",
        "audio_speech",
        "video_generation",
        "realtime",
        "batch",
        "moderation",
    ];
    let scene = modes.iter().fold(Scene::with(&settings(true, 100.0, "300ms")), |scene, mode| {
        let more = format!("{}, cost_per_request: 0.001, probe: completion", PRICED.replace("chat", mode));
        scene.model_with(mode, &provider.api_base(), &more)
    });
    let exporter = scene.start();
    for mode in modes {
        wait_for(&exporter, mode, "healthy");
        assert_eq!(counted(&exporter, "llm_probes_total", mode, &[("level", "completion")]), 0.0);
    }
    wait_for_requests(&exporter, &provider, 4 * modes.len());
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn embeddings_and_rankings_have_tiny_questions_of_their_own() {
    let provider = Provider::start();
    let exporter = Scene::with(&settings(true, 100.0, "500ms"))
        .model_with("embed", &provider.api_base(), "mode: embedding, input_cost_per_token: 0.001")
        .start();
    exporter.wait_until("it was asked", PATIENCE, |_| provider.requests("POST /v1/embeddings") >= 2);
    assert!(counted(&exporter, "llm_probes_total", "embed", &[("level", "embedding")]) >= 1.0);
    assert_eq!(provider.requests(CHAT), 0);
    assert!(counted(&exporter, "llm_probe_tokens_total", "embed", &[]) >= 2.0);
}

#[test]
fn when_the_budget_is_spent_cheaper_probes_go_on_and_say_why() {
    let provider = Provider::start();
    // Enough for three, as long as the worst case of a fourth is not left.
    let budget = WORST_CASE + 2.5 * COST;
    let exporter =
        Scene::with(&settings(true, budget, "300ms")).model_with("gpt", &provider.api_base(), PRICED).start();
    exporter.wait_until("it was refused", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "budget")]) >= 3.0
    });
    let lists = provider.requests("GET /v1/models");
    exporter.wait_until("cheaper ones go on", PATIENCE, |_| provider.requests("GET /v1/models") >= lists + 3);
    assert_eq!(provider.billed_requests(), 3);
    let cost = counted(&exporter, "llm_probe_cost_usd_total", "gpt", &[]);
    assert!(cost <= budget, "{cost} of {budget}");
    wait_for(&exporter, "gpt", "healthy");
}

#[test]
fn no_failure_of_a_billed_probe_spends_more_than_the_budget() {
    let provider = Provider::start();
    provider.behave_at(CHAT, Behaviour::HangMidStream);
    let settings = settings(true, 3.2 * WORST_CASE, "300ms").replace("timeout: 5s", "timeout: 500ms");
    let exporter = Scene::with(&settings).model_with("gpt", &provider.api_base(), PRICED).start();
    exporter.wait_until("the budget is spent", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "budget")]) >= 2.0
    });
    assert_eq!(provider.billed_requests(), 3, "one that was not told of is booked as dear as it can have been");
    let cost = counted(&exporter, "llm_probe_cost_usd_total", "gpt", &[]);
    assert!((cost - 3.0 * WORST_CASE).abs() < 1e-9, "{cost}");
}

#[test]
fn between_two_billed_probes_cheaper_ones_are_sent() {
    let provider = Provider::start();
    let exporter = Scene::with(&settings(true, 100.0, "1h")).model_with("gpt", &provider.api_base(), PRICED).start();
    exporter.wait_until("cheaper ones go on", PATIENCE, |_| provider.requests("GET /v1/models") >= 6);
    assert_eq!(provider.billed_requests(), 1);
    assert_eq!(counted(&exporter, "llm_probes_total", "gpt", &[("level", "completion")]), 1.0);
}

#[test]
fn a_model_that_does_not_answer_is_unhealthy_although_its_provider_is_there() {
    let provider = Provider::start();
    provider.behave_at(CHAT, Behaviour::Status(500));
    let exporter = Scene::with(&settings(true, 100.0, "300ms")).model_with("gpt", &provider.api_base(), PRICED).start();
    let shown = wait_for(&exporter, "gpt", "unhealthy");
    assert_eq!(shown["reason"], "failures_in_a_row", "{shown}");
    provider.behave_at(CHAT, Behaviour::Healthy);
    wait_for(&exporter, "gpt", "healthy");
}

#[test]
fn a_failure_of_a_billed_probe_is_confirmed_long_before_its_interval_is_over() {
    let provider = Provider::start();
    provider.behave_at(CHAT, Behaviour::Status(500));
    let exporter = Scene::with(&settings(true, 100.0, "1h")).model_with("gpt", &provider.api_base(), PRICED).start();
    let shown = wait_for(&exporter, "gpt", "unhealthy");
    assert_eq!(shown["reason"], "failures_in_a_row", "{shown}");
    assert_eq!(provider.billed_requests(), 3, "and no more are sent than that takes");
    assert!(holds_for(Duration::from_secs(2), || provider.billed_requests() == 3));
}

#[test]
fn with_probes_switched_off_nobody_is_asked_anything() {
    let provider = Provider::start();
    let exporter =
        Scene::with("probes: {enabled: false, interval: 300ms}\n").model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "unknown");
    assert!(holds_for(Duration::from_secs(2), || provider.connections() == 0));
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_probes_total", &[]), 0.0);
    assert_eq!(metrics.value("llm_exporter_probes_itself", &[]), None);
    assert_eq!(metrics.value("llm_exporter_probe_interval_seconds", &[]), None);
}

#[test]
fn a_deployment_whose_probes_are_off_is_listed_and_left_alone() {
    let (off, by_connection) = (Provider::start(), Provider::start());
    let exporter = Scene::quick()
        .model_with("off", &off.api_base(), "probe: off")
        .model_with("by-connection", &by_connection.api_base(), "probe: connect")
        .start();
    wait_for(&exporter, "by-connection", "healthy");
    exporter.wait_until("its turns count", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "off", &[("reason", "disabled")]) >= 3.0
    });
    wait_for(&exporter, "off", "unknown");
    assert_eq!((off.connections(), by_connection.all_requests()), (0, 0));
    assert!(by_connection.connections() > 0);
}

#[test]
fn what_was_spent_today_is_spent_after_a_kill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let provider = Provider::start();
    // Enough for one probe and the worst case of a second one, which leaves too little for a third.
    let settings = settings(true, WORST_CASE + 1.5 * COST, "300ms");
    let scene = Scene::with(&settings).model_with("gpt", &provider.api_base(), PRICED);
    let start = || Launch::default().config(&scene.yaml()).folder(folder.path()).start();
    let spent = |exporter: &Exporter| exporter.metrics().value("llm_exporter_probe_budget_spent_usd", &[]);
    let first = start();
    first.wait_until("there is no more to spend", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "budget")]) >= 1.0
    });
    let before = spent(&first).expect("it is told");
    assert!(before >= COST, "{before}");
    first.kill();
    let billed = provider.billed_requests();
    let second = start();
    second.wait_until("there still is no more to spend", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "budget")]) >= 3.0
    });
    assert_eq!(provider.billed_requests(), billed);
    assert_eq!(spent(&second), Some(before));
}

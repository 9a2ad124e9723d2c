//! How much a deployment is asked, and why no more.

use llm_exporter::config::{CompletionProbes, Probes};
use llm_exporter::discovery::{Listed, Mode, Prices, ProbeChoice};
use llm_exporter::event::{ProbeLevel, SkipReason, Usd};
use llm_exporter::probes::{Billed, NoTarget, Plan, Skipped, WhySkipped, plan};

use crate::deployment;

const DUE: Billed = Billed::Due { left: Usd::ZERO };

fn due(left: f64) -> Billed {
    Billed::Due { left: Usd::from_f64(left).expect("an amount") }
}

fn listed() -> Listed {
    deployment("openai", "https://a.example/v1")
}

/// Billed probes are on, with a dollar a day.
fn billed() -> Probes {
    let completion = CompletionProbes { enabled: true, daily_budget_usd: 1.0, ..CompletionProbes::default() };
    Probes { completion, ..Probes::default() }
}

#[track_caller]
fn assert_plan(planned: &Plan, level: Option<ProbeLevel>, skipped: &[(ProbeLevel, WhySkipped)]) {
    let skipped: Vec<_> = skipped.iter().map(|&(level, why)| Skipped { level, why }).collect();
    assert_eq!((planned.level, &planned.skipped), (level, &skipped));
}

#[test]
fn by_default_the_list_of_models_is_asked_for_and_nothing_is_billed() {
    let planned = plan(&listed(), &Probes::default(), due(1.0));
    assert_plan(&planned, Some(ProbeLevel::Models), &[(ProbeLevel::Completion, WhySkipped::BilledOff)]);
}

#[test]
fn a_billed_probe_is_sent_when_it_is_wanted_due_and_paid_for() {
    let cases = [
        (Mode::Chat, ProbeLevel::Completion),
        (Mode::Completion, ProbeLevel::Completion),
        (Mode::Responses, ProbeLevel::Completion),
        (Mode::Embedding, ProbeLevel::Embedding),
        (Mode::Rerank, ProbeLevel::Rerank),
    ];
    for (mode, level) in cases {
        let planned = plan(&Listed { mode: Some(mode), ..listed() }, &billed(), due(1.0));
        assert_plan(&planned, Some(level), &[]);
    }
}

#[test]
fn each_thing_that_a_billed_probe_lacks_is_named() {
    let at_provider = Listed { api_base: None, api_key: None, ..listed() };
    let cases = [
        (Listed { mode: None, ..listed() }, due(1.0), WhySkipped::UnknownMode),
        (Listed { mode: Some(Mode::Other), ..listed() }, due(1.0), WhySkipped::OtherMode),
        (Listed { prices: Prices::default(), ..listed() }, due(1.0), WhySkipped::NoPrice),
        (at_provider, due(1.0), WhySkipped::NoKey),
        (listed(), Billed::NotDue, WhySkipped::NotDue),
        (listed(), DUE, WhySkipped::BudgetSpent),
        (Listed { probe: ProbeChoice::Models, ..listed() }, due(1.0), WhySkipped::Limited),
    ];
    for (listed, billed_state, why) in cases {
        let planned = plan(&listed, &billed(), billed_state);
        assert_plan(&planned, Some(ProbeLevel::Models), &[(ProbeLevel::Completion, why)]);
    }
    let cohere = deployment("cohere", "https://a.example");
    let planned = plan(&cohere, &billed(), due(1.0));
    assert_plan(&planned, Some(ProbeLevel::Models), &[(ProbeLevel::Completion, WhySkipped::Unspoken)]);
}

#[test]
fn without_a_budget_not_even_what_seems_to_be_free_is_billed() {
    let free = Prices { input_token: Some(0.0), output_token: Some(0.0), request: None };
    let mut config = billed();
    config.completion.daily_budget_usd = 0.0;
    let planned = plan(&Listed { prices: free, ..listed() }, &config, DUE);
    assert_plan(&planned, Some(ProbeLevel::Models), &[(ProbeLevel::Completion, WhySkipped::NoBudget)]);
    assert_eq!(WhySkipped::NoBudget.counted_as(), Some(SkipReason::Budget));
}

#[test]
fn the_operator_can_ask_for_more_or_less_of_one_deployment() {
    let mut config = billed();
    config.completion.enabled = false;
    let choose = |probe| plan(&Listed { probe, ..listed() }, &config, due(1.0));
    assert_eq!(choose(ProbeChoice::Completion).level, Some(ProbeLevel::Completion));
    assert_eq!(choose(ProbeChoice::AsConfigured).level, Some(ProbeLevel::Models));
    assert_plan(
        &choose(ProbeChoice::Connect),
        Some(ProbeLevel::Connect),
        &[(ProbeLevel::Completion, WhySkipped::Limited), (ProbeLevel::Models, WhySkipped::Limited)],
    );
    assert_plan(&choose(ProbeChoice::Off), None, &[(ProbeLevel::Connect, WhySkipped::Disabled)]);
    config.models = false;
    let choose = |probe| plan(&Listed { probe, ..listed() }, &config, Billed::NotDue);
    assert_eq!(choose(ProbeChoice::AsConfigured).level, Some(ProbeLevel::Connect));
    assert_eq!(choose(ProbeChoice::Models).level, Some(ProbeLevel::Models), "its own setting is the nearer one");
}

#[test]
fn a_provider_without_a_list_is_connected_to() {
    let planned = plan(&deployment("vertex_ai", "https://a.example"), &Probes::default(), due(1.0));
    assert_plan(
        &planned,
        Some(ProbeLevel::Connect),
        &[(ProbeLevel::Completion, WhySkipped::BilledOff), (ProbeLevel::Models, WhySkipped::NoList)],
    );
}

#[test]
fn what_can_not_be_asked_is_not_asked() {
    let off = Probes { enabled: false, ..billed() };
    let many = Listed { model: "openai/*".into(), ..listed() };
    let nowhere = Listed { api_base: None, ..deployment("bedrock", "") };
    let wrong = Listed { api_base: Some("example.com/v1".into()), ..listed() };
    for (listed, config, why, counted) in [
        (listed(), &off, WhySkipped::Disabled, SkipReason::Disabled),
        (many, &billed(), WhySkipped::Wildcard, SkipReason::NotProbeable),
        (nowhere, &billed(), WhySkipped::NoTarget(NoTarget::NoAddress), SkipReason::NotProbeable),
        (wrong, &billed(), WhySkipped::NoTarget(NoTarget::BadAddress), SkipReason::NotProbeable),
    ] {
        assert_plan(&plan(&listed, config, due(1.0)), None, &[(ProbeLevel::Connect, why)]);
        assert_eq!(why.counted_as(), Some(counted));
    }
}

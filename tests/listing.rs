//! What the gateway's list of models does to the views: what is listed is shown, what leaves the list leaves them, and
//! what was counted stays counted.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use llm_exporter::event::{
    AttemptKey, Cost, Deployment, ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, RequestEvent, Timestamp, Usd,
};
use llm_exporter::health::{HealthState, Rule};
use llm_exporter::state::{Listing, ProbedBy, Settings, TableSize};
use support::attempt::attempt;
use support::pipeline::{NOW, Pipeline, settings};

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000)
}

fn listing<'a>(id: &'a str, model: &'a str) -> Listing<'a> {
    Listing { id, model, provider: "openai", upstream_model: "openai/gpt-4o", api_base: "https://api.openai.com/v1" }
}

/// A request to this deployment, told of at this moment.
fn request(pipeline: &Pipeline, id: &str, model: &str, provider: &str, at: Timestamp) {
    let key = format!("{id} {model} {}", at.as_micros());
    let deployment = Deployment {
        id: id.into(),
        model: model.into(),
        provider: provider.into(),
        upstream_model: "openai/gpt-4o".into(),
        api_base: "https://told.by.an.event/v1".into(),
        rate_limits: Some(llm_exporter::event::RateLimits { limit_requests: Some(5), ..Default::default() }),
    };
    let cost = Cost::Booked(Usd::from_f64(0.25).expect("an amount"));
    let event = RequestEvent { cost, ..attempt(AttemptKey::of(&[&key]), deployment, at) };
    pipeline.record(&event, at);
}

fn probed(level: ProbeLevel, result: Result<(), ErrorKind>, at: Timestamp) -> ProbeOutcome {
    let failure = |kind| ProbeFailure { kind, message: "it did not answer".to_owned() };
    ProbeOutcome {
        level,
        at,
        duration: Duration::from_millis(3),
        result: result.map_err(failure),
        time_to_first_token: None,
        usage: None,
        retry_after: None,
    }
}

/// Model and id of each deployment that is shown.
fn shown(pipeline: &Pipeline, now: Timestamp) -> Vec<(String, String)> {
    let report = pipeline.report(now);
    let name = |info: &llm_exporter::state::DeploymentInfo| (info.model.clone(), info.deployment.clone());
    report.deployments.iter().map(|deployment| name(&deployment.info)).collect()
}

fn state_of(pipeline: &Pipeline, id: &str, now: Timestamp) -> (HealthState, Rule) {
    let report = pipeline.report(now);
    let found = report.deployments.iter().find(|deployment| deployment.info.deployment == id);
    found.map(|deployment| (deployment.state, deployment.rule)).expect("it is shown")
}

#[test]
fn what_is_listed_is_known_before_its_first_request() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("a", "gpt-4")], NOW);
    assert_eq!(state_of(&pipeline, "a", NOW), (HealthState::Unknown, Rule::NoEvidence));
    let scraped = pipeline.scrape();
    let info = [("deployment", "a"), ("model", "gpt-4"), ("provider", "openai"), ("upstream_model", "openai/gpt-4o")];
    assert_eq!(scraped.sum("llm_deployment_info", &info), 1.0);
    assert_eq!(scraped.value("llm_router_models", &[]), Some(1.0));
    assert!(scraped.family("llm_requests_total").is_none(), "counters begin with the first request");
}

#[test]
fn what_leaves_the_list_leaves_every_view_of_health_and_its_counters_stay() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("a", "gpt-4"), listing("b", "gpt-4"), listing("idle", "o3")], NOW);
    request(&pipeline, "a", "gpt-4", "openai", NOW);
    assert_eq!(shown(&pipeline, NOW).len(), 3);
    assert!(
        pipeline.scrape().value("llm_rate_limit_limit", &[("deployment", "a"), ("resource", "requests")]).is_some()
    );

    pipeline.state.list(&[listing("b", "gpt-4")], later(1));
    assert_eq!(shown(&pipeline, later(1)), [("gpt-4".to_owned(), "b".to_owned())]);
    let scraped = pipeline.scrape_at(later(1));
    let samples = |deployment| {
        let all = scraped.families().iter().flat_map(|family| &family.samples);
        all.filter(move |sample| sample.labels.include(&[("deployment", deployment)]))
            .map(|sample| sample.name.as_str())
    };
    assert!(samples("a").all(|name| name.ends_with("_total")), "{:?}", samples("a").collect::<HashSet<_>>());
    assert_eq!(scraped.sum("llm_cost_usd_total", &[("deployment", "a")]), 0.25, "the bill does not shrink");
    assert_eq!(samples("idle").collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(scraped.value("llm_router_models", &[]), Some(1.0));
}

#[test]
fn what_comes_back_to_the_list_goes_on_counting_where_it_was() {
    let pipeline = Pipeline::new();
    let both = [listing("a", "gpt-4"), listing("b", "gpt-4")];
    pipeline.state.list(&both, NOW);
    request(&pipeline, "a", "gpt-4", "openai", NOW);
    pipeline.state.list(&both[1..], later(1));
    pipeline.state.list(&both, later(2));
    request(&pipeline, "a", "gpt-4", "openai", later(3));
    assert_eq!(shown(&pipeline, later(3)).len(), 2);
    assert_eq!(pipeline.scrape_at(later(3)).sum("llm_requests_total", &[("deployment", "a")]), 2.0);
}

#[test]
fn traffic_after_the_list_was_asked_for_shows_that_the_list_is_behind() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("a", "gpt-4")], NOW);
    pipeline.state.list(&[], later(10));
    request(&pipeline, "a", "gpt-4", "openai", later(9));
    assert_eq!(shown(&pipeline, later(11)), [], "a request from before, told of late");
    request(&pipeline, "a", "gpt-4", "openai", later(12));
    assert_eq!(shown(&pipeline, later(12)).len(), 1);
}

#[test]
fn what_no_list_ever_named_is_known_from_its_traffic() {
    let pipeline = Pipeline::new();
    request(&pipeline, "unlisted", "gpt-4", "openai", NOW);
    pipeline.state.list(&[listing("a", "gpt-4")], later(1));
    assert_eq!(shown(&pipeline, later(1)).len(), 2);
}

#[test]
fn one_id_is_one_deployment_whatever_the_list_calls_its_provider() {
    for listed_first in [true, false] {
        let pipeline = Pipeline::new();
        let list = |at| pipeline.state.list(&[Listing { provider: "openai_like", ..listing("a", "gpt-4") }], at);
        if listed_first {
            list(NOW);
        }
        request(&pipeline, "a", "gpt-4", "openai", NOW);
        list(later(1));
        list(later(2));
        assert_eq!(shown(&pipeline, later(2)).len(), 1, "listed first: {listed_first}");
        let info = [("deployment", "a"), ("provider", "openai"), ("api_base", "https://api.openai.com/v1")];
        assert_eq!(pipeline.scrape_at(later(2)).sum("llm_deployment_info", &info), 1.0, "the list knows the address");
    }
}

#[test]
fn another_name_of_a_listed_deployment_is_shown_while_it_is_used() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("wild", "openai/*")], NOW);
    request(&pipeline, "wild", "openai/gpt-4o", "openai", NOW);
    pipeline.state.list(&[listing("wild", "openai/*")], later(1));
    assert_eq!(shown(&pipeline, later(300)).len(), 2);
    assert_eq!(shown(&pipeline, later(301)), [("openai/*".to_owned(), "wild".to_owned())]);
}

#[test]
fn what_a_probe_finds_holds_for_every_name_of_a_deployment_and_is_counted_once() {
    let pipeline = Pipeline::new();
    request(&pipeline, "a", "alias", "openai", NOW);
    pipeline.state.list(&[listing("a", "gpt-4")], NOW);
    for second in [1, 2, 3] {
        let outcome = probed(ProbeLevel::Connect, Err(ErrorKind::Connect), later(second));
        pipeline.state.record_probe("a", &outcome, ProbedBy::Us);
    }
    let report = pipeline.report(later(3));
    let states: HashSet<HealthState> = report.deployments.iter().map(|deployment| deployment.state).collect();
    assert_eq!((report.deployments.len(), states), (2, HashSet::from([HealthState::Unhealthy])));
    assert_eq!(pipeline.scrape_at(later(3)).sum("llm_probes_total", &[]), 3.0);
}

#[test]
fn what_another_replica_found_is_evidence_and_its_to_count() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("a", "gpt-4")], NOW);
    pipeline.state.record_probe("a", &probed(ProbeLevel::Models, Ok(()), later(1)), ProbedBy::AnotherReplica);
    assert_eq!(state_of(&pipeline, "a", later(1)), (HealthState::Healthy, Rule::Reachable));
    assert!(pipeline.scrape_at(later(1)).family("llm_probes_total").is_none());
}

#[test]
fn a_list_that_comes_and_goes_does_not_fill_the_table() {
    let pipeline = Pipeline::with(Settings { deployments: 10, ..settings(&[]) });
    for round in 0..100 {
        let ids: Vec<String> = (0..10).map(|number| format!("{round}-{number}")).collect();
        let listings: Vec<_> = ids.iter().map(|id| listing(id, "gpt-4")).collect();
        pipeline.state.list(&listings, later(round));
        pipeline.state.list(&[], later(round));
    }
    let size = |at| {
        let sizes = pipeline.state.snapshot(at).tables;
        sizes.into_iter().find(|size| size.table == "deployments")
    };
    assert_eq!(
        size(later(100)),
        Some(TableSize { table: "deployments", rows: 10, limit: 10, overflowed: 0 }),
        "for what is told late"
    );
    pipeline.state.list(&[], later(2_000));
    assert_eq!(size(later(2_000)), Some(TableSize { table: "deployments", rows: 0, limit: 10, overflowed: 0 }));
}

#[test]
fn a_deployment_that_the_gateway_lets_rest_is_degraded_at_best_while_that_is_fresh() {
    let pipeline = Pipeline::new();
    pipeline.state.list(&[listing("a", "gpt-4")], NOW);
    request(&pipeline, "a", "gpt-4", "openai", NOW);
    pipeline.state.note_cooldowns(&HashSet::from(["a".to_owned()]), later(1));
    assert_eq!(state_of(&pipeline, "a", later(31)), (HealthState::Degraded, Rule::Cooldown));
    assert_eq!(pipeline.scrape_at(later(31)).sum("llm_deployment_cooldown", &[("deployment", "a")]), 1.0);
    assert_eq!(state_of(&pipeline, "a", later(32)), (HealthState::Healthy, Rule::Answers), "nobody looked since");
    assert!(pipeline.scrape_at(later(32)).family("llm_deployment_cooldown").is_none());
    pipeline.state.note_cooldowns(&HashSet::from(["b".to_owned()]), later(33));
    assert!(pipeline.scrape_at(later(33)).family("llm_deployment_cooldown").is_some());
    assert_eq!(pipeline.scrape_at(later(33)).sum("llm_deployment_cooldown", &[("deployment", "a")]), 0.0);
}

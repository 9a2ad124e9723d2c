//! A list has the last word, and requests refresh what is on it. In memory, at times of the test's own.

use std::borrow::Cow;

use llm_exporter::event::{AttemptKey, Budget, BudgetScope, RequestEvent, Timestamp, Usd};
use llm_exporter::state::{Entity, EntityList};

use super::support::attempt::attempt;
use super::support::pipeline::{NOW, Pipeline};
use super::{LIMIT, RESET, SPENT, UP, by_alias};

fn usd(amount: f64) -> Option<Usd> {
    Usd::from_f64(amount)
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000)
}

fn listed(id: &str, alias: &str, spent: f64) -> Entity {
    let resets_at = Some(Timestamp::from_micros(1_000_000));
    Entity { id: id.into(), alias: alias.into(), limit: usd(10.0), spent: usd(spent), resets_at, expires_at: None }
}

/// Takes over the list of one scope; returns how many had no room.
fn list(pipeline: &Pipeline, scope: BudgetScope, entities: &[Entity], asked_at: Timestamp) -> usize {
    pipeline.state.list_entities(&[EntityList { scope, asked_at, entities: entities.to_vec() }])[0]
}

fn deployment() -> llm_exporter::event::Deployment<'static> {
    llm_exporter::event::Deployment {
        id: "a".into(),
        model: "gpt-4".into(),
        provider: "openai".into(),
        upstream_model: "openai/gpt-4o".into(),
        api_base: "".into(),
        rate_limits: None,
    }
}

/// A request tells this of a team.
fn tell(pipeline: &Pipeline, id: &'static str, limit: Option<f64>, spent: f64, at: Timestamp) {
    let budget = Budget {
        scope: BudgetScope::Team,
        id: id.into(),
        alias: Cow::default(),
        limit: limit.and_then(usd),
        spent: usd(spent).expect("an amount"),
        resets_at: None,
    };
    let key = format!("{id} {}", at.as_micros());
    let event = RequestEvent { budgets: vec![budget], ..attempt(AttemptKey::of(&[&key]), deployment(), at) };
    pipeline.record(&event, at);
}

fn spent(pipeline: &Pipeline) -> Vec<(String, f64)> {
    by_alias(&pipeline.scrape(), SPENT, "team")
}

fn with_room_for(budgets: usize) -> Pipeline {
    Pipeline::with(llm_exporter::state::Settings { budgets, ..super::support::pipeline::settings(&[]) })
}

fn of(name: &str, value: f64) -> [(String, f64); 1] {
    [(name.to_owned(), value)]
}

#[test]
fn a_later_request_refreshes_what_is_listed_and_an_earlier_one_does_not() {
    let pipeline = Pipeline::new();
    list(&pipeline, BudgetScope::Team, &[listed("t", "Team", 1.0)], NOW);
    tell(&pipeline, "t", Some(10.0), 0.5, later(-1));
    assert_eq!(spent(&pipeline), of("Team", 1.0), "it was told before");
    tell(&pipeline, "t", Some(20.0), 2.0, later(1));
    assert_eq!(spent(&pipeline), of("Team", 2.0));
    let scraped = pipeline.scrape();
    assert_eq!(by_alias(&scraped, LIMIT, "team"), of("Team", 20.0));
    assert_eq!(by_alias(&scraped, RESET, "team"), of("Team", 1.0), "what a request does not tell stays");
    list(&pipeline, BudgetScope::Team, &[listed("t", "Team", 3.0)], later(2));
    assert_eq!(spent(&pipeline), of("Team", 3.0), "the next list has the last word");
}

#[test]
fn a_request_without_a_limit_says_nothing_of_one_that_stands_elsewhere() {
    let pipeline = Pipeline::new();
    list(&pipeline, BudgetScope::Team, &[listed("t", "Team", 1.0)], NOW);
    tell(&pipeline, "t", None, 0.0, later(1));
    assert_eq!(by_alias(&pipeline.scrape(), LIMIT, "team"), of("Team", 10.0));
    assert_eq!(spent(&pipeline), of("Team", 1.0));
}

#[test]
fn whoever_is_not_listed_is_gone_and_stays_so() {
    let pipeline = Pipeline::new();
    tell(&pipeline, "told", Some(5.0), 1.0, NOW);
    assert_eq!(spent(&pipeline), of("told", 1.0), "without a list a request is all there is");
    pipeline.state.note_unread_entities(BudgetScope::Team);
    tell(&pipeline, "told", Some(5.0), 2.0, later(1));
    assert_eq!(spent(&pipeline), of("told", 2.0), "one that could never be read is no list");
    list(&pipeline, BudgetScope::Team, &[], later(2));
    assert_eq!(spent(&pipeline), []);
    tell(&pipeline, "told", Some(5.0), 3.0, later(3));
    assert_eq!(spent(&pipeline), [], "it was deleted, and a late event does not bring it back");
}

#[test]
fn a_list_says_nothing_of_other_scopes() {
    let pipeline = Pipeline::new();
    tell(&pipeline, "t", Some(5.0), 1.0, NOW);
    list(&pipeline, BudgetScope::User, &[listed("u", "User", 4.0)], NOW);
    list(&pipeline, BudgetScope::Key, &[], NOW);
    assert_eq!(spent(&pipeline), of("t", 1.0));
    assert_eq!(by_alias(&pipeline.scrape(), SPENT, "user"), of("User", 4.0));
}

#[test]
fn a_list_that_can_not_be_read_any_more_holds() {
    let pipeline = Pipeline::new();
    list(&pipeline, BudgetScope::Team, &[listed("t", "Team", 1.0)], NOW);
    pipeline.state.note_unread_entities(BudgetScope::Team);
    let scraped = pipeline.scrape();
    assert_eq!(by_alias(&scraped, SPENT, "team"), of("Team", 1.0));
    assert_eq!(scraped.value(UP, &[("scope", "team")]), Some(0.0));
    let asked_at = scraped.value(super::LAST_SUCCESS, &[("scope", "team")]);
    assert_eq!(asked_at, Some(NOW.as_secs_f64()), "and tells how old it is");
}

#[test]
fn an_id_that_is_too_long_to_show_is_still_the_same_the_next_time() {
    let pipeline = Pipeline::new();
    let long = listed(&"x".repeat(1_000), "long\nname", 1.0);
    for at in 0..3 {
        let left_out = list(&pipeline, BudgetScope::Team, std::slice::from_ref(&long), later(at));
        assert_eq!(left_out, 0);
    }
    assert_eq!(spent(&pipeline), of("long?name", 1.0));
}

#[test]
fn room_that_is_left_by_who_is_gone_is_had_at_once() {
    let pipeline = with_room_for(2);
    let teams = |ids: [&str; 2]| ids.map(|id| listed(id, id, 1.0));
    assert_eq!(list(&pipeline, BudgetScope::Team, &teams(["a", "b"]), NOW), 0);
    assert_eq!(list(&pipeline, BudgetScope::Team, &teams(["c", "d"]), later(1)), 0);
    assert_eq!(spent(&pipeline), [of("c", 1.0), of("d", 1.0)].concat());
    assert_eq!(list(&pipeline, BudgetScope::User, &[listed("u", "u", 1.0)], later(1)), 1, "others have all the room");
}

#[test]
fn many_keys_do_not_hide_a_few_teams() {
    let pipeline = with_room_for(6);
    let entities = |prefix: &str, count: u32| {
        let one = |n| listed(&format!("{prefix}{n}"), "", 1.0);
        (0..count).map(one).collect::<Vec<_>>()
    };
    let of_scope = |scope, entities| EntityList { scope, asked_at: NOW, entities };
    let lists = [
        of_scope(BudgetScope::Key, entities("k", 50)),
        of_scope(BudgetScope::Team, entities("t", 1)),
        of_scope(BudgetScope::User, entities("u", 3)),
    ];
    for round in 1..=2_u32 {
        assert_eq!(pipeline.state.list_entities(&lists), [47, 0, 1]);
        let scraped = pipeline.scrape();
        assert_eq!(["key", "team", "user"].map(|scope| by_alias(&scraped, SPENT, scope).len()), [3, 1, 2]);
        let overflowed = scraped.value("llm_exporter_series_overflow_total", &[("table", "budgets")]);
        assert_eq!(overflowed, Some(f64::from(round * 48)), "whoever is left out is counted each time");
    }
}

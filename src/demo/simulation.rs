//! Traffic: who calls when, what becomes of each call, and what LiteLLM tells of it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::call::{Attempt, Call, Pace, Usage};
use super::callback::{Callback, Metadata};
use super::callers::{Key, TEAMS, Team};
use super::dice::{Dice, seconds};
use super::fleet::{self, Deployment, Kind, Model};
use super::headroom::Headroom;
use super::mishap::{Mishap, Refused};
use super::purse::Purse;
use super::rhythm;
use super::router::Router;
use super::weather::{Trouble, Weather};
use crate::event::Timestamp;

/// Calls of a longer pause are not made up for: the machine slept.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// How often the gateway tries again before it falls back.
const RETRIES: usize = 2;
/// Between one attempt and the next.
const BACKOFF: Duration = Duration::from_millis(300);
/// How long the gateway takes to refuse.
const REFUSING: Duration = Duration::from_millis(4);
/// The share of calls that the gateway's cache answers.
const CACHED: f64 = 0.07;
/// Whose budget is used up does not call as often.
const WITHOUT_BUDGET: f64 = 0.4;
/// What strangers and beginners ask for.
const UNKNOWN_MODELS: [(f64, &str); 3] = [(2.0, "gpt-5-turbo"), (1.0, "claude-opus"), (1.0, "default")];

/// A gateway's traffic, from one moment to the next.
///
/// The same seed, weather and moments give the same events. It holds no clock: time is what it is told.
#[derive(Debug)]
pub struct Simulation {
    seed: u64,
    dice: Dice,
    weather: Weather,
    /// Where the gateway is, under which its providers stand.
    gateway: String,
    router: Router,
    purses: HashMap<&'static str, Purse>,
    next_call_at: Timestamp,
    /// What has begun and not ended, by its end.
    under_way: BTreeMap<(Timestamp, u64), Callback>,
    begun: u64,
}

/// Where in its call an attempt stands.
#[derive(Debug, Clone, Copy)]
struct Turn {
    retries: usize,
    fallbacks: usize,
    at: Timestamp,
}

impl Simulation {
    /// The traffic of this seed in this weather, of a gateway at `gateway`.
    #[must_use]
    pub fn new(seed: u64, weather: Weather, gateway: &str) -> Self {
        let began = weather.began();
        let of_team = |team: &'static Team| team.allotment.map(|allotment| (team.id, Purse::new(allotment, began)));
        let of_key = |key: &'static Key| key.allotment.map(|allotment| (key.alias, Purse::new(allotment, began)));
        let purses = TEAMS.iter().flat_map(|team| of_team(team).into_iter().chain(team.keys.iter().filter_map(of_key)));
        Self {
            seed,
            dice: Dice::new(seed),
            weather,
            gateway: gateway.to_owned(),
            router: Router::default(),
            purses: purses.collect(),
            next_call_at: began,
            under_way: BTreeMap::new(),
            begun: 0,
        }
    }

    /// Goes on until `now`, and tells of what has ended since it was last asked.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Callback> {
        self.next_call_at = self.next_call_at.max(now.minus(LONGEST_PAUSE));
        while self.next_call_at <= now {
            let at = self.next_call_at;
            self.begin_call(at);
            self.next_call_at = at.plus(self.dice.pause(rhythm::calls_per_second(self.seed, at)));
        }
        let later = self.under_way.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.under_way, later).into_values().collect()
    }

    fn begin_call(&mut self, at: Timestamp) {
        self.purses.values_mut().for_each(|purse| purse.tick(at));
        let Some((team, key)) = self.caller() else { return };
        let Some(model) = self.dice.pick(team.models).and_then(fleet::model) else { return };
        let is_stream = model.kind != Kind::Embedding && self.dice.happens(key.streams);
        let call =
            Call { id: self.dice.uuid(), trace_id: self.dice.hex(), is_stream, metadata: self.metadata(team, key) };
        if self.is_broke(team, key) {
            if self.dice.happens(WITHOUT_BUDGET) {
                self.refuse(&call, model.name, Refused::BudgetUsed, at);
            }
        } else if let Some(refused) = self.everyday_refusal() {
            self.refuse(&call, model.name, refused, at);
        } else if model.kind != Kind::Embedding && self.dice.happens(CACHED) {
            self.answer_from_cache(&call, model, at);
        } else {
            self.route(&call, team, key, model, at);
        }
    }

    fn caller(&mut self) -> Option<(&'static Team, &'static Key)> {
        let weighted = TEAMS.iter().flat_map(|team| team.keys.iter().map(move |key| (key.weight, (team, key))));
        self.dice.pick(&weighted.collect::<Vec<_>>())
    }

    /// Who calls, and what is left to them.
    fn metadata(&self, team: &'static Team, key: &'static Key) -> Metadata {
        let (of_team, of_key) = (self.purses.get(team.id), self.purses.get(key.alias));
        Metadata {
            user_api_key_hash: key.hash(),
            user_api_key_alias: Some(key.alias),
            user_api_key_spend: of_key.map(Purse::spent),
            user_api_key_max_budget: of_key.map(Purse::limit),
            user_api_key_budget_reset_at: of_key.map(|purse| purse.resets_at().into()),
            user_api_key_team_id: Some(team.id),
            user_api_key_team_alias: Some(team.alias),
            user_api_key_team_spend: of_team.map(Purse::spent),
            user_api_key_team_max_budget: of_team.map(Purse::limit),
            user_api_key_user_id: key.user,
            ..Metadata::default()
        }
    }

    fn is_broke(&self, team: &Team, key: &Key) -> bool {
        [team.id, key.alias].iter().filter_map(|name| self.purses.get(name)).any(Purse::is_empty)
    }

    fn everyday_refusal(&mut self) -> Option<Refused> {
        let likely = [(0.003, Refused::UnknownKey), (0.001_5, Refused::UnknownModel), (0.002, Refused::KeyTooFast)];
        let mut left = self.dice.fraction();
        let refused = likely.iter().find(|(probability, _)| {
            left -= probability;
            left < 0.0
        });
        refused.map(|(_, refused)| *refused)
    }

    fn refuse(&mut self, call: &Call, model: &'static str, refused: Refused, at: Timestamp) {
        let mut call = call.clone();
        let (model, message) = match refused {
            Refused::UnknownKey => {
                // Of a key that nobody knows there is only what was sent.
                let user_api_key_hash = format!("{}{}", self.dice.hex(), self.dice.hex());
                call.metadata = Metadata { user_api_key_hash, ..Metadata::default() };
                (model, "Authentication Error, Invalid API key provided.")
            }
            Refused::UnknownModel => {
                (self.dice.pick(&UNKNOWN_MODELS).unwrap_or(model), "400: Invalid model name passed in the request")
            }
            Refused::BudgetUsed => (model, "Budget has been exceeded! Wait for its reset or raise max_budget."),
            Refused::KeyTooFast => (model, "Rate limit exceeded for this key: too many requests per minute."),
            Refused::NoDeployment => (model, "No deployments available for selected model: all are in cooldown."),
        };
        let group = if refused == Refused::NoDeployment { model } else { "" };
        let ended_at = at.plus(REFUSING);
        self.tell(Callback::of_refusal(&call, model, group, refused.words(message), (at, ended_at)), ended_at);
    }

    fn answer_from_cache(&mut self, call: &Call, model: &'static Model, at: Timestamp) {
        let usage = Usage::of(model, &mut self.dice);
        let ended_at = at.plus(seconds(self.dice.around(0.002, 0.5)));
        self.tell(Callback::of_hit(call, model, usage, (at, ended_at)), ended_at);
    }

    /// Asks the model, and then those that stand in for it.
    fn route(&mut self, call: &Call, team: &Team, key: &Key, model: &'static Model, at: Timestamp) {
        let stand_ins = model.fallbacks.iter().filter_map(|name| fleet::model(name));
        let mut at = at;
        for (fallbacks, model) in std::iter::once(model).chain(stand_ins).enumerate() {
            match self.ask(call, model, Turn { retries: 0, fallbacks, at }) {
                Answered::Yes { usd } => return self.pay(team, key, usd),
                Answered::No { at: failed_at } => at = failed_at.plus(BACKOFF),
            }
        }
    }

    fn pay(&mut self, team: &Team, key: &Key, usd: f64) {
        for name in [team.id, key.alias] {
            if let Some(purse) = self.purses.get_mut(name) {
                purse.spend(usd);
            }
        }
    }

    /// Asks deployments of one model until one answers or trying again is of no use.
    fn ask(&mut self, call: &Call, model: &'static Model, turn: Turn) -> Answered {
        let (mut tried, mut turn) = (Vec::new(), turn);
        for retries in 0..=RETRIES {
            turn.retries = retries;
            let Some(deployment) = self.router.choose(model, &tried, turn.at, &mut self.dice) else {
                if tried.is_empty() {
                    self.refuse(call, model.name, Refused::NoDeployment, turn.at);
                }
                break;
            };
            let attempt = self.attempt(call, model, deployment, turn);
            let (ended_at, mishap) = (attempt.ended_at, attempt.mishap);
            let usd = model.prices.map_or(0.0, |prices| attempt.usage.cost(prices));
            // LiteLLM tells of the first failure of a call at a model, and of no other.
            if tried.is_empty() || !mishap.is_some_and(Mishap::is_tried_again) {
                let callback = Callback::of_attempt(&attempt);
                self.tell(callback, ended_at);
            }
            if !mishap.is_some_and(Mishap::is_tried_again) {
                self.router.note_answer(deployment.id);
                return Answered::Yes { usd };
            }
            self.router.note_failure(deployment.id, ended_at);
            tried.push(deployment.id);
            turn.at = ended_at.plus(BACKOFF);
        }
        Answered::No { at: turn.at }
    }

    fn attempt<'a>(
        &mut self,
        call: &'a Call,
        model: &'static Model,
        deployment: &'static Deployment,
        turn: Turn,
    ) -> Attempt<'a> {
        let Turn { retries, fallbacks, at } = turn;
        let trouble = self.weather.trouble(deployment.provider, at);
        let usage = Usage::of(model, &mut self.dice);
        let pace = Pace::of(model, deployment, usage, trouble, &mut self.dice);
        let mut attempt = Attempt {
            call,
            model,
            deployment,
            retries,
            fallbacks,
            answer_id: format!("chatcmpl-{}", self.dice.uuid()),
            api_base: deployment.api_base(&self.gateway),
            started_at: at,
            first_token_at: call.is_stream.then(|| at.plus(pace.first_token)),
            ended_at: at.plus(pace.whole),
            usage,
            mishap: None,
            headroom: None,
            overhead_ms: self.dice.around(7.0, 0.6),
        };
        if let Some(mishap) = Mishap::of(trouble, call.is_stream, &mut self.dice) {
            let ended_at = at.plus(seconds(mishap.seconds(pace.whole.as_secs_f64(), &mut self.dice)));
            attempt.fail(mishap, ended_at);
        } else if let Some(broken_at) = self.breaks_off(&attempt) {
            attempt.fail(Mishap::StreamCut, broken_at);
        }
        attempt.headroom = self.headroom(&attempt, trouble);
        attempt
    }

    /// When an outage begins that this stream does not live to see the end of.
    fn breaks_off(&self, attempt: &Attempt<'_>) -> Option<Timestamp> {
        let episode = self.weather.episode(attempt.deployment.provider, attempt.ended_at)?;
        let is_cut = episode.trouble == Trouble::Outage && attempt.first_token_at? < episode.from;
        is_cut.then_some(episode.from)
    }

    /// What the provider says that it still allows. One that does not answer says nothing.
    fn headroom(&mut self, attempt: &Attempt<'_>, trouble: Option<Trouble>) -> Option<Headroom> {
        let Attempt { deployment, usage, mishap, ended_at, .. } = attempt;
        let tokens = usage.prompt + usage.completion();
        match mishap {
            Some(Mishap::Timeout | Mishap::Connect | Mishap::StreamCut) => None,
            Some(Mishap::Throttled) => Some(Headroom::exhausted(deployment.allowance?, 0.0)),
            _ if trouble == Some(Trouble::Throttled) => {
                Some(Headroom::exhausted(deployment.allowance?, self.dice.between(0.0, 0.07)))
            }
            _ => self.router.meter(deployment, tokens, *ended_at),
        }
    }

    fn tell(&mut self, callback: Callback, ended_at: Timestamp) {
        self.begun += 1;
        self.under_way.insert((ended_at, self.begun), callback);
    }
}

/// What came of asking a model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answered {
    /// Something that nobody can do better, at this cost.
    Yes { usd: f64 },
    /// Nothing; another model may be asked from then on.
    No { at: Timestamp },
}

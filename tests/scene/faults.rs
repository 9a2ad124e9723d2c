//! The faults: how each begins and ends, and who is told of what meanwhile.

use std::time::{Duration, SystemTime};

use super::books::{EXPIRING, SPENDER, TEAM, expire, spend, spend_of_team};
use super::fleet::FLAKY;
use super::stage::{Stage, fill};
use super::support::gateway::Mood;
use super::traffic::all_recordings;

/// Who is called at once, who finds a ticket, and who reads it tomorrow, as the example's routes have it.
const PAGER: &str = "pager";
const TICKETS: &str = "tickets";
const DIGEST: &str = "digest";

/// Where the gateway pushes.
const INGEST: &str = "/ingest/litellm";

/// While it is on, what stands in the database can't be set right.
const DATABASE: &str = "the database is away";

/// While it is on, there are deployments that nobody can use.
const PROVIDER: &str = "one provider fails";

/// Something that breaks and is made whole.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// Where it happens while another one is on: which, and the alert of it that fires when this one begins. The other one ends later.
    pub(crate) during: Option<(&'static str, &'static str)>,
    /// Which other one must be over before this one can be healed.
    pub(crate) healed_after: Option<&'static str>,
    pub(crate) begin: fn(&mut Stage),
    /// `None` where it is over at once and its alerts look back on it, for longer than anybody would wait here.
    pub(crate) heal: Option<fn(&mut Stage)>,
    pub(crate) alerts: &'static [Expected],
}

/// An alert that fires because of a fault.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) alert: &'static str,
    /// Those of its labels by which it is told from others of its name.
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) what_comes_of_it: Outcome,
}

/// Whether somebody is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// This receiver is.
    Told(&'static str),
    /// This receiver will be, later than anybody would wait here.
    Due(&'static str),
    /// Nobody, because of an alert of this name.
    KeptBack(&'static str),
}

type Labels = &'static [(&'static str, &'static str)];

const fn told(receiver: &'static str, alert: &'static str, labels: Labels) -> Expected {
    Expected { alert, labels, what_comes_of_it: Outcome::Told(receiver) }
}

const fn due(receiver: &'static str, alert: &'static str, labels: Labels) -> Expected {
    Expected { alert, labels, what_comes_of_it: Outcome::Due(receiver) }
}

const fn kept_back(by: &'static str, alert: &'static str, labels: Labels) -> Expected {
    Expected { alert, labels, what_comes_of_it: Outcome::KeptBack(by) }
}

/// In the order in which they begin.
pub(crate) const FAULTS: &[Fault] = &[
    Fault {
        name: "a push is no JSON",
        during: None,
        healed_after: None,
        begin: |stage| {
            let answer = stage.first.exporter().post(INGEST, "no JSON");
            assert_eq!(answer.status, 400, "{}", answer.text());
        },
        heal: None,
        alerts: &[due(TICKETS, "LLMPushesRefused", &[("reason", "not_json")])],
    },
    Fault {
        name: "an event is none",
        during: None,
        healed_after: None,
        begin: |stage| {
            let answer = stage.first.exporter().push(r#"[{"id": 7}]"#);
            assert_eq!(answer["rejected"], 1, "{answer}");
        },
        heal: None,
        alerts: &[due(TICKETS, "LLMEventsRejected", &[("source", "litellm_callback")])],
    },
    Fault {
        name: "a model has no price",
        during: None,
        healed_after: None,
        begin: |stage| {
            let unpriced = stage.traffic.unpriced();
            stage.first.exporter().push(unpriced.to_string());
        },
        heal: None,
        alerts: &[],
    },
    Fault {
        name: "a key has spent its budget",
        during: None,
        healed_after: Some(DATABASE),
        begin: |stage| {
            spend(&stage.database, SPENDER, 10);
            let labels = [("scope", "key"), ("alias", SPENDER)];
            stage.wait_until_shown("all is spent", "llm_budget_spent_usd", &labels, |usd| usd >= 10.0);
        },
        heal: Some(|stage| spend(&stage.database, SPENDER, 1)),
        alerts: &[told(TICKETS, "LLMBudgetUsed", &[("scope", "key"), ("alias", SPENDER)])],
    },
    Fault {
        name: "a team has nearly spent its budget",
        during: None,
        healed_after: Some(DATABASE),
        begin: |stage| {
            spend_of_team(&stage.database, TEAM, 85);
            let labels = [("scope", "team"), ("alias", TEAM)];
            stage.wait_until_shown("much is spent", "llm_budget_spent_usd", &labels, |usd| usd >= 85.0);
        },
        heal: Some(|stage| spend_of_team(&stage.database, TEAM, 10)),
        alerts: &[due(DIGEST, "LLMBudgetNearlyUsed", &[("scope", "team"), ("alias", TEAM)])],
    },
    Fault {
        name: "a key is about to expire",
        during: None,
        healed_after: Some(DATABASE),
        begin: |stage| {
            expire(&stage.database, EXPIRING, 3);
            let in_a_week = SystemTime::now() + Duration::from_hours(7 * 24);
            let in_a_week = in_a_week.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
            let (metric, labels) = ("llm_key_expiry_timestamp_seconds", [("alias", EXPIRING)]);
            stage.wait_until_shown("it expires within a week", metric, &labels, |at| at < in_a_week);
        },
        heal: Some(|stage| expire(&stage.database, EXPIRING, 300)),
        alerts: &[told(TICKETS, "LLMKeyExpiring", &[("alias", EXPIRING)])],
    },
    Fault {
        name: "some requests of a model fail",
        during: None,
        healed_after: None,
        begin: |stage| {
            stage.traffic.troubles.some_fail = true;
            // What was recorded has errors of many kinds.
            all_recordings().for_each(|body| {
                stage.first.exporter().push(body);
            });
        },
        heal: Some(|stage| {
            stage.traffic.troubles.some_fail = false;
            stage.traffic.troubles.rush = true;
        }),
        alerts: &[
            told(PAGER, "LLMErrorRatioHigh", &[("model", FLAKY), ("severity", "critical")]),
            kept_back("LLMErrorRatioHigh", "LLMErrorRatioHigh", &[("model", FLAKY), ("severity", "warning")]),
        ],
    },
    Fault {
        name: "little is left of a rate limit",
        during: None,
        healed_after: None,
        begin: |stage| stage.traffic.troubles.little_is_left = true,
        heal: Some(|stage| stage.traffic.troubles.little_is_left = false),
        alerts: &[due(TICKETS, "LLMRateLimitHeadroomLow", &[("deployment", "throttled-openai")])],
    },
    Fault {
        name: PROVIDER,
        during: None,
        healed_after: None,
        begin: |stage| stage.fleet.fail("mistral"),
        heal: Some(|stage| stage.fleet.heal("mistral")),
        alerts: &[
            told(PAGER, "LLMModelDown", &[("model", "small")]),
            told(PAGER, "LLMProviderDown", &[("provider", "mistral")]),
            kept_back("LLMProviderDown", "LLMDeploymentUnhealthy", &[("deployment", "small-mistral")]),
        ],
    },
    Fault {
        name: "all providers fail",
        during: Some((PROVIDER, "LLMModelDown")),
        healed_after: None,
        begin: |stage| stage.fleet.fail("openai"),
        heal: Some(|stage| stage.fleet.heal("openai")),
        alerts: &[
            told(PAGER, "LLMNoModelCanServe", &[]),
            kept_back("LLMNoModelCanServe", "LLMModelDown", &[("model", "chat")]),
        ],
    },
    Fault {
        name: "the gateway is away",
        during: Some(("all providers fail", "LLMNoModelCanServe")),
        healed_after: None,
        begin: |stage| stage.gateway.be(Mood::Down),
        heal: Some(|stage| stage.gateway.be(Mood::Well)),
        alerts: &[told(PAGER, "LLMGatewayDown", &[]), kept_back("LLMGatewayDown", "LLMNoModelCanServe", &[])],
    },
    Fault {
        name: DATABASE,
        during: None,
        healed_after: None,
        begin: Stage::stop_database,
        heal: Some(Stage::start_database),
        alerts: &[
            told(PAGER, "LLMDatabaseDown", &[]),
            kept_back("LLMDatabaseDown", "LLMSourceUnread", &[("source", "litellm_spend_logs")]),
        ],
    },
    Fault {
        name: "Redis is away",
        during: None,
        healed_after: None,
        begin: |stage| stage.redis.stop(),
        heal: Some(|stage| {
            stage.redis.start_again();
            fill(&stage.redis);
        }),
        alerts: &[told(TICKETS, "LLMRedisDown", &[])],
    },
    Fault {
        name: "the disk is full",
        during: None,
        healed_after: None,
        begin: |stage| stage.first.exporter().take_room(),
        heal: Some(|stage| stage.first.exporter().make_room()),
        alerts: &[told(PAGER, "LLMStorageFailing", &[])],
    },
    Fault {
        name: "a new configuration is refused",
        during: None,
        healed_after: None,
        begin: |stage| stage.first.refuse("listen: nowhere\n"),
        heal: Some(|stage| stage.first.take_back()),
        alerts: &[told(TICKETS, "LLMConfigReloadFailed", &[])],
    },
    Fault {
        name: "a replica is killed",
        during: None,
        // Until it has seen three failures by itself it would say that they can serve, and alerts would begin to wait anew.
        healed_after: Some(PROVIDER),
        begin: |stage| stage.second.kill(),
        heal: Some(|stage| stage.second.start()),
        alerts: &[told(PAGER, "LLMExporterDown", &[])],
    },
];

//! All that plays along: what the gateway depends on, two exporters, and what watches them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use llm_exporter::event::Timestamp;
use llm_exporter::keeping::restore;
use llm_exporter::sink::Sink;
use llm_exporter::state::State;
use llm_exporter::storage::Store;
use tempfile::TempDir;

use super::books::{self, HISTORY, ROWS};
use super::fleet::{FLEET, Fleet, KEY};
use super::receivers::Receivers;
use super::support::alertmanager::Alertmanager;
use super::support::exporter::{Exporter, Launch};
use super::support::gateway::{Gateway, MASTER_KEY};
use super::support::pipeline::{WINDOW, settings};
use super::support::postgres::Postgres;
use super::support::prometheus::{self, Prometheus, ScrapeJob};
use super::support::query_api::PastSample;
use super::support::redis::Redis;
use super::support::unprivileged::free_port;
use super::support::victoria_metrics::{VictoriaMetrics, VmAlert};
use super::traffic::{Traffic, recordings};

/// The job of both exporters.
const JOB: &str = "llm-exporter";

/// Starting takes seconds, and minutes where many tests run beside it.
const PATIENCE: Duration = Duration::from_mins(3);

/// A scrape may take as long. On a loaded machine some take seconds, and an alert begins to wait anew where one is missing.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(6);

/// So many lines of a log tell enough.
const LAST_WORDS: usize = 40;

/// Larger than anything that is written here.
const ROOM: u32 = 1 << 20;

/// All of it.
pub(crate) struct Stage {
    pub(crate) fleet: Fleet,
    pub(crate) traffic: Traffic,
    pub(crate) gateway: Gateway,
    /// The gateway's.
    pub(crate) database: Postgres,
    /// The gateway's.
    pub(crate) redis: Redis,
    /// Reads the spend log, probes, and is pushed to.
    pub(crate) first: Replica,
    /// Stands by.
    pub(crate) second: Replica,
    pub(crate) receivers: Receivers,
    pub(crate) alertmanager: Alertmanager,
    pub(crate) prometheus: Prometheus,
    pub(crate) victoria: VictoriaMetrics,
    pub(crate) vmalert: VmAlert,
    beats: u64,
    database_is_up: bool,
}

/// An exporter that can be killed, and started again where it was.
pub(crate) struct Replica {
    folder: TempDir,
    address: SocketAddr,
    config: String,
    exporter: Option<Exporter>,
}

impl Replica {
    /// Starts one in a folder that was prepared for it.
    fn start_in(folder: TempDir, config: &str) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut replica = Self { folder, address, config: config.to_owned(), exporter: None };
        replica.start();
        replica
    }

    /// Kills it, as the kernel does when memory is short.
    pub(crate) fn kill(&mut self) {
        self.exporter.take().expect("it runs").kill();
    }

    /// Starts it, with what it kept.
    pub(crate) fn start(&mut self) {
        let launch = Launch::default().config(&self.config).folder(self.folder.path()).largest_file(ROOM);
        // Besides the port that every exporter of a test is given: a new one each time, and this one stays.
        let exporter = launch.argument("--listen").argument(&self.address.to_string()).start();
        self.exporter = Some(exporter);
    }

    /// Tells it to read a configuration that it must refuse.
    pub(crate) fn refuse(&self, yaml: &str) {
        assert_eq!(self.reload(yaml), 500, "it is refused\n{}", self.exporter().log());
    }

    /// Tells it to read its own configuration again.
    pub(crate) fn take_back(&self) {
        assert_eq!(self.reload(&self.config), 200, "it is as before\n{}", self.exporter().log());
    }

    fn reload(&self, yaml: &str) -> u16 {
        fs::write(self.folder.path().join("llm-exporter.yml"), yaml).expect("a temporary folder takes a file");
        self.exporter().post("/-/reload", "").status
    }

    /// While it runs.
    pub(crate) fn exporter(&self) -> &Exporter {
        self.exporter.as_ref().expect("it runs")
    }
}

/// A folder of the repository.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

impl Stage {
    /// Sets it up, all well.
    pub(crate) fn set() -> Self {
        let (fleet, database, redis) = (Fleet::start(), books::open(), Redis::start());
        let gateway = Gateway::listing(&fleet.listing());
        fill(&redis);
        let config = config(&gateway, &database, &redis);
        let first = first(&config);
        let second = Replica::start_in(empty_folder(), &config);
        let receivers = Receivers::listen();
        let alertmanager = Alertmanager::start(&alertmanager_config(receivers.address()));
        let targets = [first.address, second.address];
        let jobs = targets.map(|target| ScrapeJob { name: JOB, target, path: "/metrics" });
        let rules = ["recording", "slo", "alerts"].map(|name| folder("alerts").join(name).with_extension("yml"));
        let history = history();
        let prometheus = prometheus::Setup::scraping(&jobs).rules(&rules).alertmanager(alertmanager.address());
        let prometheus = prometheus.every(SCRAPE_INTERVAL).history(&history).start();
        let victoria = VictoriaMetrics::scraping(&jobs, SCRAPE_INTERVAL);
        victoria.import(&history);
        let vmalert = victoria.evaluating(&rules, receivers.address());
        Self {
            fleet,
            traffic: Traffic::default(),
            gateway,
            database,
            redis,
            first,
            second,
            receivers,
            alertmanager,
            prometheus,
            victoria,
            vmalert,
            beats: 0,
            database_is_up: true,
        }
    }

    /// What happens in a second: a batch is pushed, and now and then a row is written.
    pub(crate) fn beat(&mut self) {
        self.beats += 1;
        self.first.exporter().push(self.traffic.next_batch(&self.fleet));
        let serving = FLEET.iter().find(|deployment| !self.fleet.fails(deployment));
        if let Some(deployment) = serving.filter(|_| self.database_is_up && self.beats.is_multiple_of(3)) {
            books::book(&self.database, deployment, self.beats);
        }
    }

    /// What the exporter that is pushed to has logged last.
    pub(crate) fn last_words(&self) -> String {
        let log = self.first.exporter().log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
    }

    /// Ends the database.
    pub(crate) fn stop_database(&mut self) {
        self.database_is_up = false;
        self.database.stop();
    }

    /// Starts it again.
    pub(crate) fn start_database(&mut self) {
        self.database.start_again();
        self.database_is_up = true;
    }

    /// Waits until the first exporter shows this.
    pub(crate) fn wait_until_shown(
        &self,
        what: &str,
        metric: &str,
        labels: &[(&str, &str)],
        is_so: impl Fn(f64) -> bool,
    ) {
        self.first.exporter().wait_until(what, PATIENCE, |first| {
            first.metrics().samples(metric).any(|sample| {
                is_so(sample.value) && labels.iter().all(|(name, value)| sample.labels.get(name) == *value)
            })
        });
    }
}

/// What LiteLLM keeps in Redis: what waits for the database, and that a deployment is left alone.
pub(crate) fn fill(redis: &Redis) {
    redis.command(&["RPUSH", "litellm_spend_logs_buffer", "{}", "{}", "{}"]);
    redis.command(&["RPUSH", "litellm_spend_update_buffer", "{}"]);
    redis.command(&["SET", "deployment:embed-openai:cooldown", "{}"]);
}

/// Of both exporters. All is asked often, since the alerts wait long enough.
fn config(gateway: &Gateway, database: &Postgres, redis: &Redis) -> String {
    let keys: String = FLEET
        .iter()
        .map(|deployment| {
            let probe = if deployment.model == "reason" { "completion" } else { "models" };
            format!(
                "  - {{model: {}, deployment: {}, api_key: {KEY}, probe: {probe}}}\n",
                deployment.model, deployment.id
            )
        })
        .collect();
    format!(
        "gateway: {{url: \"{}\", api_key: {MASTER_KEY}, models_interval: 2s}}\n\
         database: {{url: \"{}\"}}\n\
         redis: {{url: \"{}\", lease: 5s}}\n\
         models:\n{keys}\
         labels: {{consumer: [team, key]}}\n\
         health: {{freshness: 1ms, stale_after: 1m}}\n\
         probes: {{interval: 10s, confirm_after: 1s, max_backoff: 10s, completion: {{daily_budget_usd: 5, interval: 15s}}}}\n\
         dependencies: {{interval: 1s}}\n\
         sources: {{litellm_spend_logs: {{start: beginning, poll_interval: 1s}}, litellm_budgets: {{interval: 1s}}}}\n\
         ledger: {{interval: 2s}}\n\
         shutdown: {{delay: 0s}}\n",
        gateway.url(),
        database.url(),
        redis.url(),
    )
}

/// One that has counted for days, read the spend log of that time and found that it agrees; and was pushed what was recorded.
fn first(config: &str) -> Replica {
    let folder = empty_folder();
    has_counted_for(HISTORY, &folder.path().join("data"));
    let first = Replica::start_in(folder, config);
    let exporter = first.exporter();
    recordings().for_each(|body| {
        exporter.push(body);
    });
    exporter.wait_until("the spend log is read and agrees", PATIENCE, |exporter| {
        let scraped = exporter.metrics();
        let drift = scraped.samples("llm_ledger_drift_usd").map(|sample| (sample.labels.get("period"), sample.value));
        let drift: Vec<(&str, f64)> = drift.collect();
        let agrees =
            |period: &str| drift.iter().any(|(of, _)| *of == period) && drift.iter().all(|(_, usd)| *usd == 0.0);
        let rows = scraped.sum("llm_source_events_total", &[("source", "litellm_spend_logs")]);
        rows >= f64::from(ROWS) && agrees("hour") && agrees("day")
    });
    first
}

fn empty_folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Leaves a store as an exporter does that began to count so long ago.
fn has_counted_for(time: Duration, folder: &Path) {
    let now = SystemTime::now();
    let mut store = Store::open(folder, now.into()).expect("a temporary folder takes a store").store;
    let state = Arc::new(State::new(settings(&["team", "key"])));
    let sink = Sink::new(Arc::clone(&state), WINDOW);
    let (mut keeper, _) = restore(&store, &state, &sink, WINDOW).expect("an empty store can be read");
    state.start_counting(Timestamp::from(now - time));
    store.commit(&keeper.take_changes()).expect("there is room");
}

/// What the example says, but for who is told.
fn alertmanager_config(receivers: SocketAddr) -> String {
    let file = folder("alerts/alertmanager.example.yml");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let told_here = |line: &str| match line.split_once("http") {
        Some((before, url)) if before.contains("url") && !before.trim_start().starts_with('#') => {
            let rest = url.split_once("://").map_or("", |(_, rest)| rest);
            let path = rest.find(['/', '"', '\'']).map_or("", |at| &rest[at..]);
            format!("{before}http://{receivers}{path}\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(told_here).collect()
}

/// What was recorded in the weeks before: what this hour is compared with, and what a forecast is made of. All of it every minute, as the
/// rules do.
fn history() -> Vec<PastSample> {
    let (now, hour) = (SystemTime::now(), Duration::from_hours(1));
    let week = 7 * 24 * hour;
    let of_gateway = (format!("job:llm_cost_usd:increase1h{{job=\"{JOB}\"}}"), now - week - hour, now - week + hour);
    let labels = format!("{{job=\"{JOB}\",model=\"chat\",provider=\"openai\"}}");
    let of_model = (format!("job_model_provider:llm_cost_usd:increase1h{labels}"), now - 3 * hour, now - hour);
    let samples = [of_gateway, of_model].into_iter().flat_map(|(series, from, until)| {
        let minutes = until.duration_since(from).expect("it ends after it begins").as_secs() / 60;
        (0..minutes).map(move |minute| PastSample {
            series: series.clone(),
            value: 0.25,
            at: from + Duration::from_secs(60 * minute),
        })
    });
    samples.collect()
}

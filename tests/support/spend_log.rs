//! LiteLLM's spend log in a real PostgreSQL: the table as its versions make it, and rows as LiteLLM writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::edited::Edited;
use super::exporter::{Exporter, Launch};
use super::postgres::Postgres;

/// Which LiteLLM made the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.109, of November 2026.
    Current,
    /// Before August 2026: without the call's id and the times of the row itself.
    WithoutCallId,
    /// Of 2025: without status, duration and session, too.
    Old,
    /// The current one, made anew as a table of partitions by the beginnings of requests.
    Partitioned,
}

impl Version {
    /// The statements that make the table.
    pub(crate) fn ddl(self) -> String {
        let newest = "litellm_call_id text, created_at timestamp(3) NOT NULL DEFAULT now(), \
            updated_at timestamp(3) NOT NULL DEFAULT now(),";
        let newer = "status text, request_duration_ms integer, session_id text,";
        let extra = match self {
            Self::Current | Self::Partitioned => format!("{newest} {newer}"),
            Self::WithoutCallId => newer.to_owned(),
            Self::Old => String::new(),
        };
        let (key, tail) = match self {
            Self::Partitioned => ("request_id, \"startTime\"", " PARTITION BY RANGE (\"startTime\")"),
            _ => ("request_id", ""),
        };
        format!(
            r#"CREATE TABLE "LiteLLM_SpendLogs" (
                request_id text NOT NULL, call_type text NOT NULL, api_key text NOT NULL DEFAULT '',
                spend double precision NOT NULL DEFAULT 0, total_tokens integer NOT NULL DEFAULT 0,
                prompt_tokens integer NOT NULL DEFAULT 0, completion_tokens integer NOT NULL DEFAULT 0,
                "startTime" timestamp(3) NOT NULL, "endTime" timestamp(3) NOT NULL, "completionStartTime" timestamp(3),
                model text NOT NULL DEFAULT '', model_id text DEFAULT '', model_group text DEFAULT '',
                custom_llm_provider text DEFAULT '', api_base text DEFAULT '', "user" text DEFAULT '',
                metadata jsonb DEFAULT '{{}}', cache_hit text DEFAULT '', cache_key text DEFAULT '',
                request_tags jsonb DEFAULT '[]', team_id text, organization_id text, end_user text,
                requester_ip_address text, messages jsonb DEFAULT '{{}}', response jsonb DEFAULT '{{}}',
                {extra} proxy_server_request jsonb DEFAULT '{{}}', PRIMARY KEY ({key})){tail};
            CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime");
            CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime", request_id);"#
        )
    }
}

/// Starts a database with the table.
pub(crate) fn database(version: Version) -> Postgres {
    let server = Postgres::start();
    server.execute(&version.ddl());
    server
}

/// Where and how an exporter reads it: often, for a test has no time.
pub(crate) fn config(url: &str, spend_logs: &str) -> String {
    format!(
        "database: {{url: \"{url}\"}}\nprobes: {{enabled: false}}\n\
         sources: {{litellm_spend_logs: {{poll_interval: 100ms{spend_logs}}}}}\n\
         shutdown: {{delay: 0s}}\nlog: {{level: debug}}\n"
    )
}

/// Starts an exporter that reads it, with further settings such as `, start: beginning`.
pub(crate) fn exporter(server: &Postgres, spend_logs: &str) -> Exporter {
    Launch::default().config(&config(&server.url(), spend_logs)).start()
}

/// The rows that a real LiteLLM 1.109.1 wrote.
pub(crate) fn captured() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/spend-log/rows.jsonl");
    let lines = fs::read_to_string(path).expect("the captures are part of the repository");
    lines.lines().map(|line| Row(serde_json::from_str(line).expect("a captured row is JSON"))).collect()
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row(Value);

/// A success of the model `up-ok` that began and ended just now.
pub(crate) fn row(id: &str) -> Row {
    let row = captured().swap_remove(0).with(json!({"request_id": id, "litellm_call_id": format!("call-{id}")}));
    row.with(json!({"metadata": {"litellm_call_id": format!("call-{id}")}})).began(Duration::ZERO)
}

impl Row {
    /// The same with these fields, objects merged field by field.
    pub(crate) fn with(self, fields: Value) -> Self {
        Self(self.0.with(fields))
    }

    /// The same without the field of metadata or the whole of it.
    pub(crate) fn with_metadata(mut self, metadata: Value) -> Self {
        self.0["metadata"] = metadata;
        self
    }

    /// Began so long ago, and took 40 ms.
    pub(crate) fn began(self, ago: Duration) -> Self {
        self.began_at(SystemTime::now() - ago)
    }

    /// Began then, and took 40 ms.
    pub(crate) fn began_at(self, at: SystemTime) -> Self {
        let (start, end) = (timestamp(at), timestamp(at + Duration::from_millis(40)));
        self.with(json!({"startTime": start, "endTime": end, "completionStartTime": end}))
    }

    /// One of its fields.
    pub(crate) fn field(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// The statement that writes it, as far as the table has columns for it.
    pub(crate) fn insert(&self) -> String {
        format!(
            "INSERT INTO \"LiteLLM_SpendLogs\" SELECT * FROM jsonb_populate_record(NULL::\"LiteLLM_SpendLogs\", $row${}$row$);",
            self.0
        )
    }
}

/// Writes rows, all at once.
pub(crate) fn insert<'a>(server: &Postgres, rows: impl IntoIterator<Item = &'a Row>) {
    let statements: Vec<String> = rows.into_iter().map(Row::insert).collect();
    // The operating system takes no longer an argument.
    for some in statements.chunks(4) {
        server.execute(&some.join("\n"));
    }
}

/// The statement that writes so many rows `PREFIX-1`, `PREFIX-2`, …, spread evenly over the time up to `now`, as this expression
/// has it.
pub(crate) fn insert_many(prefix: &str, count: u32, now: &str, over: Duration) -> String {
    let metadata = captured().swap_remove(0).0["metadata"].to_string();
    format!(
        "INSERT INTO \"LiteLLM_SpendLogs\" (request_id, call_type, spend, total_tokens, prompt_tokens, completion_tokens, \
         \"startTime\", \"endTime\", model, model_id, model_group, custom_llm_provider, api_base, metadata) \
         SELECT '{prefix}-' || n, 'acompletion', 0.001, 18, 9, 9, t, t + interval '40 ms', 'openai/gpt-4o', 'dep', 'up-ok', \
         'openai', 'http://provider', $metadata${metadata}$metadata$ FROM (SELECT n, \
         {now} - ({count} - n) * interval '{} us' AS t FROM generate_series(1, {count}) n) rows;",
        over.as_micros() / u128::from(count)
    )
}

/// Now, in a statement.
pub(crate) const NOW: &str = "(clock_timestamp() AT TIME ZONE 'UTC')";

fn timestamp(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).expect("a moment of our time");
    jiff::tz::TimeZone::UTC.to_datetime(at).to_string()
}

/// The rows that were counted as events.
pub(crate) fn counted(exporter: &Exporter) -> f64 {
    let source = [("source", "litellm_spend_logs")];
    exporter.metrics().value("llm_source_events_total", &source).unwrap_or_default()
}

/// Waits until exactly so many rows are counted, and the source has read everything since.
pub(crate) fn becomes(exporter: &Exporter, rows: u32) {
    let rows = f64::from(rows);
    exporter.wait_until(&format!("{rows} rows counted"), super::deadline::PATIENCE, |exporter| {
        let counted = counted(exporter);
        assert!(counted <= rows, "{counted} rows counted, which are too many for {rows}\n{}", exporter.log());
        counted >= rows
    });
    stays(exporter, rows);
}

/// The count is the same after several more readings.
fn stays(exporter: &Exporter, rows: f64) {
    let polls = || {
        let tasks = exporter.metrics();
        tasks.sum("llm_exporter_task_rounds_total", &[("task", "spend_logs")])
    };
    let before = polls();
    exporter.wait_until("more readings", super::deadline::PATIENCE, |_| polls() >= before + 3.0);
    assert_eq!(counted(exporter), rows, "{}", exporter.log());
}

/// What `/health/services` says of the source.
pub(crate) fn told(exporter: &Exporter) -> Value {
    exporter.get("/health/services").json()["sources"]["litellm_spend_logs"].clone()
}

/// Waits until the source has this status, and returns what is said of it.
pub(crate) fn becomes_status(exporter: &Exporter, status: &str) -> Value {
    exporter.wait_until(status, super::deadline::PATIENCE, |exporter| told(exporter)["status"] == status);
    told(exporter)
}

/// The row that LiteLLM writes of what it also pushes as this event.
pub(crate) fn row_of(event: &Value) -> Row {
    let of = |name: &str| event[name].clone();
    let time = |name: &str| {
        event[name].as_f64().map(|seconds| timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)))
    };
    let metadata = &event["metadata"];
    let is_failure = event["status"] == "failure";
    // A failure's end is written down a millisecond after what was known before.
    let end = event["endTime"].as_f64().expect("an event has an end") + if is_failure { 0.001 } else { 0.0 };
    let end = timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(end));
    let cache_hit = match &event["cache_hit"] {
        Value::Bool(true) => "True",
        Value::Bool(false) => "False",
        _ => "None",
    };
    let headers = &event["hidden_params"]["additional_headers"];
    let attempted = |name: &str| {
        let told = headers.get(format!("x-litellm-attempted-{name}")).cloned();
        told.or_else(|| headers.is_object().then(|| json!(0))).unwrap_or_default()
    };
    Row(json!({
        "request_id": of("id"), "litellm_call_id": of("litellm_call_id"), "call_type": of("call_type"),
        "api_key": metadata["user_api_key_hash"].as_str().unwrap_or_default(), "spend": event["response_cost"].as_f64().unwrap_or_default(),
        "total_tokens": of("total_tokens"), "prompt_tokens": of("prompt_tokens"), "completion_tokens": of("completion_tokens"),
        "startTime": time("startTime"), "endTime": end, "completionStartTime": time("completionStartTime"),
        "model": event["model"].as_str().unwrap_or_default(), "model_id": of("model_id"), "model_group": of("model_group"),
        "custom_llm_provider": of("custom_llm_provider"), "api_base": of("api_base"),
        "user": metadata["user_api_key_user_id"], "team_id": metadata["user_api_key_team_id"],
        "organization_id": metadata["user_api_key_org_id"], "end_user": of("end_user"), "request_tags": of("request_tags"),
        "cache_hit": cache_hit, "session_id": of("trace_id"), "status": of("status"),
        "created_at": end, "updated_at": end,
        "metadata": {
            "user_api_key_alias": metadata["user_api_key_alias"], "user_api_key_team_alias": metadata["user_api_key_team_alias"],
            "usage_object": metadata["usage_object"], "error_information": of("error_information"),
            "litellm_overhead_time_ms": event["hidden_params"]["litellm_overhead_time_ms"],
            "attempted_retries": attempted("retries"), "attempted_fallbacks": attempted("fallbacks"),
            "model_map_information": of("model_map_information"),
        },
    }))
}

/// Every counter of what the gateway did, with its labels, that is not zero.
pub(crate) fn counters(exporter: &Exporter) -> BTreeMap<String, f64> {
    let metrics = exporter.metrics();
    let others = ["process_", "llm_source_", "llm_exporter_", "llm_dependency_", "llm_probe", "llm_table"];
    let samples = metrics.families().iter().flat_map(|family| &family.samples);
    let wanted = samples.filter(|sample| sample.name.ends_with("_total") && sample.value != 0.0);
    let ours = wanted.filter(|sample| !others.iter().any(|other| sample.name.starts_with(other)));
    ours.map(|sample| (format!("{}{:?}", sample.name, sample.labels), (sample.value * 1e9).round() / 1e9)).collect()
}

/// Shows what differs, and nothing else.
pub(crate) fn assert_same(one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) {
    let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differences: Vec<_> = names.into_iter().filter(|name| one.get(*name) != other.get(*name)).collect();
    let shown: Vec<_> = differences.iter().map(|name| (name, one.get(*name), other.get(*name))).collect();
    assert!(shown.is_empty(), "{shown:#?}");
}

/// The same events, of this minute.
pub(crate) fn recent(events: Vec<Value>) -> Vec<Value> {
    let end = |event: &Value| event["endTime"].as_f64().expect("an event has an end");
    let latest = events.iter().map(end).fold(0.0, f64::max);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    events.into_iter().map(|event| event.later(now - latest)).collect()
}

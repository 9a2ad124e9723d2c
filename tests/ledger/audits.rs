//! Rounds of comparing, in memory over a real database, at a time that stands still.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use llm_exporter::address::DatabaseAddress;
use llm_exporter::config::Database;
use llm_exporter::event::{RowMark, Timestamp};
use llm_exporter::ledger::{Auditor, Books, RowsRead};
use serde_json::{Value, json};

use crate::support::edited::{Edited as _, event};
use crate::support::exposition::Exposition;
use crate::support::ledger_tables::{book, book_in, close_day, create, create_in};
use crate::support::pipeline::{NOW, Pipeline};
use crate::support::postgres::Postgres;

const HOUR: f64 = 3_600.0;
/// The model and the cost of the captured success, which is of this hour.
const MODEL: &str = "up-ok";
const COST: f64 = 0.000_006_45;
/// `NOW` is at 05:18 of the next day.
const YESTERDAY: &str = "2026-11-22";

/// A success of the last full hour.
fn of_last_hour(id: &str) -> Value {
    event("chat_success").attempt(id).later(-HOUR)
}

/// A success of yesterday.
fn of_yesterday(id: &str) -> Value {
    event("chat_success").attempt(id).later(-24.0 * HOUR)
}

/// So many hours before now.
fn ago(hours: i64) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() - hours * 3_600_000_000)
}

/// What has been counted, and the books that it is compared with.
struct Scene {
    server: Postgres,
    pipeline: Pipeline,
}

impl Scene {
    /// Counts since two days ago, and has both tables.
    fn new() -> Self {
        let scene = Self::without_tables();
        create(&scene.server);
        scene
    }

    fn without_tables() -> Self {
        let (server, pipeline) = (Postgres::start(), Pipeline::new());
        pipeline.state.start_counting(ago(48));
        Self { server, pipeline }
    }

    /// Counts these requests, and books them.
    fn happened(&self, events: &[Value]) {
        self.pipeline.push(events);
        book(&self.server, events);
    }

    fn auditor(&self, rows_read: RowsRead) -> Auditor {
        self.auditor_at(&self.server.url(), rows_read)
    }

    fn auditor_at(&self, url: &str, rows_read: RowsRead) -> Auditor {
        let url = Some(DatabaseAddress::parse(url).expect("an address"));
        let books = Books::new(&Database { url, ca_file: None }).expect("no certificates").expect("it is configured");
        Auditor::new(books, Arc::clone(&self.pipeline.state), rows_read, 100)
    }

    async fn compared(&self) -> Exposition {
        self.auditor(RowsRead::default()).round(NOW).await.expect("the books can be read");
        self.pipeline.scrape()
    }
}

/// What one side says of a model in a period.
fn side(scraped: &Exposition, model: &str, period: &str, side: &str) -> Option<(f64, f64)> {
    let labels = [("model", model), ("period", period), ("side", side)];
    Some((scraped.value("llm_ledger_requests", &labels)?, scraped.value("llm_ledger_cost_usd", &labels)?))
}

fn drift(scraped: &Exposition, model: &str, period: &str) -> Option<f64> {
    scraped.value("llm_ledger_drift_usd", &[("model", model), ("period", period)])
}

/// What is logged while it lives, by this thread.
struct Logged {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

#[derive(Clone)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics with this lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Logged {
    fn start() -> Self {
        let text = Arc::default();
        let sheet = Sheet(Arc::clone(&text));
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || sheet.clone());
        Self { text, _guard: tracing::subscriber::set_default(subscriber.finish()) }
    }

    /// What the log says by now of hours that differ, without what it says of itself.
    fn differences(&self) -> Vec<Value> {
        let text = String::from_utf8(self.text.lock().expect("nobody panics with this lock").clone());
        let lines = text.expect("a log is UTF-8");
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
        let mut told: Vec<Value> = lines.filter(|line| line["hour"].is_string()).collect();
        for line in &mut told {
            let fields = line.as_object_mut().expect("it is an object");
            for field in ["timestamp", "level", "target"] {
                fields.remove(field);
            }
        }
        told
    }
}

#[tokio::test]
async fn what_was_counted_and_booked_agrees_by_hour_and_by_day() {
    let scene = Scene::new();
    scene.happened(&[of_last_hour("a"), of_last_hour("b"), of_yesterday("c")]);
    close_day(&scene.server, YESTERDAY);
    let logged = Logged::start();
    let scraped = scene.compared().await;
    for by in ["counted", "spend_log"] {
        assert_eq!(side(&scraped, MODEL, "hour", by), Some((2.0, 2.0 * COST)), "{by}");
    }
    for by in ["counted", "spend_log", "daily"] {
        assert_eq!(side(&scraped, MODEL, "day", by), Some((1.0, COST)), "{by}");
    }
    assert_eq!(side(&scraped, MODEL, "hour", "daily"), None);
    assert_eq!(["hour", "day"].map(|period| drift(&scraped, MODEL, period)), [Some(0.0); 2]);
    let began = |period| scraped.value("llm_ledger_period_start_timestamp_seconds", &[("period", period)]);
    assert_eq!((began("hour"), began("day")), (Some(1_795_406_400.0), Some(1_795_305_600.0)), "04:00 and 00:00");
    assert_eq!(scraped.value("llm_ledger_last_success_timestamp_seconds", &[]), Some(NOW.as_secs_f64()));
    assert_eq!(logged.differences(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_row_that_was_not_counted_is_a_drift_and_is_named_once() {
    let scene = Scene::new();
    let (counted, lost) = (of_last_hour("counted"), of_last_hour("lost"));
    scene.happened(std::slice::from_ref(&counted));
    book(&scene.server, [&lost]);
    let counted: HashSet<RowMark> = HashSet::from([RowMark::new(started_at(&counted), "counted")]);
    let has_counted: Arc<dyn Fn(RowMark) -> bool + Send + Sync> = Arc::new(move |row| counted.contains(&row));
    let mut auditor = scene.auditor(RowsRead { has_counted: Some(has_counted), ..RowsRead::default() });
    let logged = Logged::start();
    auditor.round(NOW).await.expect("the books can be read");
    assert_eq!(drift(&scene.pipeline.scrape(), MODEL, "hour"), Some(COST));
    let told = |model| {
        json!({
            "message": "the spend log differs from what was counted", "hour": "2026-11-23T04:00:00Z", "model": model,
            "counted_requests": 1, "rows": 2, "counted_usd": COST, "spend_log_usd": 2.0 * COST, "drift_usd": COST,
            "uncounted_ids": "lost",
        })
    };
    assert_eq!(logged.differences(), [told("(all)"), told(MODEL)]);
    auditor.round(NOW).await.expect("the books can be read");
    assert_eq!(logged.differences().len(), 2, "it is told once");
    scene.pipeline.push(&[lost]);
    auditor.round(NOW).await.expect("the books can be read");
    assert_eq!(drift(&scene.pipeline.scrape(), MODEL, "hour"), Some(0.0), "and read again");
}

/// As the spend log has it.
fn started_at(event: &Value) -> Timestamp {
    let seconds = event["startTime"].as_f64().expect("an event has a start");
    Timestamp::from_secs_f64((seconds * 1e3).round() / 1e3).expect("it is a time")
}

#[tokio::test]
async fn a_request_without_a_row_is_a_drift_below_zero_and_a_failure_without_one_is_none() {
    let scene = Scene::new();
    let failed = event("upstream_500").attempt("failed").later(-HOUR);
    scene.pipeline.push([&failed]);
    let logged = Logged::start();
    let scraped = scene.compared().await;
    let model = failed["model_group"].as_str().expect("it has a model");
    assert_eq!(side(&scraped, model, "hour", "counted"), Some((1.0, 0.0)));
    assert_eq!(side(&scraped, model, "hour", "spend_log"), Some((0.0, 0.0)));
    assert_eq!(logged.differences(), [] as [Value; 0], "another attempt may have made up for it");
    scene.pipeline.push([&of_last_hour("unbooked")]);
    assert_eq!(drift(&scene.compared().await, MODEL, "hour"), Some(-COST));
    assert_eq!(logged.differences().len(), 2, "{:?}", logged.differences());
}

#[tokio::test]
async fn only_what_was_counted_whole_is_compared() {
    let scene = Scene::new();
    scene.happened(&[of_last_hour("a"), of_yesterday("c")]);
    let began = |scraped: &Exposition, period| {
        scraped.value("llm_ledger_period_start_timestamp_seconds", &[("period", period)])
    };
    let catching_up: Arc<dyn Fn() -> Timestamp + Send + Sync> = Arc::new(|| ago(1));
    let mut auditor = scene.auditor(RowsRead { counted_until: Some(catching_up), ..RowsRead::default() });
    auditor.round(NOW).await.expect("the books can be read");
    let scraped = scene.pipeline.scrape();
    assert_eq!(began(&scraped, "hour"), Some(1_795_402_800.0), "03:00: rows of the hour after may be to come");

    let late = Scene { pipeline: Pipeline::new(), ..scene };
    late.pipeline.state.start_counting(ago(2));
    let scraped = late.compared().await;
    assert_eq!((began(&scraped, "hour"), began(&scraped, "day")), (Some(1_795_406_400.0), None));
    let late = Scene { pipeline: Pipeline::new(), ..late };
    late.pipeline.state.start_counting(ago(1));
    assert!(late.compared().await.family("llm_ledger_requests").is_none(), "04:18 is too late");

    let since: Arc<dyn Fn() -> Timestamp + Send + Sync> = Arc::new(|| ago(2));
    let taken_over = Scene { pipeline: Pipeline::new(), ..late };
    taken_over.pipeline.state.start_counting(ago(40));
    let mut auditor = taken_over.auditor(RowsRead { counted_since: Some(since), ..RowsRead::default() });
    auditor.round(NOW).await.expect("the books can be read");
    let scraped = taken_over.pipeline.scrape();
    assert_eq!(began(&scraped, "hour"), Some(1_795_406_400.0), "another replica counted what came before");
}

#[tokio::test]
async fn spends_that_are_no_amounts_add_nothing_and_break_nothing() {
    let scene = Scene::new();
    scene.happened(&[of_last_hour("a")]);
    for (id, spend) in ["NULL", "'NaN'", "-1", "'Infinity'", "'-Infinity'", "1e300"].into_iter().enumerate() {
        scene.server.execute(&format!(
            r#"INSERT INTO "LiteLLM_SpendLogs" (request_id, "startTime", model_group, spend)
               VALUES ('odd-{id}', '2026-11-23 04:30:00', '{MODEL}', {spend})"#
        ));
    }
    let scraped = scene.compared().await;
    assert_eq!(side(&scraped, MODEL, "hour", "spend_log"), Some((7.0, COST)));
}

#[tokio::test]
async fn what_has_no_model_is_other_on_both_sides() {
    let scene = Scene::new();
    let refused = event("auth_bad_key").attempt("refused").later(-HOUR);
    let health_check = of_last_hour("check")
        .with(json!({"model_group": "", "model_id": "", "metadata": {"user_api_key_team_id": "litellm-internal-health-check"}}));
    scene.happened(&[refused, health_check]);
    scene.server.execute(
        r#"UPDATE "LiteLLM_SpendLogs" SET team_id = 'litellm-internal-health-check' WHERE request_id = 'check'"#,
    );
    let scraped = scene.compared().await;
    for by in ["counted", "spend_log"] {
        assert_eq!(side(&scraped, "other", "hour", by), Some((2.0, COST)), "{by}");
    }
    assert_eq!(scraped.samples("llm_ledger_drift_usd").count(), 1);
}

#[tokio::test]
async fn an_older_gateway_has_fewer_columns_and_no_daily_table() {
    let scene = Scene::new();
    scene.server.execute(
        r#"DROP TABLE "LiteLLM_DailyUserSpend";
           ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN status, DROP COLUMN team_id"#,
    );
    scene.pipeline.push([&of_yesterday("c")]);
    scene.server.execute(&format!(
        r#"INSERT INTO "LiteLLM_SpendLogs" (request_id, "startTime", model_group, spend)
           VALUES ('c', '2026-11-22 05:13:54.736', '{MODEL}', {COST})"#
    ));
    let scraped = scene.compared().await;
    assert_eq!(side(&scraped, MODEL, "day", "spend_log"), Some((1.0, COST)));
    assert_eq!(side(&scraped, MODEL, "day", "daily"), None);
}

#[tokio::test]
async fn an_hour_is_the_same_whatever_the_servers_zone_and_whether_times_have_one() {
    let scene = Scene::new();
    scene.happened(&[of_last_hour("a")]);
    scene.server.execute("ALTER ROLE postgres SET timezone = 'America/New_York'");
    let before = scene.compared().await;
    scene.server.execute(
        r#"ALTER TABLE "LiteLLM_SpendLogs" ALTER "startTime" TYPE timestamptz USING "startTime" AT TIME ZONE 'UTC'"#,
    );
    for scraped in [before, scene.compared().await] {
        assert_eq!(side(&scraped, MODEL, "hour", "spend_log"), Some((1.0, COST)));
    }
}

#[tokio::test]
async fn the_tables_may_be_in_a_schema_of_another_name() {
    let scene = Scene::without_tables();
    create_in(&scene.server, "lite llm");
    let event = of_last_hour("a");
    scene.pipeline.push([&event]);
    book_in(&scene.server, "lite llm", &event);
    let url = format!("{}?schema=lite%20llm", scene.server.url());
    scene.auditor_at(&url, RowsRead::default()).round(NOW).await.expect("the books can be read");
    assert_eq!(drift(&scene.pipeline.scrape(), MODEL, "hour"), Some(0.0));
}

#[tokio::test]
async fn what_was_compared_holds_while_the_books_cannot_be_read() {
    let mut scene = Scene::new();
    scene.happened(&[of_last_hour("a")]);
    let mut auditor = scene.auditor(RowsRead::default());
    auditor.round(NOW).await.expect("the books can be read");
    scene.server.stop();
    let error = auditor.round(NOW).await.expect_err("nobody is there").to_string();
    assert_eq!(
        error,
        format!("cannot read the gateway's books: connection refused (127.0.0.1:{})", scene.server.port())
    );
    assert_eq!(drift(&scene.pipeline.scrape(), MODEL, "hour"), Some(0.0));
    scene.server.start_again();
    auditor.round(NOW).await.expect("the books can be read again");
}

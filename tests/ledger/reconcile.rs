//! `llm-exporter reconcile`: what it prints, and how it exits.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use llm_exporter::event::UtcHour;
use serde_json::Value;

use crate::support::events::{Event, array, event};
use crate::support::exporter::Exporter;
use crate::support::ledger_tables::{book, create};
use crate::support::postgres::Postgres;
use crate::support::unprivileged::free_port;

/// Two hours that are over, and the time since the middle of the first.
fn two_hours() -> (UtcHour, UtcHour, Duration) {
    let now = SystemTime::now();
    let end = UtcHour::of(now.into());
    let first = end.plus(-2);
    let middle = u64::try_from(first.beginning().as_micros()).expect("after 1970") + 1_800_000_000;
    let since = now.duration_since(UNIX_EPOCH).expect("after 1970") - Duration::from_micros(middle);
    (first, end, since)
}

/// An exporter and a database of its gateway.
struct Scene {
    server: Postgres,
    exporter: Exporter,
    first: UtcHour,
    end: UtcHour,
    since: Duration,
}

impl Scene {
    fn new() -> Self {
        let (server, exporter) = (Postgres::start(), Exporter::start());
        create(&server);
        let (first, end, since) = two_hours();
        Self { server, exporter, first, end, since }
    }

    /// A success of this model in the first hour, which cost so much.
    fn event(&self, model: &str, usd: f64) -> Event {
        event(model).ended(self.since).with("/response_cost", usd)
    }

    fn book(&self, events: &[Event]) {
        let events: Vec<Value> =
            events.iter().map(|it| serde_json::from_str(&it.json()).expect("it is JSON")).collect();
        book(&self.server, &events);
    }

    fn run(&self) -> Printed {
        let url = format!("http://{}", self.exporter.address());
        let (first, end) = (self.first.to_string(), self.end.to_string());
        reconcile(Some(&self.server), &["--from", &first, "--to", &end, "--url", &url])
    }

    /// What stands above the table.
    fn heading(&self) -> String {
        let told = self.exporter.get("/ledger").json();
        let since = told["counting_since"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let since = UtcHour::at_or_after(since.expect("it counts").into());
        format!(
            "Requests that began from {} to {}\nWhat the exporter counted is not complete before {since}.\n",
            self.first, self.end
        )
    }
}

/// What a run printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Printed {
    code: Option<i32>,
    out: String,
    err: String,
}

fn reconcile(server: Option<&Postgres>, arguments: &[&str]) -> Printed {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("llm-exporter.yml");
    let url = server.map(|server| format!("database: {{url: \"{}\"}}\n", server.url())).unwrap_or_default();
    fs::write(&file, format!("listen: [\"0.0.0.0:{}\"]\n{url}", free_port())).expect("a folder takes a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-exporter"));
    command.arg("reconcile").arg("--config").arg(&file).args(arguments).env_clear();
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Printed { code: status.code(), out: text(stdout), err: text(stderr) }
}

#[test]
fn what_agrees_is_a_table_and_exits_with_0() {
    let scene = Scene::new();
    let events = [scene.event("gpt", 0.25), scene.event("gpt", 1.5), scene.event("a-longer-name", 12.0)];
    scene.exporter.push(array(&events));
    scene.exporter.push(array(&[event("failed").failed().ended(scene.since)]));
    scene.book(&events);
    let table = "\
MODEL          COUNTED  ROWS  DIFFERENCE  COUNTED USD  SPEND LOG USD  DRIFT USD
a-longer-name        1     1           0    12.000000      12.000000   0.000000
failed               1     0          -1     0.000000       0.000000   0.000000
gpt                  2     2           0     1.750000       1.750000   0.000000
TOTAL                4     3          -1    13.750000      13.750000   0.000000
1 of the requests failed and have no row: another attempt made up for them.
The spend log and what was counted agree to the cent.
";
    let expected = Printed { code: Some(0), out: scene.heading() + table, err: String::new() };
    assert_eq!(scene.run(), expected);
}

#[test]
fn what_differs_exits_with_1_and_a_sentence() {
    let scene = Scene::new();
    let (counted, lost) = (scene.event("gpt", 0.25), scene.event("gpt", 0.02));
    scene.exporter.push(array([&counted]));
    scene.book(&[counted, lost]);
    let table = "\
MODEL  COUNTED  ROWS  DIFFERENCE  COUNTED USD  SPEND LOG USD  DRIFT USD
gpt          1     2           1     0.250000       0.270000   0.020000
TOTAL        1     2           1     0.250000       0.270000   0.020000
The numbers of requests differ by more than failed attempts without a row.
";
    let err = "error: the spend log has 0.02 USD more than was counted\n".to_owned();
    assert_eq!(scene.run(), Printed { code: Some(1), out: scene.heading() + table, err });
}

#[test]
fn hours_are_rounded_outwards_and_that_is_said() {
    let scene = Scene::new();
    let url = format!("http://{}", scene.exporter.address());
    let printed = reconcile(
        Some(&scene.server),
        &["--from", "2026-11-20T10:59:59+01:00", "--to", "2026-11-20T10:00:01Z", "--url", &url],
    );
    let heading = "Requests that began from 2026-11-20T09:00:00Z to 2026-11-20T11:00:00Z (rounded to whole hours)\n";
    assert!(printed.out.starts_with(heading) && printed.code == Some(0), "{printed:?}");
}

#[test]
fn what_cannot_be_asked_is_named() {
    let server = Postgres::start();
    let exporter = Exporter::start();
    let url = format!("http://{}", exporter.address());
    let range = ["--from", "2026-11-20", "--to", "2026-11-21"];
    let with_url = |url: &str, server| reconcile(server, &[&range[..], &["--url", url]].concat());
    let port = free_port();
    let gone = with_url(&format!("http://127.0.0.1:{port}"), Some(&server));
    let nobody = reconcile(Some(&server), &range);
    let backwards = reconcile(Some(&server), &["--from", "2026-11-21", "--to", "2026-11-20"]);
    let long = reconcile(Some(&server), &["--from", "2026-01-01", "--to", "2026-11-20"]);
    for (printed, words) in [
        (&gone, format!("cannot ask the exporter at 127.0.0.1:{port} what it counted; --url says where it is: ")),
        (&nobody, "cannot ask the exporter at 127.0.0.1:".to_owned()),
        (&with_url(&format!("{url}/health"), Some(&server)), "answered 404 Not Found when it was asked".to_owned()),
        (&with_url(&url, None), "there is no spend log to read: set database.url, or DATABASE_URL\n".to_owned()),
        (&with_url(&url, Some(&server)), "there is no table \"public\".\"LiteLLM_SpendLogs\"".to_owned()),
        (&backwards, "--from must be before --to\n".to_owned()),
        (&long, "are more than 40 days".to_owned()),
    ] {
        assert!(printed.err.contains(&words), "{words}: {printed:?}");
        assert_eq!((printed.code, printed.out.as_str()), (Some(1), ""), "{printed:?}");
    }
    assert_eq!(reconcile(None, &["--from", "soon", "--to", "2026-11-20"]).code, Some(2));
}

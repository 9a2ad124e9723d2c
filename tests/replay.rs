//! `replay` against a server that keeps what it gets and answers as it is told.

use std::{
    collections::VecDeque,
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};

const TAKEN: &str = r#"{"accepted":2,"duplicates":1,"rejected":1}"#;

/// One request as the server saw it.
#[derive(Debug, PartialEq)]
struct Seen {
    token: Option<String>,
    body: String,
}

/// An answer that is given before all others are [`TAKEN`].
struct Scripted {
    status: u16,
    retry_after: Option<&'static str>,
    body: &'static str,
}

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Scripted>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    fn answer(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let token = request.headers().get("authorization");
        self.seen.lock().expect("no panic").push(Seen {
            token: token.map(|token| token.to_str().expect("text").to_owned()),
            body: String::from_utf8_lossy(body).into_owned(),
        });
        let Some(scripted) = self.answers.lock().expect("no panic").pop_front() else {
            return HttpResponse::Ok().body(TAKEN);
        };
        let status = StatusCode::from_u16(scripted.status).expect("a status");
        let mut answer = HttpResponse::build(status);
        if let Some(seconds) = scripted.retry_after {
            answer.insert_header(("retry-after", seconds));
        }
        answer.body(scripted.body)
    }
}

/// A server that runs until the test's process ends.
struct Exporter {
    script: Arc<Script>,
    url: String,
}

impl Exporter {
    fn start(answers: impl IntoIterator<Item = Scripted>) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/ingest/litellm", listener.local_addr().expect("bound"));
        let (started, wait) = mpsc::channel();
        let served = web::Data::from(Arc::clone(&script));
        thread::spawn(move || {
            let server = HttpServer::new(move || {
                let answer = |request: HttpRequest, body: web::Bytes, script: web::Data<Script>| async move {
                    script.answer(&request, &body)
                };
                let limit = web::PayloadConfig::new(64 << 20);
                App::new().app_data(limit).app_data(served.clone()).route("/ingest/litellm", web::post().to(answer))
            });
            let server = server.workers(1).listen(listener).expect("listening").run();
            started.send(()).expect("the test waits");
            actix_web::rt::System::new().block_on(server)
        });
        wait.recv().expect("the server starts");
        Self { script, url }
    }

    fn replay(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
            .args(["replay", "--url", &self.url])
            .args(args)
            .env_clear()
            // Would catch loopback if the client asked the environment.
            .env("http_proxy", "http://127.0.0.1:9")
            .output()
            .expect("the program starts")
    }

    fn bodies(&self) -> Vec<String> {
        let seen = self.script.seen.lock().expect("no panic");
        seen.iter().map(|seen| seen.body.clone()).collect()
    }
}

fn write(directory: &Path, name: &str, content: &str) -> String {
    let path = directory.join(name);
    fs::write(&path, content).expect("a write");
    path.to_str().expect("text").to_owned()
}

/// The summary without its line of times.
fn counts(output: &Output) -> Vec<String> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines = stdout.lines().filter(|line| !line.starts_with("events"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn files_are_sent_as_they_are_and_their_answers_summed() {
    let (exporter, files) = (Exporter::start([]), tempfile::tempdir().expect("a directory"));
    let array = write(files.path(), "array.json", "[{\"id\":1}]\n");
    let lines = write(files.path(), "lines.ndjson", "{\"id\":2}\n{\"id\":3}\n");

    let output = exporter.replay(&[&array, &lines]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(counts(&output), ["files 2", "bodies 2", "accepted 4", "duplicates 2", "rejected 2"]);
    assert_eq!(exporter.bodies(), ["[{\"id\":1}]\n", "{\"id\":2}\n{\"id\":3}\n"]);
    assert_eq!(stderr(&output), "", "no progress bar outside a terminal");
}

#[test]
fn a_batch_cuts_a_file_and_the_token_goes_with_each_body() {
    let (exporter, files) = (Exporter::start([]), tempfile::tempdir().expect("a directory"));
    let lines = write(files.path(), "lines.ndjson", "1\n2\n3\n");
    let token = write(files.path(), "token", "s3cr3t\n");

    let output = exporter.replay(&["--batch", "2", "--token-file", &token, &lines]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let token = Some("Bearer s3cr3t".to_owned());
    assert_eq!(
        *exporter.script.seen.lock().expect("no panic"),
        ["1\n2\n", "3\n"].map(|body| Seen { token: token.clone(), body: body.into() })
    );
}

#[test]
fn a_busy_exporter_is_asked_again_when_it_says() {
    let busy = || Scripted { status: 503, retry_after: Some("0"), body: "busy" };
    let (exporter, files) = (Exporter::start([busy(), busy()]), tempfile::tempdir().expect("a directory"));
    let file = write(files.path(), "one.json", "{}");

    let output = exporter.replay(&[&file]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(exporter.bodies(), ["{}", "{}", "{}"]);
    assert_eq!(counts(&output)[1], "bodies 1");
}

#[test]
fn an_exporter_that_stays_busy_is_given_up() {
    let busy = || Scripted { status: 503, retry_after: Some("0"), body: "busy" };
    let exporter = Exporter::start(std::iter::repeat_with(busy).take(50));
    let files = tempfile::tempdir().expect("a directory");
    let file = write(files.path(), "one.json", "{}");

    let output = exporter.replay(&[&file]);

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(exporter.bodies().len(), 10);
    assert!(stderr(&output).contains("one.json: the exporter was busy 10 times in a row"), "{}", stderr(&output));
}

#[test]
fn a_refused_file_is_told_with_the_answer_and_the_others_are_sent() {
    let refusal = Scripted { status: 400, retry_after: None, body: "not JSON: line 1 column 1" };
    let (exporter, files) = (Exporter::start([refusal]), tempfile::tempdir().expect("a directory"));
    let broken = write(files.path(), "broken.json", "oops");
    let good = write(files.path(), "good.json", "{}");

    let output = exporter.replay(&[&broken, &good, "nowhere.json"]);

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(counts(&output)[0], "files 1");
    for expected in [
        "broken.json: the exporter answered 400 Bad Request: not JSON: line 1 column 1\n",
        "nowhere.json: cannot read the file: No such file or directory (os error 2)\n",
        "error: 2 of 3 files could not be sent\n",
    ] {
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn who_answers_otherwise_is_no_exporter() {
    let page = Scripted { status: 200, retry_after: None, body: "<html>" };
    let (exporter, files) = (Exporter::start([page]), tempfile::tempdir().expect("a directory"));
    let file = write(files.path(), "one.json", "{}");

    let output = exporter.replay(&[&file]);

    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the answer is not that of an exporter: <html>"), "{}", stderr(&output));
}

#[test]
fn an_exporter_that_is_not_there_is_told_without_the_password_in_its_url() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let output = Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
        .args(["replay", "llm-exporter.example.yml", "--url"])
        .arg(format!("http://user:s3cr3t@{address}/ingest/litellm"))
        .output()
        .expect("the program starts");

    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("cannot reach the exporter"), "{errors}");
    assert!(errors.contains("Connection refused"), "{errors}");
    assert!(!errors.contains("s3cr3t"), "{errors}");
}

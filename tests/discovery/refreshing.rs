//! Lists that change, fail and come back.

use std::cell::RefCell;
use std::future::Ready;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use llm_exporter::discovery::{Discovery, Environment, Refreshed, SourceStatus};
use llm_exporter::event::Timestamp;
use llm_exporter::state::ListSource;

use super::fixtures::{Folder, Told as _, captured_answer, ids, key, own};

type NoGateway = fn() -> Ready<Result<Vec<u8>, String>>;

fn env(pairs: &'static [(&'static str, &'static str)]) -> Environment {
    Arc::new(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

fn answer(ids: &[&str]) -> Result<Vec<u8>, String> {
    let entry = |id: &&str| {
        format!(r#"{{"model_name":"m","litellm_params":{{"model":"openai/m"}},"model_info":{{"id":"{id}"}}}}"#)
    };
    let entries: Vec<_> = ids.iter().map(entry).collect();
    Ok(format!(r#"{{"data":[{}]}}"#, entries.join(",")).into_bytes())
}

fn status(refreshed: &Refreshed, source: ListSource) -> &SourceStatus {
    refreshed.sources.iter().find(|status| status.source == source).expect("a source that is configured")
}

/// Refreshes once for each answer of the gateway.
fn after_each(answers: Vec<Result<Vec<u8>, String>>) -> Vec<Refreshed> {
    let count = answers.len();
    let answers = RefCell::new(answers.into_iter());
    let fetch = async || answers.borrow_mut().next().expect("one refresh for each answer");
    let mut discovery = Discovery::new(Some(fetch), None, Vec::new(), env(&[]));
    run(async {
        let mut refreshed = Vec::new();
        for _ in 0..count {
            refreshed.push(discovery.refresh().await);
        }
        refreshed
    })
}

#[test]
fn what_the_gateway_no_longer_lists_is_gone() {
    let found = after_each(vec![answer(&["1", "2"]), answer(&["2"]), answer(&[])]);
    let rosters: Vec<_> = found.iter().map(|refreshed| ids(&refreshed.roster)).collect();
    assert_eq!(rosters, [vec!["1", "2"], vec!["2"], vec![]], "no models are a list too");
    assert!(found.iter().all(|refreshed| refreshed.sources[0].is_up()));
}

#[test]
fn a_gateway_that_fails_keeps_its_last_list_and_says_so() {
    let found = after_each(vec![
        answer(&["1", "2"]),
        Err("connecting to the gateway: refused; api_key=sk-secret-secret".into()),
        Ok(b"<html>Bad gateway</html>".to_vec()),
        answer(&["3"]),
    ]);
    let first = status(&found[0], ListSource::Gateway);
    assert_eq!((first.error.as_deref(), first.deployments), (None, 2));
    for down in &found[1..3] {
        assert_eq!(ids(&down.roster), ["1", "2"]);
        let status = status(down, ListSource::Gateway);
        assert_eq!((status.last_success_at, status.deployments), (first.last_success_at, 2));
    }
    let error = |place: usize| status(&found[place], ListSource::Gateway).error.clone().expect("it is down");
    assert_eq!(error(1), "connecting to the gateway: refused; api_key=***");
    assert_eq!(error(2), "the gateway's answer to /model/info is not JSON, or ends too early");
    assert_eq!(ids(&found[3].roster), ["3"]);
    assert!(status(&found[3], ListSource::Gateway).last_success_at > first.last_success_at);
}

#[test]
fn a_gateway_that_never_answered_decides_nothing() {
    let folder = Folder::new();
    let text = "model_list: [{model_name: m, litellm_params: {model: openai/m}, model_info: {id: of-file}}]";
    let config = folder.write("config.yaml", text);
    let fetch = async || Err("down".to_owned());
    let mut discovery = Discovery::new(Some(fetch), Some(config), vec![own("mine")], env(&[]));
    let found = run(discovery.refresh());
    assert_eq!(found.roster.deployments.len(), 2, "{found:?}");
    let gateway = status(&found, ListSource::Gateway);
    assert_eq!((gateway.last_success_at, gateway.deployments, gateway.is_up()), (None, 0, false));
    let of_others = [ListSource::ConfigFile, ListSource::OwnModels].map(|source| status(&found, source).deployments);
    assert_eq!(of_others, [1, 1]);
}

#[test]
fn a_list_is_as_old_as_its_request() {
    let folder = Folder::new();
    let asked = RefCell::new(None);
    let fetch = async || {
        *asked.borrow_mut() = Some(Timestamp::from(SystemTime::now()));
        while Timestamp::from(SystemTime::now()) <= asked.borrow().expect("it was just set") {
            tokio::task::yield_now().await;
        }
        Ok(captured_answer())
    };
    let mut discovery = Discovery::new(Some(fetch), Some(folder.path("gone")), Vec::new(), env(&[]));
    let found = run(discovery.refresh());
    let at = status(&found, ListSource::Gateway).last_success_at.expect("a list");
    assert!(at <= asked.borrow().expect("it was asked"), "the moment before the answer counts");
}

#[test]
fn the_configuration_file_is_read_again_each_time() {
    let folder = Folder::new();
    let entry = |id: &str| {
        format!(
            "model_list: [{{model_name: m, litellm_params: {{model: openai/m, api_key: os.environ/KEY}}, model_info: {{id: {id}}}}}]"
        )
    };
    let config = folder.write("config.yaml", &entry("one"));
    let mut discovery = Discovery::<NoGateway>::new(None, Some(config.clone()), Vec::new(), env(&[("KEY", "sk-1")]));
    let first = run(discovery.refresh());
    assert_eq!((ids(&first.roster), key(&first.roster.deployments[0])), (vec!["one"], Some("sk-1")));
    folder.write("config.yaml", &entry("two"));
    assert_eq!(ids(&run(discovery.refresh()).roster), ["two"]);
    folder.write("config.yaml", "model_list: {");
    let broken = run(discovery.refresh());
    assert_eq!(ids(&broken.roster), ["two"], "the last list stays");
    assert!(!status(&broken, ListSource::ConfigFile).is_up());
    std::fs::remove_file(config).expect("it is there");
    let gone = run(discovery.refresh());
    assert_eq!(ids(&gone.roster), ["two"]);
    let error = status(&gone, ListSource::ConfigFile).error.clone().expect("it is gone");
    assert!(error.ends_with("cannot be read: No such file or directory (os error 2)"), "{error}");
}

#[test]
fn only_what_is_configured_has_a_status() {
    let mut nothing = Discovery::<NoGateway>::new(None, None, Vec::new(), env(&[]));
    assert_eq!(run(nothing.refresh()), Refreshed { roster: Default::default(), sources: Vec::new() });
    let mut own_alone = Discovery::<NoGateway>::new(None, None, vec![own("a").with_key("k")], env(&[]));
    let found = run(own_alone.refresh());
    let names: Vec<_> = found.sources.iter().map(|status| status.source.as_str()).collect();
    assert_eq!(names, ["models"]);
    assert_eq!(key(&found.roster.deployments[0]), Some("k"));
}

#[test]
fn refreshing_can_be_a_task_of_its_own() {
    let client = Arc::new(captured_answer());
    let fetch = move || {
        let client = client.clone();
        async move { Ok::<_, String>(client.to_vec()) }
    };
    let mut discovery = Discovery::new(Some(fetch), None, Vec::new(), env(&[]));
    let found =
        run(async move { tokio::spawn(async move { discovery.refresh().await }).await.expect("it does not panic") });
    assert_eq!(found.roster.deployments.len(), 4);
}

/// What is logged while `run` runs.
fn logged(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics with it").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, run);
    let bytes = log.0.lock().expect("nobody panics with it").clone();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn what_is_strange_is_logged_once() {
    let folder = Folder::new();
    let text = "model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: os.environ/M_API_KEY}}]";
    let config = folder.write("config.yaml", text);
    let log = logged(|| {
        let answers =
            RefCell::new(vec![Err("refused".to_owned()), Err("refused".to_owned()), answer(&["1"])].into_iter());
        let fetch = async || answers.borrow_mut().next().expect("three refreshes");
        let mut discovery = Discovery::new(Some(fetch), Some(config), Vec::new(), env(&[]));
        for _ in 0..3 {
            run(discovery.refresh());
        }
    });
    let count = |words: &str| log.matches(words).count();
    assert_eq!(count("refers to it: M_API_KEY"), 1, "{log}");
    assert_eq!(count("the list of models cannot be read; the last one stays"), 1, "{log}");
    assert_eq!(count("the list of models can be read again"), 1, "{log}");
}

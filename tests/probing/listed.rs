//! Which deployments there are: from lists in files, before any request, and after the file changes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::scene::{KEY, Scene, counted, endpoint, endpoints, everything_shown, holds_for, wait_for};
use crate::support::deadline::PATIENCE;
use crate::support::events::event;
use crate::support::exporter::Launch;
use crate::support::provider::{Behaviour, Provider};

/// A turn comes only long after the test.
const PATIENT: &str = "\
probes: {interval: 4m, timeout: 1s, max_backoff: 4m}
health: {freshness: 1s, stale_after: 5m}
";

#[test]
fn a_listed_deployment_is_shown_as_unknown_before_anything_is_learnt_of_it() {
    let provider = Provider::start();
    // Each has its first turn at another time within ten seconds: of so many some are still to come.
    let scene = (0..20).fold(Scene::with(PATIENT), |scene, n| scene.model(&format!("model-{n}"), &provider.api_base()));
    let exporter = scene.start();
    exporter.wait_until("all are listed", PATIENCE, |exporter| endpoints(exporter).len() == 20);
    let of_unknown = endpoints(&exporter).into_iter().find(|endpoint| endpoint["status"] == "unknown");
    let of_unknown = of_unknown.expect("not all have been probed at once");
    assert_eq!(of_unknown["api_base"], provider.api_base());
    assert_eq!(
        (&of_unknown["reason"], &of_unknown["last_check"], &of_unknown["last_error"]),
        (&json!("no_evidence"), &json!(null), &json!(null)),
    );
    assert_eq!(exporter.get("/health").status, 200, "what is unknown speaks not against the gateway");
    let metrics = exporter.metrics();
    assert_eq!(metrics.value("llm_router_models", &[]), Some(20.0));
    assert_eq!(metrics.value("llm_router_initialized", &[]), Some(1.0));
    assert_eq!(metrics.samples("llm_deployment_info").count(), 20);
}

#[test]
fn own_models_become_healthy_by_their_providers_list_and_nothing_is_billed() {
    let provider = Provider::start();
    let exporter = Scene::quick().model("gpt", &provider.api_base()).start();
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!((&shown["reason"], &shown["deployment"]), (&json!("reachable"), &json!("dep-gpt")));
    assert!(counted(&exporter, "llm_probes_total", "gpt", &[("level", "models")]) >= 1.0);
    assert_eq!(counted(&exporter, "llm_probes_total", "gpt", &[("level", "connect")]), 0.0);
    let asked = provider.last("GET /v1/models").expect("it was asked");
    assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {KEY}")));
    assert_eq!((provider.billed_requests(), provider.all_requests()), (0, provider.requests("GET /v1/models")));
    assert_eq!(exporter.metrics().sum("llm_requests_total", &[]), 0.0, "a probe is no request");
}

#[test]
fn a_provider_without_a_list_is_healthy_by_its_connection() {
    let provider = Provider::start();
    provider.behave(Behaviour::NoModels);
    let exporter = Scene::quick().model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    assert!(counted(&exporter, "llm_probes_total", "gpt", &[("level", "connect")]) >= 1.0);
    assert_eq!(counted(&exporter, "llm_probe_failures_total", "gpt", &[]), 0.0);
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn the_gateways_file_of_models_is_enough_with_keys_from_the_environment() {
    let provider = Provider::start();
    let gateway = GatewayFile::new(&[("gpt", &provider.api_base())]);
    let exporter = gateway.launch().environment("PROVIDER_KEY", KEY).start();
    wait_for(&exporter, "gpt", "healthy");
    let asked = provider.last("GET /v1/models").expect("it was asked");
    assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {KEY}")));
    assert!(!everything_shown(&exporter).contains(KEY));
    assert_eq!(exporter.metrics().value("llm_models_list_up", &[("source", "config_file")]), Some(1.0));
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn what_the_file_no_longer_names_leaves_all_views_and_what_it_names_anew_comes() {
    let provider = Provider::start();
    let gateway = GatewayFile::new(&[("stays", &provider.api_base()), ("goes", &provider.api_base())]);
    let exporter = gateway.launch().environment("PROVIDER_KEY", KEY).start();
    let gone = wait_for(&exporter, "goes", "healthy")["deployment"].as_str().expect("an id").to_owned();
    exporter.push(event("goes").on(&gone).ended(Duration::from_secs(2)).json());
    exporter.wait_until("the request counts", PATIENCE, |exporter| {
        counted(exporter, "llm_requests_total", "goes", &[]) == 1.0
    });

    // What nobody was told of is no news when it goes.
    exporter.wait_until("its verdict is told", PATIENCE, |exporter| exporter.log().contains("model=\"goes\""));

    gateway.write(&[("stays", &provider.api_base()), ("comes", &provider.api_base())]);
    exporter.wait_until("it left", PATIENCE, |exporter| endpoint(exporter, "goes").is_none());
    wait_for(&exporter, "comes", "healthy");
    assert_eq!(exporter.get("/health/models?model=goes").status, 404);
    assert!(!exporter.get("/health").text().contains("\"goes\""));
    let metrics = exporter.metrics();
    for gauge in ["llm_deployment_health", "llm_deployment_info", "llm_model_up"] {
        assert_eq!(metrics.samples(gauge).filter(|sample| sample.labels.get("model") == "goes").count(), 0, "{gauge}");
    }
    assert_eq!(metrics.value("llm_router_models", &[]), Some(2.0));
    assert_eq!(metrics.sum("llm_requests_total", &[("model", "goes")]), 1.0, "counters stay");
    let asked = counted(&exporter, "llm_probes_total", "goes", &[]);
    wait_for(&exporter, "stays", "healthy");
    assert!(
        holds_for(Duration::from_secs(1), || counted(&exporter, "llm_probes_total", "goes", &[]) <= asked + 1.0),
        "it is probed no more"
    );
    assert_eq!(exporter.log().matches("a deployment is no longer shown").count(), 1, "{}", exporter.log());
}

#[test]
fn a_corrected_address_is_asked_soon_however_long_the_pause_was() {
    let (down, well) = (Provider::start(), Provider::start());
    down.behave(Behaviour::Status(500));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config.yaml");
    let write = |provider: &Provider| {
        let entry = "model_list:\n  - model_name: gpt\n    model_info: {id: the-same}\n    litellm_params:\n      \
                     model: openai/gpt\n      api_key: a-key\n      api_base: ";
        std::fs::write(&file, format!("{entry}{}\n", provider.api_base())).expect("a temporary folder takes a file");
    };
    write(&down);
    let settings = format!(
        "probes: {{interval: 4m, confirm_after: 100ms}}\ngateway: {{config_file: {}, models_interval: 300ms}}\n",
        file.display()
    );
    let exporter = Scene::with(&settings).start();
    wait_for(&exporter, "gpt", "unhealthy");
    write(&well);
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!((&shown["deployment"], &shown["api_base"]), (&json!("the-same"), &json!(well.api_base())));
}

#[test]
fn a_file_that_breaks_keeps_the_last_list_and_says_so() {
    let provider = Provider::start();
    let gateway = GatewayFile::new(&[("gpt", &provider.api_base())]);
    let exporter = gateway.launch().environment("PROVIDER_KEY", KEY).start();
    wait_for(&exporter, "gpt", "healthy");
    std::fs::write(gateway.file(), "model_list: [").expect("a temporary folder takes a file");
    exporter.wait_until("the list is down", PATIENCE, |exporter| {
        exporter.metrics().value("llm_models_list_up", &[("source", "config_file")]) == Some(0.0)
    });
    wait_for(&exporter, "gpt", "healthy");
    let lists = exporter.get("/health/services").json()["router"]["lists"].clone();
    assert_eq!((&lists[0]["source"], &lists[0]["status"]), (&json!("config_file"), &json!("down")), "{lists}");
    assert!(lists[0]["error"].is_string(), "{lists}");
}

/// LiteLLM's `config.yaml`, which may change.
pub(crate) struct GatewayFile {
    folder: tempfile::TempDir,
}

impl GatewayFile {
    pub(crate) fn new(models: &[(&str, &str)]) -> Self {
        let gateway = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        gateway.write(models);
        gateway
    }

    /// Names these models at these addresses, each with the key that is in the environment.
    fn write(&self, models: &[(&str, &str)]) {
        let entry = |(name, api_base): &(&str, &str)| {
            format!(
                "  - model_name: \"{name}\"\n    litellm_params:\n      model: \"openai/{name}\"\n      \
                 api_base: {api_base}\n      api_key: os.environ/PROVIDER_KEY\n"
            )
        };
        let list: String = models.iter().map(entry).collect();
        // Readers see the old file or the new one.
        let new = self.folder.path().join("new.yaml");
        std::fs::write(&new, format!("model_list:\n{list}")).expect("a temporary folder takes a file");
        std::fs::rename(new, self.file()).expect("a file takes another name");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.yaml")
    }

    /// An exporter that reads it again and again.
    pub(crate) fn launch(&self) -> Launch {
        let file: &Path = &self.file();
        let settings = crate::scene::QUICK;
        Launch::default()
            .config(&format!("{settings}gateway: {{config_file: {}, models_interval: 300ms}}\n", file.display()))
    }
}

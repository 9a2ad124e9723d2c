//! `deploy/`: what can be checked of it without an engine for containers, and what a real Prometheus makes of it.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::demo::Demo;
use support::prometheus::Prometheus;

const COMPOSE: [&str; 2] = ["deploy/compose.yml", "deploy/compose.litellm.yml"];
const PROVISIONED: [&str; 2] =
    ["deploy/grafana/provisioning/datasources/prometheus.yml", "deploy/grafana/provisioning/dashboards/llm.yml"];
const PROMETHEUS: &str = "deploy/prometheus.yml";
const DASHBOARDS: [&str; 4] = ["overview", "models", "cost", "exporter"];

/// A YAML file of the repository.
fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file = config::File::from_str(&text, config::FileFormat::Yaml);
    let read = config::Config::builder().add_source(file).build().and_then(config::Config::try_deserialize);
    read.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn services(path: &str) -> Vec<(String, Value)> {
    let file = yaml(path);
    let services = file["services"].as_object().expect("a compose file has services");
    services.iter().map(|(name, service)| (name.clone(), service.clone())).collect()
}

/// What stands in a list of texts.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The folders and files of the repository that a service sees, and where.
fn mounted(service: &Value) -> Vec<(PathBuf, String)> {
    let mounts = texts(&service["volumes"]).into_iter().map(|mount| mount.split(':').collect::<Vec<_>>());
    let of_repository = mounts.filter(|parts| parts[0].starts_with('.'));
    of_repository.map(|parts| (Path::new("deploy").join(parts[0]), parts[1].to_owned())).collect()
}

#[test]
fn everything_that_is_mounted_or_built_is_there() {
    for path in COMPOSE {
        for (name, service) in services(path) {
            for (source, _) in mounted(&service) {
                assert!(source.exists(), "{path}: {name} mounts {}", source.display());
            }
            if let Some(file) = service["build"]["dockerfile"].as_str() {
                assert!(Path::new(file).exists(), "{path}: {name} is built from {file}");
            }
        }
    }
}

#[test]
fn every_image_of_others_has_a_version() {
    for path in COMPOSE {
        for (name, service) in services(path) {
            let image = service["image"].as_str().expect("each service has an image");
            let (_, version) = image.split_once(':').unwrap_or((image, ""));
            let is_pinned = version.split('.').filter(|part| part.chars().any(|c| c.is_ascii_digit())).count() == 3;
            assert!(is_pinned || service["build"].is_object(), "{path}: {name} is {image}");
        }
    }
}

#[test]
fn the_services_of_the_demo_find_one_another() {
    let services = services(COMPOSE[0]);
    let names: BTreeSet<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["alertmanager", "exporter", "grafana", "prometheus"]));
    for path in PROVISIONED.iter().chain([&PROMETHEUS]) {
        let text = fs::read_to_string(path).expect("it is there");
        for word in text.split(['"', ' ', '\n', '/']).filter(|word| word.contains(":9") || word.contains(":4")) {
            let (host, port) = word.split_once(':').expect("it has one");
            assert!(port.parse::<u16>().is_ok() && names.contains(host), "{path}: {word}");
        }
    }
}

#[test]
fn the_demo_is_what_the_exporter_runs_and_no_port_is_open_to_others() {
    for (name, service) in services(COMPOSE[0]) {
        assert!(texts(&service["ports"]).iter().all(|port| port.starts_with("127.0.0.1:")), "{name}");
        if name == "exporter" {
            assert_eq!(texts(&service["command"]), ["demo"]);
        }
    }
}

#[test]
fn grafana_finds_its_provisioning_and_all_dashboards() {
    let services = services(COMPOSE[0]);
    let (_, grafana) = services.iter().find(|(name, _)| name == "grafana").expect("there is one");
    let mounted = mounted(grafana);
    let seen_as = |path: &str| mounted.iter().find(|(_, inside)| inside == path).map(|(source, _)| source.clone());
    assert_eq!(seen_as("/etc/grafana/provisioning").expect("mounted").file_name().expect("a name"), "provisioning");
    let [datasources, dashboards] = PROVISIONED.map(yaml);
    assert_eq!(datasources["datasources"][0]["type"], "prometheus");
    let folder = dashboards["providers"][0]["options"]["path"].as_str().expect("a folder");
    let folder = seen_as(folder).expect("the folder of the dashboards is mounted where they are looked for");
    for name in DASHBOARDS {
        assert!(folder.join(name).with_extension("json").exists(), "{name}");
    }
    let home = grafana["environment"].as_object().expect("settings");
    let home = home.iter().find(|(name, _)| name.to_uppercase() == "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
    let home = home.and_then(|(_, path)| path.as_str()).expect("there is a first page");
    let name = Path::new(home).file_stem().and_then(|name| name.to_str()).expect("it is a file");
    assert!(DASHBOARDS.contains(&name), "{home}");
}

#[test]
fn promtool_takes_the_configuration_and_its_rules() {
    let output = Command::new("promtool").args(["check", "config", PROMETHEUS]).output();
    let output = output.expect("this test needs `promtool`: run tests/run, which installs it");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("rules found").count(), 3, "{said}");
}

#[test]
fn a_real_prometheus_scrapes_the_demo_by_it_and_evaluates_its_rules() {
    let exporter = Demo::start();
    let here = std::env::current_dir().expect("there is a folder");
    let file = fs::read_to_string(PROMETHEUS).expect("it is there");
    let file = file
        .replace("exporter:4000", &exporter.address().to_string())
        .replace("../alerts", &here.join("alerts").to_string_lossy())
        .replace("_interval: 15s", "_interval: 2s")
        .replace("alertmanager:9093", "127.0.0.1:9");
    let prometheus = Prometheus::with(&file);
    prometheus.wait_for("llm_exporter_build_info{job=\"llm-exporter\", traffic=\"simulated\"}");
    prometheus.wait_for("count(count by (model) (llm_requests_total{job=\"llm-exporter\"})) > 5");
    prometheus.wait_for("sum(job:llm_requests:rate5m{job=\"llm-exporter\"})");
    prometheus.wait_for("ALERTS{alertname=\"LLMDeadMansSwitch\", alertstate=\"firing\"}");
}

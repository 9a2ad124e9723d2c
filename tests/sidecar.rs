//! An exporter beside a LiteLLM proxy, with the proxy's environment and no configuration file.

mod support;

use serde_json::Value;

use support::deadline::PATIENCE;
use support::exporter::{Exporter, Launch};
use support::gateway::{Gateway, MASTER_KEY, VERSION};
use support::postgres::Postgres;
use support::provider::Provider;
use support::redis::Redis;

const PASSWORD: &str = "pa55word-of-the-proxy";
/// Where the captured list says that its providers are.
const CAPTURED: &str = "http://127.0.0.1:18080";

fn models_at(provider: &Provider) -> String {
    include_str!("data/rest/model_info.json").replace(CAPTURED, &provider.url())
}

fn assert_all_connected(exporter: &Exporter) {
    exporter.wait_until("all are connected", PATIENCE, |exporter| {
        let services = exporter.get("/health/services").json();
        ["database", "redis", "gateway"].iter().all(|name| services[name]["status"] == "connected")
    });
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_dependency_up", &[]), 3.0);
    let health = exporter.get("/health").json();
    assert_eq!((&health["db"], &health["redis"]), (&Value::from("connected"), &Value::from("connected")));
}

#[test]
fn the_environment_of_the_proxy_is_all_it_needs() {
    let (database, redis) = (Postgres::with_password(PASSWORD), Redis::with_password(PASSWORD));
    let provider = Provider::start();
    let gateway = Gateway::listing(&models_at(&provider));
    let exporter = Launch::default()
        .environment("DATABASE_URL", &database.url())
        .environment("REDIS_URL", &redis.url())
        .environment("LITELLM_PROXY_URL", &gateway.url())
        .environment("LITELLM_MASTER_KEY", MASTER_KEY)
        .start();
    assert_all_connected(&exporter);
    // Their first turns are within ten seconds, and not all at once.
    exporter.wait_until("deployments are known, and the first is well", PATIENCE, |exporter| {
        let (status, json) = (exporter.get("/health").status, exporter.get("/health").json());
        let count = |name: &str| json[name].as_u64().unwrap_or_default();
        status == 200 && count("healthy_count") > 0 && count("healthy_count") + count("unknown_count") == 4
    });
    exporter.wait_until("it is ready", PATIENCE, |exporter| exporter.get("/health/readiness").status == 200);
    assert_eq!(exporter.get("/health").json()["litellm_version"], VERSION);
    assert_eq!(provider.billed_requests(), 0, "nobody allowed it to spend anything");
    gateway.assert_nothing_billed();
    for secret in [PASSWORD, MASTER_KEY] {
        for path in ["/health", "/health/services", "/health/models?debug=true", "/metrics"] {
            assert!(!exporter.get(path).text().contains(secret), "{path}");
        }
        assert!(!exporter.log().contains(secret), "{}", exporter.log());
    }
}

#[test]
fn parts_of_addresses_and_the_port_of_the_proxy_do_as_well() {
    let (database, redis) = (Postgres::with_password(PASSWORD), Redis::with_password(PASSWORD));
    let gateway = Gateway::listing(r#"{"data": []}"#);
    let exporter = Launch::default()
        .environment("DATABASE_HOST", &format!("127.0.0.1:{}", database.port()))
        .environment("DATABASE_USERNAME", support::postgres::USER)
        .environment("DATABASE_PASSWORD", PASSWORD)
        .environment("DATABASE_NAME", "postgres")
        .environment("REDIS_HOST", "127.0.0.1")
        .environment("REDIS_PORT", &redis.port().to_string())
        .environment("REDIS_PASSWORD", PASSWORD)
        .environment("PORT", &gateway.port().to_string())
        .environment("LITELLM_MASTER_KEY", MASTER_KEY)
        .start();
    assert_all_connected(&exporter);
    assert_eq!(gateway.requests("GET /health"), 0);
    gateway.assert_nothing_billed();
}

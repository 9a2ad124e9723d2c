//! Names that stand for many models.

use std::time::Duration;

use crate::listed::GatewayFile;
use crate::scene::{KEY, endpoint, holds_for, wait_for};
use crate::support::deadline::PATIENCE;
use crate::support::provider::Provider;

#[test]
fn a_wildcard_is_listed_and_never_probed() {
    let (asked, of_wildcard) = (Provider::start(), Provider::start());
    let gateway = GatewayFile::new(&[("gpt", &asked.api_base()), ("openai/*", &of_wildcard.api_base())]);
    let exporter = gateway.launch().environment("PROVIDER_KEY", KEY).start();
    wait_for(&exporter, "gpt", "healthy");
    wait_for(&exporter, "openai/*", "unknown");
    let skipped = [("model", "openai/*"), ("reason", "not_probeable")];
    exporter.wait_until("its turns are counted", PATIENCE, |exporter| {
        exporter.metrics().sum("llm_probes_skipped_total", &skipped) >= 3.0
    });
    assert_eq!(of_wildcard.connections(), 0);
    assert_eq!(exporter.get("/health/models?model=openai/*").status, 200, "nothing is known against it");
    assert!(
        holds_for(Duration::from_secs(1), || endpoint(&exporter, "openai/*")
            .is_some_and(|it| it["status"] == "unknown")),
        "no verdict on a wildcard"
    );
}

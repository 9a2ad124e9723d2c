//! Probes, through the library, against a provider that behaves well and badly.
//!
//! What every test needs is here: a deployment at the stand-in, and one probe of it.

mod support;

#[path = "probes/budget.rs"]
mod budget;
#[path = "probes/completion.rs"]
mod completion;
#[path = "probes/connect.rs"]
mod connect;
#[path = "probes/models.rs"]
mod models;
#[path = "probes/plan.rs"]
mod plan;
#[path = "probes/proxy.rs"]
mod proxy;
#[path = "probes/single.rs"]
mod single;

use std::time::Duration;

use llm_exporter::config::{Probes, Secret};
use llm_exporter::discovery::{Listed, Mode, Prices, ProbeChoice};
use llm_exporter::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome};
use llm_exporter::probes::Prober;

use support::provider::Provider;

/// The deployment's key: in no message may it be found.
const KEY: &str = "secret-of-mine";

/// Long enough for every answer of the stand-in on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// For what never comes.
const SHORT: Duration = Duration::from_millis(500);

fn config() -> Probes {
    Probes { timeout: PATIENCE, ..Probes::default() }
}

/// A chat model of this provider at this address, with a key and a price: 1 USD for a million tokens in, 2 USD out.
fn deployment(provider: &str, api_base: &str) -> Listed {
    Listed {
        id: "one".into(),
        model: "public".into(),
        provider: provider.into(),
        upstream_model: format!("{provider}/some-model"),
        api_base: Some(api_base.into()),
        api_version: None,
        api_key: Some(Secret::new(KEY)),
        mode: Some(Mode::Chat),
        prices: Prices { input_token: Some(1e-6), output_token: Some(2e-6), request: None },
        probe: ProbeChoice::AsConfigured,
    }
}

/// An OpenAI deployment at the stand-in.
fn at(provider: &Provider) -> Listed {
    deployment("openai", &provider.api_base())
}

/// Probes once.
fn probe_with(config: &Probes, listed: &Listed, level: ProbeLevel) -> ProbeOutcome {
    let prober = Prober::new(config).expect("a good configuration");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(movable(prober.probe(listed, level)));
    // A name that is being looked up would be waited for.
    runtime.shutdown_background();
    if let Err(failure) = &outcome.result {
        assert!(ErrorKind::OF_PROBES.contains(&failure.kind), "no kind of a probe: {failure:?}");
        assert!(!failure.message.contains(KEY), "the key can be read in {}", failure.message);
        assert!(!failure.message.is_empty(), "a failure without words");
    }
    outcome
}

/// The exporter probes on many threads.
fn movable<F: Future + Send>(probe: F) -> F {
    probe
}

fn probe(listed: &Listed, level: ProbeLevel) -> ProbeOutcome {
    probe_with(&config(), listed, level)
}

/// Probes with little patience.
fn probe_shortly(listed: &Listed, level: ProbeLevel) -> ProbeOutcome {
    let outcome = probe_with(&Probes { timeout: SHORT, ..config() }, listed, level);
    assert!(outcome.duration >= SHORT, "it gave up after {:?}", outcome.duration);
    assert!(outcome.duration < PATIENCE, "it took {:?}", outcome.duration);
    outcome
}

#[track_caller]
fn assert_success(outcome: &ProbeOutcome, level: ProbeLevel) {
    assert_eq!((outcome.level, &outcome.result), (level, &Ok(())));
}

#[track_caller]
fn assert_failure(outcome: &ProbeOutcome, level: ProbeLevel, kind: ErrorKind) -> &ProbeFailure {
    let failure = outcome.result.as_ref().expect_err("it should have failed");
    assert_eq!((outcome.level, failure.kind), (level, kind), "{}", failure.message);
    failure
}

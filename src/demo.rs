//! The demo: the real exporter with a simulated gateway behind it, in one process.
//!
//! ```text
//! Weather ──▶ Simulation ──▶ callbacks ──▶ POST /ingest/litellm ─┐
//!    └──────▶ simulated gateway and providers ◀── lists, probes ─┴─ the exporter, as it always is
//! ```
//!
//! Nothing bypasses the exporter's own way from an event to a metric, and nothing leaves loopback. What happens is a pure function of
//! a seed and the time: [`Simulation`] and [`Weather`] hold no clock and do no I/O; that is done by `server` and `push`. What the
//! fleet is stands in `fleet`, who calls in `callers`; a new kind of mishap is a variant in `mishap`.

mod call;
mod callback;
mod callers;
mod dice;
mod error;
mod fleet;
mod headroom;
mod mishap;
mod model_info;
mod purse;
mod push;
mod rhythm;
mod router;
mod server;
mod simulation;
mod weather;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use url::Url;

use crate::config::{Config, Gateway, Labels, Probes, Secret, Shutdown, Storage};
use crate::event::{ConsumerLabel, Timestamp};
use crate::health::Policy;
use crate::own::Traffic;
use crate::run::{Beside, RunError, Surroundings, run_beside};

pub use callback::Callback;
pub use error::DemoError;
pub use fleet::Provider;
pub use rhythm::calls_per_second;
pub use simulation::Simulation;
pub use weather::{Episode, Trouble, Weather};

use push::Pusher;
use server::GatewayServer;

/// The version that the simulated gateway says it is.
const LITELLM_VERSION: &str = "1.109.1";
/// The key of the simulated gateway, which nobody but the exporter beside it can reach.
const MASTER_KEY: &str = "sk-simulated";

/// What can be chosen.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Where the exporter listens; its usual address where there is none.
    pub listen: Vec<SocketAddr>,
    /// Another seed, another day.
    pub seed: u64,
}

/// Runs the demo until SIGTERM or SIGINT. The environment is not asked for anything, and what is counted is gone at the end.
///
/// # Errors
/// When an address can't be had, there is no room for temporary files, or the exporter fails as it may without the demo.
pub async fn run(demo: Demo) -> Result<(), DemoError> {
    let Demo { listen, seed } = demo;
    let folder = tempfile::Builder::new().prefix("llm-exporter-demo-").tempdir().map_err(DemoError::Folder)?;
    let weather = Weather::new(seed, SystemTime::now().into());
    let gateway = Arc::new(GatewayServer::bind(weather).map_err(DemoError::Gateway)?);
    let simulation = Arc::new(Mutex::new(Simulation::new(seed, weather, gateway.url().as_str())));
    let http = push::client()?;
    let config = config(listen, gateway.url(), folder.path());
    tracing::info!(
        seed,
        "this is the demo: all traffic is simulated, nothing is sent outside this machine, nothing is kept"
    );
    let surroundings = Surroundings::constant(&config).map_err(RunError::Signals)?;
    run_beside(config, surroundings, Traffic::Simulated, |Beside { addresses, supervisor, stopping }| {
        let pusher = Pusher { http, exporter: pushed_to(addresses), simulation, stopping: stopping.clone() };
        supervisor.start("simulated_gateway", move |rounds| Arc::clone(&gateway).serve(stopping.clone(), rounds));
        supervisor.start("simulated_traffic", move |rounds| pusher.clone().run(rounds));
    })
    .await?;
    folder.close().map_err(DemoError::Folder)
}

/// The embedded defaults, but for what shows more within minutes.
fn config(listen: Vec<SocketAddr>, gateway: &Url, folder: &Path) -> Config {
    let defaults = Config::default();
    let mut config = Config {
        listen: if listen.is_empty() { defaults.listen } else { listen },
        gateway: Gateway {
            url: Some(gateway.clone()),
            api_key: Some(Secret::new(MASTER_KEY.to_owned())),
            ..Gateway::default()
        },
        labels: Labels { consumer: vec![ConsumerLabel::Team, ConsumerLabel::Key] },
        // Otherwise only what nobody calls would be probed.
        health: Policy { freshness: Duration::from_secs(15), ..Policy::default() },
        probes: Probes { interval: Duration::from_secs(30), ..Probes::default() },
        // Nobody has to learn that it should go elsewhere.
        shutdown: Shutdown { delay: Duration::ZERO, ..Shutdown::default() },
        storage: Storage { path: Some(folder.to_owned()), ..Storage::default() },
        ..defaults
    };
    if !config.listen.iter().any(is_reached_by_loopback) {
        config.listen.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    config
}

fn is_reached_by_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback() || address.ip().is_unspecified()
}

/// Where events are sent: from loopback they need no token.
fn pushed_to(addresses: &[SocketAddr]) -> SocketAddr {
    let reached = addresses.iter().find(|address| is_reached_by_loopback(address));
    let address = reached.copied().unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

/// The one place where the demo reads the clock.
fn now() -> Timestamp {
    SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(addresses: &[&str]) -> Config {
        let gateway = Url::parse("http://127.0.0.1:1").expect("an address");
        let addresses = addresses.iter().map(|address| address.parse().expect("an address"));
        config(addresses.collect(), &gateway, Path::new("folder"))
    }

    #[test]
    fn events_are_sent_to_an_address_from_which_they_need_no_token() {
        let pushed = |addresses: &[&str]| pushed_to(&listening(addresses).listen).to_string();
        assert_eq!(pushed(&[]), "127.0.0.1:4000");
        assert_eq!(pushed(&["10.0.0.7:4000", "[::]:4001"]), "[::1]:4001");
        assert_eq!(listening(&["10.0.0.7:4000"]).listen.len(), 2, "one more that only this machine reaches");
    }

    #[test]
    fn the_configuration_is_one_that_an_operator_could_have_written() {
        let yaml = listening(&[]).to_yaml().to_string();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("demo.yml");
        std::fs::write(&file, yaml).expect("a file");
        let read = Config::load(Some(&file), [], crate::config::Overrides::default());
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.probes, listening(&[]).probes);
        assert_eq!((read.database, read.redis), (crate::config::Database::default(), crate::config::Redis::default()));
    }
}

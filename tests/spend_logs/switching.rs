//! Reading that is stopped and begun again, as when another replica reads.

use std::sync::Arc;
use std::time::Duration;

use llm_exporter::address::DatabaseAddress;
use llm_exporter::config::{self, Start};
use llm_exporter::dependencies::database::Connector;
use llm_exporter::event::Timestamp;
use llm_exporter::keeping::Restored;
use llm_exporter::own::Tasks;
use llm_exporter::sources::litellm_spend_logs::{Setup, SpendLogs};
use llm_exporter::state::{Source, State};
use llm_exporter::supervise::Supervisor;
use tokio::sync::watch;

use crate::support::deadline::PATIENCE;
use crate::support::pipeline::settings;
use crate::support::postgres::Postgres;
use crate::support::spend_log::{self, Version, insert, row};

fn reading(server: &Postgres, state: &Arc<State>) -> Arc<SpendLogs> {
    let address = DatabaseAddress::parse(&server.url()).expect("an address");
    let sink = llm_exporter::sink::Sink::new(Arc::clone(state), 1_000);
    let setup = Setup {
        connector: Connector::new(&address, None).expect("no file that could be wrong"),
        config: config::SpendLogs {
            start: Start::Beginning,
            poll_interval: Duration::from_millis(50),
            ..config::SpendLogs::default()
        },
        sink: Arc::new(sink),
        state: Arc::clone(state),
        settle: Arc::new(|| Box::pin(std::future::ready(()))),
    };
    Arc::new(SpendLogs::new(setup, Restored::default()))
}

fn counted(state: &State) -> u64 {
    state.snapshot(Timestamp::default()).sources[Source::LitellmSpendLogs as usize].events
}

async fn becomes(state: &State, rows: u64) {
    let waiting = async {
        while counted(state) < rows {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{} of {rows} rows", counted(state)));
    assert_eq!(counted(state), rows);
}

#[tokio::test]
async fn what_is_stopped_counts_nothing_and_goes_on_where_it_was() {
    let server = spend_log::database(Version::Current);
    let state = Arc::new(State::new(settings(&[])));
    let reading = reading(&server, &state);
    let mut supervisor = Supervisor::new(Arc::new(Tasks::default()));
    let (switch, active) = watch::channel(false);
    supervisor.start("spend_logs", move |rounds| {
        let (reading, active) = (Arc::clone(&reading), active.clone());
        async move { reading.run(active, rounds).await }
    });
    insert(&server, &[row("a")]);
    assert_eq!(counted(&state), 0, "it was not begun");
    switch.send_replace(true);
    becomes(&state, 1).await;
    switch.send_replace(false);
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'llm-exporter'";
    let closed = async {
        while server.execute(connections) != "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("nothing is asked any more");
    insert(&server, &[row("b"), row("late").began(Duration::from_mins(5))]);
    assert_eq!(counted(&state), 1);
    switch.send_replace(true);
    becomes(&state, 3).await;
    supervisor.stop().await;
}

//! Reading that is stopped and begun again, as when another replica reads.

use std::sync::Arc;
use std::time::Duration;

use llm_exporter::address::DatabaseAddress;
use llm_exporter::config::{self, Start};
use llm_exporter::dependencies::database::Connector;
use llm_exporter::event::Timestamp;
use llm_exporter::handover::{Candidate, Lead, Lock, Memory, Parts, Share, Tried};
use llm_exporter::keeping::Restored;
use llm_exporter::own::Tasks;
use llm_exporter::replicas::ReplicaId;
use llm_exporter::sources::litellm_spend_logs::{Setup, SpendLogs};
use llm_exporter::state::{ReadingProgress, Source, State};
use llm_exporter::supervise::Supervisor;
use tokio::sync::watch;

use crate::support::deadline::PATIENCE;
use crate::support::pipeline::settings;
use crate::support::postgres::Postgres;
use crate::support::spend_log::{self, Version, insert, row};

fn connector(server: &Postgres) -> Connector {
    let address = DatabaseAddress::parse(&server.url()).expect("an address");
    Connector::new(&address, None).expect("no file that could be wrong")
}

fn reading(server: &Postgres, state: &Arc<State>) -> Arc<SpendLogs> {
    let sink = llm_exporter::sink::Sink::new(Arc::clone(state), 1_000);
    let setup = Setup {
        connector: connector(server),
        config: config::SpendLogs {
            start: Start::Beginning,
            poll_interval: Duration::from_millis(50),
            ..config::SpendLogs::default()
        },
        sink: Arc::new(sink),
        state: Arc::clone(state),
        settle: Arc::new(|| Box::pin(std::future::ready(()))),
    };
    let lead = Lead::new(Parts {
        database: connector(server),
        schema: "public".to_owned(),
        share: Share::Alone,
        memory: Memory::new(None, drop),
        facts: Arc::default(),
        grace: Duration::from_secs(30),
    });
    Arc::new(SpendLogs::new(setup, lead, Restored::default()))
}

fn counted(state: &State) -> u64 {
    state.snapshot(Timestamp::default()).sources[Source::LitellmSpendLogs as usize].events
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"));
}

async fn becomes(state: &State, rows: u64) {
    eventually(&format!("{rows} rows"), || counted(state) >= rows).await;
    assert_eq!(counted(state), rows);
}

/// The lock, as soon as nobody else has it.
async fn locked(server: &Postgres) -> Lock {
    let mut candidate = Candidate::new(connector(server), "public", &ReplicaId::of_this_process());
    loop {
        if let Tried::Acquired(lock) = candidate.try_acquire().await.expect("the database is there") {
            return lock;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn who_does_not_lead_counts_nothing_and_goes_on_with_what_is_new_as_nobody_tells_what_another_one_counted() {
    let server = spend_log::database(Version::Current);
    let state = Arc::new(State::new(settings(&[])));
    let reading = reading(&server, &state);
    let mut supervisor = Supervisor::new(Arc::new(Tasks::default()));
    let (stop, stopping) = watch::channel(false);
    supervisor.start("spend_logs", move |rounds| {
        let (reading, stopping) = (Arc::clone(&reading), stopping.clone());
        async move { reading.run(stopping, rounds).await }
    });
    insert(&server, &[row("a").began(Duration::from_mins(5))]);
    becomes(&state, 1).await;
    let of_lock = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'";
    server.execute(of_lock);
    let lock = locked(&server).await;
    let progress = || state.reading(Source::LitellmSpendLogs).map(|reading| reading.progress);
    eventually("it stands by", || progress() == Some(ReadingProgress::Standby)).await;
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'llm-exporter' \
         AND query NOT LIKE '%advisory%' AND query <> 'ROLLBACK'";
    eventually("nothing is asked any more", || server.execute(connections) == "0").await;
    insert(&server, &[row("b"), row("late").began(Duration::from_mins(4))]);
    assert_eq!(counted(&state), 1);
    lock.release().await;
    eventually("it leads again", || progress() == Some(ReadingProgress::UpToDate)).await;
    insert(&server, &[row("c")]);
    becomes(&state, 2).await;
    stop.send_replace(true);
    _ = locked(&server).await;
    supervisor.stop().await;
}

use tokio::sync::watch::Sender;

use super::super::turn::fixtures::listed;
use super::*;
use crate::event::SkipReason;
use crate::state::ProbeFacts;
use crate::state::fixtures::{at, listing, with_room};

/// A leader with one deployment, where nobody listens.
struct Scene {
    work: Work,
    state: Arc<State>,
    roster: Sender<Arc<Roster>>,
    leadership: Sender<Option<Leadership>>,
    terms: Sender<Arc<Terms>>,
}

fn scene() -> Scene {
    let nowhere = Listed { api_base: Some("http://127.0.0.1:1/v1".to_owned()), ..listed() };
    let state = Arc::new(with_room(10));
    state.list(&[listing("d", "m")], at(0));
    let leader = Leadership::Leader { fence: 1, until: Instant::now() + Duration::from_hours(1) };
    let (roster, of_roster) = watch::channel(Arc::new(Roster { deployments: vec![nowhere] }));
    let (leadership, of_leadership) = watch::channel(Some(leader));
    let config = Config::default();
    let prober = Arc::new(Prober::new(&config.probes).expect("the defaults are fine"));
    let (terms, of_terms) = watch::channel(Arc::new(Terms { config, prober }));
    let scheduler = Scheduler {
        state: Arc::clone(&state),
        terms: of_terms,
        roster: of_roster,
        leadership: of_leadership,
        budget: Arc::new(Mutex::new(Budget::new(Usd::ZERO, now()))),
        found: mpsc::unbounded_channel().0,
        probing: Arc::default(),
    };
    let mut work = Work::new(scheduler);
    work.take_roster();
    Scene { work, state, roster, leadership, terms }
}

impl Scene {
    /// Gives the deployment its turn while there is no place, and the place when `meanwhile` is over.
    async fn turn(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        let places = Arc::clone(&self.work.places.in_all);
        let all = u32::try_from(places.available_permits()).expect("a few");
        let held = places.acquire_many_owned(all).await.expect("nobody closes it");
        self.work.turn("d".to_owned());
        meanwhile(self);
        drop(held);
        while let Some(ended) = self.work.running.join_next_with_id().await {
            self.work.finish(ended);
        }
    }

    fn probes(&self) -> ProbeFacts {
        let fleet = self.state.fleet(at(0));
        fleet.deployments.iter().next().expect("it is listed").facts.probes.clone()
    }

    fn sent(&self) -> u64 {
        self.probes().counts.iter().map(|counts| counts.done).sum()
    }
}

#[tokio::test]
async fn a_probe_is_sent_once_there_is_a_place() {
    let mut scene = scene();
    scene.turn(|_| {}).await;
    assert_eq!(scene.sent(), 1);
}

#[tokio::test]
async fn who_lost_the_lead_while_waiting_for_a_place_sends_nothing() {
    let mut scene = scene();
    let lose = |scene: &mut Scene| {
        scene.leadership.send_replace(Some(Leadership::Follower));
    };
    scene.turn(lose).await;
    assert_eq!(scene.sent(), 0);
    assert_eq!(scene.probes().skipped[SkipReason::NotLeader.index()], 1);
}

#[tokio::test]
async fn what_left_the_list_while_waiting_for_a_place_is_not_probed() {
    let mut scene = scene();
    scene
        .turn(|scene| {
            scene.roster.send_replace(Arc::default());
            scene.work.take_roster();
        })
        .await;
    assert_eq!(scene.sent(), 0);
}

impl Scene {
    fn change(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = self.work.terms.config.clone();
        change(&mut config);
        let prober = Arc::clone(&self.work.terms.prober);
        self.terms.send_replace(Arc::new(Terms { config, prober }));
        self.work.take_terms();
    }

    fn next_turn_in(&self) -> Duration {
        let next_at = self.work.clocks.next_at().expect("it has a clock");
        next_at.saturating_duration_since(Instant::now())
    }
}

#[tokio::test]
async fn new_terms_hold_for_who_waits_for_a_place() {
    let mut scene = scene();
    scene.turn(|scene| scene.change(|config| config.probes.enabled = false)).await;
    assert_eq!(scene.sent(), 0);
    assert_eq!(scene.probes().skipped[SkipReason::Disabled.index()], 1);
}

#[tokio::test]
async fn new_terms_give_everybody_a_turn_soon_unless_probes_are_the_same() {
    let (mut scene, soon) = (scene(), Duration::from_secs(10));
    scene.change(|config| config.probes.enabled = false);
    scene.turn(|_| {}).await;
    assert!(scene.next_turn_in() > soon, "an interval away");
    scene.change(|config| config.dependencies.timeout *= 2);
    assert!(scene.next_turn_in() > soon);
    scene.change(|config| config.probes.concurrency = 1);
    assert!(scene.next_turn_in() <= soon);
    assert_eq!(scene.work.places.in_all.available_permits(), 1);
}

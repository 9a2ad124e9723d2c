use super::*;
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(15);

struct Case {
    started: Instant,
    candidacy: Candidacy,
}

impl Case {
    fn new() -> Self {
        let started = Instant::now();
        Self { started, candidacy: Candidacy::new(LEASE, started) }
    }

    fn at(&self, second: u64) -> Instant {
        self.started + Duration::from_secs(second)
    }

    fn note(&mut self, second: u64, attempt: Attempt) {
        self.candidacy.note(self.at(second), attempt);
    }

    fn leadership(&self, second: u64) -> Leadership {
        self.candidacy.leadership(self.at(second))
    }
}

#[test]
fn a_lease_counts_from_when_it_was_asked_for() {
    let mut case = Case::new();
    case.note(10, Attempt::Acquired { fence: 3 });
    let leader = Leadership::Leader { fence: 3, until: case.at(25) };
    assert_eq!(case.leadership(24), leader);
    assert_eq!(case.leadership(25), Leadership::Follower, "a lease that was not renewed");
    assert!(leader.probes(case.at(24)));
    assert!(!leader.probes(case.at(25)), "also to who only kept the answer");
}

#[test]
fn a_renewed_lease_keeps_its_number() {
    let mut case = Case::new();
    case.note(0, Attempt::Acquired { fence: 3 });
    case.note(5, Attempt::Renewed);
    assert_eq!(case.leadership(19), Leadership::Leader { fence: 3, until: case.at(20) });
}

#[test]
fn who_lost_the_lease_follows_at_once() {
    let mut case = Case::new();
    case.note(0, Attempt::Acquired { fence: 3 });
    case.note(5, Attempt::Lost);
    assert_eq!(case.leadership(5), Leadership::Follower);
}

#[test]
fn nobody_renews_what_is_not_held() {
    let mut case = Case::new();
    case.note(0, Attempt::Renewed);
    assert_eq!(case.leadership(1), Leadership::Follower);
}

#[test]
fn a_leader_leads_on_to_the_end_of_its_lease_when_redis_is_gone() {
    let mut case = Case::new();
    case.note(0, Attempt::Acquired { fence: 3 });
    case.note(5, Attempt::Failed);
    case.note(10, Attempt::Failed);
    assert!(matches!(case.leadership(14), Leadership::Leader { .. }));
    assert_eq!(case.leadership(15), Leadership::Unreachable { since: case.at(5) });
    assert_eq!(case.leadership(36), Leadership::Alone { since: case.at(5) });
}

#[test]
fn a_follower_is_alone_after_two_lease_times_and_follows_when_redis_is_back() {
    let mut case = Case::new();
    case.note(0, Attempt::Taken);
    case.note(5, Attempt::Failed);
    assert!(!case.leadership(35).probes(case.at(35)), "the last leader may still probe");
    assert!(case.leadership(36).probes(case.at(36)));
    case.note(40, Attempt::Taken);
    assert_eq!(case.leadership(40), Leadership::Follower);
    case.note(45, Attempt::Failed);
    assert_eq!(case.leadership(50), Leadership::Unreachable { since: case.at(45) }, "counted anew");
}

#[test]
fn a_replica_that_never_reached_redis_is_alone_after_two_lease_times() {
    let mut case = Case::new();
    assert_eq!(case.leadership(0), Leadership::Unreachable { since: case.at(0) });
    case.note(20, Attempt::Failed);
    assert_eq!(case.leadership(31), Leadership::Alone { since: case.at(0) });
}

/// One attempt of one of three replicas, as milliseconds: the pause before it, its way to the server and back.
#[derive(Debug, Clone)]
struct Step {
    replica: usize,
    pause: u64,
    there: u64,
    back: u64,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Answered,
    /// The server does as asked, and nobody is told.
    AnswerLost,
    NeverSent,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fate = prop_oneof![4 => Just(Fate::Answered), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::NeverSent)];
    let step = (0..3_usize, 0..9_000_u64, 0..3_000_u64, 0..3_000_u64, fate);
    let step = step.prop_map(|(replica, pause, there, back, fate)| Step { replica, pause, there, back, fate });
    prop::collection::vec(step, 1..60)
}

/// The server's side of the lease: who holds it, and until when.
#[derive(Default)]
struct Server {
    holder: Option<(usize, u64, Instant)>,
    fences: u64,
}

impl Server {
    fn answer(&mut self, replica: usize, fence: Option<u64>, at: Instant) -> Attempt {
        let holder = self.holder.filter(|(_, _, until)| at < *until);
        match (holder, fence) {
            (Some((holder, held, _)), Some(fence)) if holder == replica && held == fence => {
                self.holder = Some((replica, fence, at + LEASE));
                Attempt::Renewed
            }
            (_, Some(_)) => Attempt::Lost,
            (Some((holder, _, _)), None) if holder != replica => Attempt::Taken,
            (_, None) => {
                self.fences += 1;
                self.holder = Some((replica, self.fences, at + LEASE));
                Attempt::Acquired { fence: self.fences }
            }
        }
    }
}

proptest! {
    #[test]
    fn there_are_never_two_leaders(steps in steps()) {
        let mut now = Instant::now();
        let mut server = Server::default();
        let mut replicas: Vec<Candidacy> = (0..3).map(|_| Candidacy::new(LEASE, now)).collect();
        for Step { replica, pause, there, back, fate } in steps {
            let sent_at = now + Duration::from_millis(pause);
            let applied_at = sent_at + Duration::from_millis(there);
            now = applied_at + Duration::from_millis(back);
            let attempt = match fate {
                Fate::NeverSent => Attempt::Failed,
                _ => server.answer(replica, replicas[replica].fence(sent_at), applied_at),
            };
            replicas[replica].note(sent_at, if fate == Fate::Answered { attempt } else { Attempt::Failed });
            for moment in [applied_at, now] {
                let leaders = replicas.iter().filter(|candidacy| candidacy.fence(moment).is_some()).count();
                prop_assert!(leaders <= 1, "{leaders} lead");
            }
        }
    }
}

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const INTERVAL: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

fn clocks(ids: &[&str], now: Instant) -> Clocks {
    let mut clocks = Clocks::default();
    clocks.keep(ids.iter().copied(), INTERVAL, now);
    clocks
}

/// The moment by which every first turn has come.
fn all_due(now: Instant) -> Instant {
    now + FIRST_TURNS
}

/// How long after `now` the only clock that runs has its turn.
fn pause_of(clocks: &Clocks, now: Instant) -> Duration {
    clocks.next_at().expect("a clock runs").duration_since(now)
}

#[test]
fn first_turns_come_soon_and_not_all_at_once() {
    let (now, ids) = (Instant::now(), (0..1_000).map(|id| id.to_string()).collect::<Vec<_>>());
    for (interval, seconds) in [(INTERVAL, 10), (Duration::from_secs(4), 4)] {
        let mut clocks = Clocks::default();
        clocks.keep(ids.iter().map(String::as_str), interval, now);
        let turns = (1..=seconds).map(|second| clocks.take_due(now + Duration::from_secs(second)).len());
        let turns: Vec<usize> = turns.collect();
        assert_eq!(turns.iter().sum::<usize>(), 1_000, "all within {seconds} s");
        let fair = 1_000 / turns.len();
        assert!(turns.iter().all(|turns| (fair / 2..2 * fair).contains(turns)), "{turns:?}");
    }
}

#[test]
fn pauses_differ_by_a_tenth_at_most() {
    let now = Instant::now();
    let mut clocks = clocks(&["a"], now);
    let mut pauses = Vec::new();
    for _ in 0..1_000 {
        clocks.rest("a", INTERVAL, Duration::ZERO, now);
        pauses.push(pause_of(&clocks, now));
    }
    let (least, most) = (pauses.iter().min().expect("some"), pauses.iter().max().expect("some"));
    assert!((Duration::from_secs(54)..Duration::from_millis(54_500)).contains(least), "{least:?}");
    assert!((Duration::from_millis(65_500)..=Duration::from_secs(66)).contains(most), "{most:?}");
}

#[test]
fn the_longest_overdue_has_its_turn_first() {
    let now = Instant::now();
    let mut clocks = clocks(&["a", "b", "c"], now);
    for (id, pause) in [("a", 30), ("b", 10), ("c", 20)] {
        clocks.rest(id, Duration::from_secs(pause), Duration::ZERO, now);
    }
    assert_eq!(clocks.take_due(now + Duration::from_secs(25)), ["b", "c"]);
    assert_eq!(clocks.take_due(now + HOUR), ["a"]);
    assert_eq!(clocks.next_at(), None, "all are busy");
}

#[test]
fn a_list_leaves_the_clocks_that_run_alone_and_stops_those_it_does_not_name() {
    let now = Instant::now();
    let mut clocks = clocks(&["a", "b"], now);
    let before = clocks.clocks["a"].next_at;
    clocks.keep(["a"].into_iter(), INTERVAL, now + Duration::from_secs(1));
    assert_eq!(clocks.next_at(), Some(before));
    assert_eq!(clocks.take_due(now + HOUR), ["a"]);
}

#[test]
fn what_comes_back_while_its_probe_is_under_way_is_not_probed_a_second_time() {
    let now = Instant::now();
    let mut clocks = clocks(&["a"], now);
    assert_eq!(clocks.take_due(all_due(now)), ["a"]);
    clocks.keep(std::iter::empty(), INTERVAL, now);
    clocks.keep(["a"].into_iter(), INTERVAL, now);
    assert_eq!(clocks.take_due(now + HOUR), Vec::<String>::new(), "it is still under way");
    clocks.rest("a", INTERVAL, Duration::ZERO, now);
    assert_eq!(clocks.take_due(now + HOUR), ["a"]);
    clocks.keep(std::iter::empty(), INTERVAL, now);
    clocks.rest("a", INTERVAL, Duration::ZERO, now);
    assert_eq!((clocks.next_at(), clocks.clocks.len()), (None, 0), "what left for good leaves no clock behind");
}

const IDS: [&str; 3] = ["a", "b", "c"];

/// What the scheduler may do with its clocks.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    TakeDue,
    /// Ends the turn of one that has it, the so manyth.
    Rest {
        which: usize,
        at_least: u64,
    },
    Keep([bool; 3]),
}

fn step(is_listed: impl Strategy<Value = [bool; 3]>) -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u64..40_000).prop_map(Step::Wait),
        3 => Just(Step::TakeDue),
        3 => (0_usize..3, prop_oneof![3 => Just(0), 1 => 0_u64..200]).prop_map(|(which, at_least)| Step::Rest { which, at_least }),
        1 => is_listed.prop_map(Step::Keep),
    ]
}

/// Clocks, whose turn it is, and every turn that there was.
#[derive(Debug, Default)]
struct Told {
    clocks: Clocks,
    under_way: Vec<String>,
    turns: Vec<(String, Instant)>,
    listed: Vec<&'static str>,
    /// Not before then, as long as it is listed: what left begins anew.
    earliest: HashMap<String, Instant>,
}

impl Told {
    fn tell(&mut self, step: &Step, now: &mut Instant) -> Result<(), TestCaseError> {
        match step {
            Step::Wait(millis) => *now += Duration::from_millis(*millis),
            Step::TakeDue => {
                for id in self.clocks.take_due(*now) {
                    prop_assert!(!self.under_way.contains(&id), "{id} has its turn already");
                    prop_assert!(self.earliest.get(&id).is_none_or(|earliest| earliest <= now), "{id} is too early");
                    self.turns.push((id.clone(), *now));
                    self.under_way.push(id);
                }
            }
            Step::Rest { which, at_least } if !self.under_way.is_empty() => {
                let id = self.under_way.remove(which % self.under_way.len());
                let at_least = Duration::from_secs(*at_least);
                self.clocks.rest(&id, INTERVAL, at_least, *now);
                if self.listed.contains(&id.as_str()) {
                    self.earliest.insert(id, *now + at_least);
                }
            }
            Step::Rest { .. } => {}
            Step::Keep(is_listed) => {
                let ids = IDS.into_iter().zip(is_listed).filter_map(|(id, is_listed)| is_listed.then_some(id));
                self.listed = ids.collect();
                self.clocks.keep(self.listed.iter().copied(), INTERVAL, *now);
                self.earliest.retain(|id, _| self.listed.contains(&id.as_str()));
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn no_deployment_is_probed_twice_at_once_whatever_the_lists_say(steps in vec(step(any::<[bool; 3]>()), 0..200)) {
        let (mut told, mut now) = (Told::default(), Instant::now());
        for step in &steps {
            told.tell(step, &mut now)?;
        }
    }

    #[test]
    fn nobody_has_more_turns_than_its_pauses_leave_room_for(steps in vec(step(Just([true; 3])), 0..400)) {
        let (mut told, began) = (Told::default(), Instant::now());
        let mut now = began;
        told.tell(&Step::Keep([true; 3]), &mut now)?;
        for step in steps {
            told.tell(&step, &mut now)?;
            if now.duration_since(began) > HOUR {
                break;
            }
        }
        let most = now.duration_since(began).as_secs_f64() / (0.9 * INTERVAL.as_secs_f64()) + 1.0;
        for id in IDS {
            let turns = told.turns.iter().filter(|(of, _)| of == id).count();
            prop_assert!(turns as f64 <= most, "{turns} turns of {id}, at most {most}");
        }
    }

    #[test]
    fn what_a_provider_demands_is_never_undercut(pause in 0_u64..1_000, at_least in 0_u64..4_000) {
        let now = Instant::now();
        let mut clocks = clocks(&["a"], now);
        let (pause, at_least) = (Duration::from_secs(pause), Duration::from_secs(at_least));
        clocks.rest("a", pause, at_least, now);
        let next = pause_of(&clocks, now);
        prop_assert!(next >= at_least && next >= pause.mul_f64(0.9), "{next:?}");
        prop_assert!(next <= at_least.max(pause.mul_f64(1.1)), "{next:?}");
    }
}

#[test]
fn who_is_hastened_while_its_probe_is_under_way_has_its_turn_soon_after_that() {
    let now = Instant::now();
    let mut clocks = clocks(&["d"], now);
    let asked_at = all_due(now);
    assert_eq!(clocks.take_due(asked_at), ["d"]);
    clocks.hasten("d", INTERVAL, asked_at);
    assert_eq!(clocks.next_at(), None, "its probe is still under way");
    clocks.rest("d", HOUR, HOUR, asked_at);
    assert!(pause_of(&clocks, asked_at) <= FIRST_TURNS, "what was found holds of another address");
    assert_eq!(clocks.take_due(asked_at + FIRST_TURNS), ["d"]);
    clocks.rest("d", HOUR, Duration::ZERO, asked_at);
    assert!(pause_of(&clocks, asked_at) > HOUR / 2, "once");
}

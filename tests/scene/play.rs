//! The course of the faults: each begins, is told of, is healed, and is told of no more.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use serde_json::Value;

use super::faults::{Expected, FAULTS, Fault, Outcome};
use super::receivers::Told;
use super::stage::Stage;
use super::support::alertmanager::Alert;

/// How far a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It has not begun.
    Ahead,
    /// It is on, and not all that is to come of it has come.
    On,
    /// All has come; others that happen during it may be on.
    Told,
    /// It is healed, and alerts may be left.
    Healed,
    /// Nothing is left of it.
    Over,
}

/// One fault and how far it is.
struct Course {
    fault: &'static Fault,
    step: Step,
    /// Which of its alerts were once as expected.
    seen: Vec<bool>,
}

/// All of them.
pub(crate) struct Play {
    courses: Vec<Course>,
    began: Instant,
}

/// For whoever watches it: there are minutes without a word.
pub(crate) fn say(words: &str) {
    writeln!(io::stderr(), "{words}").expect("stderr takes text");
}

/// What everybody says at one moment.
struct Moment {
    /// The alerts in Prometheus, pending or firing.
    rules: Vec<Value>,
    /// The alerts in Alertmanager.
    alerts: Vec<Alert>,
    /// What was told so far.
    told: Vec<Told>,
}

impl Play {
    /// None has begun.
    pub(crate) fn new() -> Self {
        let course = |fault: &'static Fault| Course { fault, step: Step::Ahead, seen: vec![false; fault.alerts.len()] };
        Self { courses: FAULTS.iter().map(course).collect(), began: Instant::now() }
    }

    /// Takes each as far as it can be taken now.
    pub(crate) fn advance(&mut self, stage: &mut Stage) {
        let moment = Moment {
            rules: stage.prometheus.alerts(),
            alerts: stage.alertmanager.alerts(),
            told: stage.receivers.told(),
        };
        for index in 0..self.courses.len() {
            let next = self.next(index, &moment, stage);
            let course = &mut self.courses[index];
            if next != course.step {
                course.step = next;
                say(&format!("{:>4} s: {}: {next:?}", self.began.elapsed().as_secs(), course.fault.name));
            }
        }
    }

    /// What is left, one line for each fault; nothing when all are over.
    pub(crate) fn told(&self) -> String {
        let left = self.courses.iter().filter(|course| course.step != Step::Over);
        left.fold(String::new(), |mut told, Course { fault, step, seen }| {
            let expected: Vec<_> = fault.alerts.iter().zip(seen).collect();
            writeln!(told, "{}: {step:?}, and of its alerts: {expected:?}", fault.name).expect("a string takes text");
            told
        })
    }

    fn next(&mut self, index: usize, moment: &Moment, stage: &mut Stage) -> Step {
        let fault = self.courses[index].fault;
        let (may_begin, may_end) = (self.may_begin(fault, moment), self.may_end(fault));
        let Course { fault, step, seen } = &mut self.courses[index];
        match step {
            Step::Ahead if may_begin => {
                (fault.begin)(stage);
                Step::On
            }
            Step::On => {
                for (seen, expected) in seen.iter_mut().zip(fault.alerts) {
                    *seen |= moment.is_as(expected);
                }
                if seen.iter().all(|seen| *seen) { Step::Told } else { Step::On }
            }
            // What others kept back is told again.
            Step::Told if may_end && fault.alerts.iter().all(|expected| moment.is_as(expected)) => {
                let Some(heal) = fault.heal else { return Step::Over };
                heal(stage);
                Step::Healed
            }
            Step::Healed if fault.alerts.iter().all(|expected| moment.is_gone(expected)) => Step::Over,
            step => *step,
        }
    }

    fn may_begin(&self, fault: &Fault, moment: &Moment) -> bool {
        let Some((outer, alert)) = fault.during else { return true };
        let outer = self.courses.iter().find(|course| course.fault.name == outer).expect("one of the faults");
        let expected = outer.fault.alerts.iter().find(|expected| expected.alert == alert).expect("one of its alerts");
        outer.step != Step::Ahead && moment.fires(expected)
    }

    /// Whether those are over that happen during it, and the one that it has to wait for.
    fn may_end(&self, fault: &Fault) -> bool {
        let mut others = self.courses.iter().filter(|other| {
            let is_inside = other.fault.during.is_some_and(|(outer, _)| outer == fault.name);
            is_inside || fault.healed_after == Some(other.fault.name)
        });
        others.all(|other| other.step == Step::Over)
    }
}

impl Moment {
    fn fires(&self, expected: &Expected) -> bool {
        self.rules
            .iter()
            .any(|alert| alert["state"] == "firing" && expected.is(|label| alert["labels"][label].as_str()))
    }

    /// Whether it fires, and that has come of it which is expected.
    fn is_as(&self, expected: &Expected) -> bool {
        let Some(alert) = self.in_alertmanager(expected) else { return false };
        self.fires(expected)
            && match expected.what_comes_of_it {
                Outcome::KeptBack(by) => alert.inhibited_by.iter().any(|name| name == by),
                Outcome::Due(receiver) => alert.receivers == [receiver] && alert.inhibited_by.is_empty(),
                Outcome::Told(receiver) => {
                    let is_due = alert.receivers == [receiver] && alert.inhibited_by.is_empty();
                    is_due && self.was_told(receiver, expected)
                }
            }
    }

    fn was_told(&self, receiver: &str, expected: &Expected) -> bool {
        let mut of_receiver = self.told.iter().filter(|told| told.receiver == receiver);
        of_receiver.any(|told| expected.is(|label| told.labels[label].as_str()))
    }

    /// Of what others kept back nothing is promised: it is theirs.
    fn is_gone(&self, expected: &Expected) -> bool {
        let is_left = self.rules.iter().any(|alert| expected.is(|label| alert["labels"][label].as_str()));
        matches!(expected.what_comes_of_it, Outcome::KeptBack(_))
            || !is_left && self.in_alertmanager(expected).is_none()
    }

    fn in_alertmanager(&self, expected: &Expected) -> Option<&Alert> {
        self.alerts.iter().find(|alert| expected.is(|label| alert.labels.get(label).map(String::as_str)))
    }
}

impl Expected {
    /// Whether it is the alert that has these labels.
    fn is<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        label("alertname") == Some(self.alert) && self.labels.iter().all(|(name, value)| label(name) == Some(value))
    }
}

//! From where a replica reads that takes over. Pure.
//!
//! In doubt it begins at the moment of the take-over: then rows are missing, which the ledger shows, but none is counted twice.

use std::time::Duration;

use super::share::Taken;

/// From where a replica reads that takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// From where it stopped itself; where it has never read, as one does that is alone.
    Own,
    /// From where the holder before it stopped: its progress.
    Shared(String),
    /// From the moment of the take-over: another replica may have counted what came before.
    Now,
}

/// What is known when a replica takes over.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// What the share says; `None` where nothing is shared or the share can't be reached.
    pub(super) taken: Option<&'a Taken>,
    /// The epoch in which this replica noted its own progress, if it did.
    pub(super) own_epoch: Option<u64>,
    /// Whether another one read since then, as far as this one knows.
    pub(super) others_read: bool,
    /// How long ago another replica was last seen to hold the lock, where this one waited for it.
    pub(super) held_elsewhere: Option<Duration>,
    /// A holder whose share says nothing for longer than this may be counting without it.
    pub(super) silence: Duration,
}

/// Decides from where to read.
pub(super) fn decide(known: &Known<'_>) -> Start {
    let Known { taken, own_epoch, others_read, held_elsewhere, silence } = *known;
    let alone = if others_read { Start::Now } else { Start::Own };
    let Some(Taken { previous: Some(previous), progress, age, .. }) = taken else { return alone };
    if own_epoch.is_some_and(|own| own >= *previous) {
        return Start::Own;
    }
    let was_silent = |held_elsewhere| age.unwrap_or(Duration::MAX).saturating_sub(held_elsewhere) > silence;
    match progress {
        Some(progress) if !held_elsewhere.is_some_and(was_silent) => Start::Shared(progress.clone()),
        Some(_) => Start::Now,
        None => alone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(20);

    fn taken() -> Taken {
        let progress = Some("{}".to_owned());
        Taken { epoch: 7, previous: Some(6), progress, age: Some(Duration::from_secs(9)), chunks: Vec::new() }
    }

    fn known(taken: &Taken) -> Known<'_> {
        Known { taken: Some(taken), own_epoch: None, others_read: false, held_elsewhere: None, silence: SILENCE }
    }

    #[test]
    fn it_goes_on_where_the_last_one_stopped() {
        let taken = taken();
        assert_eq!(decide(&known(&taken)), Start::Shared("{}".to_owned()));
        let waited = Known { held_elsewhere: Some(Duration::from_secs(1)), others_read: true, ..known(&taken) };
        assert_eq!(decide(&waited), Start::Shared("{}".to_owned()));
        let older = Known { own_epoch: Some(5), ..known(&taken) };
        assert_eq!(decide(&older), Start::Shared("{}".to_owned()));
    }

    #[test]
    fn its_own_progress_is_newer_where_it_was_the_last_one() {
        for own_epoch in [Some(6), Some(8)] {
            assert_eq!(decide(&Known { own_epoch, ..known(&taken()) }), Start::Own);
        }
    }

    #[test]
    fn what_a_holder_told_before_it_fell_silent_is_not_believed() {
        let held = |seconds| Some(Duration::from_secs(seconds));
        let silent = Taken { age: held(60), ..taken() };
        assert_eq!(decide(&Known { held_elsewhere: held(2), ..known(&silent) }), Start::Now);
        assert_eq!(decide(&Known { held_elsewhere: held(50), ..known(&silent) }), Start::Shared("{}".to_owned()));
        assert_eq!(decide(&known(&silent)), Start::Shared("{}".to_owned()), "nobody held it for a while");
    }

    #[test]
    fn without_a_share_it_is_its_own_progress_unless_another_one_read() {
        let forgotten = Taken::default();
        for taken in [None, Some(&forgotten)] {
            let alone = Known { taken, ..known(&forgotten) };
            assert_eq!(decide(&alone), Start::Own);
            assert_eq!(decide(&Known { others_read: true, ..alone }), Start::Now);
        }
    }

    #[test]
    fn a_holder_that_ended_before_it_told_its_progress_may_have_counted_unless_it_is_this_one() {
        let taken = Taken { progress: None, ..taken() };
        assert_eq!(decide(&known(&taken)), Start::Own);
        assert_eq!(decide(&Known { others_read: true, ..known(&taken) }), Start::Now);
    }
}

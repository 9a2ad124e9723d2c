//! What became of the events that were sent.

use std::time::Duration;

use super::client::Answer;

/// Counts over all files.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Files that were sent whole.
    pub(super) files: usize,
    bodies: u64,
    accepted: u64,
    duplicates: u64,
    rejected: u64,
}

impl Totals {
    /// Adds the answer to one body.
    pub(super) fn add(&mut self, answer: Answer) {
        let Answer { accepted, duplicates, rejected } = answer;
        self.bodies += 1;
        self.accepted += accepted;
        self.duplicates += duplicates;
        self.rejected += rejected;
    }

    fn events(&self) -> u64 {
        self.accepted + self.duplicates + self.rejected
    }

    /// How fast events were answered, such as `1200 events/s`.
    pub(super) fn rate(&self, elapsed: Duration) -> String {
        let millis = elapsed.as_millis().max(1);
        format!("{} events/s", u128::from(self.events()) * 1000 / millis)
    }

    /// The last words on standard output, one count a line.
    pub(super) fn summary(&self, elapsed: Duration) -> String {
        let Self { files, bodies, accepted, duplicates, rejected } = self;
        format!(
            "files       {files}\n\
             bodies      {bodies}\n\
             events      {} in {:.2} s ({})\n\
             accepted    {accepted}\n\
             duplicates  {duplicates}\n\
             rejected    {rejected}\n",
            self.events(),
            elapsed.as_secs_f64(),
            self.rate(elapsed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_adds_up() {
        let mut totals = Totals { files: 1, ..Totals::default() };
        for accepted in [90, 100] {
            totals.add(Answer { accepted, duplicates: 7, rejected: 3 });
        }
        let expected = "files       1\nbodies      2\nevents      210 in 0.50 s (420 events/s)\n\
                        accepted    190\nduplicates  14\nrejected    6\n";
        assert_eq!(totals.summary(Duration::from_millis(500)), expected);
    }
}

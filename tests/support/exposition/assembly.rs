//! Lines become families: metadata before samples and each once, no family twice or interleaved with another,
//! no two families that could expose the same sample name.

use std::collections::{BTreeSet, HashMap};

use super::family::{Family, Sample};
use super::format::{Format, MetricType};
use super::line::Line;
use super::violation::Violation;

/// The families read so far and the one that is being read.
#[derive(Debug)]
pub(crate) struct Assembly {
    format: Format,
    families: Vec<Family>,
    draft: Option<Draft>,
    /// Every sample name that a finished family may expose, with that family's name.
    claimed: HashMap<String, String>,
}

/// A family whose lines are being read.
#[derive(Debug)]
struct Draft {
    line: usize,
    name: String,
    metric_type: Option<MetricType>,
    help: Option<String>,
    unit: Option<String>,
    samples: Vec<Sample>,
}

impl Assembly {
    /// Begins with nothing.
    pub(crate) fn new(format: Format) -> Self {
        Self { format, families: Vec::new(), draft: None, claimed: HashMap::new() }
    }

    /// Takes the next line.
    pub(crate) fn push(&mut self, number: usize, line: Line) -> Result<(), String> {
        match line {
            Line::Help { name, text } => set_once(&mut self.described(number, name)?.help, text, "HELP"),
            Line::Type { name, metric_type } => {
                set_once(&mut self.described(number, name)?.metric_type, metric_type, "TYPE")
            }
            Line::Unit { name, unit } => self.described(number, name)?.set_unit(unit),
            Line::Sample(sample) => self.push_sample(sample),
        }
    }

    /// Ends the last family and returns them all.
    pub(crate) fn finish(mut self) -> Result<Vec<Family>, Violation> {
        let line = self.draft.as_ref().map_or(0, |draft| draft.line);
        self.close().map_err(|rule| Violation::new(line, rule))?;
        Ok(self.families)
    }

    /// The draft that a metadata line for `name` belongs to.
    fn described(&mut self, line: usize, name: String) -> Result<&mut Draft, String> {
        if self.draft.as_ref().is_none_or(|draft| draft.name != name) {
            self.close()?;
            self.draft = Some(Draft::new(line, name));
        }
        let draft = self.draft.as_mut().expect("just set");
        if draft.samples.is_empty() {
            return Ok(draft);
        }
        Err(format!("metadata of {} after its samples", draft.name))
    }

    fn push_sample(&mut self, sample: Sample) -> Result<(), String> {
        let format = self.format;
        match &mut self.draft {
            Some(draft) if draft.exposes(format, &sample.name) => draft.samples.push(sample),
            _ => return Err(self.why_homeless(&sample.name)),
        }
        Ok(())
    }

    fn why_homeless(&self, name: &str) -> String {
        match self.claimed.get(name) {
            Some(family) => format!("{name} is interleaved: its family {family} has ended"),
            None => format!("{name} belongs to no family before it: no TYPE, or a wrong suffix"),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(draft) = self.draft.take() else {
            return Ok(());
        };
        let family = draft.into_family()?;
        for claim in claims(self.format, &family) {
            if let Some(owner) = self.claimed.insert(claim.clone(), family.name.clone()) {
                return Err(format!("{claim} is claimed by the family {} and, earlier, by {owner}", family.name));
            }
        }
        self.families.push(family);
        Ok(())
    }
}

impl Draft {
    fn new(line: usize, name: String) -> Self {
        Self { line, name, metric_type: None, help: None, unit: None, samples: Vec::new() }
    }

    fn exposes(&self, format: Format, sample: &str) -> bool {
        let suffix = sample.strip_prefix(&self.name);
        let suffixes = self.metric_type.map(|metric_type| metric_type.suffixes(format));
        suffixes.zip(suffix).is_some_and(|(known, suffix)| known.contains(&suffix))
    }

    /// OpenMetrics recommends TYPE, UNIT, HELP, and prometheus-client writes HELP, TYPE, UNIT: in both the unit comes
    /// after the type.
    fn set_unit(&mut self, unit: String) -> Result<(), String> {
        if !self.name.ends_with(&format!("_{unit}")) {
            return Err(format!("the unit {unit:?} is not the suffix of {}", self.name));
        }
        match self.metric_type {
            None => Err("UNIT before TYPE".to_owned()),
            Some(MetricType::Info | MetricType::StateSet) => Err("this type has no unit".to_owned()),
            Some(_) => set_once(&mut self.unit, unit, "UNIT"),
        }
    }

    fn into_family(self) -> Result<Family, String> {
        let Self { line, name, metric_type, help, unit, samples } = self;
        let metric_type = metric_type.ok_or_else(|| format!("{name} has no TYPE"))?;
        let help = help.ok_or_else(|| format!("{name} has no HELP"))?;
        Ok(Family { name, metric_type, help, unit, line, samples })
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T, keyword: &str) -> Result<(), String> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("a second {keyword}")),
    }
}

/// The names that nobody else may use: the family's own, and those of its samples.
fn claims(format: Format, family: &Family) -> BTreeSet<String> {
    let suffixes = family.metric_type.suffixes(format).iter().chain(&[""]);
    suffixes.map(|suffix| format!("{}{suffix}", family.name)).collect()
}

//! The list `models`: sections within a list, which the environment has no way to write.

use super::{
    Kind, Wrong,
    own_model::{self, KEYS},
};
use crate::config::{OwnModel, Problem, given::Given};

/// A list of deployments, each a section.
#[derive(Debug)]
pub(in crate::config) struct OwnModels;

impl Kind<Vec<OwnModel>> for OwnModels {
    fn read(&self, given: &Given) -> Result<Vec<OwnModel>, Vec<Wrong>> {
        let Given::List(entries) = given else {
            let expected = "a list of sections, each with the key model";
            return Err(vec![Problem::Value { found: own_model::shown(given), expected }.into()]);
        };
        let (mut models, mut wrongs) = (Vec::new(), Vec::new());
        for (n, entry) in entries.iter().enumerate() {
            match own_model::read(entry) {
                Ok(model) => models.push(model),
                Err(of_entry) => wrongs.extend(of_entry.into_iter().map(|wrong| wrong.within(&format!("[{n}]")))),
            }
        }
        if wrongs.is_empty() { Ok(models) } else { Err(wrongs) }
    }

    fn show(&self, models: &Vec<OwnModel>) -> String {
        if models.is_empty() {
            return "[]".into();
        }
        models.iter().map(show_one).collect()
    }
}

/// An element of a YAML list, on lines of its own.
fn show_one(model: &OwnModel) -> String {
    let line = |(n, key): (usize, &own_model::Key)| {
        let mark = if n == 0 { '-' } else { ' ' };
        format!("\n  {mark} {}: {}", key.name, (key.show)(model))
    };
    KEYS.iter().enumerate().map(line).collect()
}

//! Files of certificates to trust.

use std::path::PathBuf;

use super::{Kind, Maybe, Wrong, known::FILE};
use crate::{
    config::{Problem, given::Given},
    tls,
};

/// The path of a PEM file. That it holds certificates is looked at here, so that `check-config` tells; who connects reads it again.
#[derive(Debug)]
pub(in crate::config) struct Certificates;

impl Kind<Option<PathBuf>> for Certificates {
    fn read(&self, given: &Given) -> Result<Option<PathBuf>, Vec<Wrong>> {
        let path = FILE.read(given)?;
        tls::certificates(&path).map_err(|error| vec![Problem::Certificates(error.into()).into()])?;
        Ok(Some(path))
    }

    fn show(&self, path: &Option<PathBuf>) -> String {
        Maybe(FILE).show(path)
    }
}

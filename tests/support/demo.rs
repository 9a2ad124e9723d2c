//! A running demo, whose temporary files are gone with it however it ends.

use std::ops::{Deref, DerefMut};

use tempfile::TempDir;

use super::exporter::{Exporter, Launch};

/// The exporter as `llm-exporter demo` starts it.
#[derive(Debug)]
pub(crate) struct Demo {
    // In this order: it is killed before its files are removed.
    exporter: Exporter,
    temporary: TempDir,
}

impl Demo {
    /// Starts one.
    pub(crate) fn start() -> Self {
        Self::with(Launch::default())
    }

    /// Starts one with what `launch` says.
    pub(crate) fn with(launch: Launch) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let path = temporary.path().to_str().expect("its path is text");
        let exporter = launch.command("demo").environment("TMPDIR", path).start();
        Self { exporter, temporary }
    }

    /// Where its temporary files are.
    pub(crate) const fn temporary(&self) -> &TempDir {
        &self.temporary
    }
}

impl Deref for Demo {
    type Target = Exporter;

    fn deref(&self) -> &Exporter {
        &self.exporter
    }
}

impl DerefMut for Demo {
    fn deref_mut(&mut self) -> &mut Exporter {
        &mut self.exporter
    }
}

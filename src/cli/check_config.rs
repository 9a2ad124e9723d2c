//! `check-config`: what the configuration comes to, or all that is wrong with it.

use std::path::PathBuf;

use llm_exporter::config::{Config, Overrides};

use super::{Failure, environment, print};

/// What `check-config` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The environment is read too, as `serve` reads it. Of a secret the output only says that it is set.

Example:
  llm-exporter check-config --config llm-exporter.yml")]
pub(super) struct Args {
    /// Check this YAML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Prints the values in effect as YAML; the verdict is a comment, so that the output is a file.
pub(super) fn check_config(args: Args) -> Result<(), Failure> {
    let config = Config::load(args.config.as_deref(), environment(), Overrides::default())?;
    print(&format!("# configuration is valid; these values are in effect:\n{}", config.to_yaml()))
}

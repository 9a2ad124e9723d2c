//! `demo`: the exporter with a simulated gateway behind it.

use std::net::SocketAddr;

use llm_exporter::config::Log;
use llm_exporter::demo::{self, Demo};

use super::serve::address;
use super::{Failure, logging};

/// On this day the providers fail first without which some models can't be served, so that a newcomer soon sees what that looks like.
const SEED: u64 = 22;

/// What `demo` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Neither a configuration nor the environment is read, nothing is sent outside this machine, and what is counted is gone at the end.
That the traffic is simulated stands in llm_exporter_build_info, in every answer's header and in every JSON object.

Example:
  llm-exporter demo --listen 127.0.0.1:4000")]
pub(super) struct Args {
    /// Serve on this address instead of 0.0.0.0:4000; repeatable
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    listen: Vec<SocketAddr>,
    /// Another number, another day
    #[arg(long, value_name = "NUMBER", default_value_t = SEED)]
    seed: u64,
}

/// Runs until a signal ends the process.
pub(super) fn demo(args: Args) -> Result<(), Failure> {
    let Args { listen, seed } = args;
    logging::init(&Log::default());
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    Ok(runtime.block_on(demo::run(Demo { listen, seed }))?)
}

//! `serve`: configuration → logging → run.

use std::{error::Error, net::SocketAddr, path::PathBuf, str::FromStr, sync::Arc};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use llm_exporter::config::{Config, ConfigError, LogFormat, LogLevel, Overrides};
use llm_exporter::{Hangups, Surroundings};

use super::{Failure, environment, logging};

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Read settings from this YAML file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve on this address instead of 0.0.0.0:4000; repeatable
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    listen: Vec<SocketAddr>,
    /// How log records are written to standard error
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<LogFormat, _>(LogFormat::ALL.map(LogFormat::as_str)))]
    log_format: Option<LogFormat>,
    /// The least severe level that is logged
    #[arg(long, value_name = "LEVEL", value_parser = one_of::<LogLevel, _>(LogLevel::ALL.map(LogLevel::as_str)))]
    log_level: Option<LogLevel>,
}

/// Serves until a signal ends the process.
pub(super) fn serve(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    // Before anything that takes time: until then SIGHUP would end the process.
    let hangups = {
        let _runtime = runtime.enter();
        Hangups::listen().map_err(Failure::Runtime)?
    };
    let read = move || read(&args);
    let config = read()?;
    let level = logging::init(&config.log);
    let set_log_level = Box::new(move |new| level.set(new));
    let surroundings = Surroundings { read: Arc::new(read), set_log_level, hangups };
    let ended = runtime.block_on(llm_exporter::run(config, surroundings));
    // All that counts has ended by now. Whoever still reads a file that does not come is not waited for.
    runtime.shutdown_background();
    Ok(ended?)
}

/// Reads the configuration: at the start, and whenever it is read again.
fn read(args: &Args) -> Result<Config, ConfigError> {
    let Args { config, listen, log_format, log_level } = args;
    let overrides = Overrides { listen: listen.clone(), log_level: *log_level, log_format: *log_format };
    Config::load(config.as_deref(), environment(), overrides)
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected ADDRESS:PORT such as 127.0.0.1:4000 or [::]:4000")
}

/// Takes the names that `T` reads, and lists them in the help.
fn one_of<T, const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

//! The program around the library: arguments → configuration → logging → run → exit code.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // First of all: TLS without a provider panics at its first use.
    rustls::crypto::ring::default_provider().install_default().expect("nothing has installed a provider before main");
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            cli::report(&failure);
            ExitCode::FAILURE
        }
    }
}

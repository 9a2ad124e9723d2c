//! `replay`: sends recorded event files to a running exporter.
//!
//! A file is read on a blocking thread and cut into bodies (`bodies`), which are sent one after the
//! other (`client`): at most two bodies are in memory, however long the file.

mod batch;
mod bodies;
mod client;
mod summary;

use std::{
    fs::File,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Instant,
};

use indicatif::{ProgressBar, ProgressStyle};
use llm_exporter::config::Secret;
use tokio::sync::mpsc;

use self::{
    bodies::ReadError,
    client::{Client, SendError},
    summary::Totals,
};
use super::{Failure, failure::with_causes, print};

/// What `replay` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A file holds a JSON array of events, one event a line (NDJSON) or a single event, and may be
compressed with gzip. Without --batch a file of up to 32 MiB is sent as it is.

Examples:
  llm-exporter replay events.json
  llm-exporter replay --batch 100 --token-file token *.ndjson.gz
  llm-exporter replay --url https://exporter.example/ingest/litellm events.json")]
pub(super) struct Args {
    /// The files to send, in this order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the exporter takes events
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4000/ingest/litellm")]
    url: reqwest::Url,
    /// The file that holds the exporter's bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Send this many events in a body
    #[arg(long, value_name = "EVENTS")]
    batch: Option<NonZeroUsize>,
}

/// Why one file could not be sent whole.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Sends the files and prints what became of their events.
pub(super) fn replay(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    runtime.block_on(send_files(args))
}

async fn send_files(args: Args) -> Result<(), Failure> {
    let Args { files, url, token_file, batch } = args;
    let client = Client::new(url, token_file.map(read_token).transpose()?)?;
    let progress = progress(&files);
    let started = Instant::now();
    let (mut totals, mut failed) = (Totals::default(), 0);
    for file in &files {
        progress.set_message(totals.rate(started.elapsed()));
        if let Err(error) = send_file(file, batch, &client, &progress, &mut totals).await {
            failed += 1;
            warn_about(file, &error, &progress);
        }
    }
    progress.finish_and_clear();
    totals.files = files.len() - failed;
    print(&totals.summary(started.elapsed()))?;
    if failed > 0 {
        let files = files.len();
        return Err(Failure::Replay { failed, files });
    }
    Ok(())
}

fn read_token(file: PathBuf) -> Result<Secret, Failure> {
    Secret::from_file(&file).map_err(|reason| Failure::TokenFile { file, reason })
}

async fn send_file(
    file: &Path,
    batch: Option<NonZeroUsize>,
    client: &Client,
    progress: &ProgressBar,
    totals: &mut Totals,
) -> Result<(), FileError> {
    let source = progress.wrap_read(File::open(file).map_err(ReadError::Io)?);
    let (sender, mut bodies) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || {
        bodies::read(source, batch, &mut |body| sender.blocking_send(body).is_ok())
    });
    while let Some(body) = bodies.recv().await {
        totals.add(client.send(body).await?);
    }
    Ok(reading.await.expect("reading does not panic")?)
}

/// A bar over the files' bytes, which shows on a terminal only.
fn progress(files: &[PathBuf]) -> ProgressBar {
    let sizes = files.iter().filter_map(|file| file.metadata().ok());
    let progress = ProgressBar::new(sizes.map(|metadata| metadata.len()).sum());
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {elapsed} {msg}");
    progress.with_style(style.expect("the template is a constant that a test draws"))
}

#[expect(clippy::print_stderr, reason = "a failed file is told at once, above the progress bar")]
fn warn_about(file: &Path, error: &FileError, progress: &ProgressBar) {
    let line = format!("{}: {}", file.display(), with_causes(error));
    progress.suspend(|| eprintln!("{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_bar_can_be_drawn() {
        assert_eq!(progress(&[]).length(), Some(0));
    }
}

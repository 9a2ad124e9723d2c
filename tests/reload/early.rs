//! A signal that comes before anything is read, and one that comes while the exporter ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::deadline::{PATIENCE, poll};
use crate::support::exporter::Launch;

/// The bit of SIGHUP, which is signal 1.
const HANGUP: u64 = 1;

/// Killed when it is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn a_signal_before_the_configuration_is_read_is_a_reload_once_it_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Reading it waits for somebody who writes.
    let pipe = folder.path().join("config.yml");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let child = Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(&pipe)
        .env_clear()
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that cargo built starts");
    let mut exporter = Killed(child);
    let process = exporter.0.id();
    assert!(poll(PATIENCE, || catches_hangups(process).then_some(())).is_some(), "it listens for the signal");
    hang_up(process);

    let lines = lines_of(&mut exporter.0);
    fs::write(&pipe, "log: {level: info}\n").expect("it is read at the start");
    wait_for_line(&lines, "listening on");
    fs::write(&pipe, "log: {level: info}\nhealth: {failure_threshold: 2}\n").expect("and again for the signal");
    wait_for_line(&lines, "the configuration was reloaded");
    assert!(exporter.0.try_wait().expect("it is our child").is_none(), "it runs");

    // Nobody writes any more: a reload that never comes to its end must not hold up the end.
    hang_up(process);
    let terminated = Command::new("kill").arg(process.to_string()).status().expect("kill runs");
    assert!(terminated.success());
    let status = poll(PATIENCE, || exporter.0.try_wait().expect("it is our child"));
    assert!(status.expect("it ends in time").success());
}

#[test]
fn a_signal_while_it_ends_changes_nothing() {
    let mut exporter = Launch::default().config("shutdown: {delay: 1s, grace: 20s}\n").start();
    exporter.sigterm();
    exporter.wait_until("it is about to end", PATIENCE, |exporter| exporter.log().contains("stopping"));
    exporter.signal("HUP");
    let answer = exporter.post(crate::RELOAD, "");
    assert_eq!((answer.status, answer.text()), (503, "the exporter is stopping\n"));
    assert_eq!(exporter.wait_exit(Duration::from_secs(15)).code(), Some(0), "{}", exporter.log());
    assert!(!exporter.log().contains("reloaded"), "{}", exporter.log());
}

fn hang_up(process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -s HUP {process}")]).status().expect("sh runs");
    assert!(status.success());
}

/// Whether a process has said what is to be done with the signal, as the kernel tells it.
fn catches_hangups(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & HANGUP != 0))
}

fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[track_caller]
fn wait_for_line(lines: &mpsc::Receiver<String>, part: &str) {
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(part) => return,
            Ok(_) => {}
            Err(error) => panic!("no line with {part}: {error}"),
        }
    }
}

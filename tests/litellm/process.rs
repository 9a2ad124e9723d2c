//! Processes that don't outlive the test, and waiting for what they do.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores; a quiet one needs a tenth.
const DEADLINE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);
const LINES_SHOWN: usize = 30;

/// A process that is killed when this is dropped; its output is shown if the test failed.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` in `dir`, away from the environment of whoever runs the test.
    pub(crate) fn start(dir: &Path, name: &'static str, command: &mut Command) -> Self {
        let log = dir.join(format!("{name}.log"));
        let output = File::create(&log).expect("a log can be written");
        isolate(command, dir)
            // The Python ones end when this pipe is closed: even when the test is killed and nothing is dropped.
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a log can be written twice"))
            .stderr(output);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name, child, log }
    }

    /// What follows `prefix` in the first line of the output that has it, up to the next space.
    pub(crate) fn wait_for_line(&mut self, prefix: &str) -> String {
        wait_for(&format!("{} says \"{prefix}\"", self.name), || {
            self.assert_running();
            let output = self.output();
            let (_, rest) = output.split_once(prefix).ok_or_else(|| output.clone())?;
            // A line that is not yet whole may lack half of the port.
            let (line, _) = rest.split_once('\n').ok_or_else(|| output.clone())?;
            Ok(line.split_whitespace().next().unwrap_or_default().trim_end_matches('/').to_owned())
        })
    }

    /// Panics if the process has ended.
    pub(crate) fn assert_running(&mut self) {
        let ended = self.child.try_wait().expect("a child can be asked for its status");
        assert!(ended.is_none(), "{} ended: {ended:?}", self.name);
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            let lines: Vec<&str> = output.lines().collect();
            let tail = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
            let _ = writeln!(std::io::stderr(), "\n--- the last lines of {} ---\n{tail}", self.name);
        }
    }
}

/// A command that runs `program` in `dir`, away from the environment of whoever runs the test.
pub(crate) fn command_in(dir: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    isolate(&mut command, dir);
    command
}

/// Without this, a proxy or a database that the environment names would become part of the test.
fn isolate<'a>(command: &'a mut Command, dir: &Path) -> &'a mut Command {
    let set: Vec<_> = command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
    command.env_clear();
    for (key, value) in set {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", dir).current_dir(dir)
}

/// Asks `condition` until it holds; `what` and its last error are the message if it never does.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match condition() {
            Ok(value) => return value,
            Err(state) => assert!(Instant::now() < deadline, "waited {DEADLINE:?} until {what}: {state}"),
        }
        sleep(POLL);
    }
}

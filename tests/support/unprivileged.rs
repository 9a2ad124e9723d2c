//! A real server as a child process: run by nobody where the tests are run by root, paused and resumed with all its own children,
//! and gone when the test is over, however it ends.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::deadline::{PATIENCE, poll};

/// Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65534;

/// Where Linux has files in memory.
const MEMORY: &str = "/dev/shm";

/// A server with its data takes some 30 MiB. Containers often have 64 MiB there in all.
const PLENTY: u64 = 2 << 30;

/// How long a server may take to end by itself.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// Becomes the server, and leaves someone behind who waits for the end of the test: then its end of the pipe that is our standard input
/// is closed, also when it was killed, without the word that all is well. `$$` stays the id of the server. It may be paused, and so may
/// its children. Whoever waits ignores what a terminal sends to all.
const GUARDED: &str = r#"
signal=$1 folder=$2; shift 2
exec 3<&0
(
  trap '' HUP INT TERM
  read word <&3 && exit
  me=$(exec sh -c 'echo $PPID')
  for child in $(cat /proc/$$/task/$$/children); do [ "$child" = "$me" ] || kill -CONT "$child"; done
  kill -CONT $$
  kill -"$signal" $$
  for try in $(seq 50); do kill -0 $$ || break; sleep 0.1; done
  kill -KILL $$
  rm -rf "$folder"
) >/dev/null 2>&1 &
exec 3<&- "$@" </dev/null
"#;

/// How a server is told to end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// SIGQUIT: PostgreSQL leaves no shared memory behind.
    Quit,
    /// SIGKILL.
    Kill,
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    guard: Option<ChildStdin>,
    end: End,
}

impl ServerProcess {
    /// Starts a server in a folder of its own, where its words go to the file `log`.
    pub(crate) fn start<A: AsRef<OsStr>>(program: &Path, arguments: &[A], folder: &Path, end: End) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        let signal = match end {
            End::Quit => "QUIT",
            End::Kill => "KILL",
        };
        let mut command = command(Path::new("sh"));
        command.args(["-c", GUARDED, "sh", signal]).arg(folder).arg(program).args(arguments);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let guard = child.stdin.take();
        Ok(Self { child, guard, end })
    }

    /// Whether it is ready before it ends or patience does. What it wrote of a start that failed goes to the test's own words.
    pub(crate) fn becomes_ready(&mut self, folder: &Path, mut is_ready: impl FnMut() -> bool) -> bool {
        let ready = poll(PATIENCE, || if self.has_ended() { Some(false) } else { is_ready().then_some(true) });
        let ready = ready.unwrap_or(false);
        if !ready {
            let words = fs::read(folder.join("log")).unwrap_or_default();
            io::stderr().write_all(&words).expect("stderr takes text");
        }
        ready
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Stops it and its children where they are: to its clients it hangs.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
        self.children().into_iter().for_each(|child| send(child, Signal::STOP));
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.children().into_iter().for_each(|child| send(child, Signal::CONT));
        self.signal(Signal::CONT);
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(&mut self, signal: Signal) {
        self.resume();
        self.signal(signal);
        if poll(END_PATIENCE, || self.has_ended().then_some(())).is_none() {
            self.signal(Signal::KILL);
        }
        self.child.wait().expect("it is our child");
        if let Some(mut guard) = self.guard.take() {
            // It may have been killed with its server.
            let _ = guard.write_all(b"well\n");
        }
    }

    fn signal(&self, signal: Signal) {
        send(pid(self.child.id()), signal);
    }

    /// Without the one who waits for the end of the test.
    fn children(&self) -> Vec<Pid> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let is_guard = |id: &str| fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name == "sh\n");
        let children = children.split_whitespace().filter(|id| !is_guard(id));
        children.filter_map(|id| id.parse().ok()).map(pid).collect()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.end(match self.end {
                End::Quit => Signal::QUIT,
                End::Kill => Signal::KILL,
            });
        }
    }
}

fn pid(id: u32) -> Pid {
    i32::try_from(id).ok().and_then(Pid::from_raw).expect("the id of a process is positive")
}

fn send(process: Pid, signal: Signal) {
    // It may have ended by itself.
    let _ = kill_process(process, signal);
}

/// A command that is run by nobody where the tests are run by root: PostgreSQL refuses to be.
pub(crate) fn command(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.arg("--").arg(program);
    command
}

/// A temporary folder for whoever [`command`] runs as: in memory where there is plenty of it, for a database writes thousands of files.
pub(crate) fn folder() -> TempDir {
    let folder = if has_room(MEMORY) { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    give(folder.path());
    folder
}

fn has_room(folder: &str) -> bool {
    let output = Command::new("df").args(["--output=avail", "-B1", folder]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let free = text.lines().nth(1).and_then(|line| line.trim().parse::<u64>().ok());
    free.is_some_and(|free| free >= PLENTY)
}

/// Writes a file that only whoever [`command`] runs as may read.
pub(crate) fn file(path: PathBuf, content: &str) -> PathBuf {
    fs::write(&path, content).expect("a temporary folder takes a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is our file");
    give(&path);
    path
}

fn give(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
    }
}

/// Gives a folder and all that is in it to whoever [`command`] runs as.
pub(crate) fn give_all(path: &Path) {
    give(path);
    let Ok(entries) = fs::read_dir(path) else { return };
    entries.for_each(|entry| give_all(&entry.expect("a folder of ours can be read").path()));
}

/// A port that is free now, and that no client is given for its own end of a connection: so it stays free while a server is stopped.
pub(crate) fn free_port() -> u16 {
    const LOWEST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id().wrapping_mul(7919) % u32::from(COUNT);
    let begin = u16::try_from(begin).expect("less than the count");
    let port = poll(PATIENCE, || {
        let port = LOWEST + (begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % COUNT;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
    });
    port.expect("a free port on loopback")
}

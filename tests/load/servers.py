"""What the measurements around a database share: a PostgreSQL and exporters of their own, and what /proc says of them."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60

# Who reads, and who writes: their statements can be told apart.
READER, OWNER = "exporter", "postgres"


@contextlib.contextmanager
def scratch():
    """A folder on a real disk, which everybody may enter: under $FOLDER, or where temporary files are."""
    with tempfile.TemporaryDirectory(prefix="llm-exporter-load-", dir=os.environ.get("FOLDER")) as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def release_binary():
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    metadata = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"]
    target = json.loads(subprocess.run(metadata, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"]
    return Path(target) / "release/llm-exporter"


def describe_machine(folder):
    """The machine, its disk and the day."""
    cpu = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    disk = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True).stdout.split()[-1]
    system = os.uname()
    return (
        f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} CPUs ({cpu[1] if cpu else 'unknown model'}), "
        f"{system.sysname} {system.release} {system.machine}, {disk}"
    )


def say(words):
    """Progress, for who waits."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def wait_until(what, condition, patience=PATIENCE, pause=0.05):
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience} s")
        time.sleep(pause)
    return found


class Process:
    """What /proc says of a process."""

    def __init__(self, pid):
        self.folder = Path("/proc") / str(pid)

    def cpu_seconds(self):
        """With its children that have ended."""
        return sum(map(int, self._stat()[11:15])) / TICKS

    def on_cpu_milliseconds(self):
        """Of its first thread, to the nanosecond."""
        return int((self.folder / "schedstat").read_text().split()[0]) / 1e6

    def peak_megabytes(self):
        return int(re.search(r"VmHWM:\s*(\d+) kB", (self.folder / "status").read_text())[1]) * 1024 / 1e6

    def _stat(self):
        # The name before may have spaces in it.
        return (self.folder / "stat").read_text().rpartition(")")[2].split()


class Postgres:
    """A server of our own on a socket and a port of this machine, run by nobody where we are root. Let be, it does nothing by
    itself: no autovacuum, and no checkpoint but those that are asked for. Its planner and its memory are as they come, but for
    shared_buffers. What its roles' statements cost stands in its log, once that is asked for."""

    SETTINGS = {
        "shared_buffers": "256MB",
        "fsync": "off",
        "synchronous_commit": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "1d",
        "autovacuum": "off",
        "maintenance_work_mem": "512MB",
        "listen_addresses": "127.0.0.1",
        "logging_collector": "on",
        "log_destination": "jsonlog",
        "log_directory": "log",
        "log_filename": "statements",
        "log_rotation_size": "0",
        "log_parameter_max_length": "0",
    }

    def __init__(self, folder):
        self.folder = folder / "postgres"
        self.data = self.folder / "data"
        self.folder.mkdir()
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: int(bin.parent.name), default=None)
        self.bin = newest or Path(shutil.which("initdb") or sys.exit("missing: PostgreSQL's server")).resolve().parent
        self.port = free_port()

    def __enter__(self):
        make = [self.bin / "initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", OWNER]
        self._run([*make, "-D", self.data], stdout=subprocess.DEVNULL)
        settings = self.SETTINGS | {"port": self.port, "unix_socket_directories": self.folder}
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.data, *options],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.user,
        )
        ready = [self.bin / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]
        wait_until("postgres answers", lambda: subprocess.run(ready).returncode == 0)
        self.execute(f"CREATE ROLE {READER} LOGIN")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def url(self, database=OWNER):
        return f"postgresql://{READER}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql, database=OWNER):
        """Runs statements, and returns the rows, one a line, columns divided by `|`."""
        return self._run(self.client(OWNER, database), input=sql, capture_output=True).stdout.strip()

    def client(self, role, database=OWNER):
        psql = [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        return [*psql, "-h", self.folder, "-p", str(self.port), "-U", role, "-d", database, "-f", "-"]

    def cpu_seconds(self):
        """Of all its processes, also those that have ended."""
        while True:
            try:
                ours = [self.process.pid, *children(self.process.pid)]
                return sum(Process(pid).cpu_seconds() for pid in ours)
            except (FileNotFoundError, ProcessLookupError):
                pass  # One of them ended just now, and is counted with its parent's.

    def statements(self):
        """What the log has of the reader's statements, if those are logged: by whom they were served, milliseconds and text."""
        for line in (self.data / "log/statements.json").read_text().splitlines():
            entry = json.loads(line)
            told = re.match(r"duration: ([0-9.]+) ms(?:  (.*))?", entry["message"], re.DOTALL)
            if told and entry.get("user") == READER:
                yield entry["pid"], float(told[1]), told[2] or ""

    def _run(self, command, **options):
        done = subprocess.run(command, cwd=self.folder, text=True, **self.user, **options)
        if done.returncode != 0:
            sys.exit(f"{command[0]} failed: {done.stderr or ''}")
        return done


class Exporter:
    """An exporter with a configuration, in a folder of its own that is empty before and gone after."""

    def __init__(self, binary, folder, config):
        self.folder = Path(tempfile.mkdtemp(prefix="exporter-", dir=folder))
        (self.folder / "llm-exporter.yml").write_text(config)
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--config", "llm-exporter.yml"]
        ours = ("LITELLM_", "LLM_EXPORTER_", "DATABASE_", "REDIS_", "CONFIG_FILE_PATH")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.log = self.folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self):
        self.url = wait_until("the exporter listens", self._address)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as response:
            return response.read()

    def reading(self):
        """What is told of the spend log."""
        return json.loads(self.get("/health/services"))["sources"].get("litellm_spend_logs", {})

    def value(self, sample):
        """The value of a line of /metrics, by all that stands before it."""
        text = self.get("/metrics").decode()
        found = re.search(rf"^{re.escape(sample)} (\S+)", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def proc(self):
        return Process(self.process.pid)

    def _address(self):
        log = self.log.read_text()
        if self.process.poll() is not None:
            sys.exit(f"the exporter does not start:\n{log}")
        found = re.search(r"listening on (http://[0-9.:]*[0-9])", log)
        return found and found[1]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def table(heads, rows):
    """A table as the README has them: the first column to the left, the others to the right."""
    print(f"| {heads[0]:44} | " + " | ".join(f"{head:>12}" for head in heads[1:]) + " |")
    print("|---|" + "--:|" * (len(heads) - 1))
    for first, *others in rows:
        print(f"| {first:44} | " + " | ".join(f"{other:>12}" for other in others) + " |")

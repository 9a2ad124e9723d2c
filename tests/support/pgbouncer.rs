//! A real PgBouncer in front of a test's PostgreSQL, in transaction mode: two questions of one client may go to two connections.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use tempfile::TempDir;

use super::postgres::{Postgres, USER};
use super::unprivileged::{self, End, ServerProcess, free_port};

/// A pooler with fewer connections than it has clients.
#[derive(Debug)]
pub(crate) struct PgBouncer {
    port: u16,
    _process: ServerProcess,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts it in front of a server.
    pub(crate) fn start(server: &Postgres) -> Self {
        let (folder, port) = (unprivileged::folder(), free_port());
        let users = unprivileged::file(folder.path().join("users.txt"), &format!("\"{USER}\" \"\"\n"));
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} dbname=postgres user={USER}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = 2\nserver_reset_query_always = 0\n",
            server.port(),
            users.display()
        );
        let file = unprivileged::file(folder.path().join("pgbouncer.ini"), &settings);
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().map(Path::new).find(|path| path.exists());
        let program = program.expect("this test needs PgBouncer: run tests/run, which installs it");
        let process = ServerProcess::start(program, &[&file], folder.path(), End::Kill);
        let mut process = process.expect("a shell starts");
        let is_ready = process.becomes_ready(folder.path(), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(is_ready, "{}", fs::read_to_string(folder.path().join("log")).unwrap_or_default());
        Self { port, _process: process, _folder: folder }
    }

    /// Where it is, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://{USER}@127.0.0.1:{}/postgres", self.port)
    }
}

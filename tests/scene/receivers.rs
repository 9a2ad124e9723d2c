//! Those whom Alertmanager tells, all played by one listener: it takes what is posted to it and remembers for whom it was.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running listener; it runs until the test's process ends.
#[derive(Debug)]
pub(crate) struct Receivers {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Told>>>,
}

/// One alert of one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The path to which it was posted.
    pub(crate) path: String,
    /// The receiver's name in Alertmanager's configuration.
    pub(crate) receiver: String,
    /// The alert's labels.
    pub(crate) labels: Value,
}

impl Receivers {
    /// Starts it.
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let told = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&told);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&shared);
                // Who hangs up in between tells it again.
                thread::spawn(move || take(stream, &told));
            }
        });
        Self { address, told }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What they were told of so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().expect("nobody panics with it").clone()
    }
}

fn take(stream: TcpStream, told: &Mutex<Vec<Told>>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut stream = BufReader::new(stream);
    let (path, body) = read(&mut stream)?;
    // Other programs post other things here.
    let notification: Value = serde_json::from_slice(&body).unwrap_or_default();
    let alerts = notification["alerts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let firing = alerts.iter().filter(|alert| alert["status"] == "firing").map(|alert| Told {
        path: path.clone(),
        receiver: notification["receiver"].as_str().unwrap_or_default().to_owned(),
        labels: alert["labels"].clone(),
    });
    told.lock().expect("nobody panics with it").extend(firing);
    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// The path and the body of a request.
fn read(stream: &mut impl BufRead) -> io::Result<(String, Vec<u8>)> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((path, body))
}

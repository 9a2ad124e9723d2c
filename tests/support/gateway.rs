//! A stand-in for a LiteLLM proxy: it tells what the exporter may ask of one, to who has its key; can go down, hang and refuse; and
//! remembers what it was asked, so that a test sees that nothing was that costs money.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// The key that it demands.
pub(crate) const MASTER_KEY: &str = "sk-master-of-the-stand-in";

/// The version that it says it is.
pub(crate) const VERSION: &str = "1.109.1";

/// What may be asked: none of it sends a request to a model.
const FREE: [&str; 3] = ["GET /health/liveliness", "GET /health/readiness/details", "GET /model/info"];

/// No test waits longer for anything.
const LONGEST: Duration = Duration::from_secs(60);

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mood {
    /// As it should.
    #[default]
    Well,
    /// It hangs up at once.
    Down,
    /// Never.
    Hanging,
    /// With this status, whatever is asked.
    Failing(u16),
}

/// A running stand-in, which is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    facts: Mutex<Facts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Facts {
    mood: Mood,
    models: String,
    asked: Vec<String>,
    has_ended: bool,
}

impl Gateway {
    /// Starts one that is well and lists these models, as `GET /model/info` does.
    pub(crate) fn listing(models: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared::default());
        shared.facts().models = models.to_owned();
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if accepting.facts().has_ended {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away ends its connection.
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// Where it is, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers everything like this from now on, also what it is being asked already.
    pub(crate) fn be(&self, mood: Mood) {
        self.shared.facts().mood = mood;
        self.shared.changed.notify_all();
    }

    /// Lists these models from now on.
    pub(crate) fn list(&self, models: &str) {
        self.shared.facts().models = models.to_owned();
    }

    /// How often this route (`GET /model/info`) was asked for.
    pub(crate) fn requests(&self, route: &str) -> usize {
        self.shared.facts().asked.iter().filter(|asked| *asked == route).count()
    }

    /// Fails if it was asked for anything that a bill may come of, such as `GET /health`.
    pub(crate) fn assert_nothing_billed(&self) {
        let asked = self.shared.facts().asked.clone();
        let others: Vec<_> = asked.iter().filter(|asked| !FREE.contains(&asked.as_str())).collect();
        assert!(others.is_empty(), "the gateway was asked for {others:?}");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.facts().has_ended = true;
        self.shared.changed.notify_all();
        // Wakes whoever accepts.
        let _: io::Result<TcpStream> = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Shared {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().expect("nobody panics with it")
    }

    /// Answers one request and hangs up.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(LONGEST))?;
        stream.set_write_timeout(Some(LONGEST))?;
        if self.facts().mood == Mood::Down {
            return Ok(());
        }
        let mut stream = BufReader::new(stream);
        let (route, authorization) = read_request(&mut stream)?;
        self.facts().asked.push(route.clone());
        let facts = self.facts();
        let is_hanging = |facts: &mut Facts| facts.mood == Mood::Hanging && !facts.has_ended;
        let (facts, _) = self.changed.wait_timeout_while(facts, LONGEST, is_hanging).expect("nobody panics with it");
        let (status, body) = match facts.mood {
            Mood::Down | Mood::Hanging => return Ok(()),
            Mood::Failing(status) => (status, "{}".to_owned()),
            Mood::Well => answer(&route, &authorization, &facts.models),
        };
        drop(facts);
        let length = body.len();
        write!(
            stream.get_mut(),
            "HTTP/1.1 {status} Of\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

fn answer(route: &str, authorization: &str, models: &str) -> (u16, String) {
    let has_key = authorization.strip_prefix("Bearer ") == Some(MASTER_KEY);
    match route {
        "GET /health/liveliness" => (200, "\"I'm alive!\"".to_owned()),
        "GET /health/readiness/details" if has_key => {
            (200, format!(r#"{{"status": "connected", "db": "connected", "litellm_version": "{VERSION}"}}"#))
        }
        "GET /model/info" if has_key => (200, models.to_owned()),
        "GET /health/readiness/details" | "GET /model/info" => (401, "{}".to_owned()),
        _ => (404, "{}".to_owned()),
    }
}

/// Its route, and what it says in `Authorization`.
fn read_request(stream: &mut impl BufRead) -> io::Result<(String, String)> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let route = line.split(" HTTP/").next().unwrap_or_default().to_owned();
    let mut authorization = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            return Ok((route, authorization));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            value.trim().clone_into(&mut authorization);
        }
    }
}

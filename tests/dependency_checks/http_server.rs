//! A gateway as bad as one likes: a plain HTTP server that answers each route as it is told, or not at all, and remembers what it was
//! asked.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::certificates::Certificate;

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A status and a body.
    Of(u16, &'static str),
    /// A redirection.
    Elsewhere(&'static str),
    /// Nothing, ever.
    Silence,
    /// A status 200 and a body without an end.
    Endless,
}

/// One request: its route and what it says in `Authorization`.
pub(crate) type Asked = (String, Option<String>);

/// A server that answers.
#[derive(Debug)]
pub(crate) struct HttpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    answer: Mutex<Answer>,
    asked: Mutex<Vec<Asked>>,
    connections: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl HttpServer {
    /// Starts one that gives this answer to everything.
    pub(crate) fn answering(answer: Answer) -> Self {
        Self::start(answer, None)
    }

    /// Starts one that talks TLS.
    pub(crate) fn with_certificate(certificate: &Certificate) -> Self {
        let chain = CertificateDer::from_pem_slice(certificate.chain.as_bytes()).expect("a certificate in PEM");
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a key in PEM");
        let builder = ServerConfig::builder_with_provider(llm_exporter::tls::provider());
        let builder = builder.with_safe_default_protocol_versions().expect("ring has them");
        let config = builder.with_no_client_auth().with_single_cert(vec![chain], key).expect("they belong together");
        Self::start(Answer::Of(200, "\"I'm alive!\""), Some(Arc::new(config)))
    }

    fn start(answer: Answer, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            asked: Mutex::default(),
            connections: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener, tls.as_ref()));
        Self { address, shared }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what is answered.
    pub(crate) fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().expect("nobody panics with it") = answer;
    }

    /// All that it has been asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("nobody panics with it").clone()
    }

    /// How many connections have come so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.lock().expect("nobody panics with it").len()
    }

    /// Cuts all connections, as a restart does.
    pub(crate) fn cut(&self) {
        for connection in &*self.shared.connections.lock().expect("nobody panics with it") {
            // The other end may have been faster.
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.cut();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener, tls: Option<&Arc<ServerConfig>>) {
        while let Ok((stream, _)) = listener.accept() {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let copy = stream.try_clone().expect("a stream can be had twice");
            self.connections.lock().expect("nobody panics with it").push(copy);
            let (shared, tls) = (Arc::clone(self), tls.cloned());
            thread::spawn(move || match tls {
                None => shared.serve(stream),
                Some(config) => {
                    let session = ServerConnection::new(config).expect("the configuration is complete");
                    shared.serve(StreamOwned::new(session, stream));
                }
            });
        }
    }

    /// Until the client goes away.
    fn serve(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        while let Some(asked) = read_request(&mut stream) {
            self.asked.lock().expect("nobody panics with it").push(asked);
            let answer = self.answer.lock().expect("nobody panics with it").clone();
            if write_answer(stream.get_mut(), &answer).is_err() {
                return;
            }
        }
    }
}

fn read_request(stream: &mut impl std::io::BufRead) -> Option<Asked> {
    let mut lines = stream.by_ref().lines().map_while(Result::ok);
    let route = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let authorization = headers.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
    });
    Some((route, authorization))
}

fn write_answer(stream: &mut impl Write, answer: &Answer) -> std::io::Result<()> {
    match answer {
        Answer::Of(status, body) => {
            write!(stream, "HTTP/1.1 {status} Of\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        }
        Answer::Elsewhere(target) => {
            write!(stream, "HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n")
        }
        Answer::Silence => Ok(()),
        Answer::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 64 << 10])?;
            }
        }
    }?;
    stream.flush()
}

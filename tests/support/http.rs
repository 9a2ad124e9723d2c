//! A plain blocking HTTP/1.1 client over one TCP connection: it sends exactly the bytes it is told to, and reads
//! exactly one answer. Tests use it where a real client would repair, pool, decompress or refuse.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A request as it goes over the wire. `Host`, `Connection: close` and `Content-Length` are added when sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body; `target` is the path with its query.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds one header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request on a connection of its own and reads the answer. A server may answer before it has read
    /// the whole body: then the answer counts and not the broken pipe.
    pub(crate) fn send(&self, server: SocketAddr) -> io::Result<Response> {
        let mut connection = Connection::open(server)?;
        let written = connection.write(self.head(server).as_bytes()).and_then(|()| connection.write(&self.body));
        match connection.read_answer(&self.method) {
            Err(_) if written.is_err() => Err(written.expect_err("just seen")),
            answer => answer,
        }
    }

    fn head(&self, server: SocketAddr) -> String {
        let Self { method, target, headers, body } = self;
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n");
        if !body.is_empty() || method == "POST" || method == "PUT" {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

/// A complete answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// The headers in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, without transfer encoding, with content encoding.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first header of that name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", String::from_utf8_lossy(&self.body)))
    }
}

/// An open connection, for requests that are slow, cut off or malformed.
#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects, with a timeout on everything that follows.
    pub(crate) fn open(server: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect_timeout(&server, TIMEOUT)?)
    }

    /// Speaks HTTP over a stream that is already connected.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends these bytes and nothing else.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads the head of a request that a client sends to us, and returns its first line.
    pub(crate) fn read_request_line(&mut self) -> io::Result<String> {
        let first = self.read_line()?;
        self.read_headers()?;
        Ok(first)
    }

    /// Reads one final answer (interim `1xx` answers are passed over) to a request with this method.
    pub(crate) fn read_answer(&mut self, method: &str) -> io::Result<Response> {
        loop {
            let status = status_of(&self.read_line()?)?;
            let headers = self.read_headers()?;
            if status >= 200 {
                let mut response = Response { status, headers, body: Vec::new() };
                response.body = self.read_body(method, &response)?;
                return Ok(response);
            }
        }
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(broken(format!("the connection ended within a line: {line:?}"))),
        }
    }

    fn read_headers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                return Ok(headers);
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken(format!("no header: {line:?}")))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn read_body(&mut self, method: &str, response: &Response) -> io::Result<Vec<u8>> {
        if method == "HEAD" || matches!(response.status, 204 | 304) {
            return Ok(Vec::new());
        }
        if response.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.read_chunks();
        }
        match response.header("content-length") {
            Some(length) => self.read_exactly(length.parse().map_err(broken)?),
            None => {
                let mut body = Vec::new();
                self.0.read_to_end(&mut body)?;
                Ok(body)
            }
        }
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line()?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).map_err(broken)?;
            if size == 0 {
                self.read_headers()?;
                return Ok(body);
            }
            body.append(&mut self.read_exactly(size)?);
            self.read_line()?;
        }
    }

    fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(body)
    }
}

fn status_of(line: &str) -> io::Result<u16> {
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    status.ok_or_else(|| broken(format!("no HTTP/1.1 status line: {line:?}")))
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

//! One connection: reads a request, and answers it as the stand-in was told to. Each answer ends its connection.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::Behaviour;
use super::answers::{Answer, answer};
use super::record::{Record, Request};

/// No test waits longer for anything.
const LONGEST: Duration = Duration::from_secs(60);

const HALF_A_BODY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":";

/// Serves one connection. A client that goes away ends it.
pub(super) fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, record: &Record) {
    // Whoever does not read what is written must not keep a thread for ever.
    let _ = stream.set_read_timeout(Some(LONGEST)).and_then(|()| stream.set_write_timeout(Some(LONGEST)));
    let _: io::Result<()> = match tls {
        None => serve_over(stream, record),
        Some(config) => ServerConnection::new(config)
            .map_err(io::Error::other)
            .and_then(|connection| serve_over(StreamOwned::new(connection, stream), record)),
    };
}

fn serve_over(stream: impl Read + Write, record: &Record) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read_request(&mut stream)?;
    let behaviour = record.note(request.clone());
    let mut out = stream.into_inner();
    match behaviour {
        Behaviour::CloseAtOnce => Ok(()),
        Behaviour::Hang => {
            record.wait(LONGEST);
            Ok(())
        }
        Behaviour::NoHttp => out.write_all(b"220 mail.example ESMTP\r\n"),
        Behaviour::RateLimited(wait) => {
            let error = error("rate_limit_exceeded", "Rate limit reached").to_string();
            write_whole(&mut out, 429, &[("Retry-After", &wait)], "application/json", &error)
        }
        Behaviour::Status(status) => {
            let error = error("some_code", &format!("provider says {status}")).to_string();
            write_whole(&mut out, status, &[], "application/json", &error)
        }
        Behaviour::Refusal(status, body) => write_whole(&mut out, status, &[], "application/json", &body),
        Behaviour::Garbage => write_whole(&mut out, 200, &[], "text/html", "<html>It works!</html>"),
        Behaviour::RedirectTo(address) => write_whole(&mut out, 307, &[("Location", &address)], "text/plain", ""),
        // The beginning of something that could be JSON.
        Behaviour::Endless => write_endlessly(&mut out, "application/json", &"[".repeat(64 << 10), record),
        Behaviour::EndlessStream => {
            let event = format!("data: {}\n\n", json!({"choices": [{"delta": {"content": "pong"}}]}));
            write_endlessly(&mut out, "text/event-stream", &event.repeat(1000), record)
        }
        Behaviour::HangMidBody => {
            out.write_all(HALF_A_BODY)?;
            out.flush()?;
            record.wait(LONGEST);
            Ok(())
        }
        behaviour => {
            if let Behaviour::Slow(time) = behaviour {
                record.wait(time);
            }
            write_answer(&mut out, &request, &behaviour, record)
        }
    }
}

fn read_request(stream: &mut impl BufRead) -> io::Result<Request> {
    let first = read_line(stream)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HashMap::new();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request {
        route: format!("{method} {path}"),
        query: query.to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn error(code: &str, message: &str) -> Value {
    json!({"error": {"message": message, "type": code, "code": code}})
}

fn write_answer(out: &mut impl Write, request: &Request, behaviour: &Behaviour, record: &Record) -> io::Result<()> {
    let mut asked = request.clone();
    if *behaviour == Behaviour::NoStreams {
        asked.body["stream"] = json!(false);
    }
    if *behaviour == Behaviour::NoUsage {
        asked.body["stream_options"] = Value::Null;
    }
    match answer(&asked, behaviour) {
        Answer::NotFound => {
            let error = error("not_found", "no such route").to_string();
            write_whole(out, 404, &[], "application/json", &error)
        }
        Answer::Json(_) if *behaviour == Behaviour::Cut => out.write_all(HALF_A_BODY),
        Answer::Json(body) => write_whole(out, 200, &[], "application/json", &body.to_string()),
        Answer::Events(events) => write_events(out, events, behaviour, record),
    }
}

fn write_whole(
    out: &mut impl Write,
    status: u16,
    headers: &[(&str, &str)],
    media_type: &str,
    body: &str,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Type: {media_type}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    write!(out, "{head}Content-Length: {}\r\n\r\n{body}", body.len())?;
    out.flush()
}

fn write_endlessly(out: &mut impl Write, media_type: &str, more: &str, record: &Record) -> io::Result<()> {
    write_stream_head(out, media_type)?;
    while !record.has_ended() {
        write_chunk(out, more)?;
    }
    Ok(())
}

fn write_events(
    out: &mut impl Write,
    mut events: Vec<(&'static str, String)>,
    behaviour: &Behaviour,
    record: &Record,
) -> io::Result<()> {
    let half = events.len().div_ceil(2);
    match behaviour {
        Behaviour::ErrorInStream { code, after_words } => {
            events.truncate(if *after_words { half } else { 0 });
            events.push(("error", error(code, "the model went away").to_string()));
        }
        Behaviour::StopsShort | Behaviour::Cut | Behaviour::HangMidStream => events.truncate(half),
        _ => {}
    }
    write_stream_head(out, "text/event-stream")?;
    for (name, data) in events {
        let name = if name.is_empty() { String::new() } else { format!("event: {name}\n") };
        write_chunk(out, &format!("{name}data: {data}\n\n"))?;
    }
    match behaviour {
        Behaviour::Cut => return Ok(()),
        Behaviour::HangMidStream => record.wait(LONGEST),
        _ => {}
    }
    write_chunk(out, "")
}

fn write_stream_head(out: &mut impl Write, media_type: &str) -> io::Result<()> {
    write!(
        out,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
}

/// An empty one ends the body.
fn write_chunk(out: &mut impl Write, chunk: &str) -> io::Result<()> {
    write!(out, "{:x}\r\n{chunk}\r\n", chunk.len())?;
    out.flush()
}

//! A refusal once closed its connection on a client that still sent its body: on a machine with more to do, the client saw a broken
//! pipe instead of the sentence that says what is allowed. What is left of a body is taken first, and no more of it than is fair.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, server, tokens};
use lunar_habitat_server::Server;

const LONG: usize = 17 << 20;

/// A connection on which a body has been announced.
fn announced(server: &Server, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "POST /api/sessions HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n").unwrap();
    stream
}

fn length(bytes: usize) -> String {
    format!("Content-Type: application/json\r\nConnection: close\r\nContent-Length: {bytes}")
}

fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a body is answered that is sent whole, a piece at a time, before the answer is looked at.
fn told(server: &Server) -> String {
    let mut stream = announced(server, &length(LONG));
    for piece in vec![b' '; LONG].chunks(1 << 20) {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    answer(&mut stream)
}

#[test]
fn who_sends_all_before_reading_is_told_what_was_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let open = server(dir.path(), |_| {});
    let answer = told(&open);
    let is_said = answer.contains("up to 16777216 bytes");
    assert!(answer.starts_with("HTTP/1.1 413") && is_said, "{answer}");
    open.stop();

    let dir = tempfile::tempdir().unwrap();
    let closed = server(dir.path(), |settings| settings.tokens = tokens());
    let answer = told(&closed);
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("\"error\""), "{answer}");
    closed.stop();

    let dir = tempfile::tempdir().unwrap();
    let strict = server(dir.path(), |settings| settings.requests_per_s = 1);
    let client = Client::new(strict.url());
    // On a slow machine a request may be allowed again before this one comes.
    let answer = (0..20).find_map(|_| {
        while client.get("/healthz").0 == 200 {}
        Some(told(&strict)).filter(|answer| answer.starts_with("HTTP/1.1 429"))
    });
    assert!(answer.unwrap().contains("\"error\""));
    strict.stop();
}

#[test]
fn who_stops_in_the_middle_or_announces_too_much_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    // Half a body, then silence.
    let mut stream = announced(&server, &length(LONG));
    stream.write_all(&vec![b' '; LONG / 2]).unwrap();
    let began = Instant::now();
    let told = answer(&mut stream);
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // More than anybody reads: the answer does not wait for the first byte.
    let mut stream = announced(&server, &length(1 << 30));
    let began = Instant::now();
    let told = answer(&mut stream);
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    server.stop();
}

#[test]
fn a_body_without_an_end_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let mut stream = announced(&server, "Transfer-Encoding: chunked");
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    let mut sent = 0;
    let error = loop {
        match stream.write_all(&chunk) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 500, "{sent} MB are taken");
    };
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    // Nobody else suffers.
    assert_eq!(Client::new(server.url()).get("/healthz").0, 200);
    server.stop();
}

//! What is refused: bad tokens, long bodies, frames that are none, tricks with paths, clients that drip.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, server, tokens};
use lunar_habitat_server::{Server, ServerSettings};
use serde_json::json;

/// Send bytes as they are; return what comes back until the connection ends.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn roles_are_kept_and_commands_are_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.tokens = tokens());
    let nobody = Client::new(server.url());
    assert_eq!(nobody.get("/api/sessions").0, 401);
    assert_eq!(nobody.get("/metrics").0, 401);
    assert_eq!(nobody.get("/healthz").0, 200);
    assert_eq!(Client::with(server.url(), "wrong-wrong-wrong-wrong").get("/api/sessions").0, 401);
    let vera = Client::with(server.url(), "vera-vera-vera-vera");
    let otto = Client::with(server.url(), "otto-otto-otto-otto");
    let ada = Client::with(server.url(), "ada-ada-ada-ada-ada");
    assert_eq!(vera.good("/api/whoami")["role"], "viewer");
    let new = json!({ "scenario": "cabin-30d" });
    assert_eq!(vera.post("/api/sessions", new.clone()).0, 403);
    let id = otto.make(new);
    assert_eq!(otto.get("/api/audit").0, 403);
    otto.does(&format!("/api/sessions/{id}/run"), json!({ "rate": 60.0 }));
    let audit = ada.good("/api/audit");
    let entries: Vec<(&str, &str)> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["who"].as_str().unwrap(), entry["action"].as_str().unwrap()))
        .collect();
    assert!(entries.contains(&("otto", "make")) && entries.contains(&("otto", "run")), "{audit}");
    server.stop();
}

#[test]
fn other_addresses_need_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let location = store::Location::Sqlite(dir.path().join("sessions.db"));
    let settings =
        ServerSettings { address: ([0, 0, 0, 0], 0).into(), ..ServerSettings::local(location) };
    let error = Server::start(settings).err().unwrap().to_string();
    assert!(error.contains("without tokens"), "{error}");
}

#[test]
fn what_is_malformed_or_too_long_is_refused_and_nothing_else_suffers() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    let long = vec![b' '; 17 << 20];
    let answer = raw(
        &server,
        &[
            format!(
                "POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                long.len()
            )
            .as_bytes(),
            &long,
        ]
        .concat(),
    );
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    for (request, start) in [
        ("NONSENSE\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        ("GET /../../Cargo.toml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 404"),
        ("GET /web/..%2f..%2fCargo.toml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 404"),
        ("GET /openmct/%2e%2e/%2e%2e/SECURITY.md HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 404"),
        ("GET /api/sessions HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 403"),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "a".repeat(64 << 10)), "HTTP/1.1 431"),
    ] {
        let answer = raw(&server, request.as_bytes());
        assert!(answer.starts_with(start), "{request:.60}: {answer:.200}");
    }
    // A frame that is none, and a message that is too long, end that stream alone.
    let mut stream = client.listen(&id, "*");
    if let tungstenite::stream::MaybeTlsStream::Plain(plain) = stream.0.get_mut() {
        plain.write_all(&[0xFF; 64]).unwrap();
    }
    while let Ok(message) = stream.0.read() {
        assert!(!message.is_binary());
    }
    let mut stream = client.listen(&id, "*");
    let _ = stream.0.send(tungstenite::Message::text("x".repeat(1 << 20)));
    while let Ok(message) = stream.0.read() {
        assert!(!message.is_binary());
    }
    let mut stream = client.listen(&id, "");
    stream.0.send(tungstenite::Message::text("{\"channels\": [\"nowhere\"]}")).unwrap();
    assert!(stream.until("error").as_str().unwrap().contains("nowhere"));
    client.does(&format!("/api/sessions/{id}/step"), json!({ "steps": 1 }));
    server.stop();
}

/// Clients that send a byte now and then do not keep others out.
#[test]
fn who_drips_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.most_connections = 8);
    let began = Instant::now();
    let mut dripping: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream =
                TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
            stream
        })
        .collect();
    // All places are taken; somebody else gets one as soon as they are let go.
    let client = Client::new(server.url());
    assert_eq!(client.get("/healthz").0, 200);
    assert!(began.elapsed() < Duration::from_secs(60));
    for stream in &mut dripping {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }
    server.stop();
}

#[test]
fn too_many_requests_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.requests_per_s = 2);
    let client = Client::new(server.url());
    let statuses: Vec<u16> = (0..60).map(|_| client.get("/healthz").0).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
    server.stop();
}

#[test]
fn more_than_thirty_metrics_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    client.does(&format!("/api/sessions/{id}/step"), json!({ "steps": 7 }));
    let text = client.good("/metrics").as_str().unwrap().to_owned();
    let mut names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 30, "{names:?}");
    assert!(text.lines().any(|line| line.starts_with("lunar_habitat_steps_total ")));
    assert!(text.contains("lunar_habitat_sessions{status=\"paused\"} 1"));
    server.stop();
}

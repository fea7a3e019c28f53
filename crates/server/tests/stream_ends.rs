//! A listener kept the session that it listened to: one that was stopped went on in memory, and nobody was told. A stream was not
//! counted among the connections, so that there was no end to them.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, Listener, server, wait_for};
use serde_json::json;
use tungstenite::Message;

/// The code with which a stream ends.
fn end_of(listener: &mut Listener) -> u16 {
    loop {
        if let Message::Close(frame) = listener.0.read().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

#[test]
fn listeners_are_told_when_it_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let (gone, stays) = (
        client.make(json!({ "scenario": "cabin-30d", "rate": 600.0 })),
        client.make(json!({ "scenario": "cabin-30d" })),
    );
    let (mut first, mut second) = (client.listen(&gone, ""), client.listen(&stays, ""));
    first.until("session");
    second.until("session");
    assert_eq!(client.delete(&format!("/api/sessions/{gone}")).0, 200);
    assert_eq!(end_of(&mut first), 1_000);
    let began = Instant::now();
    server.stop();
    assert_eq!(end_of(&mut second), 1_001);
    // Nobody waits for a listener.
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_stream_is_a_connection() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.most_connections = 2);
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    let host = server.url().strip_prefix("http://").unwrap().to_owned();
    drop(client);
    let client = Client::new(server.url());
    let listener = || {
        let mut listener = client.listen(&id, "");
        listener.until("session");
        listener
    };
    let mut listeners: Vec<Listener> = vec![listener()];
    let ask = || {
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
    };
    wait_for("the place beside one listener", ask);
    listeners.push(listener());
    assert!(!ask(), "a third connection is served");
    listeners.pop();
    wait_for("a free place", ask);
    drop(listeners);
    server.stop();
}

//! A client as a user would write one: requests, answers, a stream.

#![allow(dead_code, clippy::unwrap_used)] // Shared by the tests of this crate; a test fails by panicking.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use lunar_habitat_server::{Server, ServerSettings, Tokens};
use serde_json::Value;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// A server on a free port with its database in a directory of its own.
pub fn server(dir: &std::path::Path, change: impl FnOnce(&mut ServerSettings)) -> Server {
    let location = store::Location::Sqlite(dir.join("sessions.db"));
    let mut settings = ServerSettings::local(location);
    settings.address = ([127, 0, 0, 1], 0).into();
    change(&mut settings);
    Server::start(settings).unwrap()
}

/// Asks a server.
pub struct Client {
    pub url: String,
    pub token: Option<String>,
    agent: ureq::Agent,
}

impl Client {
    pub fn new(url: String) -> Client {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        Client { url, token: None, agent }
    }

    pub fn with(url: String, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..Client::new(url) }
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.call())
    }

    pub fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.agent.delete(format!("{}{path}", self.url)).call())
    }

    pub fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.post_bytes(path, body.to_string().as_bytes())
    }

    pub fn post_bytes(&self, path: &str, body: &[u8]) -> (u16, Value) {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.send(body))
    }

    /// A session, made.
    pub fn make(&self, body: Value) -> String {
        let (status, view) = self.post("/api/sessions", body);
        assert_eq!(status, 201, "{view}");
        view["id"].as_str().unwrap().to_owned()
    }

    pub fn good(&self, path: &str) -> Value {
        let (status, value) = self.get(path);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    pub fn does(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.post(path, body);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    pub fn listen(&self, id: &str, channels: &str) -> Listener {
        let host = self.url.strip_prefix("http://").unwrap();
        let url = format!("ws://{host}/api/sessions/{id}/stream?channels={channels}");
        let (socket, _) = tungstenite::connect(url).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        }
        Listener(socket)
    }
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    let mut response = result.unwrap();
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Listens to a session.
pub struct Listener(pub WebSocket<MaybeTlsStream<TcpStream>>);

impl Listener {
    /// The next message.
    pub fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The next message with `key`.
    pub fn until(&mut self, key: &str) -> Value {
        loop {
            let message = self.next();
            if let Some(value) = message.get(key) {
                return value.clone();
            }
        }
    }
}

/// Tokens of three people.
pub fn tokens() -> Tokens {
    let text = "viewer vera vera-vera-vera-vera\noperator otto otto-otto-otto-otto\n\
                admin ada ada-ada-ada-ada-ada\n";
    Tokens::parse(text, "tokens").unwrap()
}

/// Wait until something is so.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never came: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

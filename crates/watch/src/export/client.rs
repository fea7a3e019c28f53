//! Calls of a collector.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;
use ureq::http;

use crate::calling::agent;

/// Longest answer that is read, bytes; it says at most what was refused.
const ANSWER: u64 = 64 << 10;

/// A client that waits for its answer on the thread that calls, and says once what is wrong.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    /// Calls that were answered with anything but 200 to 299, or not at all.
    failures: AtomicU64,
    is_away: AtomicBool,
}

impl Client {
    /// A client that waits so long for an answer.
    pub(super) fn new(limit: Duration) -> Client {
        Client { agent: agent(limit), failures: AtomicU64::new(0), is_away: AtomicBool::new(false) }
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let mut answer = self.agent.run(http::Request::from_parts(head, body.to_vec()))?;
        let status = answer.status();
        let bytes = answer.body_mut().with_config().limit(ANSWER).read_to_vec()?;
        let mut response = Response::builder().status(status);
        // How long it asks to be left alone.
        if let Some(after) = answer.headers().get(http::header::RETRY_AFTER) {
            response = response.header(http::header::RETRY_AFTER, after);
        }
        Ok(response.body(Bytes::from(bytes))?)
    }

    /// Tell when the collector goes away and when it is back.
    fn tell(&self, trouble: Option<String>) {
        match trouble {
            Some(what) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    eprintln!("telemetry is not taken: {what}; it goes on being offered");
                }
            }
            None => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    eprintln!("telemetry is taken again");
                }
            }
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let to = request.uri().to_string();
        let answer = self.call(request);
        self.tell(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("{to} answers {}", answer.status())),
            Err(error) => Some(format!("{to}: {error}")),
        });
        answer
    }
}

use std::time::Duration;

use ureq::Agent;

use super::{AlarmSink, DeliveryError, Notice};
use crate::WatchError;
use crate::calling::{address, agent};

/// An address that gets each notice by HTTP POST as JSON.
///
/// An answer from 200 to 299 is delivered. 408, 425, 429, everything from 500 on, and no answer are tried again; any other
/// answer, a redirection too, is a refusal. The header `Idempotency-Key` carries the key of the notice, since an answer can get
/// lost and the notice come twice.
#[derive(Debug, Clone)]
pub struct WebhookSink {
    agent: Agent,
    url: String,
    token: Option<String>,
}

impl WebhookSink {
    /// Call `url` (`http://` or `https://`), wait for an answer for `limit` at most, and send `token`, if there is one, as
    /// bearer of authorisation.
    ///
    /// # Errors
    /// [`WatchError::Range`] for an address that is none.
    pub fn new(url: &str, token: Option<&str>, limit: Duration) -> Result<WebhookSink, WatchError> {
        address("webhook", "address", url)?;
        let agent = agent(limit);
        Ok(WebhookSink { agent, url: url.to_owned(), token: token.map(str::to_owned) })
    }
}

impl AlarmSink for WebhookSink {
    fn deliver(&mut self, notice: &Notice) -> Result<(), DeliveryError> {
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", notice.key());
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request
            .send(notice.json()?)
            .map_err(|error| DeliveryError::Failed(error.to_string()))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            code @ (408 | 425 | 429 | 500..) => {
                Err(DeliveryError::Failed(format!("{} answers {code}", self.url)))
            }
            code => Err(DeliveryError::Refused(format!("{} answers {code}", self.url))),
        }
    }
}

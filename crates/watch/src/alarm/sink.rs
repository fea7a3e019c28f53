use std::io::Write;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Transition;

/// What a sink gets: a transition, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The run or the habitat that it is about.
    pub source: String,
    /// What changed; its fields stand beside the source in JSON.
    #[serde(flatten)]
    pub transition: Transition,
}

impl Notice {
    /// Name of this notice alone, equal for each try, by which a receiver knows one that it has got already.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.source, self.transition.alarm, self.transition.sequence)
    }

    /// One line of JSON without a line break.
    ///
    /// # Errors
    /// [`DeliveryError::Refused`] for what JSON cannot hold.
    pub fn json(&self) -> Result<String, DeliveryError> {
        serde_json::to_string(self).map_err(|error| DeliveryError::Refused(error.to_string()))
    }
}

/// Why a notice did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// Another try may do.
    #[error("not delivered, another try may do: {0}")]
    Failed(String),
    /// The receiver will not have it, however often it is tried.
    #[error("refused by the receiver: {0}")]
    Refused(String),
}

/// A place where transitions of alarms go.
///
/// It may be slow and fail: it is called on the thread of its [`Courier`](super::Courier), never on that of a habitat.
pub trait AlarmSink: Send {
    /// Deliver a notice, and come back when the receiver has it.
    ///
    /// # Errors
    /// [`DeliveryError`]; whether it is tried again follows from which.
    fn deliver(&mut self, notice: &Notice) -> Result<(), DeliveryError>;
}

/// Each notice as a line of JSON in a file or in any other writer.
#[derive(Debug)]
pub struct LogSink<W: Write + Send> {
    to: W,
}

impl<W: Write + Send> LogSink<W> {
    /// Lines go to `to`, and are flushed one by one.
    #[must_use]
    pub fn new(to: W) -> LogSink<W> {
        LogSink { to }
    }
}

impl<W: Write + Send> AlarmSink for LogSink<W> {
    fn deliver(&mut self, notice: &Notice) -> Result<(), DeliveryError> {
        // One write for one line, so that lines of several writers stay whole.
        let line = format!("{}\n", notice.json()?);
        let written = self.to.write_all(line.as_bytes()).and_then(|()| self.to.flush());
        written.map_err(|error| DeliveryError::Failed(error.to_string()))
    }
}

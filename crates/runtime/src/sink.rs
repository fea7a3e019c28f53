//! Where measurements go once they leave a hot loop.

use std::error::Error;
use std::sync::Arc;

use crate::Block;

/// A destination of measurement blocks: a file, a database, a socket.
///
/// The blocks arrive in the order in which they were sent. Dropping a sink without
/// [`finish`](Sink::finish) means that the run was abandoned: a sink leaves nothing half-written
/// then.
pub trait Sink: Send {
    /// Take the rows of one block.
    ///
    /// # Errors
    /// Whatever the destination reports; the sink is dropped after its first error.
    fn accept(&mut self, block: &Block) -> Result<(), SinkError>;

    /// Nothing has come for a moment: make durable what may not wait for the next block.
    ///
    /// # Errors
    /// As [`Sink::accept`].
    fn idle(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Make everything accepted so far durable and visible.
    ///
    /// # Errors
    /// Whatever the destination reports.
    fn finish(self: Box<Self>) -> Result<(), SinkError>;
}

/// Several destinations take every block one after the other.
impl Sink for Vec<Box<dyn Sink>> {
    fn accept(&mut self, block: &Block) -> Result<(), SinkError> {
        self.iter_mut().try_for_each(|sink| sink.accept(block))
    }

    fn idle(&mut self) -> Result<(), SinkError> {
        self.iter_mut().try_for_each(|sink| sink.idle())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        (*self).into_iter().try_for_each(Sink::finish)
    }
}

/// Why measurements could not be delivered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SinkError {
    /// The destination failed; the text is the destination's own.
    #[error("{0}")]
    Failed(Arc<dyn Error + Send + Sync>),
    /// The sink panicked; its destination was abandoned.
    #[error("the telemetry sink panicked: {message}")]
    Panicked {
        /// The panic message.
        message: String,
    },
    /// A block does not fit the sink.
    #[error("telemetry block has {found} channels where the sink expects {expected}")]
    Channels {
        /// Channels of the block.
        found: usize,
        /// Channels of the sink.
        expected: usize,
    },
    /// The writer thread could not be started or is gone.
    #[error("the telemetry writer thread is not running: {reason}")]
    Thread {
        /// What the operating system said, or what happened.
        reason: String,
    },
}

impl SinkError {
    /// Wrap the error of a destination.
    #[must_use]
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> SinkError {
        SinkError::Failed(Arc::from(error.into()))
    }
}

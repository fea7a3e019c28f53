use std::time::Duration;

use thiserror::Error;

use crate::Priority;

/// What can go wrong while work is run on this machine.
///
/// A sink reports through [`SinkError`](crate::SinkError), because sinks are written elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuntimeError {
    /// A row does not have one value per channel.
    #[error("telemetry row has {found} values where the block has {expected} channels")]
    RowWidth {
        /// Values in the row.
        found: usize,
        /// Channels of the block.
        expected: usize,
    },
    /// A row was pushed into a block that had no room left.
    #[error("telemetry block is full at its limit of {limit} rows")]
    BlockFull {
        /// Row capacity of the block.
        limit: usize,
    },
    /// A pool cannot run on so many threads.
    #[error("thread count is {found}; at least 1 thread is needed")]
    Threads {
        /// What was asked for.
        found: usize,
    },
    /// The operating system refused the threads of a pool.
    #[error("a pool of {threads} threads could not be started: {reason}")]
    Pool {
        /// What was asked for.
        threads: usize,
        /// What the operating system said.
        reason: String,
    },
    /// The work on one item panicked; the other items were still run.
    #[error("item {item} of {items} panicked: {message}")]
    ItemPanicked {
        /// Position of the first such item, from 0.
        item: usize,
        /// How many items there were.
        items: usize,
        /// The panic message.
        message: String,
    },
    /// A task panicked; its worker lives on.
    #[error("task `{task}` panicked: {message}")]
    TaskPanicked {
        /// What the task is called.
        task: String,
        /// The panic message.
        message: String,
    },
    /// A task was cancelled before it started, or its executor was dropped without running it.
    #[error("task `{task}` was cancelled and did not run to its end")]
    TaskCancelled {
        /// What the task is called.
        task: String,
    },
    /// The deadline of a task passed before it started; it did not run.
    #[error("task `{task}` was not run: its turn came {late:.3?} after its deadline")]
    TaskLate {
        /// What the task is called.
        task: String,
        /// How long after the deadline its turn came.
        late: Duration,
    },
    /// A queue has no room; nothing was taken.
    #[error("the queue of {priority} work is full at its limit of {limit}")]
    QueueFull {
        /// Class of the work.
        priority: Priority,
        /// Most that may wait.
        limit: usize,
    },
    /// A setting is out of its range.
    #[error("{what} is {found}; allowed is {allowed}")]
    Setting {
        /// What was set.
        what: &'static str,
        /// To what.
        found: String,
        /// What it may be.
        allowed: String,
    },
    /// The memory budget refuses a reservation.
    #[error("`{who}` asked for {asked} bytes of memory, and {left} bytes are left")]
    Memory {
        /// The account that asked.
        who: String,
        /// Bytes that it asked for.
        asked: u64,
        /// Bytes that may still be reserved; 0 where memory is so scarce that nothing is.
        left: u64,
    },
    /// A compressed or spilled block does not come back.
    #[error("a block does not come back: {reason}")]
    Block {
        /// What is wrong with it.
        reason: String,
    },
    /// A file of a spill cannot be written or read; the block is still in memory.
    #[error("spill file {path}: {reason}")]
    Spill {
        /// The file or directory.
        path: String,
        /// What the operating system said.
        reason: String,
    },
}

/// The message carried by a caught panic.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}

use thiserror::Error;

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

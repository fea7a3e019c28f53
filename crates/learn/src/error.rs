//! What can go wrong while learning.

use thiserror::Error;

/// What can go wrong while learning.
#[derive(Debug, Error)]
pub enum LearnError {
    /// A number outside of what is allowed.
    #[error("{what}: found {found}, allowed is {low} to {high}")]
    Range {
        /// Which number.
        what: &'static str,
        /// The number.
        found: f64,
        /// Lowest allowed.
        low: f64,
        /// Highest allowed.
        high: f64,
    },
    /// A name that does not exist.
    #[error("{what}: found `{found}`, allowed is {allowed}")]
    Unknown {
        /// What was named.
        what: &'static str,
        /// The name.
        found: String,
        /// Those that exist.
        allowed: &'static str,
    },
    /// A piece that a file lacks, or that is not of the right kind or size.
    #[error("{what}: its `{piece}` is missing or not what it should be")]
    Piece {
        /// Which file.
        what: &'static str,
        /// The piece.
        piece: String,
    },
    /// What the habitat refuses.
    #[error(transparent)]
    Task(#[from] env::TaskError),
    /// What compressing lanes or moving them to files refuses.
    #[error(transparent)]
    Runtime(#[from] runtime::RuntimeError),
    /// What a world outside of this crate says.
    #[error("{0}")]
    World(String),
    /// Threads that cannot be started.
    #[error("threads: {threads} cannot be started: {reason}")]
    Threads {
        /// How many.
        threads: usize,
        /// Why not.
        reason: String,
    },
    /// A number that is not finite.
    #[error("{what} of lane {lane} is not finite after {decisions} decisions of it")]
    NotFinite {
        /// Reward, observation, action.
        what: &'static str,
        /// Lane in the training.
        lane: u64,
        /// Decisions of that lane so far.
        decisions: u64,
    },
    /// Parameters or losses that are not finite any more.
    #[error("training has diverged: the gradient of update {update} is not finite")]
    Diverged {
        /// Which update.
        update: u64,
    },
    /// Two sizes that must be equal.
    #[error("{what}: found {found}, expected {expected}")]
    Size {
        /// Which size.
        what: &'static str,
        /// As it is.
        found: usize,
        /// As it should be.
        expected: usize,
    },
    /// A policy that belongs to something else.
    #[error("policy: {0}")]
    Mismatch(String),
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A checkpoint that cannot be read.
    #[error("checkpoint cannot be read: {0}")]
    Read(std::io::Error),
    /// A checkpoint that cannot be written.
    #[error("checkpoint cannot be written: {0}")]
    Write(std::io::Error),
    /// Bytes that are not what they should be.
    #[error("{0}: it {1}")]
    Bytes(&'static str, &'static str),
}

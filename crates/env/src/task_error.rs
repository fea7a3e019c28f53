//! What an episode refuses.

use habitat::snapshot::SnapshotError;
use habitat::{CommandError, EpisodeError, StepError};
use thiserror::Error;

/// What can go wrong with a task, an episode or many of them.
#[derive(Debug, Error)]
pub enum TaskError {
    /// A slice has the wrong length.
    #[error("{what} of length {found}: allowed is {expected}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// An entry of an action is not finite.
    #[error("action[{place}] (`{dial}`) is {value}: allowed are numbers from -1 to 1")]
    Action {
        /// Name of the dial.
        dial: String,
        /// Place in the action.
        place: usize,
        /// The entry.
        value: f32,
    },
    /// An entry of an action in another layout is not finite.
    #[error("action[{place}] (`{name}`) is {value}: allowed are finite numbers")]
    Entry {
        /// Name of the entry.
        name: String,
        /// Place in the action.
        place: usize,
        /// The entry.
        value: f32,
    },
    /// Thresholds where the dials of a habitat are needed.
    #[error(
        "thresholds of the rules are set by the steps of an episode: a habitat has dials alone"
    )]
    Thresholds,
    /// A shield where it does not belong.
    #[error("no shield here: {0}")]
    Shield(&'static str),
    /// Two times do not divide each other.
    #[error("{quantity} of {found} s: allowed is {allowed} {limit} s")]
    Timing {
        /// `step` or `decision interval`.
        quantity: &'static str,
        /// What was asked for, s.
        found: f64,
        /// `a whole part of` or `a whole multiple of`.
        allowed: &'static str,
        /// The other time, s.
        limit: f64,
    },
    /// Training asks for an environment that is kept for evaluation.
    #[error(
        "environment {env} is held out for evaluation: training may use numbers below 2147483648"
    )]
    HeldOut {
        /// Its number.
        env: u64,
    },
    /// The episode is over.
    #[error("the episode is over ({how}): reset it before the next step")]
    Over {
        /// How it ended.
        how: &'static str,
    },
    /// There is no such name.
    #[error("no such {what}: found `{found}`; allowed {allowed}")]
    Unknown {
        /// What is named.
        what: &'static str,
        /// The name.
        found: String,
        /// Names that exist.
        allowed: String,
    },
    /// A weight is no number.
    #[error("weight of reward term `{term}` is {value}: allowed are finite numbers")]
    Weight {
        /// Name of the term.
        term: &'static str,
        /// The weight.
        value: f64,
    },
    /// The numbers of an episode give a habitat with other channels than the task has.
    #[error(
        "the values of this episode change the channels of the habitat: {found} instead of {expected}"
    )]
    Channels {
        /// Channels of the episode.
        found: usize,
        /// Channels of the task.
        expected: usize,
    },
    /// Bytes that are no episode of this task.
    #[error("this is no episode of this task: {0}")]
    Bytes(&'static str),
    /// There is no such lane, or no lane or thread at all.
    #[error("{what} {found}: allowed is {allowed}")]
    Count {
        /// `lane`, `lanes` or `threads`.
        what: &'static str,
        /// What was asked for.
        found: usize,
        /// What is allowed.
        allowed: String,
    },
    /// Something is wrong with one lane.
    #[error("lane {lane}: {source}")]
    Lane {
        /// Its number.
        lane: usize,
        /// What is wrong.
        source: Box<TaskError>,
    },
    /// Threads cannot be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        reason: String,
    },
    /// The numbers of an episode make no habitat.
    #[error(transparent)]
    Episode(#[from] EpisodeError),
    /// The habitat refuses a command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The habitat refuses a step.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The habitat in a snapshot of an episode cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

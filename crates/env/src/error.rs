use habitat::{CommandError, StepError};
use thiserror::Error;

/// What can go wrong between a controller and a habitat.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EnvError {
    /// No controller carries the name.
    #[error("no such controller: found `{found}`; allowed {allowed}")]
    UnknownController {
        /// What was asked for.
        found: String,
        /// Names of the controllers.
        allowed: String,
    },
    /// The controller commands actuators, and thresholds are asked for.
    #[error(
        "controller `{controller}` sets no thresholds: allowed for acts `thresholds` are `random`, `hold`, `rules`"
    )]
    SetsNoThresholds {
        /// Which.
        controller: &'static str,
    },
    /// Two times of the mission do not divide each other.
    #[error("{quantity} of {found} s: allowed is a whole part of {limit} s")]
    Timing {
        /// `step` or `decision interval`.
        quantity: &'static str,
        /// What was asked for, s.
        found: f64,
        /// What it has to divide, s.
        limit: f64,
    },
    /// A setting of the rules out of range.
    #[error("settings of `rules`, {name}: found {found}; allowed {low} to {high}")]
    Settings {
        /// Which.
        name: &'static str,
        /// What was given.
        found: f64,
        /// Least allowed.
        low: f64,
        /// Most allowed.
        high: f64,
    },
    /// The habitat refuses a command.
    #[error("controller `{controller}`: {source}")]
    Command {
        /// Who commanded.
        controller: &'static str,
        /// Why it was refused.
        source: CommandError,
    },
    /// The habitat refuses the length of a step.
    #[error(transparent)]
    Step(#[from] StepError),
}

//! What can go wrong in a verb, how it is shown and with which code the process ends.

use std::io::Write;
use std::process::ExitCode;

use env::TaskError;
use habitat::scenario::{Problem, Refusal, ScenarioError};
use miette::{Diagnostic, MietteHandlerOpts, NamedSource, ReportHandler, SourceSpan};
use store::StoreError;
use thiserror::Error;

/// Exit code of work that failed.
const FAILED: u8 = 1;
/// Exit code of bad input.
const BAD_INPUT: u8 = 2;

/// A scenario text that is refused, with the place.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub struct ScenarioRefused {
    /// One line: file, line, column, what, found, allowed.
    message: String,
    /// The text.
    #[source_code]
    text: NamedSource<String>,
    /// The part that is wrong.
    #[label("{label}")]
    span: SourceSpan,
    /// What was found.
    label: String,
    /// What is allowed.
    #[help]
    help: String,
}

/// What can go wrong in a verb.
#[derive(Debug, Error, Diagnostic)]
pub enum CliError {
    /// A scenario text is refused; the place in the text is shown.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scenario(Box<ScenarioRefused>),
    /// A scenario without a place to show: not found, not readable.
    #[error(transparent)]
    NoScenario(ScenarioError),
    /// A value on the command line.
    #[error("{flag}: {problem}")]
    Flag {
        /// The flag with its value.
        flag: String,
        /// What is wrong: what was found and what is allowed.
        problem: String,
    },
    /// The compiler of scenarios refuses what their checks let through.
    #[error("the scenario does not compile: {0}")]
    Plan(#[from] habitat::PlanError),
    /// The numbers drawn for a mission do not make a habitat.
    #[error("the numbers drawn for this mission are refused: {0}")]
    Episode(#[from] habitat::EpisodeError),
    /// A controller or its mission.
    #[error(transparent)]
    Env(#[from] env::EnvError),
    /// A configuration of the predecessor.
    #[error(transparent)]
    Config(#[from] Box<env::predecessor::ConfigError>),
    /// A task or one of its episodes.
    #[error(transparent)]
    Task(#[from] env::TaskError),
    /// A file.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A training, a policy or one of its worlds.
    #[error(transparent)]
    Learn(#[from] learn::LearnError),
    /// The way of the telemetry to its files.
    #[error(transparent)]
    Sink(#[from] runtime::SinkError),
    /// The worker threads.
    #[error(transparent)]
    Runtime(#[from] runtime::RuntimeError),
    /// A server.
    #[error(transparent)]
    Server(#[from] server::ServerError),
    /// JSON that cannot be written; only a bug in this program leads here.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Standard output.
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
    /// Anything else that failed, in words.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// A wrong value on the command line.
    pub fn flag(flag: impl Into<String>, problem: impl Into<String>) -> CliError {
        CliError::Flag { flag: flag.into(), problem: problem.into() }
    }

    fn code(&self) -> u8 {
        match self {
            CliError::Scenario(_)
            | CliError::NoScenario(_)
            | CliError::Flag { .. }
            | CliError::Plan(_)
            | CliError::Config(_)
            | CliError::Episode(_)
            | CliError::Task(
                TaskError::Unknown { .. }
                | TaskError::HeldOut { .. }
                | TaskError::Timing { .. }
                | TaskError::Episode(_),
            )
            | CliError::Env(
                env::EnvError::UnknownController { .. } | env::EnvError::SetsNoThresholds { .. },
            )
            | CliError::Learn(
                learn::LearnError::Range { .. }
                | learn::LearnError::Unknown { .. }
                | learn::LearnError::Mismatch(_),
            )
            | CliError::Server(
                server::ServerError::Setting { .. } | server::ServerError::File { .. },
            )
            | CliError::Store(StoreError::Format { .. } | StoreError::Location { .. }) => BAD_INPUT,
            _ => FAILED,
        }
    }

    /// Show the error on standard error and return the exit code.
    pub fn report(&self) -> ExitCode {
        // Lines are not wrapped: the first one is FILE:LINE:COLUMN for editors and scripts.
        let handler = MietteHandlerOpts::new().wrap_lines(false).build();
        let shown = Shown(&handler, self);
        let _ = writeln!(std::io::stderr(), "{shown:?}");
        ExitCode::from(self.code())
    }
}

/// An error as the handler shows it.
struct Shown<'a>(&'a dyn ReportHandler, &'a CliError);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.debug(self.1, f)
    }
}

impl From<ScenarioError> for CliError {
    fn from(error: ScenarioError) -> CliError {
        match error {
            ScenarioError::Refused(refusal) => CliError::from(*refusal),
            other => CliError::NoScenario(other),
        }
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> CliError {
        let (span, label) = refusal.label();
        CliError::Scenario(Box::new(ScenarioRefused {
            message: refusal.to_string(),
            text: NamedSource::new(&refusal.file, refusal.text.to_string()),
            span: SourceSpan::from(span),
            label,
            help: refusal.help(),
        }))
    }
}

/// A problem that values of the command line caused; `key` is theirs in the scenario.
pub fn caused_by(flags: &str, key: &str, problem: &Problem) -> CliError {
    let words = problem.to_string();
    let own = words.strip_prefix(key).and_then(|rest| rest.strip_prefix(": "));
    CliError::flag(flags, own.unwrap_or(&words))
}

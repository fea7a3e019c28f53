//! What is wrong with a configuration of the predecessor.

use habitat::scenario::{Problem, ScenarioError};
use thiserror::Error;

/// Longest text that a sentence repeats.
const LONGEST: usize = 60;

/// A configuration that is refused; every sentence says what, what was found and what is allowed.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Neither a preset nor a file.
    #[error(
        "no such configuration: found `{found}`; allowed a file that exists, or one of {allowed}"
    )]
    NotFound {
        /// What was asked for.
        found: String,
        /// Names of the presets.
        allowed: String,
    },
    /// A file that the system does not let us read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A text that is neither JSON nor YAML.
    #[error("{format}, line {line}, column {column}: {reason}")]
    Syntax {
        /// `JSON` or `YAML`.
        format: &'static str,
        /// Line, from 1; 0 where it is not known.
        line: usize,
        /// Column, from 1; 0 where it is not known.
        column: usize,
        /// The reader's reason.
        reason: String,
    },
    /// A key or a value.
    #[error("{key}: found {found}; allowed {allowed}")]
    Value {
        /// The key with its tables, or what is named.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        allowed: String,
    },
    /// Values that together make no habitat.
    #[error("the configuration makes no habitat: {0}")]
    Habitat(#[from] Box<Problem>),
    /// The mission that the configuration starts from.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

impl ConfigError {
    /// A wrong value of `key`.
    pub(super) fn value(
        key: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> ConfigError {
        ConfigError::Value { key: key.into(), found: found.into(), allowed: allowed.into() }
    }
}

/// Names in backquotes, with commas.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A text as a short piece of a line.
pub(super) fn one_line(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.trim().chars().enumerate() {
        if count == 4 * LONGEST {
            shown.push('…');
            break;
        }
        shown.push(if character.is_control() { ' ' } else { character });
    }
    shown
}

/// A number as short as it reads back, whole numbers without a fraction.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

//! What became of each key of a configuration.

use std::fmt;

use super::config::{Config, Value};
use super::key::KEYS;

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The same quantity in the same unit stands in the scenario.
    Kept,
    /// The scenario says it in its own way.
    Mapped,
    /// The scenario says nothing of it.
    Dropped,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Kept => "kept",
            Outcome::Mapped => "mapped",
            Outcome::Dropped => "dropped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of one key, or of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The key with its tables.
    pub key: String,
    /// Its value in words.
    pub value: String,
    /// Unit of the value; empty for none.
    pub unit: &'static str,
    /// Whether the configuration says it; else it is the predecessor's default.
    pub is_given: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// Keys of the scenario that come from it, with their values; empty for what is dropped.
    pub to: String,
    /// Why; empty where nothing is left to say.
    pub reason: String,
}

/// The lines of a report, as the conversion goes on.
pub(super) struct Report<'a> {
    config: &'a Config,
    pub(super) lines: Vec<Line>,
}

impl<'a> Report<'a> {
    pub(super) fn new(config: &'a Config) -> Report<'a> {
        Report { config, lines: Vec::with_capacity(KEYS.len()) }
    }

    fn say(&mut self, path: &'static str, outcome: Outcome, to: String, reason: String) {
        let key = KEYS.iter().find(|key| key.path == path);
        self.lines.push(Line {
            key: path.to_owned(),
            value: self.config.value(path).map_or_else(String::new, Value::words),
            unit: key.map_or("", |key| key.unit),
            is_given: self.config.is_given(path),
            outcome,
            to,
            reason,
        });
    }

    /// A key whose quantity and unit stay.
    pub(super) fn kept(&mut self, path: &'static str, to: impl Into<String>) {
        self.say(path, Outcome::Kept, to.into(), String::new());
    }

    /// A key that the scenario says in its own way.
    pub(super) fn mapped(
        &mut self,
        path: &'static str,
        to: impl Into<String>,
        reason: impl Into<String>,
    ) {
        self.say(path, Outcome::Mapped, to.into(), reason.into());
    }

    /// A key without a counterpart.
    pub(super) fn dropped(&mut self, path: &'static str, reason: impl Into<String>) {
        self.say(path, Outcome::Dropped, String::new(), reason.into());
    }

    /// The lines in the order of the keys, those of events last.
    pub(super) fn finish(mut self) -> Vec<Line> {
        let place = |line: &Line| KEYS.iter().position(|key| key.path == line.key);
        self.lines.sort_by_key(|line| place(line).unwrap_or(KEYS.len()));
        self.lines
    }
}

//! What is wrong with a scenario, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

/// A scenario that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Neither a shipped scenario nor a file.
    #[error("no such scenario: found `{found}`; allowed: a file that exists, or one of {allowed}")]
    NotFound {
        /// What was asked for.
        found: String,
        /// Names of the shipped scenarios.
        allowed: String,
    },
    /// The file exists but the system does not let us read it.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The text was read and refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The scenario has no canonical form; only a bug in this program leads here.
    #[error("the scenario cannot be written in canonical form: {0}")]
    Canonical(#[from] serde_json::Error),
}

impl ScenarioError {
    /// Place, found and allowed of a refused text; nothing for errors that have no place.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            ScenarioError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// A refused scenario text: the first thing wrong with it.
///
/// `Display` is one line, `FILE:LINE:COLUMN: WHAT: found X; allowed Y`. The source text and the
/// byte span are here so that a terminal can show the line with a mark under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// File, or `NAME.toml (shipped)` for a scenario inside the program.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Box<Problem>,
    /// The whole text of `file`.
    pub text: Arc<str>,
    /// The part of `text` that is wrong, in bytes.
    pub span: Range<usize>,
}

impl Refusal {
    /// The mark under the source text: its bytes and the words that stand beside it.
    #[must_use]
    pub fn label(&self) -> (Range<usize>, String) {
        (self.span.clone(), format!("found {}", self.problem.found))
    }

    /// The words that stand under the source text: what is allowed, then the hint if there is one.
    #[must_use]
    pub fn help(&self) -> String {
        match &self.problem.hint {
            Some(hint) => format!("allowed {}; {hint}", self.problem.allowed),
            None => format!("allowed {}", self.problem.allowed),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        self.problem.write_words(f)
    }
}

/// Sort of thing that is wrong, for code that reacts to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// More bytes than a scenario may have.
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Not TOML.
    Syntax,
    /// A format that this release does not read.
    Version,
    /// A key that the format does not have.
    UnknownKey,
    /// A key that the format has in another unit.
    WrongUnit,
    /// A required key is absent.
    Missing,
    /// A value of another type.
    WrongType,
    /// NaN or infinite.
    NotFinite,
    /// A number outside its physical range, or a list with too many or too few elements.
    OutOfRange,
    /// A word that is not one of the choices.
    UnknownChoice,
    /// A reference to something that does not exist.
    UnknownName,
    /// A name that is not allowed as part of a channel id.
    BadName,
    /// A name that is used twice.
    Duplicate,
    /// A schedule with a hole, an overlap or a wrong start or end.
    Schedule,
    /// Step, decision interval and duration do not divide each other.
    TimeStep,
    /// Values that cannot be true together.
    Inconsistent,
    /// A base that is absent, circular or too deep.
    Extends,
}

/// What is wrong with a scenario, by the path of the key, before its place in a text is known.
#[derive(Debug, Clone, PartialEq, Error)]
pub struct Problem {
    /// Sort of problem.
    pub kind: Kind,
    /// Key, for example `zone[1].volume_m3`; empty for the whole file.
    pub path: String,
    /// Key to point at if the file does not write `path` because it has a default.
    pub otherwise: Option<String>,
    /// What is wrong, in a few words.
    pub what: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// What the writer probably meant.
    pub hint: Option<String>,
}

impl Problem {
    /// Describe a problem at `path`.
    pub fn new(
        kind: Kind,
        path: impl Into<String>,
        what: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Box<Problem> {
        Box::new(Problem {
            kind,
            path: path.into(),
            otherwise: None,
            what: what.into(),
            found: found.into(),
            allowed: allowed.into(),
            hint: None,
        })
    }

    /// Point at `path` instead where the file leaves the first key out.
    #[must_use]
    pub fn or_at(mut self: Box<Self>, path: impl Into<String>) -> Box<Problem> {
        self.otherwise = Some(path.into());
        self
    }

    /// Add what the writer probably meant.
    #[must_use]
    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Problem> {
        self.hint = Some(hint.into());
        self
    }

    fn write_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}; allowed {}", self.what, self.found, self.allowed)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.write_words(f)
    }
}

/// A user's text as one short piece of a line: control characters escaped, long text cut.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A number as short as it reads back, whole numbers without a fraction.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

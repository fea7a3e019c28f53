//! Named columns of equal length, with facts about them: the plain form in which recordings travel between the
//! crates that make them and the crates that keep them.
//!
//! | kind | values | in a file |
//! |---|---|---|
//! | `F32`, `F64` | numbers, every bit pattern kept | float, double |
//! | `U64` | counts and identities | unsigned 64-bit integer |
//! | `Bool` | flags | boolean |
//! | `Words` | few different texts, many times | text by dictionary |

use std::collections::BTreeMap;
use std::ops::Range;

use thiserror::Error;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Numbers of 32 bits.
    F32,
    /// Numbers of 64 bits.
    F64,
    /// Whole numbers from 0.
    U64,
    /// Flags.
    Bool,
    /// Texts.
    Words,
}

impl Kind {
    /// Name for people: `f32`, `f64`, `u64`, `bool`, `text`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::F32 => "f32",
            Kind::F64 => "f64",
            Kind::U64 => "u64",
            Kind::Bool => "bool",
            Kind::Words => "text",
        }
    }
}

/// A column of texts: each different one is held once.
///
/// The order of [`Words::words`] is that of first appearance, so two columns with equal rows are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<String>,
    index: BTreeMap<String, u32>,
    places: Vec<u32>,
}

impl Words {
    /// Append a row.
    pub fn push(&mut self, word: &str) {
        // Neighbours are mostly equal.
        let last = self.places.last().copied();
        let place = match last.filter(|last| self.words[*last as usize] == word) {
            Some(last) => last,
            None => match self.index.get(word) {
                Some(place) => *place,
                None => {
                    let place = self.words.len() as u32;
                    self.words.push(word.to_owned());
                    self.index.insert(word.to_owned(), place);
                    place
                }
            },
        };
        self.places.push(place);
    }

    /// The text of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        let place = *self.places.get(row)? as usize;
        self.words.get(place).map(String::as_str)
    }

    /// The different texts, in the order in which they first appear.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// For each row the place of its text among [`Words::words`].
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// The text of each row.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| self.words[*place as usize].as_str())
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

impl<'a> FromIterator<&'a str> for Words {
    fn from_iter<T: IntoIterator<Item = &'a str>>(rows: T) -> Words {
        let mut words = Words::default();
        rows.into_iter().for_each(|word| words.push(word));
        words
    }
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers of 32 bits.
    F32(Vec<f32>),
    /// Numbers of 64 bits.
    F64(Vec<f64>),
    /// Whole numbers from 0.
    U64(Vec<u64>),
    /// Flags.
    Bool(Vec<bool>),
    /// Texts.
    Words(Words),
}

impl Values {
    /// No values of a kind.
    #[must_use]
    pub fn none(kind: Kind) -> Values {
        match kind {
            Kind::F32 => Values::F32(Vec::new()),
            Kind::F64 => Values::F64(Vec::new()),
            Kind::U64 => Values::U64(Vec::new()),
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::Words => Values::Words(Words::default()),
        }
    }

    /// What they are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Values::F32(_) => Kind::F32,
            Values::F64(_) => Kind::F64,
            Values::U64(_) => Kind::U64,
            Values::Bool(_) => Kind::Bool,
            Values::Words(_) => Kind::Words,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::U64(values) => values.len(),
            Values::Bool(values) => values.len(),
            Values::Words(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row; flags are 0 and 1, and texts have none.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Values::F32(values) => values.get(row).map(|value| f64::from(*value)),
            Values::F64(values) => values.get(row).copied(),
            Values::U64(values) => values.get(row).map(|value| *value as f64),
            Values::Bool(values) => values.get(row).map(|value| f64::from(u8::from(*value))),
            Values::Words(_) => None,
        }
    }

    /// Whether both hold the same bits: unlike `==`, every NaN equals itself and 0.0 is not -0.0.
    #[must_use]
    pub fn same_bits(&self, other: &Values) -> bool {
        match (self, other) {
            (Values::F32(one), Values::F32(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            (Values::F64(one), Values::F64(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            _ => self == other,
        }
    }

    /// Append those rows of `other` that are in `rows`, which both have; return whether the kinds agree.
    fn append(&mut self, other: &Values, rows: Range<usize>) -> bool {
        match (self, other) {
            (Values::F32(to), Values::F32(from)) => to.extend_from_slice(&from[rows]),
            (Values::F64(to), Values::F64(from)) => to.extend_from_slice(&from[rows]),
            (Values::U64(to), Values::U64(from)) => to.extend_from_slice(&from[rows]),
            (Values::Bool(to), Values::Bool(from)) => to.extend_from_slice(&from[rows]),
            (Values::Words(to), Values::Words(from)) => {
                rows.filter_map(|row| from.get(row)).for_each(|word| to.push(word));
            }
            _ => return false,
        }
        true
    }
}

/// Columns that make no frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Two columns carry one name.
    #[error("column `{0}` is there twice")]
    Twice(String),
    /// A column is longer or shorter than the others.
    #[error("column `{name}` has {found} rows: allowed are {expected}, as in the first column")]
    Length {
        /// Its name.
        name: String,
        /// Its rows.
        found: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// Rows that are to be appended have other columns.
    #[error("rows with columns {found} cannot follow rows with columns {expected}")]
    Shape {
        /// The first one that differs, with its kind, or `none`.
        found: String,
        /// The one in its place, with its kind, or `none`.
        expected: String,
    },
}

/// Named columns of equal length, with facts about all of them.
///
/// # Examples
/// ```
/// use lunar_habitat_catalogue::{Frame, Values};
/// let mut frame = Frame::default();
/// frame.push("step", Values::U64(vec![0, 1]))?;
/// frame.push("reward", Values::F64(vec![0.5, f64::NAN]))?;
/// assert_eq!((frame.rows(), frame.names()), (2, ["step".to_owned(), "reward".to_owned()].as_slice()));
/// assert!(frame.push("short", Values::Bool(vec![true])).is_err());
/// assert!(frame.same_bits(&frame.clone()) && frame != frame.clone(), "NaN is not equal to itself");
/// # Ok::<(), lunar_habitat_catalogue::FrameError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    names: Vec<String>,
    columns: Vec<Values>,
    /// Facts by key, in their order: units, hashes, versions.
    pub facts: Vec<(String, String)>,
}

impl Frame {
    /// Append a column.
    ///
    /// # Errors
    /// [`FrameError::Twice`], [`FrameError::Length`]; nothing changes.
    pub fn push(&mut self, name: &str, values: Values) -> Result<(), FrameError> {
        if self.names.iter().any(|known| known == name) {
            return Err(FrameError::Twice(name.to_owned()));
        }
        let (found, expected) = (values.len(), self.rows());
        if !self.columns.is_empty() && found != expected {
            return Err(FrameError::Length { name: name.to_owned(), found, expected });
        }
        self.names.push(name.to_owned());
        self.columns.push(values);
        Ok(())
    }

    /// The same columns and facts without a row.
    #[must_use]
    pub fn shape(&self) -> Frame {
        Frame {
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| Values::none(column.kind())).collect(),
            facts: self.facts.clone(),
        }
    }

    /// Append rows of `other`, as far as it has them; its facts are left out.
    ///
    /// # Errors
    /// [`FrameError::Shape`] unless it has the same columns in the same order; nothing changes.
    pub fn append(&mut self, other: &Frame, rows: Range<usize>) -> Result<(), FrameError> {
        self.accepts(other)?;
        let end = rows.end.min(other.rows());
        let start = rows.start.min(end);
        for (to, from) in self.columns.iter_mut().zip(&other.columns) {
            to.append(from, start..end);
        }
        Ok(())
    }

    /// Whether rows of `other` may follow those of this one.
    ///
    /// # Errors
    /// [`FrameError::Shape`].
    pub fn accepts(&self, other: &Frame) -> Result<(), FrameError> {
        let described =
            |frame: &Frame, at: usize| match (frame.names.get(at), frame.columns.get(at)) {
                (Some(name), Some(column)) => format!("`{name}` ({})", column.kind().name()),
                _ => "none".to_owned(),
            };
        for at in 0..self.names.len().max(other.names.len()) {
            let (found, expected) = (described(other, at), described(self, at));
            if found != expected {
                return Err(FrameError::Shape { found, expected });
            }
        }
        Ok(())
    }

    /// Remove all rows; columns and facts stay.
    pub fn clear(&mut self) {
        for column in &mut self.columns {
            match column {
                Values::F32(values) => values.clear(),
                Values::F64(values) => values.clear(),
                Values::U64(values) => values.clear(),
                Values::Bool(values) => values.clear(),
                Values::Words(values) => *values = Words::default(),
            }
        }
    }

    /// Names in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Columns in the order of the names.
    #[must_use]
    pub fn columns(&self) -> &[Values] {
        &self.columns
    }

    /// The columns themselves, in the order of the names.
    #[must_use]
    pub fn into_columns(self) -> Vec<Values> {
        self.columns
    }

    /// The column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Values> {
        let at = self.names.iter().position(|known| known == name)?;
        self.columns.get(at)
    }

    /// The first fact under `key`.
    #[must_use]
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Values::len)
    }

    /// Whether both have the same names, facts and bits, see [`Values::same_bits`].
    #[must_use]
    pub fn same_bits(&self, other: &Frame) -> bool {
        self.names == other.names
            && self.facts == other.facts
            && self.columns.len() == other.columns.len()
            && self.columns.iter().zip(&other.columns).all(|(one, two)| one.same_bits(two))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        let mut frame = Frame::default();
        frame.push("n", Values::U64(vec![1, 2, 3])).unwrap();
        frame.push("w", Values::Words(["b", "a", "b"].into_iter().collect())).unwrap();
        frame.facts.push(("version".into(), "1".into()));
        frame
    }

    #[test]
    fn rows_follow_rows_of_the_same_columns_alone() {
        let mut two = frame();
        two.append(&frame(), 1..9).unwrap();
        assert_eq!(two.column("n"), Some(&Values::U64(vec![1, 2, 3, 2, 3])));
        let Some(Values::Words(words)) = two.column("w") else { panic!() };
        assert_eq!(words.iter().collect::<Vec<_>>(), ["b", "a", "b", "a", "b"]);
        assert_eq!(
            (words.words(), words.places()),
            (["b".into(), "a".into()].as_slice(), [0, 1, 0, 1, 0].as_slice())
        );
        let before = two.clone();
        let mut other = frame();
        other.push("x", Values::F32(vec![0.0; 3])).unwrap();
        let message = two.append(&other, 0..1).unwrap_err().to_string();
        assert!(message.contains("`x` (f32)") && message.contains("none"), "{message}");
        let mut renamed = Frame::default();
        renamed.push("n", Values::F64(vec![1.0])).unwrap();
        assert!(two.append(&renamed, 0..1).unwrap_err().to_string().contains("`n` (f64)"));
        assert_eq!(two, before);
        two.clear();
        assert_eq!(two, frame().shape());
    }

    #[test]
    fn equal_rows_are_equal_columns_however_they_came_about() {
        let mut cut = frame().shape();
        cut.append(&frame(), 1..2).unwrap();
        cut.append(&frame(), 0..1).unwrap();
        let Some(Values::Words(words)) = cut.column("w") else { panic!() };
        assert_eq!(*words, ["a", "b"].into_iter().collect::<Words>());
    }

    #[test]
    fn bits_are_compared_and_not_values() {
        let of = |value: f64| {
            let mut frame = Frame::default();
            frame.push("x", Values::F64(vec![value])).unwrap();
            frame
        };
        assert!(of(f64::NAN).same_bits(&of(f64::NAN)) && of(f64::NAN) != of(f64::NAN));
        assert!(!of(0.0).same_bits(&of(-0.0)) && of(0.0) == of(-0.0));
    }
}

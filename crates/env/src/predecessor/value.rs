//! What a configuration says before its keys are known: a tree of plain values from JSON or YAML.
//!
//! A key that stands twice in one table is refused; the readers of both formats would else take one of the two.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::NonFiniteFloatPolicy;

use super::error::{ConfigError, number, one_line};

/// Largest configuration, bytes.
pub const CONFIG_BYTES_MAX: u64 = 1_000_000;

/// Language of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML 1.2.
    Yaml,
}

impl Format {
    /// The language of a file by the end of its name, or by its first sign: `{` begins JSON.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_env::predecessor::Format;
    /// assert_eq!(Format::of("habitat.yml", "{}"), Format::Yaml);
    /// assert_eq!(Format::of("habitat.cfg", "\n{\"volume\": 200}"), Format::Json);
    /// assert_eq!(Format::of("habitat.cfg", "volume: 200"), Format::Yaml);
    /// ```
    #[must_use]
    pub fn of(file: &str, text: &str) -> Format {
        let end = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "json" => Format::Json,
            "yaml" | "yml" => Format::Yaml,
            _ if text.trim_start().starts_with('{') => Format::Json,
            _ => Format::Yaml,
        }
    }
}

/// A plain value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `null`, or nothing at all.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the text.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// Read a text.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`], with the place. YAML is read within the limits of depth, aliases and size that its
    /// reader sets.
    pub(super) fn read(text: &str, format: Format) -> Result<Node, ConfigError> {
        match format {
            Format::Json => serde_json::from_str(text).map_err(|error| {
                // The reader's sentence ends with the place, which is said in front of it.
                let words = error.to_string();
                let reason = words.split(" at line ").next().unwrap_or(&words).to_owned();
                ConfigError::Syntax {
                    format: "JSON",
                    line: error.line(),
                    column: error.column(),
                    reason,
                }
            }),
            Format::Yaml => serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
                let error = error.without_snippet();
                let (line, column) = error
                    .location()
                    .map_or((0, 0), |at| (at.line() as usize, at.column() as usize));
                let words = one_line(&error.to_string());
                let place = format!(" at line {line}, column {column}");
                let reason = words.strip_suffix(&place).unwrap_or(&words).to_owned();
                ConfigError::Syntax { format: "YAML", line, column, reason }
            }),
        }
    }

    /// The value as a person would say it.
    pub(super) fn words(&self) -> String {
        match self {
            Node::Nothing => "nothing".to_owned(),
            Node::Flag(flag) => flag.to_string(),
            Node::Number(value) => number(*value),
            Node::Text(text) => format!("\"{}\"", one_line(text)),
            Node::List(items) => format!("a list of {}", items.len()),
            Node::Table(entries) => format!("a table of {}", entries.len()),
        }
    }
}

/// What is no number is passed on, so that it is refused with its key.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { non_finite_float_policy: NonFiniteFloatPolicy::PassThrough }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut table: Vec<(String, Node)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            if table.iter().any(|(earlier, _)| *earlier == key) {
                return Err(A::Error::custom(format!("key `{}` stands twice", one_line(&key))));
            }
            table.push((key, entries.next_value()?));
        }
        Ok(Node::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same() {
        let json = r#"{"a": 1, "b": [true, null, "x"], "c": {"d": -2.5e-6}}"#;
        let yaml = "a: 1\nb: [true, ~, x]\nc:\n  d: -2.5e-06\n";
        assert_eq!(
            Node::read(json, Format::Json).unwrap(),
            Node::read(yaml, Format::Yaml).unwrap()
        );
        assert_eq!(Node::read("", Format::Yaml).unwrap(), Node::Nothing);
    }

    #[test]
    fn what_cannot_be_read_has_a_place_and_one_line() {
        for (format, text, words) in [
            (Format::Json, "{\"a\": 1,\n \"a\": 2}", "JSON, line 2"),
            (Format::Yaml, "a: 1\na: 2\n", "YAML, line 2"),
            (Format::Json, "{\"a\": NaN}", "JSON, line 1"),
            (Format::Yaml, "a: [1, 2\nb: 3\n", "YAML, line 2"),
            (Format::Yaml, "a: 1\n--- \nb: 2\n", "YAML"),
        ] {
            let message = Node::read(text, format).unwrap_err().to_string();
            assert!(message.contains(words) && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn nothing_can_be_made_large_or_deep_by_a_short_text() {
        let mut laughs = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*l{}", level - 1);
            laughs += &format!("l{level}: &l{level} [{}]\n", vec![below; 10].join(", "));
        }
        assert!(Node::read(&laughs, Format::Yaml).is_err());
        for (format, open) in [(Format::Yaml, "["), (Format::Json, "[")] {
            assert!(Node::read(&open.repeat(100_000), format).is_err());
        }
    }
}

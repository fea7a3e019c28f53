//! A configuration: every key with its value, and the events.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{ConfigError, number, one_line, quoted};
use super::key::{Allowed, Fallback, KEYS, Key, TABLES};
use super::names::PRESET_NAMES;
use super::value::{CONFIG_BYTES_MAX, Format, Node};

/// Longest time of an event, d: that of the longest mission.
const EVENT_DAY_MAX: f64 = 1_000.0;

/// The value of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A text.
    Text(String),
}

impl Value {
    /// The value as a person would say it, without its unit.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Value::Number(value) => number(*value),
            Value::Flag(flag) => flag.to_string(),
            Value::Text(text) => one_line(text),
        }
    }
}

/// Something that the configuration lets happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, days after the start.
    pub day: f64,
    /// What, as the configuration calls it.
    pub kind: String,
    /// How bad, 0 to 1.
    pub severity: Option<f64>,
    /// The person it happens to, from 0.
    pub crew_id: Option<usize>,
    /// How long it lasts, h.
    pub duration_h: Option<f64>,
}

/// A configuration whose every value is allowed.
///
/// # Examples
/// ```
/// use lunar_habitat_env::predecessor::{Config, Format};
/// let config = Config::read("volume: 150\ncrew: {size: 2}\n", Format::Yaml)?;
/// assert_eq!((config.number("volume"), config.number("pressure_nominal")), (150.0, 101.3));
/// assert!(config.is_given("volume") && !config.is_given("pressure_nominal"));
/// let wrong = Config::read("{\"volume\": 5}", Format::Json).unwrap_err();
/// assert_eq!(wrong.to_string(), "volume: found 5; allowed 10 to 100000 m3");
/// # Ok::<(), lunar_habitat_env::predecessor::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// In the order of [`KEYS`].
    values: Vec<Value>,
    given: Vec<bool>,
    /// What happens, in the order of the file.
    pub events: Vec<Event>,
}

impl Default for Config {
    /// The defaults of the predecessor, which are its preset `nasa_reference`.
    fn default() -> Config {
        let value = |key: &Key| match key.fallback {
            Fallback::Number(value) => Value::Number(value),
            Fallback::Flag(flag) => Value::Flag(flag),
            Fallback::Text(text) => Value::Text(text.to_owned()),
        };
        Config {
            values: KEYS.iter().map(value).collect(),
            given: vec![false; KEYS.len()],
            events: Vec::new(),
        }
    }
}

impl Config {
    /// Read a text; keys that it leaves out keep their defaults.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] where it cannot be read, [`ConfigError::Value`] for the first key that does not exist
    /// and the first value of another type or outside its range.
    pub fn read(text: &str, format: Format) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        match Node::read(text, format)? {
            Node::Nothing => Ok(config),
            Node::Table(entries) => {
                config.table("", entries)?;
                Ok(config)
            }
            other => Err(ConfigError::value("the configuration", other.words(), "a table of keys")),
        }
    }

    /// A preset of the predecessor.
    ///
    /// `apollo_derived` is pure oxygen at 68.9 kPa, which the ranges of [`KEYS`] would not allow in a file: oxygen up
    /// to 30 kPa, nitrogen from 60 kPa. It is taken as it is.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with the names that exist.
    ///
    /// # Source
    /// The predecessor's public code of August 2025, `core/config.py`.
    pub fn preset(name: &str) -> Result<Config, ConfigError> {
        let changes: &[(&str, f64)] = match name {
            "nasa_reference" => &[],
            "apollo_derived" => &[
                ("volume", 150.0),
                ("pressure_nominal", 68.9),
                ("o2_nominal", 68.9),
                ("n2_nominal", 0.0),
            ],
            "mars_analog" => &[("volume", 300.0), ("co2_limit", 0.6), ("temp_nominal", 20.0)],
            _ => {
                let found = format!("`{}`", one_line(name));
                return Err(ConfigError::value("preset", found, quoted(PRESET_NAMES)));
            }
        };
        let mut config = Config::default();
        for (path, value) in changes {
            config.set(path, Value::Number(*value));
        }
        config.set("name", Value::Text(name.to_owned()));
        Ok(config)
    }

    /// A preset by its name, or a file; a word that names a preset means that one.
    ///
    /// # Errors
    /// As [`Config::read`]; also where there is no such file, or one that is larger than [`CONFIG_BYTES_MAX`] or not
    /// text.
    pub fn load(name_or_path: &str) -> Result<Config, ConfigError> {
        if PRESET_NAMES.contains(&name_or_path) {
            return Config::preset(name_or_path);
        }
        let file = one_line(name_or_path);
        let unreadable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => {
                ConfigError::NotFound { found: file.clone(), allowed: quoted(PRESET_NAMES) }
            }
            _ => ConfigError::Unreadable { file: file.clone(), source },
        };
        let mut bytes = Vec::new();
        let opened = File::open(Path::new(name_or_path)).map_err(unreadable)?;
        // One byte more than allowed is enough to know, and an endless device does not fill the memory.
        opened.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > CONFIG_BYTES_MAX {
            let found = format!("more than {CONFIG_BYTES_MAX} bytes");
            let allowed = format!("at most {CONFIG_BYTES_MAX} bytes");
            return Err(ConfigError::value(file, found, allowed));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| ConfigError::value(&file, "bytes that are no text", "text in UTF-8"))?;
        Config::read(&text, Format::of(name_or_path, &text))
    }

    /// Take over the entries of a table; `table` is empty for the outermost one, else ends in a dot.
    fn table(&mut self, table: &str, entries: Vec<(String, Node)>) -> Result<(), ConfigError> {
        for (name, node) in entries {
            let path = format!("{table}{name}");
            if table.is_empty() && TABLES.contains(&name.as_str()) {
                match node {
                    Node::Table(inner) => self.table(&format!("{name}."), inner)?,
                    other => return Err(ConfigError::value(name, other.words(), "a table")),
                }
            } else if path == "scenario.events" {
                self.events = events(node)?;
            } else {
                let Some(key) = KEYS.iter().find(|key| key.path == path) else {
                    return Err(unknown(table, &name));
                };
                let value = checked(key, node)?;
                self.set(key.path, value);
            }
        }
        Ok(())
    }

    fn place(path: &str) -> Option<usize> {
        KEYS.iter().position(|key| key.path == path)
    }

    fn set(&mut self, path: &str, value: Value) {
        if let Some(place) = Config::place(path) {
            self.values[place] = value;
            self.given[place] = true;
        }
    }

    /// Fly another mission than the one the configuration names.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with the names that exist.
    pub fn with_mission(mut self, name: &str) -> Result<Config, ConfigError> {
        super::names::mission(name)?;
        self.set("scenario.name", Value::Text(name.to_owned()));
        Ok(self)
    }

    /// Fly at another difficulty than the one the configuration names.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with the names that exist.
    pub fn with_difficulty(mut self, name: &str) -> Result<Config, ConfigError> {
        let key = KEYS.iter().find(|key| key.path == "scenario.difficulty");
        if let Some(key) = key {
            let value = checked(key, Node::Text(name.to_owned()))?;
            self.set(key.path, value);
        }
        Ok(self)
    }

    /// Fly with another number of people than the configuration says.
    ///
    /// # Errors
    /// [`ConfigError::Value`] unless it is from 1 to 12.
    pub fn with_people(mut self, people: usize) -> Result<Config, ConfigError> {
        let key = KEYS.iter().find(|key| key.path == "crew.size");
        if let Some(key) = key {
            let value = checked(key, Node::Number(people as f64))?;
            self.set(key.path, value);
        }
        Ok(self)
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&Value> {
        Config::place(path).map(|place| &self.values[place])
    }

    /// The number behind a key, in the key's unit; not a number where the key has none.
    #[must_use]
    pub fn number(&self, path: &str) -> f64 {
        match self.value(path) {
            Some(Value::Number(value)) => *value,
            _ => f64::NAN,
        }
    }

    /// The text behind a key; empty where the key has none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        match self.value(path) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether the file, the preset or the caller says it, and not the default.
    #[must_use]
    pub fn is_given(&self, path: &str) -> bool {
        Config::place(path).is_some_and(|place| self.given[place])
    }
}

/// A sentence about a key that does not exist; it names those of its table.
fn unknown(table: &str, name: &str) -> ConfigError {
    let of_table = KEYS.iter().filter_map(|key| key.path.strip_prefix(table));
    let mut names: Vec<&str> = of_table.filter(|rest| !rest.contains('.')).collect();
    match table {
        "" => names.extend(TABLES),
        "scenario." => names.push("events"),
        _ => {}
    }
    let found = "a key that does not exist";
    ConfigError::value(format!("{table}{}", one_line(name)), found, quoted(names))
}

/// The value of a key, if it is allowed there.
fn checked(key: &Key, node: Node) -> Result<Value, ConfigError> {
    let fits = match (key.allowed, &node) {
        // Written so that a value which is not a number is refused too.
        (Allowed::Number { low, high }, Node::Number(value)) => (low..=high).contains(value),
        (Allowed::Whole { low, high }, Node::Number(value)) => {
            (low..=high).contains(value) && value.fract() == 0.0
        }
        (Allowed::Flag, Node::Flag(_)) | (Allowed::Text, Node::Text(_)) => true,
        (Allowed::Word(words), Node::Text(text)) => words.contains(&text.as_str()),
        _ => false,
    };
    match (fits, node) {
        (true, Node::Number(value)) => Ok(Value::Number(value)),
        (true, Node::Flag(flag)) => Ok(Value::Flag(flag)),
        (true, Node::Text(text)) => Ok(Value::Text(text)),
        (_, node) => Err(ConfigError::value(key.path, node.words(), key.words())),
    }
}

/// The events of a list of tables. Keys beside those that are read are allowed, as they were there.
fn events(node: Node) -> Result<Vec<Event>, ConfigError> {
    let Node::List(items) = node else {
        return Err(ConfigError::value("scenario.events", node.words(), "a list of events"));
    };
    let mut events = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        let path = format!("scenario.events[{place}]");
        let Node::Table(entries) = item else {
            let allowed = "a table with `day` and `type`";
            return Err(ConfigError::value(path, item.words(), allowed));
        };
        let find = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let number = |name: &str, high: f64, unit: &str| match find(name) {
            None => Ok(None),
            Some(Node::Number(value)) if (0.0..=high).contains(value) => Ok(Some(*value)),
            Some(other) => {
                let allowed = format!("0 to {}{unit}", self::number(high));
                Err(ConfigError::value(format!("{path}.{name}"), other.words(), allowed))
            }
        };
        let missing = |name: &str, allowed: &str| {
            ConfigError::value(format!("{path}.{name}"), "nothing", allowed)
        };
        let day = number("day", EVENT_DAY_MAX, " d")?
            .ok_or_else(|| missing("day", "days after the start, 0 to 1000"))?;
        let kind = match find("type") {
            Some(Node::Text(kind)) => kind.clone(),
            Some(other) => {
                let key = format!("{path}.type");
                return Err(ConfigError::value(key, other.words(), "a text in quotes"));
            }
            None => return Err(missing("type", "a text in quotes")),
        };
        let crew_id = match number("crew_id", 11.0, "")? {
            Some(id) if id.fract() != 0.0 => {
                let key = format!("{path}.crew_id");
                return Err(ConfigError::value(key, self::number(id), "a whole number, 0 to 11"));
            }
            id => id.map(|id| id as usize),
        };
        let duration_h = number("duration", 24.0 * EVENT_DAY_MAX, " h")?;
        events.push(Event {
            day,
            kind,
            severity: number("severity", 1.0, "")?,
            crew_id,
            duration_h,
        });
    }
    Ok(events)
}

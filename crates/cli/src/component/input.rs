//! Inputs of a component: what they mean, what is allowed, and what was asked for.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::CliError;

/// What an input may be.
#[derive(Debug, Clone, Copy)]
pub enum Allowed {
    /// A number from `low` to `high`.
    Number {
        /// Value if the input is not given.
        default: f64,
        /// Least value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// A whole number from `low` to `high`.
    Count {
        /// Value if the input is not given.
        default: u32,
        /// Least value.
        low: u32,
        /// Largest value.
        high: u32,
    },
    /// One of some words; the first is the default.
    Word(&'static [&'static str]),
}

impl Allowed {
    /// The allowed values in words, without the unit.
    pub fn words(&self) -> String {
        match self {
            Allowed::Number { low, high, .. } => format!("{low} to {high}"),
            Allowed::Count { low, high, .. } => format!("whole numbers from {low} to {high}"),
            Allowed::Word(words) => words.join(", "),
        }
    }

    /// Value if the input is not given.
    fn default(&self) -> Setting {
        match self {
            Allowed::Number { default, .. } => Setting::Number(*default),
            Allowed::Count { default, .. } => Setting::Number(f64::from(*default)),
            Allowed::Word(words) => Setting::Word(words.first().copied().unwrap_or_default()),
        }
    }

    /// The text as a value, if it is an allowed one.
    fn accept(&self, text: &str) -> Option<Setting> {
        match self {
            Allowed::Number { low, high, .. } => text
                .parse::<f64>()
                .ok()
                .filter(|value| (*low..=*high).contains(value))
                .map(Setting::Number),
            Allowed::Count { low, high, .. } => text
                .parse::<u32>()
                .ok()
                .filter(|value| (*low..=*high).contains(value))
                .map(|value| Setting::Number(f64::from(value))),
            Allowed::Word(words) => {
                words.iter().find(|word| **word == text).map(|word| Setting::Word(word))
            }
        }
    }
}

/// One input of a component.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Name on the command line; it ends in the unit.
    pub key: &'static str,
    /// Unit, for people.
    pub unit: &'static str,
    /// What may be set.
    pub allowed: Allowed,
    /// What it is, and where the default comes from.
    pub about: &'static str,
}

impl Input {
    /// A number.
    pub const fn number(
        key: &'static str,
        unit: &'static str,
        (default, low, high): (f64, f64, f64),
        about: &'static str,
    ) -> Input {
        Input { key, unit, allowed: Allowed::Number { default, low, high }, about }
    }

    /// A whole number.
    pub const fn count(
        key: &'static str,
        (default, low, high): (u32, u32, u32),
        about: &'static str,
    ) -> Input {
        Input { key, unit: "", allowed: Allowed::Count { default, low, high }, about }
    }

    /// One of some words, the first by default.
    pub const fn word(
        key: &'static str,
        words: &'static [&'static str],
        about: &'static str,
    ) -> Input {
        Input { key, unit: "", allowed: Allowed::Word(words), about }
    }

    /// The allowed values with the unit.
    pub fn allowed_words(&self) -> String {
        let space = if self.unit.is_empty() { "" } else { " " };
        format!("{}{space}{}", self.allowed.words(), self.unit)
    }

    /// The input as `--list --json` shows it.
    pub fn describe(&self) -> Value {
        let (low, high, words) = match self.allowed {
            Allowed::Number { low, high, .. } => (json!(low), json!(high), Value::Null),
            Allowed::Count { low, high, .. } => (json!(low), json!(high), Value::Null),
            Allowed::Word(words) => (Value::Null, Value::Null, json!(words)),
        };
        json!({
            "key": self.key, "unit": self.unit, "default": self.allowed.default(),
            "min": low, "max": high, "words": words, "about": self.about,
        })
    }
}

/// The value of an input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// A number, in the unit of its key.
    Number(f64),
    /// A word.
    Word(&'static str),
}

impl Setting {
    /// The value for people.
    pub fn text(&self) -> String {
        match self {
            Setting::Number(value) => value.to_string(),
            Setting::Word(word) => (*word).to_owned(),
        }
    }
}

/// All inputs of a component with their values.
#[derive(Debug, Clone)]
pub struct Settings {
    component: &'static str,
    values: Vec<(Input, Setting)>,
}

impl Settings {
    /// Every input at its default.
    pub fn defaults(component: &'static str, inputs: &[Input]) -> Settings {
        Settings { component, values: inputs.iter().map(|i| (*i, i.allowed.default())).collect() }
    }

    /// Take over the arguments of `--set`, each `key=value` and each key once.
    ///
    /// # Errors
    /// [`CliError::Flag`] that names the key, what was found and what is allowed.
    pub fn set_all(&mut self, arguments: &[String]) -> Result<(), CliError> {
        let mut seen: Vec<&str> = Vec::new();
        for argument in arguments {
            let flag = format!("--set {argument}");
            let Some((key, text)) = argument.split_once('=') else {
                return Err(CliError::flag(flag, "found no `=`; allowed is key=value"));
            };
            let (key, text) = (key.trim(), text.trim());
            if seen.contains(&key) {
                return Err(CliError::flag(
                    flag,
                    format!("`{key}` is given twice; allowed is once"),
                ));
            }
            seen.push(key);
            self.set(key, text).map_err(|problem| CliError::flag(flag, problem))?;
        }
        Ok(())
    }

    fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
        let Some((input, value)) = self.values.iter_mut().find(|(i, _)| i.key == key) else {
            let keys: Vec<&str> = self.values.iter().map(|(i, _)| i.key).collect();
            return Err(format!(
                "`{}` has no input `{key}`; allowed {}",
                self.component,
                keys.join(", ")
            ));
        };
        *value = input
            .allowed
            .accept(text)
            .ok_or_else(|| format!("found `{text}`, allowed {}", input.allowed_words()))?;
        Ok(())
    }

    /// The number at `key`.
    ///
    /// # Errors
    /// [`CliError::Failed`] if the component has no such input.
    pub fn number(&self, key: &str) -> Result<f64, CliError> {
        match self.find(key)? {
            Setting::Number(value) => Ok(value),
            Setting::Word(word) => Err(CliError::Failed(format!("`{key}` is the word {word}"))),
        }
    }

    /// The word at `key`.
    ///
    /// # Errors
    /// [`CliError::Failed`] if the component has no such input.
    pub fn word(&self, key: &str) -> Result<&'static str, CliError> {
        match self.find(key)? {
            Setting::Word(word) => Ok(word),
            Setting::Number(value) => Err(CliError::Failed(format!("`{key}` is {value}"))),
        }
    }

    fn find(&self, key: &str) -> Result<Setting, CliError> {
        self.values
            .iter()
            .find(|(input, _)| input.key == key)
            .map(|(_, value)| *value)
            .ok_or_else(|| CliError::Failed(format!("`{}` has no `{key}`", self.component)))
    }

    /// Refuse a value that does not fit another one.
    ///
    /// # Errors
    /// [`CliError::Flag`] unless `fits`.
    pub fn require(&self, fits: bool, key: &str, allowed: &str) -> Result<(), CliError> {
        if fits {
            return Ok(());
        }
        let found = self.find(key)?.text();
        Err(CliError::flag(
            format!("--set {key}={found}"),
            format!("found `{found}`, allowed {allowed}"),
        ))
    }

    /// The inputs and their values, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = &(Input, Setting)> {
        self.values.iter()
    }

    /// The inputs as JSON.
    pub fn to_json(&self) -> Map<String, Value> {
        let pair = |(input, value): &(Input, Setting)| (input.key.to_owned(), json!(value));
        self.values.iter().map(pair).collect()
    }
}

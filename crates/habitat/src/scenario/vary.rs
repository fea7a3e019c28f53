//! Numbers of a scenario that are drawn anew for every episode.
//!
//! ```toml
//! [[vary]]
//! key = "stores.potable_kg"      # or zone.living.exposed_m2, crew.amina.mass_kg, faults.event.0.at_h
//! low = 200.0
//! high = 300.0
//! ```
//! A key is the path of a number; an element of a list is named by its name, or by its place where it has none.
//! A draw is uniform, `low + u·(high − low)`, with `u` of the stream for parameters and the place of the
//! entry as index: it depends on run, environment and episode, and on nothing else. A fork draws nothing
//! anew.

use serde_json::Value;

use super::error::{Kind, Problem, number};
use super::{Scenario, check};
use crate::stream::{Purpose, StreamKey};

/// A number that was drawn, or given instead of a draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Its key, as in [`super::Vary`].
    pub key: String,
    /// Its value, in the unit of the key.
    pub value: f64,
}

/// The element of a list that a part of a key means.
fn element(list: &[Value], part: &str) -> Option<usize> {
    let named = |item: &Value| item.get("name").and_then(Value::as_str) == Some(part);
    list.iter()
        .position(named)
        .or_else(|| part.parse().ok().filter(|place: &usize| *place < list.len()))
}

/// The number at `key`.
fn number_at<'a>(root: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let mut at = root;
    for part in key.split('.') {
        at = match at {
            Value::Object(map) => map.get_mut(part)?,
            Value::Array(list) => {
                let place = element(list, part)?;
                &mut list[place]
            }
            _ => return None,
        };
    }
    at.is_number().then_some(at)
}

/// A problem of the entry number `place`.
fn refused(place: usize, key: &str, what: &str, found: String, allowed: &str) -> Box<Problem> {
    Problem::new(Kind::Inconsistent, format!("vary[{place}].{key}"), what, found, allowed)
}

impl Scenario {
    /// The scenario with other values for some of its numbers, checked again; nothing is drawn.
    ///
    /// # Errors
    /// A [`Problem`] when a key is no number of the scenario, or a value is refused by [`check`].
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::scenario::{self, Drawn};
    /// let model = scenario::load("cabin-30d")?.scenario;
    /// let value = Drawn { key: "zone.living.volume_m3".into(), value: 90.0 };
    /// assert_eq!(model.with(&[value]).unwrap().zones[0].volume_m3, 90.0);
    /// let none = Drawn { key: "zone.garage.volume_m3".into(), value: 90.0 };
    /// assert!(model.with(&[none]).is_err());
    /// # Ok::<(), scenario::ScenarioError>(())
    /// ```
    pub fn with(&self, values: &[Drawn]) -> Result<Scenario, Box<Problem>> {
        let plain = |error: serde_json::Error| {
            Problem::new(Kind::Inconsistent, "", "value", error.to_string(), "plain data")
        };
        let mut root = serde_json::to_value(self).map_err(plain)?;
        for Drawn { key, value } in values {
            let Some(at) = number_at(&mut root, key) else {
                return Err(Problem::new(
                    Kind::UnknownName,
                    key.as_str(),
                    "no number of this scenario",
                    format!("`{key}`"),
                    "the path of a number, lists by name: `zone.living.volume_m3`",
                ));
            };
            let is_whole = at.is_u64() || at.is_i64();
            *at = if is_whole && value.fract() == 0.0 && *value >= 0.0 {
                Value::from(*value as u64)
            } else {
                Value::from(*value)
            };
        }
        let mut model: Scenario = serde_json::from_value(root).map_err(plain)?;
        model.vary = Vec::new();
        check(&model)?;
        Ok(model)
    }

    /// What `[[vary]]` draws for the episode of `key`, in the order of the file.
    #[must_use]
    pub fn draws(&self, key: StreamKey) -> Vec<Drawn> {
        let key = StreamKey { fork: 0, ..key };
        let drawn = |(place, vary): (usize, &super::Vary)| Drawn {
            key: vary.key.clone(),
            value: vary.low
                + key.uniform(Purpose::Parameters, place as u64) * (vary.high - vary.low),
        };
        self.vary.iter().enumerate().map(drawn).collect()
    }
}

/// Every entry names a number, once, and both ends of its range are allowed.
pub(super) fn vary(scenario: &Scenario) -> Result<(), Box<Problem>> {
    for (place, entry) in scenario.vary.iter().enumerate() {
        if entry.high < entry.low {
            let allowed = format!("at least low = {}", number(entry.low));
            return Err(refused(
                place,
                "high",
                "range that ends below",
                number(entry.high),
                &allowed,
            ));
        }
        if scenario.vary[..place].iter().any(|earlier| earlier.key == entry.key) {
            let found = format!("`{}`", entry.key);
            return Err(refused(place, "key", "number varied twice", found, "each key once"));
        }
        for (end, value) in [("low", entry.low), ("high", entry.high)] {
            scenario.with(&[Drawn { key: entry.key.clone(), value }]).map_err(|problem| {
                let key = if problem.kind == Kind::UnknownName { "key" } else { end };
                refused(place, key, &problem.what, problem.found, &problem.allowed)
            })?;
        }
    }
    Ok(())
}

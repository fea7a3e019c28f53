//! What a component gives.

use serde_json::{Map, Value, json};

use super::stand::Closure;
use crate::error::CliError;

/// Named numbers, in the order in which people read them; each name ends in its unit.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    values: Vec<(&'static str, f64)>,
}

impl Outputs {
    /// The numbers with, at the end, how well mass and energy close.
    pub fn new(values: &[(&'static str, f64)], closure: Closure) -> Outputs {
        let mut all = values.to_vec();
        all.push(("mass_residual_share", closure.mass));
        all.push(("energy_residual_share", closure.energy));
        Outputs { values: all }
    }

    /// The number called `key`.
    ///
    /// # Errors
    /// [`CliError::Failed`] if there is none.
    pub fn get(&self, key: &str) -> Result<f64, CliError> {
        self.values
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
            .ok_or_else(|| CliError::Failed(format!("the component gives no `{key}`")))
    }

    /// Names and numbers.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, f64)> {
        self.values.iter()
    }

    /// The outputs as JSON.
    pub fn to_json(&self) -> Map<String, Value> {
        let pair = |(key, value): &(&'static str, f64)| ((*key).to_owned(), json!(value));
        self.values.iter().map(pair).collect()
    }
}

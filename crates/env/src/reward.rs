//! What is good about a decision: named terms, and weights that make one number of them.
//!
//! Terms are always recorded, whatever their weight. They look at the true state: the judge knows it, the
//! policy does not.
//!
//! | term | is | unit |
//! |---|---|---|
//! | `alive` | share of the people alive, over time | d |
//! | `progress` | share of the mission that passed | 1 |
//! | `lost` | 1 in the decision in which an abort rule broke | 1 |
//! | `finished` | 1 in the decision that reaches the planned end with everybody alive | 1 |
//! | `discomfort` | temperature, humidity and CO2 beyond their bands where people are, over time | d |
//! | `consumables` | O2, N2, potable water, hydroxide and candles used up: sum of shares of what was there at the start | 1 |
//! | `energy` | electric energy drawn | kWh |
//! | `shed` | share of the loads that may be shed which is, over time | d |
//! | `repair` | time that people spent on repair | h |
//! | `commands` | share of the dials that were turned, or of the thresholds that were moved | 1 |
//!
//! Terms over time are integrals over the steps, so that two decisions of 600 s give what one of 1200 s gives.
//! `consumables` is negative where a tank fills.

use catalogue::Unit;
use habitat::{Habitat, Plan};

use crate::TaskError;

/// Number of reward terms.
pub const TERMS: usize = 10;

/// Names of the terms, in their order.
pub const TERM_NAMES: [&str; TERMS] = [
    "alive",
    "progress",
    "lost",
    "finished",
    "discomfort",
    "consumables",
    "energy",
    "shed",
    "repair",
    "commands",
];

/// Units of the terms, in their order.
pub const TERM_UNITS: [&str; TERMS] = ["d", "1", "1", "1", "d", "1", "kWh", "d", "h", "1"];

/// Names of the presets, and a sentence about each.
pub const REWARD_PRESETS: [(&str, &str); 3] = [
    ("survival", "a point a day while all live, ten points less when the mission is lost"),
    ("efficiency", "survival, less what is used: stores, energy, time of people, commands"),
    ("balanced", "survival, less discomfort, shed loads and half of what is used"),
];

/// Weights of the terms; the reward of a decision is the weighted sum.
///
/// # Presets
/// | term | `survival` | `efficiency` | `balanced` |
/// |---|---|---|---|
/// | `alive` | 1 | 1 | 1 |
/// | `progress` | 0 | 0 | 0 |
/// | `lost` | -10 | -10 | -10 |
/// | `finished` | 0 | 0 | 0 |
/// | `discomfort` | 0 | 0 | -0.5 |
/// | `consumables` | 0 | -5 | -2.5 |
/// | `energy` | 0 | -0.002 | -0.001 |
/// | `shed` | 0 | 0 | -0.2 |
/// | `repair` | 0 | -0.02 | -0.01 |
/// | `commands` | 0 | -0.005 | -0.0025 |
///
/// All are choices: a day of life is worth a point, and nothing that is saved in a day is worth as much.
/// With the default discount of ten days a life without end is worth ten points, which a lost mission costs once more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardWeights {
    weights: [f64; TERMS],
}

impl RewardWeights {
    /// The weights called `name`.
    ///
    /// # Errors
    /// [`TaskError::Unknown`], which lists the names.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_env::RewardWeights;
    /// let weights = RewardWeights::preset("survival")?.with("commands", -0.1)?;
    /// assert_eq!(weights.of(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]), 0.95);
    /// # Ok::<(), lunar_habitat_env::TaskError>(())
    /// ```
    pub fn preset(name: &str) -> Result<RewardWeights, TaskError> {
        let weights = match name {
            "survival" => [1.0, 0.0, -10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "efficiency" => [1.0, 0.0, -10.0, 0.0, 0.0, -5.0, -0.002, 0.0, -0.02, -0.005],
            "balanced" => [1.0, 0.0, -10.0, 0.0, -0.5, -2.5, -0.001, -0.2, -0.01, -0.0025],
            _ => {
                return Err(TaskError::Unknown {
                    what: "reward",
                    found: name.to_owned(),
                    allowed: REWARD_PRESETS.map(|(name, _)| format!("`{name}`")).join(", "),
                });
            }
        };
        Ok(RewardWeights { weights })
    }

    /// The same with another weight for one term.
    ///
    /// # Errors
    /// [`TaskError::Unknown`] for a name that no term has, [`TaskError::Weight`] for a weight that is not finite.
    pub fn with(mut self, term: &str, weight: f64) -> Result<RewardWeights, TaskError> {
        let Some(place) = TERM_NAMES.iter().position(|name| *name == term) else {
            return Err(TaskError::Unknown {
                what: "reward term",
                found: term.to_owned(),
                allowed: TERM_NAMES.map(|name| format!("`{name}`")).join(", "),
            });
        };
        if !weight.is_finite() {
            return Err(TaskError::Weight { term: TERM_NAMES[place], value: weight });
        }
        self.weights[place] = weight;
        Ok(self)
    }

    /// The weights in the order of the terms.
    #[must_use]
    pub fn weights(&self) -> &[f64; TERMS] {
        &self.weights
    }

    /// The reward of `terms` as they are recorded: summed in their order, rounded once.
    #[must_use]
    pub fn of(&self, terms: &[f32]) -> f32 {
        let mut sum = 0.0;
        for (weight, term) in self.weights.iter().zip(terms) {
            sum += weight * f64::from(*term);
        }
        sum as f32
    }
}

impl Default for RewardWeights {
    /// `survival`.
    fn default() -> RewardWeights {
        RewardWeights { weights: [1.0, 0.0, -10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] }
    }
}

/// Stocks that count as consumables, in units of their own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Stocks([f64; 5]);

impl Stocks {
    /// What is there now.
    pub(crate) fn of(habitat: &Habitat) -> Stocks {
        let state = habitat.state();
        Stocks([
            state.stores.o2_mol,
            state.stores.n2_mol,
            state.stores.potable_kg,
            state.lioh.iter().map(|unit| unit.lioh_mol).sum(),
            state.candles.iter().map(|unit| unit.fresh_mol).sum(),
        ])
    }

    /// What went from `before` to this, as a sum of shares of `start`.
    pub(crate) fn used(&self, before: &Stocks, start: &Stocks) -> f64 {
        let mut sum = 0.0;
        for place in 0..self.0.len() {
            if start.0[place] > 0.0 {
                sum += (before.0[place] - self.0[place]) / start.0[place];
            }
        }
        sum
    }
}

/// The channel of the power of everything, for habitats without power of their own.
pub(crate) fn power_channel(plan: &Plan) -> Option<usize> {
    plan.catalogue
        .find("habitat.power.total_w")
        .ok()
        .filter(|at| plan.catalogue.channels()[*at].unit == Unit::Watt)
}

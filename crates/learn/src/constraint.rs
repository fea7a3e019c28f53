//! Limits on mean costs, kept by multipliers.

use crate::LearnError;

/// A limit on the mean of one cost over decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// Name of the cost.
    pub name: String,
    /// Place among the costs of the world.
    pub cost: usize,
    /// Highest mean.
    pub limit: f64,
}

/// One multiplier for each constraint.
///
/// # Equation
/// ```text
/// μ_k ← clip(μ_k + η·(C_k/limit_k − 1), 0, μ_max)         C_k: mean cost of the decisions of an update
/// ```
/// Costs are counted in units of their limits, so that one rate fits all. A limit of nothing counts as a thousandth.
/// # Source
/// Ray, Achiam & Amodei (2019), "Benchmarking safe exploration in deep reinforcement learning", the Lagrangian methods;
/// several constraints at once, each with a critic of its own.
/// # Tests
/// `constraint` in this crate.
#[derive(Debug, Clone, PartialEq)]
pub struct Multipliers {
    limits: Vec<f64>,
    pub(crate) values: Vec<f64>,
    rate: f64,
}

/// Largest multiplier.
const MOST: f64 = 100.0;
/// Smallest limit.
const LEAST: f64 = 1e-3;

impl Multipliers {
    /// All at nothing.
    ///
    /// # Errors
    /// [`LearnError::Range`] for a limit or rate that is negative or not finite.
    pub fn new(constraints: &[Constraint], rate: f64) -> Result<Multipliers, LearnError> {
        let sound = |what, found: f64| {
            if (0.0..=1e9).contains(&found) {
                Ok(found)
            } else {
                Err(LearnError::Range { what, found, low: 0.0, high: 1e9 })
            }
        };
        let limits = constraints
            .iter()
            .map(|one| sound("limit of a cost", one.limit).map(|limit| limit.max(LEAST)))
            .collect::<Result<Vec<f64>, LearnError>>()?;
        let values = vec![0.0; limits.len()];
        Ok(Multipliers { limits, values, rate: sound("rate of multipliers", rate)? })
    }

    /// What the costs' advantages are weighed with: per unit of cost.
    #[must_use]
    pub fn weights(&self) -> Vec<f32> {
        self.values.iter().zip(&self.limits).map(|(value, limit)| (value / limit) as f32).collect()
    }

    /// The multipliers.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// After an update whose decisions cost `means`.
    pub fn follow(&mut self, means: &[f64]) {
        for ((value, limit), mean) in self.values.iter_mut().zip(&self.limits).zip(means) {
            let over = mean / limit - 1.0;
            if over.is_finite() {
                *value = (*value + self.rate * over).clamp(0.0, MOST);
            }
        }
    }
}

//! How a training learns where nothing else is asked for.

use env::Acts;

/// Choices that depend on what the policy sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// Time constant of the discount, days.
    pub tau_d: f64,
    /// Missions side by side.
    pub lanes: usize,
    /// Decisions of an update, of all lanes together.
    pub decisions: usize,
    /// Decisions of a minibatch.
    pub minibatch: usize,
    /// Learning rate.
    pub rate: f32,
    /// λ of the advantages.
    pub lambda: f32,
    /// Decisions over which the noise of actions stays.
    pub hold: u64,
}

/// Thresholds act through controllers, over days: the noise has to stay for a week to show, and the discount has to reach
/// over most of a mission.
const THRESHOLDS: Recipe = Recipe {
    tau_d: 20.0,
    lanes: 128,
    decisions: 5_120,
    minibatch: 1_024,
    rate: 5e-4,
    lambda: 0.98,
    hold: 28,
};

/// Dials act at once.
const DIALS: Recipe = Recipe {
    tau_d: 10.0,
    lanes: 64,
    decisions: 8_192,
    minibatch: 512,
    rate: 3e-4,
    lambda: 0.95,
    hold: 1,
};

impl Recipe {
    /// The recipe for what the policy sets.
    pub fn of(acts: Acts) -> &'static Recipe {
        match acts {
            Acts::Thresholds => &THRESHOLDS,
            Acts::Dials => &DIALS,
        }
    }
}

//! Proximal policy optimisation: what is minimised, and every choice in it.
//!
//! # Loss of a minibatch of n decisions
//! ```text
//! ρ   = e^(ln π(a|s) − ln π_old(a|s))
//! L_π = −mean min(ρ·Â, clip(ρ, 1−ε, 1+ε)·Â)             Â: advantages of the minibatch, mean 0 and deviation 1
//! L_V = ½ mean max((V − R)², (V_old + clip(V − V_old, −ε, ε) − R)²)     R = A + V_old, summed over the values
//! L   = L_π + c_V·L_V − c_H·mean entropy
//! ```
//! # Choices
//! | what | default | why |
//! |---|---|---|
//! | advantages | GAE, λ 0.95 | [`crate::gae`] |
//! | ends | a time limit is valued by its final observation, a loss by nothing | it is no death |
//! | normalisation of advantages | per minibatch | as in the reference implementations |
//! | with constraints | Â = (A_reward − Σ μ_k·A_k)/(1 + Σ μ_k), then normalised | the scale stays that of the reward |
//! | clipping of ratio and value | ε = 0.2, both | |
//! | epochs × minibatches | 4 × 4, a new order each epoch | |
//! | optimiser | Adam, ε 1e-5, one norm over all parameters cut to 0.5 | |
//! | learning rate | 3e-4, linearly to 0 or constant | |
//! | early end of an update | where the mean of (ρ − 1) − ln ρ passes `kl_max` | off by default |
//!
//! # Source
//! Schulman et al. (2017), "Proximal policy optimization algorithms", arXiv:1707.06347, eq. 7 and 9; details after
//! Huang et al. (2022), "The 37 implementation details of PPO", ICLR blog track.
//!
//! # Bits
//! A minibatch is cut into [`SHARDS`] parts; each part's gradient is a sum in the order of its samples, and the parts are
//! added in their order, whichever thread made them.

use crate::LearnError;

/// Parts of a minibatch, whatever the number of threads.
pub const SHARDS: usize = 8;

/// Every choice of an update.
#[derive(Debug, Clone, PartialEq)]
pub struct PpoSettings {
    /// Times that every decision is used.
    pub epochs: usize,
    /// Minibatches of an epoch.
    pub minibatches: usize,
    /// Learning rate at the start.
    pub rate: f32,
    /// Whether it falls linearly to nothing at the end of the training.
    pub anneal: bool,
    /// ε of the ratio.
    pub clip: f32,
    /// ε of the values; none without.
    pub value_clip: Option<f32>,
    /// Weight of the values' loss.
    pub value_weight: f32,
    /// Weight of the entropy.
    pub entropy: f32,
    /// Largest norm of a gradient.
    pub norm_max: f32,
    /// λ of the advantages.
    pub lambda: f32,
    /// Divergence at which an update ends early; none without.
    pub kl_max: Option<f32>,
}

impl Default for PpoSettings {
    fn default() -> PpoSettings {
        PpoSettings {
            epochs: 4,
            minibatches: 4,
            rate: 3e-4,
            anneal: false,
            clip: 0.2,
            value_clip: Some(0.2),
            value_weight: 0.5,
            entropy: 0.0,
            norm_max: 0.5,
            lambda: 0.95,
            kl_max: None,
        }
    }
}

impl PpoSettings {
    /// Whether every number makes sense.
    ///
    /// # Errors
    /// [`LearnError::Range`] with the first that does not.
    pub fn check(&self) -> Result<(), LearnError> {
        let within = |what, found: f64, low: f64, high: f64| {
            // Written so that what is no number is refused too.
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(LearnError::Range { what, found, low, high })
            }
        };
        within("epochs", self.epochs as f64, 1.0, 100.0)?;
        within("minibatches", self.minibatches as f64, 1.0, 4_096.0)?;
        within("learning rate", f64::from(self.rate), 0.0, 1.0)?;
        within("clip", f64::from(self.clip), 1e-3, 10.0)?;
        within("clip of values", f64::from(self.value_clip.unwrap_or(1.0)), 1e-3, 1e6)?;
        within("weight of values", f64::from(self.value_weight), 0.0, 100.0)?;
        within("weight of entropy", f64::from(self.entropy), 0.0, 10.0)?;
        within("norm of gradients", f64::from(self.norm_max), 1e-6, 1e6)?;
        within("lambda", f64::from(self.lambda), 0.0, 1.0)?;
        within("largest divergence", f64::from(self.kl_max.unwrap_or(1.0)), 1e-6, 1e3)
    }
}

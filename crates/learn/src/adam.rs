//! The optimiser.

use crate::kernel::{self, AdamStep};
use crate::simd::{Level, ROW};

/// First and second moments of every parameter.
///
/// # Source
/// Kingma & Ba (2015), "Adam: a method for stochastic optimization", ICLR, algorithm 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    pub(crate) m: Vec<f32>,
    pub(crate) v: Vec<f32>,
    pub(crate) steps: u64,
}

/// Decay of the mean gradient.
const BETA1: f64 = 0.9;
/// Decay of the mean square gradient.
const BETA2: f64 = 0.999;
/// Keeps the quotient finite; 1e-5 is usual in PPO.
const EPSILON: f32 = 1e-5;

impl Adam {
    /// Nothing seen yet of `count` parameters, a whole number of rows.
    #[must_use]
    pub fn new(count: usize) -> Adam {
        Adam { m: vec![0.0; count], v: vec![0.0; count], steps: 0 }
    }

    /// One step down `gradient`, whose norm over all parameters is first cut to `norm_max`. Returns the norm as it was.
    ///
    /// A norm that is not finite changes nothing.
    pub fn step(
        &mut self,
        level: Level,
        gradient: &[f32],
        rate: f32,
        norm_max: f32,
        parameters: &mut [f32],
    ) -> f32 {
        let count = self.m.len();
        assert!(gradient.len() == count && parameters.len() == count && count.is_multiple_of(ROW));
        let square: f64 = gradient.iter().map(|g| f64::from(*g) * f64::from(*g)).sum();
        let norm = square.sqrt() as f32;
        if !norm.is_finite() {
            return norm;
        }
        self.steps += 1;
        let power = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let step = AdamStep {
            scale: if norm > norm_max { norm_max / norm } else { 1.0 },
            beta1: BETA1 as f32,
            beta2: BETA2 as f32,
            rate: rate / power(BETA1) as f32,
            root: (1.0 / power(BETA2).sqrt()) as f32,
            epsilon: EPSILON,
        };
        // SAFETY: all four have the same length, a whole number of rows; the level is one of this machine.
        unsafe {
            kernel::adam(
                level,
                step,
                gradient.as_ptr(),
                self.m.as_mut_ptr(),
                self.v.as_mut_ptr(),
                parameters.as_mut_ptr(),
                count,
            );
        }
        norm
    }
}

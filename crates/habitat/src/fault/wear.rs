//! When something that fails at a rate fails next: units and instruments alike.
//!
//! # Equation
//! ```text
//! H(t) = ∫ λ dt      a failure comes when H passes X ~ Exp(1); then X grows by a new draw
//! ```
//! The hazard and its threshold are two numbers of the state, so a fork can redraw what has not
//! happened yet without touching what has.

use physics::reliability::{FIELD_FACTOR, failure_threshold, hazard_per_s};

use crate::slots::state;

state! {
    /// Hazard that something has gathered, and the threshold of its next failure.
    pub struct Wear {
        /// Hazard gathered since the start.
        pub hazard: f64,
        /// Hazard at which it fails next.
        pub threshold: f64,
    }
}

impl Wear {
    /// Nothing gathered; the first threshold from a uniform draw.
    #[must_use]
    pub fn new(draw: f64) -> Wear {
        Wear { hazard: 0.0, threshold: failure_threshold(draw) }
    }

    /// Draw anew when it will fail next.
    ///
    /// The exponential law has no memory: whatever hazard has gathered, the rest is Exp(1) again.
    pub fn redraw(&mut self, draw: f64) {
        self.threshold = self.hazard + failure_threshold(draw);
    }

    /// Gather hazard; say whether it fails now. Whoever is told so draws the next threshold.
    #[must_use]
    pub fn pass(&mut self, hazard: f64) -> bool {
        self.hazard += hazard;
        self.hazard >= self.threshold
    }
}

/// Hazard of what fails after `mtbf_d` on average, at `rate_factor` times the field rate, 1/s; zero where the
/// mean time is infinite.
#[must_use]
pub fn field_hazard_per_s(mtbf_d: f64, rate_factor: f64) -> f64 {
    hazard_per_s(mtbf_d, FIELD_FACTOR * rate_factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_for_ever_has_no_hazard() {
        assert_eq!(field_hazard_per_s(f64::INFINITY, 100.0), 0.0);
        assert!((field_hazard_per_s(30.0, 1.0) * 10.0 * 86_400.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_failure_comes_at_the_threshold_and_the_next_after_it() {
        let mut wear = Wear::new(1.0 - (-1.0_f64).exp());
        assert!((wear.threshold - 1.0).abs() < 1e-9, "{}", wear.threshold);
        assert!(!wear.pass(0.9));
        assert!(wear.pass(0.2));
        wear.redraw(1.0 - (-2.0_f64).exp());
        assert!((wear.threshold - 3.1).abs() < 1e-9, "{}", wear.threshold);
        assert!(!wear.pass(1.9));
    }
}

use std::collections::VecDeque;

use super::Detector;
use super::history::median;

/// Samples on each side of a jump.
const EACH: usize = 3;

/// A jump faster than the quantity can move, and that stays: the median of three samples against that of the three before.
///
/// One sample that is off is no jump, since medians of three do not move with it.
#[derive(Debug, Clone)]
pub struct Step {
    limit: f64,
    relative: f64,
    hold_s: f64,
    last: VecDeque<f64>,
    held: Option<(f64, f64)>,
}

impl Step {
    /// One that has seen nothing yet: jumps of `limit`, or of `relative` times the value where that is more, count, and are
    /// remembered for `hold_s`.
    #[must_use]
    pub fn new(limit: f64, relative: f64, hold_s: f64) -> Step {
        Step { limit, relative, hold_s, last: VecDeque::with_capacity(2 * EACH + 1), held: None }
    }
}

impl Detector for Step {
    fn push(&mut self, t_s: f64, value: f64) -> Option<f64> {
        self.last.push_back(value);
        if self.last.len() > 2 * EACH {
            self.last.pop_front();
        }
        if self.last.len() < 2 * EACH {
            return None;
        }
        let mut before: Vec<f64> = self.last.iter().take(EACH).copied().collect();
        let mut after: Vec<f64> = self.last.iter().skip(EACH).copied().collect();
        let (before, after) = (median(&mut before)?, median(&mut after)?);
        // Noise that goes with the value goes with the larger one.
        let least = self.limit.max(self.relative * before.abs().max(after.abs()));
        let jump = (after - before).abs() / least.max(f64::MIN_POSITIVE);
        let held = self.held.filter(|(_, until_s)| t_s < *until_s).map_or(0.0, |(score, _)| score);
        if jump >= 1.0 && jump > held {
            self.held = Some((jump, t_s + self.hold_s));
        }
        Some(jump.max(held))
    }

    fn pause(&mut self) {
        self.last.clear();
    }
}

use super::history::History;
use super::{Detector, Side};

/// Far from its own past.
///
/// # Equation
/// ```text
/// score = part(x − m) / max(absolute, relative·|m|, spreads·s)
///   m   median of the past, one number for ten minutes
///   s   1.4826 times the median absolute deviation from m
/// ```
/// # Source
/// Iglewicz and Hoaglin (1993), How to detect and handle outliers: median and MAD in place of mean and deviation.
#[derive(Debug, Clone)]
pub struct Past {
    history: History,
    absolute: f64,
    relative: f64,
    spreads: f64,
    side: Side,
}

impl Past {
    /// One that has seen nothing yet; arguments as in [`Detection::Past`](super::Detection::Past).
    #[must_use]
    pub fn new(history_s: f64, absolute: f64, relative: f64, spreads: f64, side: Side) -> Past {
        Past { history: History::new(history_s), absolute, relative, spreads, side }
    }
}

impl Detector for Past {
    fn push(&mut self, t_s: f64, value: f64) -> Option<f64> {
        let score = self.history.level().map(|(middle, spread)| {
            let usual = self.absolute.max(self.relative * middle.abs()).max(self.spreads * spread);
            self.side.part(value - middle) / usual.max(f64::MIN_POSITIVE)
        });
        self.history.push(t_s, value, score.is_some_and(|score| score > 1.0));
        score
    }
}

use super::history::History;
use super::{Detector, Side};

/// A small shift that lasts: the cumulative sum of Page.
///
/// # Equation
/// ```text
/// z  = (x − m)/max(s, floor)               m, s as in [`Past`](super::Past)
/// U ← clamp(U + z − slack, 0, 2·limit)     D ← clamp(D − z − slack, 0, 2·limit)
/// score = max(U, D)/limit
/// ```
/// The sums end at twice the limit, so that a shift that is over is forgotten about as fast as it was found.
/// # Source
/// Page (1954), Continuous inspection schemes, Biometrika 41.
#[derive(Debug, Clone)]
pub struct Cusum {
    history: History,
    slack: f64,
    limit: f64,
    floor: f64,
    side: Side,
    up: f64,
    down: f64,
}

impl Cusum {
    /// One that has seen nothing yet; arguments as in [`Detection::Cusum`](super::Detection::Cusum).
    #[must_use]
    pub fn new(history_s: f64, slack: f64, limit: f64, floor: f64, side: Side) -> Cusum {
        let history = History::new(history_s);
        Cusum { history, slack, limit, floor, side, up: 0.0, down: 0.0 }
    }
}

impl Detector for Cusum {
    fn push(&mut self, t_s: f64, value: f64) -> Option<f64> {
        let Some((middle, spread)) = self.history.level() else {
            self.history.push(t_s, value, false);
            return None;
        };
        let z = (value - middle) / spread.max(self.floor).max(f64::MIN_POSITIVE);
        let most = 2.0 * self.limit;
        self.up = (self.up + z - self.slack).clamp(0.0, most);
        self.down = (self.down - z - self.slack).clamp(0.0, most);
        let sum = match self.side {
            Side::Both => self.up.max(self.down),
            Side::High => self.up,
            Side::Low => self.down,
        };
        // What may be the start of a shift is not yet past.
        self.history.push(t_s, value, sum > 0.5 * self.limit);
        Some(sum / self.limit)
    }

    fn pause(&mut self) {
        (self.up, self.down) = (0.0, 0.0);
    }
}

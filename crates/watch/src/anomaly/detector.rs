use serde::{Deserialize, Serialize};

use super::{Flat, Past, Step};

/// Looks at one stream of values and says how unusual each is.
///
/// # Examples
/// ```
/// use lunar_habitat_watch::anomaly::{Detection, Detector, Side};
/// let past = Detection::Past { history_s: 86_400.0, absolute: 0.5, relative: 0.0, spreads: 6.0, side: Side::Both };
/// let mut detector = past.build();
/// for minute in 0..600 {
///     let value = 20.0 + 0.01 * f64::from(minute % 7);
///     assert!(detector.push(60.0 * f64::from(minute), value).is_none_or(|score| score < 1.0));
/// }
/// assert!(detector.push(36_000.0, 22.0).unwrap_or(0.0) > 1.0);
/// ```
pub trait Detector: Send + Sync {
    /// Take in `value` at `t_s`, s of mission time; return its score: from 1 on it is an anomaly. `None` where nothing can be
    /// said yet. Values that are not finite are left out by the caller.
    fn push(&mut self, t_s: f64, value: f64) -> Option<f64>;

    /// What comes next does not go on from what came last: its signal was not there in between.
    fn pause(&mut self) {}
}

/// Which deviations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Up and down.
    Both,
    /// Down alone.
    Low,
    /// Up alone.
    High,
}

impl Side {
    /// The part of a deviation that counts, ≥ 0.
    #[must_use]
    pub fn part(self, deviation: f64) -> f64 {
        match self {
            Side::Both => deviation.abs(),
            Side::Low => (-deviation).max(0.0),
            Side::High => deviation.max(0.0),
        }
    }
}

/// A detector as data: what it is, and its thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Detection {
    /// Outside a band: physics says where the value belongs.
    Band {
        /// Lowest value.
        low: f64,
        /// Highest value.
        high: f64,
        /// Distance from an edge that counts as one, in the unit of the value, > 0.
        scale: f64,
    },
    /// Far from its own past: median and median absolute deviation ([`Past`]).
    Past {
        /// How far back the past goes, s.
        history_s: f64,
        /// Deviation that always is usual, in the unit of the value.
        absolute: f64,
        /// The same as a share of the median.
        relative: f64,
        /// The same in robust standard deviations of the past.
        spreads: f64,
        /// Which deviations count.
        side: Side,
    },
    /// The same number again and again ([`Flat`]).
    Flat {
        /// How often it takes.
        samples: u32,
        /// Distance from the first of them that still is the same, in the unit of the value; 0 for equal to the bit.
        room: f64,
    },
    /// A jump faster than the quantity can move ([`Step`]).
    Step {
        /// Least jump, in the unit of the value.
        limit: f64,
        /// The same as a share of the value.
        #[serde(default)]
        relative: f64,
        /// How long a jump is remembered, s.
        hold_s: f64,
    },
}

impl Detection {
    /// A detector with these thresholds that has seen nothing yet.
    #[must_use]
    pub fn build(self) -> Box<dyn Detector> {
        match self {
            Detection::Band { low, high, scale } => Box::new(Band { low, high, scale }),
            Detection::Past { history_s, absolute, relative, spreads, side } => {
                Box::new(Past::new(history_s, absolute, relative, spreads, side))
            }
            Detection::Flat { samples, room } => Box::new(Flat::new(samples, room)),
            Detection::Step { limit, relative, hold_s } => {
                Box::new(Step::new(limit, relative, hold_s))
            }
        }
    }
}

/// Outside a band.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Band {
    low: f64,
    high: f64,
    scale: f64,
}

impl Detector for Band {
    fn push(&mut self, _: f64, value: f64) -> Option<f64> {
        let past = (self.low - value).max(value - self.high);
        Some((1.0 + past / self.scale.max(f64::MIN_POSITIVE)).max(0.0))
    }
}

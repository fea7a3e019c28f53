//! How long tasks waited before they started.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Decimal digits that are kept of each delay.
const DIGITS: u8 = 2;

/// A histogram of start delays, from 1 ns on, each to 1 %; those of several workers or machines add up.
///
/// ```
/// use std::time::Duration;
/// use lunar_habitat_runtime::Delays;
/// let (mut one, mut other) = (Delays::new(), Delays::new());
/// one.record(Duration::from_micros(10));
/// other.record(Duration::from_micros(990));
/// one.merge(&other);
/// assert_eq!(one.count(), 2);
/// assert!(one.quantile(1.0) >= Duration::from_micros(980));
/// assert_eq!(one.since(&other).quantile(1.0).as_micros(), 10);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Delays {
    /// Made with the first delay; a class that nobody uses costs nothing.
    histogram: Option<Histogram<u64>>,
}

impl Delays {
    /// None yet.
    #[must_use]
    pub fn new() -> Delays {
        Delays::default()
    }

    /// Count a delay.
    pub fn record(&mut self, delay: Duration) {
        if self.histogram.is_none() {
            // Refused for more than five digits only.
            self.histogram = Histogram::new(DIGITS).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            let ns = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
            // Grows with what it is given; refused only where memory is.
            let _ = histogram.record(ns.max(1));
        }
    }

    /// Add those of another histogram.
    pub fn merge(&mut self, other: &Delays) {
        match (&mut self.histogram, &other.histogram) {
            (_, None) => {}
            (None, Some(theirs)) => self.histogram = Some(theirs.clone()),
            (Some(ours), Some(theirs)) => {
                // Both grow on their own, so nothing is out of range.
                let _ = ours.add(theirs);
            }
        }
    }

    /// Those that were counted after `earlier`, a look at the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Delays) -> Delays {
        let mut left = self.clone();
        let taken = match (&mut left.histogram, &earlier.histogram) {
            (Some(ours), Some(theirs)) => ours.subtract(theirs).is_ok(),
            _ => true,
        };
        // Refused only for what was never in this one, and then in the middle of it: all of it counts as new.
        if taken { left } else { self.clone() }
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The delay that this share of the tasks, 0 to 1, did not exceed; zero without any.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        let value = |histogram: &Histogram<u64>| histogram.value_at_quantile(share.clamp(0.0, 1.0));
        Duration::from_nanos(self.histogram.as_ref().map_or(0, value))
    }

    /// Mean; zero without any.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.histogram.as_ref().map_or(0.0, Histogram::mean) as u64)
    }
}

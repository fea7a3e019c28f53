//! A lookout and somebody who acknowledges at once: every alarm that is raised is noted.

use catalogue::Catalogue;
use watch::WatchError;
use watch::alarm::{Cause, Overrides, State};
use watch::anomaly::{Facts, Lookout, rules_of};

/// An alarm that was raised.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// When, s of mission time.
    pub t_s: f64,
    /// Its id.
    pub alarm: String,
    /// Whose fault it is taken to be.
    pub suspects: Vec<String>,
}

/// Looks on, and notes what is raised.
pub struct Watcher {
    lookout: Lookout,
    /// What was raised so far.
    pub raises: Vec<Raise>,
}

impl Watcher {
    /// One with the alarms and anomalies of `catalogue` as `overrides` change them.
    ///
    /// # Errors
    /// [`WatchError`] for overrides that the habitat does not take.
    pub fn new(
        catalogue: &Catalogue,
        facts: &Facts,
        overrides: &Overrides,
    ) -> Result<Watcher, WatchError> {
        let lookout = Lookout::new(catalogue, rules_of(catalogue, facts), overrides)?;
        Ok(Watcher { lookout, raises: Vec::new() })
    }

    /// Look at a row of readings.
    pub fn see(&mut self, t_s: f64, readings: &[f64]) {
        let raised: Vec<String> = self
            .lookout
            .push(t_s, readings)
            .iter()
            .filter(|one| matches!(one.to, State::Unacknowledged | State::Suppressed))
            .filter(|one| one.cause == Cause::Sample)
            .map(|one| one.alarm.clone())
            .collect();
        for alarm in raised {
            let suspects = self.lookout.suspects(&alarm).into_iter().map(str::to_owned).collect();
            // One that comes again counts again, so none is left waiting. It has just been raised, so it can be acknowledged.
            let _ = self.lookout.alarms_mut().acknowledge(&alarm, "watch");
            self.raises.push(Raise { t_s, alarm, suspects });
        }
    }

    /// The lookout.
    pub fn lookout(&self) -> &Lookout {
        &self.lookout
    }
}

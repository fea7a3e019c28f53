use serde::{Deserialize, Serialize};

use super::{Alarm, Shelving, State};

/// What one alarm remembers.
///
/// The state that people see follows from it ([`Point::state`]); nothing is kept twice.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Past the limit, after hysteresis and delays.
    pub is_past: bool,
    /// Since when samples say otherwise without a break, s.
    pub turning_s: Option<f64>,
    /// Somebody acknowledged this excursion.
    pub is_acknowledged: bool,
    /// Who did.
    pub who: Option<String>,
    /// The excursion is over, and nobody acknowledged it.
    pub is_left: bool,
    /// Held back in a flood.
    pub is_held: bool,
    /// Put aside.
    pub shelving: Option<Shelving>,
    /// When the last excursion began, s.
    pub raised_s: Option<f64>,
    /// When the state last changed, s.
    pub since_s: f64,
    /// First of its group.
    pub is_first: bool,
}

/// What a sample did to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing that counts.
    None,
    /// The limit is passed.
    Raised,
    /// The value is back.
    Cleared,
}

impl Point {
    /// The state; `is_silent` says whether the instrument has been silent for long.
    pub(crate) fn state(&self, is_silent: bool) -> State {
        if self.shelving.is_some() {
            State::Shelved
        } else if self.is_past && self.is_held {
            State::Suppressed
        } else if self.is_past && self.is_acknowledged {
            State::Acknowledged
        } else if self.is_past {
            State::Unacknowledged
        } else if self.is_left {
            State::Returned
        } else if is_silent {
            State::BadQuality
        } else {
            State::Normal
        }
    }

    /// Whether it keeps its group from being quiet.
    pub(crate) fn is_open(&self) -> bool {
        self.is_past || self.is_left
    }

    /// Take in a sample: hysteresis and delays.
    ///
    /// A silent instrument says nothing: times that run go on to run, and no state changes.
    pub(crate) fn turn(&mut self, alarm: &Alarm, t_s: f64, value: f64) -> Turn {
        let says = alarm.judge(value);
        if !value.is_finite() && alarm.bound != super::Bound::Silent {
            return Turn::None;
        }
        if says != Some(!self.is_past) {
            self.turning_s = None;
            return Turn::None;
        }
        let since_s = *self.turning_s.get_or_insert(t_s);
        let delay_s = if self.is_past { alarm.off_delay_s } else { alarm.on_delay_s };
        if t_s - since_s < delay_s {
            return Turn::None;
        }
        self.turning_s = None;
        self.is_past = !self.is_past;
        if self.is_past { Turn::Raised } else { Turn::Cleared }
    }
}

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Priority;
use crate::WatchError;

/// When alarms are a flood, and which of them wait until it is over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FloodSettings {
    /// More new alarms than this in the window begin a flood; 10 by ISA-18.2.
    pub begins_above: usize,
    /// Fewer new alarms than this in the window end it; 5 by ISA-18.2.
    pub ends_below: usize,
    /// The window, s; 600 by ISA-18.2.
    pub window_s: f64,
    /// Alarms of lower priority than this are held back and counted; at most [`Priority::Critical`], which never waits.
    pub shown_from: Priority,
}

impl Default for FloodSettings {
    fn default() -> Self {
        FloodSettings {
            begins_above: 10,
            ends_below: 5,
            window_s: 600.0,
            shown_from: Priority::High,
        }
    }
}

impl FloodSettings {
    /// Refuse settings by which a flood would never begin or end.
    pub(crate) fn check(&self) -> Result<(), WatchError> {
        let refuse = |quantity, found: String, allowed: &str| {
            let (place, allowed) = ("[flood]".to_owned(), allowed.to_owned());
            Err(WatchError::Range { place, quantity, found, allowed })
        };
        if !(self.window_s.is_finite() && self.window_s > 0.0) {
            return refuse("window_s", self.window_s.to_string(), "more than 0");
        }
        if self.ends_below == 0 || self.ends_below > self.begins_above + 1 {
            let allowed = "1 to one more than begins_above";
            return refuse("ends_below", self.ends_below.to_string(), allowed);
        }
        Ok(())
    }
}

/// New alarms in the window, and whether they are a flood.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Flood {
    /// When alarms became new, the ones held back among them.
    new_s: VecDeque<f64>,
    /// A flood is under way.
    pub(crate) is_on: bool,
    /// Alarms held back since the start.
    pub(crate) held: u64,
    /// Floods since the start.
    pub(crate) floods: u64,
}

impl Flood {
    /// Let old ones leave the window; return whether a flood has just ended.
    pub(crate) fn pass(&mut self, t_s: f64, settings: &FloodSettings) -> bool {
        while self.new_s.front().is_some_and(|new_s| t_s - new_s >= settings.window_s) {
            self.new_s.pop_front();
        }
        let ends = self.is_on && self.new_s.len() < settings.ends_below;
        self.is_on &= !ends;
        ends
    }

    /// Take in a new alarm; return whether it is held back.
    pub(crate) fn admit(&mut self, t_s: f64, priority: Priority, settings: &FloodSettings) -> bool {
        self.new_s.push_back(t_s);
        if !self.is_on && self.new_s.len() > settings.begins_above {
            self.is_on = true;
            self.floods += 1;
        }
        let waits = self.is_on && priority < settings.shown_from && priority < Priority::Critical;
        self.held += u64::from(waits);
        waits
    }
}

//! Repair: a spare is for a unit that does nothing.

use crate::Command;
use crate::wiring::{Handle, Wiring, reading};

/// Number with which a unit reports that it does nothing.
const FAILED: f64 = 2.0;

/// Says which units people may repair.
///
/// There is one spare of each. A unit that still does half of its work is left as it is, so that the
/// spare is there when it stops; only the heat exchanger is repaired at once, since nothing else cools
/// the cabin.
#[derive(Debug, Clone)]
pub(super) struct Repair {
    units: Vec<(usize, Handle)>,
}

impl Repair {
    pub(super) fn new(wiring: &Wiring<'_>) -> Repair {
        let units = wiring
            .owners("fault")
            .into_iter()
            .filter(|owner| wiring.channel(owner, "coil_share").is_none())
            .filter_map(|owner| {
                Some((wiring.channel(owner, "fault")?, wiring.handle(owner, "set_repair")?))
            })
            .collect();
        Repair { units }
    }

    pub(super) fn decide(&self, readings: &[f64], commands: &mut Vec<Command>) {
        for (fault, handle) in &self.units {
            if let Some(mode) = reading(readings, *fault) {
                let value = if mode >= FAILED { handle.high } else { handle.low };
                commands.push(Command { actuator: handle.actuator, value });
            }
        }
    }
}

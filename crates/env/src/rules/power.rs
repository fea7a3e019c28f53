//! Power: save before the stores are empty, give back when the sun is.

use super::Latch;
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, reading};

/// Share of the power drawn under which the sources count as dark.
const DARK: f64 = 0.9;
/// Usable charge of the battery over which shed loads come back in the light.
const RECOVERED: f64 = 0.3;
/// Temperature of the warmest zone over which loads are shed for their heat, K.
const HOT_K: f64 = 303.15;
/// Temperature under which they come back, K.
const COOL_K: f64 = 300.15;
/// Margin of the fuel cell over what is drawn, share.
const MARGIN: f64 = 0.02;

/// Keeps the stores of energy.
///
/// A cabin that has lost its cooling gets the same relief: what is shed gives no heat.
///
/// How long a darkness lasts is not known to anybody in it, so every load that may be shed is shed
/// from its first decision on. The fuel cell then carries what is left, and the battery stays full for
/// the hours in which the fuel cell cannot: which store is emptied first changes little about their sum, but
/// only the battery can give it at any power.
///
/// | what | rule |
/// |---|---|
/// | dark | array and fission unit could give less than 0.9 of what was drawn last |
/// | `set_shed` | everything that may be shed from the first dark decision on; nothing again in the light, once the battery is above 0.3 of its usable charge |
/// | `set_p_w` | what was drawn last and 2 %, within the range of the fuel cell, in light and dark |
///
/// Without the readings of source and load nothing is commanded; a habitat without a power system has
/// neither. The thresholds are assumed.
///
/// # Tests
/// `darkness_is_lost_on_hold_and_won_by_rules`.
#[derive(Debug, Clone)]
pub(super) struct Power {
    source: Option<usize>,
    drawn: Option<usize>,
    charge: Option<usize>,
    shed: Option<Handle>,
    fuel_cell: Option<Handle>,
    air: Vec<usize>,
    hot: Latch,
    saving: Latch,
}

impl Power {
    pub(super) fn new(wiring: &Wiring<'_>) -> Power {
        Power {
            source: wiring.channel("habitat.power", "source_w"),
            drawn: wiring.channel("habitat.power", "drawn_w"),
            charge: wiring.channel("habitat.battery", "usable"),
            shed: wiring.handle("habitat.power", "set_shed"),
            fuel_cell: wiring.handle("habitat.fuel_cell", "set_p_w"),
            air: wiring
                .owners("inspired_o2_pa")
                .into_iter()
                .filter_map(|owner| wiring.channel(owner, "t_k"))
                .collect(),
            hot: Latch { on: false },
            saving: Latch { on: false },
        }
    }

    pub(super) fn decide(&mut self, readings: &[f64], commands: &mut Vec<Command>) {
        let read = |index: Option<usize>| index.and_then(|index| reading(readings, index));
        let (Some(source_w), Some(drawn_w)) = (read(self.source), read(self.drawn)) else {
            return;
        };
        let dark = source_w < DARK * drawn_w;
        let recovered = read(self.charge).is_none_or(|charge| charge > RECOVERED);
        let saving = self.saving.set(dark, !dark && recovered);
        if let Some(shed) = self.shed {
            let warmest_k = highest(readings, &self.air).unwrap_or(0.0);
            let hot = self.hot.set(warmest_k > HOT_K, warmest_k < COOL_K);
            let value = if saving || hot { shed.high } else { shed.low };
            commands.push(Command { actuator: shed.actuator, value });
        }
        if let Some(cell) = self.fuel_cell {
            let value = (drawn_w * (1.0 + MARGIN)).clamp(cell.low, cell.high);
            commands.push(Command { actuator: cell.actuator, value });
        }
    }
}

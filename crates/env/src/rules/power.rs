//! Power: save before the stores are empty, give back when the sun is.

use super::Latch;
use super::memory::Remembered;
use super::settings::RulesSettings;
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, reading};

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
/// | `set_shed` | everything that may be shed (`shed_depth`) from the first dark decision on; nothing again (`shed_lit`) in the light, once the battery is above 0.3 of its usable charge |
/// | `set_p_w` | what was drawn last and 2 %, within the range of the fuel cell, in light and dark |
///
/// Where the load of the bus is not read, the sum of all loads stands in for it; where the sources are
/// not read, the sun's disc says whether it is dark. Without any of them nothing is commanded; a habitat
/// without a power system has none. A battery whose charge is not read counts as recovered in the light.
///
/// # Tests
/// `darkness_is_lost_on_hold_and_won_by_rules`.
#[derive(Debug, Clone)]
pub(super) struct Power {
    source: Option<usize>,
    lit: Option<usize>,
    drawn: Option<usize>,
    total: Option<usize>,
    charge: Option<usize>,
    shed: Option<Handle>,
    fuel_cell: Option<Handle>,
    air: Vec<usize>,
    hot: Latch,
    saving: Latch,
}

impl Remembered for Power {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Power {
            source: _,
            lit: _,
            drawn: _,
            total: _,
            charge: _,
            shed: _,
            fuel_cell: _,
            air: _,
            hot,
            saving,
        } = self;
        hot.recall(word);
        saving.recall(word);
    }
}

impl Power {
    pub(super) fn new(wiring: &Wiring<'_>) -> Power {
        Power {
            source: wiring.sensed("habitat.power", "source_w"),
            lit: wiring.sensed("habitat.power", "lit_fraction"),
            drawn: wiring.sensed("habitat.power", "drawn_w"),
            total: wiring.sensed("habitat.power", "total_w"),
            charge: wiring.sensed("habitat.battery", "usable"),
            shed: wiring.handle("habitat.power", "set_shed"),
            fuel_cell: wiring.handle("habitat.fuel_cell", "set_p_w"),
            air: wiring.sensed_of(&wiring.owners("inspired_o2_pa"), "t_k"),
            hot: Latch { on: false },
            saving: Latch { on: false },
        }
    }

    /// Decide, and say whether power is saved for want of light.
    pub(super) fn decide(
        &mut self,
        readings: &[f64],
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) -> bool {
        let read = |index: Option<usize>| index.and_then(|index| reading(readings, index));
        let drawn_w = read(self.drawn).or(read(self.total));
        let short = read(self.source).zip(drawn_w);
        let short = short.map(|(source_w, drawn_w)| source_w < settings.dark_share * drawn_w);
        let Some(dark) = short.or(read(self.lit).map(|lit| lit < settings.dark_lit)) else {
            return false;
        };
        let recovered = read(self.charge).is_none_or(|charge| charge > settings.recovered);
        let saving = self.saving.set(dark, !dark && recovered);
        if let Some(shed) = self.shed {
            let warmest_k = highest(readings, &self.air).unwrap_or(0.0);
            let hot = self.hot.set(warmest_k > settings.hot_k, warmest_k < settings.cool_k);
            let share = match (hot, saving) {
                (true, _) => 1.0,
                (false, true) => settings.shed_depth,
                (false, false) => settings.shed_lit,
            };
            let value = shed.low + (share * (shed.high - shed.low)).round();
            commands.push(Command { actuator: shed.actuator, value });
        }
        if let Some((cell, drawn_w)) = self.fuel_cell.zip(drawn_w) {
            let value = (drawn_w * (1.0 + settings.fuel_cell_margin)).clamp(cell.low, cell.high);
            commands.push(Command { actuator: cell.actuator, value });
        }
        saving
    }
}

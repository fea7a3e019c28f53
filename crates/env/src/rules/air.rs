//! CO2, temperature and humidity.

use super::memory::Remembered;
use super::settings::RulesSettings;
use super::{Latch, switch};
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, lowest};

/// A heat exchanger: its actuator, and the set-point it had at the start.
#[derive(Debug, Clone, Copy)]
struct Cooler {
    set_point: Handle,
    base_k: f64,
}

/// Keeps the air clean and comfortable.
#[derive(Debug, Clone)]
pub(super) struct Air {
    pp_co2: Vec<usize>,
    t_k: Vec<usize>,
    rh: Vec<usize>,
    removal: Vec<Handle>,
    removing: Latch,
    hydroxide: Vec<Handle>,
    absorbing: Latch,
    coolers: Vec<Cooler>,
    trim_k: f64,
}

impl Remembered for Air {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Air {
            pp_co2: _,
            t_k: _,
            rh: _,
            removal: _,
            removing,
            hydroxide: _,
            absorbing,
            coolers: _,
            trim_k,
        } = self;
        removing.recall(word);
        absorbing.recall(word);
        trim_k.recall(word);
    }
}

impl Air {
    pub(super) fn new(wiring: &Wiring<'_>) -> Air {
        let airs = wiring.owners("inspired_o2_pa");
        Air {
            pp_co2: wiring.sensed_of(&airs, "pp_co2_pa"),
            t_k: wiring.sensed_of(&airs, "t_k"),
            rh: wiring.sensed_of(&airs, "rh"),
            removal: wiring.switches("co2_removed_mol_s"),
            removing: Latch { on: true },
            hydroxide: wiring.switches("left_mol"),
            absorbing: Latch { on: false },
            coolers: wiring
                .owners("set_t_k")
                .into_iter()
                .filter_map(|owner| {
                    let set_point = wiring.handle(owner, "set_t_k")?;
                    let base_k = wiring.now(set_point.channel)?;
                    Some(Cooler { set_point, base_k })
                })
                .collect(),
            trim_k: 0.0,
        }
    }

    pub(super) fn decide(
        &mut self,
        readings: &[f64],
        since_s: f64,
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) {
        if let Some(pa) = highest(readings, &self.pp_co2) {
            let on = self.removing.set(pa > settings.co2_resume_pa, pa < settings.co2_rest_pa);
            switch(&self.removal, on, commands);
            let on = self.absorbing.set(pa > settings.lioh_on_pa, pa < settings.lioh_off_pa);
            switch(&self.hydroxide, on, commands);
        }
        if let Some(wanted_k) = self.wanted_trim_k(readings, settings) {
            let most_k = settings.trim_k_h / 3_600.0 * since_s;
            self.trim_k += (wanted_k - self.trim_k).clamp(-most_k, most_k);
            for cooler in &self.coolers {
                let value = cooler.base_k + self.trim_k;
                commands.push(Command {
                    actuator: cooler.set_point.actuator,
                    value: value.clamp(cooler.set_point.low, cooler.set_point.high),
                });
            }
        }
    }

    /// Where the set-points should go from their start, K: temperature before humidity.
    fn wanted_trim_k(&self, readings: &[f64], settings: &RulesSettings) -> Option<f64> {
        let warmest_k = highest(readings, &self.t_k);
        let coldest_k = lowest(readings, &self.t_k);
        let wettest = highest(readings, &self.rh);
        let driest = lowest(readings, &self.rh);
        warmest_k.or(wettest)?;
        let above = |value: Option<f64>, limit: f64| value.is_some_and(|v| v > limit);
        let below = |value: Option<f64>, limit: f64| value.is_some_and(|v| v < limit);
        // Room that the coldest zone leaves for more cooling, 0 to 1.
        let room =
            coldest_k.map_or(1.0, |k| ((k - settings.t_low_k) / settings.t_room_k).clamp(0.0, 1.0));
        Some(if above(warmest_k, settings.t_high_k) {
            settings.trim_min_k * room
        } else if below(coldest_k, settings.t_low_k) {
            settings.trim_max_k
        } else if above(wettest, settings.rh_high) {
            settings.trim_min_k * room
        } else if below(driest, settings.rh_low) {
            settings.trim_max_k
        } else {
            0.0
        })
    }
}

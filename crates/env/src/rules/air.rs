//! CO2, temperature and humidity.

use super::{Latch, switch};
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, lowest};

/// CO2 pressure under which removal rests, Pa: there is next to nothing to remove.
const CO2_REST_PA: f64 = 20.0;
/// CO2 pressure over which removal runs again, Pa.
const CO2_RESUME_PA: f64 = 60.0;
/// CO2 pressure over which lithium hydroxide is used, Pa: 9 mmHg, half-way to the abort.
const LIOH_ON_PA: f64 = 1_200.0;
/// CO2 pressure under which it is saved again, Pa.
const LIOH_OFF_PA: f64 = 600.0;

/// Humidity over which the heat exchangers are set colder.
const RH_HIGH: f64 = 0.65;
/// Humidity under which they are set warmer.
const RH_LOW: f64 = 0.30;
/// Air temperature over which they are set colder, K: caution of NASA-STD-3001 V2 6012.
const T_HIGH_K: f64 = 300.15;
/// Air temperature under which they are set warmer, K.
const T_LOW_K: f64 = 291.15;
/// Distance of the coldest zone from that limit at which cooling more is no longer held back, K.
const T_ROOM_K: f64 = 2.0;
/// Fastest change of a set-point, K/s: one kelvin in an hour.
const TRIM_K_S: f64 = 1.0 / 3_600.0;
/// Furthest trim towards cold, K.
const TRIM_MIN_K: f64 = -3.0;
/// Furthest trim towards warm, K.
const TRIM_MAX_K: f64 = 2.0;

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

impl Air {
    pub(super) fn new(wiring: &Wiring<'_>) -> Air {
        let airs = wiring.owners("inspired_o2_pa");
        let of_airs = |quantity: &str| -> Vec<usize> {
            airs.iter().filter_map(|owner| wiring.channel(owner, quantity)).collect()
        };
        Air {
            pp_co2: of_airs("pp_co2_pa"),
            t_k: of_airs("t_k"),
            rh: of_airs("rh"),
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

    pub(super) fn decide(&mut self, readings: &[f64], since_s: f64, commands: &mut Vec<Command>) {
        if let Some(pa) = highest(readings, &self.pp_co2) {
            let on = self.removing.set(pa > CO2_RESUME_PA, pa < CO2_REST_PA);
            switch(&self.removal, on, commands);
            let on = self.absorbing.set(pa > LIOH_ON_PA, pa < LIOH_OFF_PA);
            switch(&self.hydroxide, on, commands);
        }
        if let Some(wanted_k) = self.wanted_trim_k(readings) {
            let most_k = TRIM_K_S * since_s;
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
    fn wanted_trim_k(&self, readings: &[f64]) -> Option<f64> {
        let warmest_k = highest(readings, &self.t_k);
        let coldest_k = lowest(readings, &self.t_k);
        let wettest = highest(readings, &self.rh);
        let driest = lowest(readings, &self.rh);
        warmest_k.or(wettest)?;
        let above = |value: Option<f64>, limit: f64| value.is_some_and(|v| v > limit);
        let below = |value: Option<f64>, limit: f64| value.is_some_and(|v| v < limit);
        // Room that the coldest zone leaves for more cooling, 0 to 1.
        let room = coldest_k.map_or(1.0, |k| ((k - T_LOW_K) / T_ROOM_K).clamp(0.0, 1.0));
        Some(if above(warmest_k, T_HIGH_K) {
            TRIM_MIN_K * room
        } else if below(coldest_k, T_LOW_K) {
            TRIM_MAX_K
        } else if above(wettest, RH_HIGH) {
            TRIM_MIN_K * room
        } else if below(driest, RH_LOW) {
            TRIM_MAX_K
        } else {
            0.0
        })
    }
}

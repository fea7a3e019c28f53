//! Oxygen: generators by demand, candles as the last resort.

use catalogue::Limits;
use habitat::Habitat;
use habitat::constants::R_J_MOL_K;
use habitat::reaction::CHLORATE_CANDLE;
use habitat::species::Gas;

use super::memory::Remembered;
use super::settings::RulesSettings;
use super::{Latch, switch};
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, lowest, reading};

/// Oxygen in the chlorate of a candle, mol/mol.
const O2_PER_CHLORATE: f64 = CHLORATE_CANDLE.gas[Gas::O2 as usize];

/// A zone: where its readings stand, and its volume.
#[derive(Debug, Clone, Copy)]
struct Volume {
    pp_o2: usize,
    t_k: usize,
    volume_m3: f64,
}

/// A generator: its actuator and the reading of what it makes.
#[derive(Debug, Clone, Copy)]
struct Generator {
    rate: Handle,
    made: usize,
}

/// Keeps the oxygen.
#[derive(Debug, Clone)]
pub(super) struct Oxygen {
    volumes: Vec<Volume>,
    inspired: Vec<usize>,
    inspired_limits: Limits,
    fractions: Vec<usize>,
    fraction_max: f64,
    set_points: Vec<usize>,
    /// Mean O2 partial pressure at the start, for habitats without a regulator, Pa.
    start_pa: f64,
    tank: Option<usize>,
    generators: Vec<Generator>,
    candles: Vec<Handle>,
    /// Chlorate in fresh candles.
    fresh: Vec<usize>,
    /// Oxygen that the regulators let out of the tank.
    given: Vec<usize>,
    candle: Latch,
    demand_mol_s: f64,
    /// Amount in the air and chlorate in the candles at the last decision, mol.
    last: Option<(f64, f64)>,
    /// Time since then, s.
    since_s: f64,
}

impl Remembered for Oxygen {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Oxygen {
            volumes: _,
            inspired: _,
            inspired_limits: _,
            fractions: _,
            fraction_max: _,
            set_points: _,
            start_pa: _,
            tank: _,
            generators: _,
            candles: _,
            fresh: _,
            given: _,
            candle,
            demand_mol_s,
            last,
            since_s,
        } = self;
        candle.recall(word);
        demand_mol_s.recall(word);
        last.recall(word);
        since_s.recall(word);
    }
}

impl Oxygen {
    pub(super) fn new(wiring: &Wiring<'_>, habitat: &Habitat, settings: &RulesSettings) -> Oxygen {
        let airs = wiring.owners("inspired_o2_pa");
        let of_airs = |quantity: &str| -> Vec<usize> {
            airs.iter().filter_map(|owner| wiring.channel(owner, quantity)).collect()
        };
        let plan = habitat.plan();
        let volumes: Vec<Volume> = airs
            .iter()
            .filter_map(|owner| {
                let zone = owner.strip_suffix(".air")?;
                Some(Volume {
                    pp_o2: wiring.sensed(owner, "pp_o2_pa")?,
                    t_k: wiring.sensed(owner, "t_k")?,
                    volume_m3: plan.zones.iter().find(|z| z.name == zone)?.volume_m3,
                })
            })
            .collect();
        let inspired = of_airs("inspired_o2_pa");
        let fractions = of_airs("o2_fraction");
        let fire = fractions
            .first()
            .and_then(|index| wiring.limits(*index).warning_high)
            .map_or(1.0, |limit| limit - settings.fire_limit_margin);
        let generators: Vec<Generator> = wiring
            .owners("set_o2_mol_s")
            .into_iter()
            .filter_map(|owner| {
                Some(Generator {
                    rate: wiring.handle(owner, "set_o2_mol_s")?,
                    made: wiring.sensed(owner, "o2_mol_s")?,
                })
            })
            .collect();
        let commanded = generators.iter().filter_map(|g| wiring.now(g.rate.channel));
        let pressures: Vec<f64> = volumes.iter().filter_map(|v| wiring.now(v.pp_o2)).collect();
        let candles = wiring.owners("fresh_mol");
        Oxygen {
            inspired_limits: inspired
                .first()
                .map_or_else(Limits::default, |index| wiring.limits(*index)),
            fraction_max: (plan.scenario.atmosphere.o2_fraction + settings.fire_margin).min(fire),
            set_points: wiring
                .owners("set_pp_o2_pa")
                .into_iter()
                .filter_map(|owner| wiring.channel(owner, "set_pp_o2_pa"))
                .collect(),
            start_pa: pressures.iter().sum::<f64>() / (pressures.len() as f64).max(1.0),
            tank: wiring.sensed("stores.tanks", "o2_mol"),
            demand_mol_s: commanded.sum(),
            fresh: wiring.sensed_of(&candles, "fresh_mol"),
            given: wiring.sensed_of(&wiring.owners("set_pp_o2_pa"), "o2_mol_s"),
            candles: wiring.switches("fresh_mol"),
            candle: Latch { on: false },
            last: None,
            since_s: 0.0,
            volumes,
            inspired,
            fractions,
            generators,
        }
    }

    pub(super) fn decide(
        &mut self,
        readings: &[f64],
        since_s: f64,
        saving: bool,
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) {
        self.since_s += since_s;
        let made_mol_s: f64 =
            self.generators.iter().filter_map(|g| reading(readings, g.made)).sum();
        self.light(readings, made_mol_s, settings, commands);
        if self.generators.is_empty() {
            return;
        }
        let Some((n_mol, room_mol)) = self.amounts(readings) else {
            return;
        };
        self.learn(readings, n_mol, made_mol_s, settings);
        let wanted_mol_s = self.demand_mol_s + room_mol / settings.correction_s;
        let kept = if saving { settings.dark_oxygen } else { 1.0 };
        let wanted_mol_s = wanted_mol_s.max(0.0) * self.fire_share(readings, settings) * kept;
        let range_mol_s: f64 = self.generators.iter().map(|g| g.rate.high).sum();
        let share = (wanted_mol_s / range_mol_s.max(f64::MIN_POSITIVE)).min(1.0);
        for generator in &self.generators {
            commands.push(Command {
                actuator: generator.rate.actuator,
                value: (share * generator.rate.high).max(generator.rate.low),
            });
        }
    }

    /// Oxygen in the air, and what is missing to the set-point, mol.
    ///
    /// A zone without readings is taken to be like the others.
    fn amounts(&self, readings: &[f64]) -> Option<(f64, f64)> {
        let set_pa = highest(readings, &self.set_points).unwrap_or(self.start_pa);
        let (mut n_mol, mut full_mol, mut known_m3, mut all_m3) = (0.0, 0.0, 0.0, 0.0);
        for zone in &self.volumes {
            all_m3 += zone.volume_m3;
            let (Some(pp_pa), Some(t_k)) =
                (reading(readings, zone.pp_o2), reading(readings, zone.t_k))
            else {
                continue;
            };
            if t_k <= 0.0 {
                continue;
            }
            let per_pa = zone.volume_m3 / (R_J_MOL_K * t_k);
            n_mol += pp_pa * per_pa;
            full_mol += set_pa * per_pa;
            known_m3 += zone.volume_m3;
        }
        if known_m3 <= 0.0 {
            return None;
        }
        let scale = all_m3 / known_m3;
        Some((n_mol * scale, (full_mol - n_mol) * scale))
    }

    /// Average what the crew, the leaks and everybody else use.
    ///
    /// ```text
    /// used = made + given by the regulators + candles − rise in the air, all per time
    /// ```
    fn learn(&mut self, readings: &[f64], n_mol: f64, made_mol_s: f64, settings: &RulesSettings) {
        let chlorate_mol: f64 = self.fresh.iter().filter_map(|at| reading(readings, *at)).sum();
        if let Some((last_mol, last_chlorate_mol)) = self.last
            && self.since_s > 0.0
        {
            let given_mol_s: f64 = self.given.iter().filter_map(|at| reading(readings, *at)).sum();
            let burnt_mol = O2_PER_CHLORATE * (last_chlorate_mol - chlorate_mol).max(0.0);
            let used_mol_s =
                made_mol_s + given_mol_s + (burnt_mol - (n_mol - last_mol)) / self.since_s;
            let weight = (self.since_s / (settings.demand_s + self.since_s)).min(1.0);
            self.demand_mol_s += weight * (used_mol_s - self.demand_mol_s);
            self.demand_mol_s = self.demand_mol_s.max(0.0);
        }
        self.last = Some((n_mol, chlorate_mol));
        self.since_s = 0.0;
    }

    /// Share of the production that the fire rule leaves; breathing goes first.
    fn fire_share(&self, readings: &[f64], settings: &RulesSettings) -> f64 {
        let short = self
            .inspired_limits
            .caution_low
            .zip(lowest(readings, &self.inspired))
            .is_some_and(|(caution_pa, pa)| pa < caution_pa);
        match highest(readings, &self.fractions) {
            Some(fraction) if !short => {
                (1.0 - (fraction - self.fraction_max) / settings.fire_taper).clamp(0.0, 1.0)
            }
            _ => 1.0,
        }
    }

    /// Light candles when inspired O2 is under its caution and the tank is empty, or when it is
    /// half-way from caution to warning and no generator works.
    fn light(
        &mut self,
        readings: &[f64],
        made_mol_s: f64,
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) {
        let (Some(pa), Some(caution_pa)) =
            (lowest(readings, &self.inspired), self.inspired_limits.caution_low)
        else {
            return;
        };
        let warning_pa = self.inspired_limits.warning_low.unwrap_or(caution_pa);
        let tank_mol = self.tank.and_then(|index| reading(readings, index));
        let empty = tank_mol.is_some_and(|mol| mol < settings.tank_empty_mol);
        let range_mol_s: f64 = self.generators.iter().map(|g| g.rate.high).sum();
        let dead = made_mol_s <= settings.dead_share * range_mol_s;
        let dead_pa = warning_pa + settings.candle_share * (caution_pa - warning_pa);
        let low = (pa < caution_pa && empty) || (pa < dead_pa && dead);
        let on = self.candle.set(low, pa > caution_pa + settings.candle_band_pa);
        switch(&self.candles, on, commands);
    }
}

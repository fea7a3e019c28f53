//! Water: processors with interlocks.

use habitat::Habitat;

use super::memory::Remembered;
use super::settings::RulesSettings;
use super::{Latch, switch};
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, lowest, reading};

/// A tank: where its reading stands, and its capacity.
#[derive(Debug, Clone, Copy)]
struct Tank {
    level: Option<usize>,
    capacity_kg: f64,
}

impl Tank {
    fn share(&self, readings: &[f64]) -> Option<f64> {
        let level_kg = reading(readings, self.level?)?;
        (self.capacity_kg > 0.0).then(|| level_kg / self.capacity_kg)
    }
}

/// Keeps the water.
#[derive(Debug, Clone)]
pub(super) struct Water {
    potable: Tank,
    condensate: Tank,
    brine: Tank,
    o2_tank: Option<usize>,
    generators: Vec<Handle>,
    scarce: Latch,
    inspired: Vec<usize>,
    /// Inspired O2 half-way from caution to warning, Pa.
    low_pa: f64,
    rh: Vec<usize>,
    water_processors: Vec<Handle>,
    water_runs: Latch,
    urine_processors: Vec<Handle>,
    urine_runs: Latch,
    brine_processors: Vec<Handle>,
    brine_runs: Latch,
}

impl Remembered for Water {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Water {
            potable: _,
            condensate: _,
            brine: _,
            o2_tank: _,
            generators: _,
            scarce,
            inspired: _,
            low_pa: _,
            rh: _,
            water_processors: _,
            water_runs,
            urine_processors: _,
            urine_runs,
            brine_processors: _,
            brine_runs,
        } = self;
        scarce.recall(word);
        water_runs.recall(word);
        urine_runs.recall(word);
        brine_runs.recall(word);
    }
}

impl Water {
    pub(super) fn new(wiring: &Wiring<'_>, habitat: &Habitat) -> Water {
        let stores = &habitat.plan().stores;
        let tank = |quantity: &str, capacity_kg: f64| Tank {
            level: wiring.sensed("stores.tanks", quantity),
            capacity_kg,
        };
        // A brine processor gives water as a water processor does, and has no filters.
        let brine_processors = wiring
            .owners("water_kg_s")
            .into_iter()
            .filter(|owner| wiring.channel(owner, "filter_used").is_none())
            .filter_map(|owner| wiring.handle(owner, "set_on"))
            .collect();
        let inspired: Vec<usize> = wiring
            .owners("inspired_o2_pa")
            .into_iter()
            .filter_map(|owner| wiring.channel(owner, "inspired_o2_pa"))
            .collect();
        let limits = inspired.first().map(|at| wiring.limits(*at)).unwrap_or_default();
        Water {
            potable: tank("potable_kg", stores.potable_kg),
            condensate: tank("condensate_kg", stores.condensate_kg),
            brine: tank("brine_kg", stores.brine_kg),
            o2_tank: wiring.sensed("stores.tanks", "o2_mol"),
            generators: wiring
                .owners("set_o2_mol_s")
                .into_iter()
                .filter_map(|owner| wiring.handle(owner, "set_o2_mol_s"))
                .collect(),
            scarce: Latch { on: false },
            low_pa: 0.5 * (limits.caution_low.unwrap_or(0.0) + limits.warning_low.unwrap_or(0.0)),
            inspired,
            rh: wiring.sensed_of(&wiring.owners("inspired_o2_pa"), "rh"),
            water_processors: wiring.switches("filter_used"),
            water_runs: Latch { on: true },
            urine_processors: wiring.switches("distillate_kg_s"),
            urine_runs: Latch { on: true },
            brine_processors,
            brine_runs: Latch { on: true },
        }
    }

    pub(super) fn decide(
        &mut self,
        readings: &[f64],
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) {
        if let Some(share) = self.potable.share(readings) {
            let waiting = self.condensate.share(readings);
            let crowded = waiting.is_some_and(|share| share > settings.crowded);
            let on = self
                .water_runs
                .set(share < settings.tank_room || crowded, share > settings.tank_full && !crowded);
            switch(&self.water_processors, on, commands);
            // The last word on the generators: water that people will need is not split.
            let tank_mol = self.o2_tank.and_then(|index| reading(readings, index)).unwrap_or(0.0);
            // Nor is it spared while people get short of oxygen: the regulator may be the one that is broken.
            let short = lowest(readings, &self.inspired).is_some_and(|pa| pa < self.low_pa);
            if self.scarce.set(
                share < settings.scarce && tank_mol > settings.o2_reserve_mol,
                share > settings.enough || tank_mol < settings.o2_reserve_mol || short,
            ) {
                for generator in &self.generators {
                    commands.push(Command { actuator: generator.actuator, value: generator.low });
                }
            }
        }
        // The urine processor fills two tanks: either may stop it.
        let fills = [self.brine.share(readings), self.condensate.share(readings)];
        if let Some(share) = fills.into_iter().flatten().reduce(f64::max) {
            let on = self.urine_runs.set(share < settings.tank_room, share > settings.tank_full);
            switch(&self.urine_processors, on, commands);
        }
        if let Some(rh) = highest(readings, &self.rh) {
            let on = self.brine_runs.set(rh < settings.rh_resume, rh > settings.rh_stop);
            switch(&self.brine_processors, on, commands);
        }
    }
}

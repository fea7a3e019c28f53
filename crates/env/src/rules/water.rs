//! Water: processors with interlocks.

use habitat::Habitat;

use super::{Latch, switch};
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, reading};

/// Level of a tank over which the unit that fills it stops, share of its capacity.
const FULL: f64 = 0.97;
/// Level under which the unit may run again, share of the capacity.
const ROOM: f64 = 0.90;
/// Level of the condensate tank over which the water processor runs into a potable tank that is
/// nearly full, share of its capacity: a heat exchanger without a drain wets the walls.
const CROWDED: f64 = 0.60;
/// Humidity over which brine is not dried into the cabin.
const RH_STOP: f64 = 0.70;
/// Humidity under which it is again.
const RH_RESUME: f64 = 0.62;

/// Level of potable water under which oxygen comes from the tank and not from water, share.
const SCARCE: f64 = 0.55;
/// Level over which it is made from water again, share.
const ENOUGH: f64 = 0.62;
/// Oxygen in the tank under which it is not drawn for that, mol: about 5 kg, two days for four people.
const O2_RESERVE_MOL: f64 = 160.0;

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
    rh: Vec<usize>,
    water_processors: Vec<Handle>,
    water_runs: Latch,
    urine_processors: Vec<Handle>,
    urine_runs: Latch,
    brine_processors: Vec<Handle>,
    brine_runs: Latch,
}

impl Water {
    pub(super) fn new(wiring: &Wiring<'_>, habitat: &Habitat) -> Water {
        let stores = &habitat.plan().stores;
        let tank = |quantity: &str, capacity_kg: f64| Tank {
            level: wiring.channel("stores.tanks", quantity),
            capacity_kg,
        };
        // A brine processor gives water as a water processor does, and has no filters.
        let brine_processors = wiring
            .owners("water_kg_s")
            .into_iter()
            .filter(|owner| wiring.channel(owner, "filter_used").is_none())
            .filter_map(|owner| wiring.handle(owner, "set_on"))
            .collect();
        Water {
            potable: tank("potable_kg", stores.potable_kg),
            condensate: tank("condensate_kg", stores.condensate_kg),
            brine: tank("brine_kg", stores.brine_kg),
            o2_tank: wiring.channel("stores.tanks", "o2_mol"),
            generators: wiring
                .owners("set_o2_mol_s")
                .into_iter()
                .filter_map(|owner| wiring.handle(owner, "set_o2_mol_s"))
                .collect(),
            scarce: Latch { on: false },
            rh: wiring
                .owners("inspired_o2_pa")
                .into_iter()
                .filter_map(|owner| wiring.channel(owner, "rh"))
                .collect(),
            water_processors: wiring.switches("filter_used"),
            water_runs: Latch { on: true },
            urine_processors: wiring.switches("distillate_kg_s"),
            urine_runs: Latch { on: true },
            brine_processors,
            brine_runs: Latch { on: true },
        }
    }

    pub(super) fn decide(&mut self, readings: &[f64], commands: &mut Vec<Command>) {
        if let Some(share) = self.potable.share(readings) {
            let waiting = self.condensate.share(readings);
            let crowded = waiting.is_some_and(|share| share > CROWDED);
            let on = self.water_runs.set(share < ROOM || crowded, share > FULL && !crowded);
            switch(&self.water_processors, on, commands);
            // The last word on the generators: water that people will need is not split.
            let tank_mol = self.o2_tank.and_then(|index| reading(readings, index)).unwrap_or(0.0);
            if self.scarce.set(
                share < SCARCE && tank_mol > O2_RESERVE_MOL,
                share > ENOUGH || tank_mol < O2_RESERVE_MOL,
            ) {
                for generator in &self.generators {
                    commands.push(Command { actuator: generator.actuator, value: generator.low });
                }
            }
        }
        // The urine processor fills two tanks: either may stop it.
        let fills = [self.brine.share(readings), self.condensate.share(readings)];
        if let Some(share) = fills.into_iter().flatten().reduce(f64::max) {
            let on = self.urine_runs.set(share < ROOM, share > FULL);
            switch(&self.urine_processors, on, commands);
        }
        if let Some(rh) = highest(readings, &self.rh) {
            let on = self.brine_runs.set(rh < RH_RESUME, rh > RH_STOP);
            switch(&self.brine_processors, on, commands);
        }
    }
}

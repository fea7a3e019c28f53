//! Repair: a spare is for a unit that does nothing.

use habitat::Habitat;
use habitat::fault::Kind;

use super::diagnosis::{Diagnosis, Presumed};
use super::settings::RulesSettings;
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, lowest, reading};

/// A unit: what it is, and the command to repair it.
#[derive(Debug, Clone)]
struct Unit {
    kind: Kind,
    permit: Handle,
    spares: Option<usize>,
}

/// Says which units people may repair.
///
/// There is one spare of each, and a unit fails more than once. A unit that still does its work, or half of
/// it, is left as it is, so that the spare is there when it stops.
///
/// | unit | may be repaired |
/// |---|---|
/// | tanks, walls, all that nothing is told of | unless it is degraded: what leaks there is mended at once |
/// | CO2 removal | when it has failed, CO2 is high, or its leak has taken most of the nitrogen |
/// | regulator | when it has failed or acts against its set-point, or inspired O2 is low |
/// | heat exchanger | when it has failed, or the cabin is hot, cold or wet for whatever is wrong with it |
/// | oxygen generator | when it has failed, or inspired O2 is low: a stuck one goes on making what it made |
/// | processors, trace gas control | when they have failed or take no commands |
///
/// Units without which the crew lives through a month – trace gas control, CO2 reducer, brine processor –
/// wait while crew time is short, so that some is in hand when a vital unit stops.
#[derive(Debug, Clone)]
pub(super) struct Repair {
    units: Vec<Unit>,
    crew: Option<usize>,
    t: Vec<usize>,
    rh: Vec<usize>,
    inspired: Vec<usize>,
    low_pa: f64,
    pp_co2: Vec<usize>,
    n2: Option<usize>,
    /// Nitrogen in the tank at the start, mol.
    n2_mol: f64,
}

impl Repair {
    pub(super) fn new(wiring: &Wiring<'_>, habitat: &Habitat) -> Repair {
        let unit = |unit: &habitat::fault::FaultPlan| {
            Some(Unit {
                kind: unit.kind,
                permit: wiring.handle(&unit.unit, "set_repair")?,
                spares: wiring.sensed(&unit.unit, "spares"),
            })
        };
        let units = &habitat.plan().faults.units;
        let airs = wiring.owners("inspired_o2_pa");
        let inspired: Vec<usize> =
            airs.iter().filter_map(|owner| wiring.channel(owner, "inspired_o2_pa")).collect();
        let limits = inspired.first().map(|at| wiring.limits(*at)).unwrap_or_default();
        let n2 = wiring.sensed("stores.tanks", "n2_mol");
        Repair {
            t: wiring.sensed_of(&airs, "t_k"),
            rh: wiring.sensed_of(&airs, "rh"),
            inspired,
            low_pa: 0.5 * (limits.caution_low.unwrap_or(0.0) + limits.warning_low.unwrap_or(0.0)),
            pp_co2: wiring.sensed_of(&airs, "pp_co2_pa"),
            n2_mol: n2.and_then(|at| wiring.now(at)).unwrap_or(0.0),
            n2,
            units: units.iter().filter_map(unit).collect(),
            crew: wiring.sensed("habitat.repair", "crew_s"),
        }
    }

    /// Command the permits; says whether a vital unit that is presumed broken can be mended.
    pub(super) fn decide(
        &self,
        diagnosis: &Diagnosis,
        seen: &[f64],
        settings: &RulesSettings,
        commands: &mut Vec<Command>,
    ) -> bool {
        let crew_h = self.crew.and_then(|at| reading(seen, at)).map(|s| s / 3_600.0);
        let spare_time = crew_h.is_none_or(|h| h >= settings.reserve_h + 6.0);
        let harsh = highest(seen, &self.t).is_some_and(|k| k > settings.hot_repair_k)
            || lowest(seen, &self.t).is_some_and(|k| k < settings.cold_repair_k)
            || highest(seen, &self.rh).is_some_and(|rh| rh > settings.rh_repair);
        let short = lowest(seen, &self.inspired).is_some_and(|pa| pa < self.low_pa);
        let foul = highest(seen, &self.pp_co2).is_some_and(|pa| pa > settings.lioh_on_pa);
        let spent = self
            .n2
            .and_then(|at| reading(seen, at))
            .is_some_and(|mol| mol < settings.n2_repair * self.n2_mol);
        let mut urgent = false;
        for (unit, (_, _, presumed)) in self.units.iter().zip(diagnosis.all()) {
            let broken = matches!(presumed, Presumed::Failed | Presumed::Stuck | Presumed::Leaking);
            let wanted = match unit.kind {
                Kind::Ccaa => presumed == Presumed::Failed || harsh,
                Kind::Oga => presumed == Presumed::Failed || short,
                Kind::Cdra => presumed == Presumed::Failed || foul || spent,
                Kind::Acs => broken || short,
                Kind::Wpa | Kind::Upa => broken,
                Kind::Tccs | Kind::Sabatier | Kind::BrineProcessor => spare_time && broken,
                _ => presumed != Presumed::Degraded,
            };
            let has_spare = unit.spares.and_then(|at| reading(seen, at)).is_none_or(|n| n >= 1.0);
            let vital = matches!(unit.kind, Kind::Cdra | Kind::Ccaa | Kind::Oga | Kind::Acs);
            urgent |= broken && vital && has_spare;
            let value = if wanted { unit.permit.high } else { unit.permit.low };
            commands.push(Command { actuator: unit.permit.actuator, value });
        }
        urgent
    }
}

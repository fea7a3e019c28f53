//! Topology and parameters of a habitat: what a scenario compiles to, without its channels.
//!
//! A scenario is written for people: names, hours, kilograms a day, cubic metres an hour. A layout
//! is written for the step: indices, seconds, mol/s, kg/s, m3/s. The conversion happens here and
//! nowhere else.
//!
//! | scenario | layout |
//! |---|---|
//! | name of a zone, of a heat exchanger | index |
//! | `…_kg_d`, `…_kg_h` of a gas | mol/s, or kg/s where a mass flow is regulated |
//! | `…_m3_h` | m3/s |
//! | `…_min`, `…_h`, days | s |
//! | diameter and discharge coefficient of a hole | effective area, m2 |
//! | age, mass, stature, sex | share of the reference person's energy need |

use catalogue::CatalogueError;
use physics::constants::{DAY_S, R_J_MOL_K};
use physics::math::SimdLevel;
use physics::metabolism;
use physics::moist_air::saturation_pressure_pa;
use physics::species::{GASES, Gas};
use thiserror::Error;

use crate::air::acs::AcsPlan;
use crate::air::bed::CELLS_MAX;
use crate::air::candle::CandlePlan;
use crate::air::ccaa::CcaaPlan;
use crate::air::cdra::CdraPlan;
use crate::air::lioh::LiohPlan;
use crate::air::oga::OgaPlan;
use crate::air::sabatier::SabatierPlan;
use crate::air::tccs::TccsPlan;
use crate::air::ventilation::{VentilationPlan, ZONES_MAX};
use crate::air::zone::ZonePlan;
use crate::crew::person::PersonPlan;
use crate::crew::schedule::Schedule;
use crate::fault::FaultsPlan;
use crate::power::{CELL_W_K, PowerPlan};
use crate::scenario::{Atmosphere, Scenario, Sex};
use crate::sensor::SensorsPlan;
use crate::source_term::SourceTermPlan;
use crate::stores::StoresPlan;
use crate::thermal::ThermalPlan;
use crate::water::brine_processor::BrineProcessorPlan;
use crate::water::upa::UpaPlan;
use crate::water::wpa::WpaPlan;

/// A scenario that does not compile.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    /// A name that nothing carries.
    #[error("{place} names {kind} `{found}`, which does not exist; there are: {known}")]
    Unknown {
        /// Where the name stands.
        place: String,
        /// What kind of thing is named.
        kind: &'static str,
        /// The name.
        found: String,
        /// Names that exist.
        known: String,
    },
    /// Too many or too few of something.
    #[error("{what}: found {found}, allowed {allowed}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        allowed: String,
    },
    /// Two units of the same name in one zone.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Widest instruction set of a step.
///
/// The eight gases of a parcel fill one vector of 512 bits. They are written one by one and read a moment later as a
/// whole, which such a vector cannot take from the store buffer: it waits for the cache. In halves the same code is
/// 14 % faster on a processor that has both (`bench --only simulator`).
pub const STEP_LEVEL: SimdLevel = SimdLevel::Avx2;

/// Everything about a habitat that does not change while it runs, but for its channels.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The scenario as it was read.
    pub scenario: Scenario,
    /// SHA-256 of the canonical scenario.
    pub hash: [u8; 32],
    /// Instruction set of the step, at most [`STEP_LEVEL`]; the bits of the result do not depend on it.
    pub simd: SimdLevel,
    /// Zones.
    pub zones: Vec<ZonePlan>,
    /// Connections between zones.
    pub ventilation: Vec<VentilationPlan>,
    /// Prescribed flows.
    pub source_terms: Vec<SourceTermPlan>,
    /// People.
    pub crew: Vec<PersonPlan>,
    /// Stores.
    pub stores: StoresPlan,
    /// Power system, if the habitat has one of its own.
    pub power: Option<PowerPlan>,
    /// Coolant loops, if the habitat has its own.
    pub thermal: Option<ThermalPlan>,
    /// Instruments.
    pub sensors: SensorsPlan,
    /// How many channels can be commanded.
    pub actuators: usize,
    /// Failures and repair; no units if nothing fails.
    pub faults: FaultsPlan,
    /// Regulators.
    pub acs: Vec<AcsPlan>,
    /// Oxygen generators.
    pub oga: Vec<OgaPlan>,
    /// CO2 removal units.
    pub cdra: Vec<CdraPlan>,
    /// CO2 reducers.
    pub sabatier: Vec<SabatierPlan>,
    /// Condensing heat exchangers.
    pub ccaa: Vec<CcaaPlan>,
    /// Trace contaminant control units.
    pub tccs: Vec<TccsPlan>,
    /// Lithium hydroxide stocks.
    pub lioh: Vec<LiohPlan>,
    /// Candle stocks.
    pub candles: Vec<CandlePlan>,
    /// Water processors.
    pub wpa: Vec<WpaPlan>,
    /// Urine processors.
    pub upa: Vec<UpaPlan>,
    /// Brine processors.
    pub brine_processors: Vec<BrineProcessorPlan>,
}

/// Amount of each gas at given conditions, mol.
///
/// # Equation
/// ```text
/// p_w = RH·p_sat(T);  p_O2 = x_O2·(p − p_w);  p_N2 = p − p_w − p_O2 − p_CO2
/// n = p·V/(R·T) for each gas                                                  [mol]
/// ```
/// # Valid range
/// 233.15 K to 323.15 K, the range of the saturation formula.
/// # Outside the range
/// Partial pressures that do not fit into the total are cut: CO2 to what oxygen leaves of the dry
/// gas, nitrogen to zero. [`crate::scenario::check`] refuses such an atmosphere before. Trace gases
/// start at zero.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::{layout::fill, scenario::Atmosphere};
/// let n_mol = fill(&Atmosphere::default(), 100.0);
/// let p_pa = n_mol.iter().sum::<f64>() * 8.314_462_618 * 295.15 / 100.0;
/// assert!((p_pa - 101_325.0).abs() < 0.01);
/// ```
#[must_use]
pub fn fill(atmosphere: &Atmosphere, volume_m3: f64) -> [f64; GASES] {
    let t_k = atmosphere.temperature_k;
    let p_w_pa = atmosphere.relative_humidity * saturation_pressure_pa(t_k);
    let dry_pa = (atmosphere.pressure_pa - p_w_pa).max(0.0);
    let p_o2_pa = atmosphere.o2_fraction * dry_pa;
    let p_co2_pa = atmosphere.pp_co2_pa.min(dry_pa - p_o2_pa);
    let mut n_mol = [0.0; GASES];
    let per_pa = volume_m3 / (R_J_MOL_K * t_k);
    n_mol[Gas::O2 as usize] = p_o2_pa * per_pa;
    n_mol[Gas::Co2 as usize] = p_co2_pa * per_pa;
    n_mol[Gas::H2o as usize] = p_w_pa * per_pa;
    n_mol[Gas::N2 as usize] = (dry_pa - p_o2_pa - p_co2_pa).max(0.0) * per_pa;
    n_mol
}

impl Layout {
    /// Compile a checked scenario: zones first, then connections, prescribed flows, people, units.
    ///
    /// # Errors
    /// [`PlanError`] when a name, a count or a telemetry column does not fit; a scenario that came
    /// through [`crate::scenario::load`] has passed all but the last of these already.
    pub fn compile(scenario: &Scenario, hash: [u8; 32]) -> Result<Layout, PlanError> {
        let count = |what, found: usize, low: usize, high: usize| {
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(PlanError::Count { what, found, allowed: format!("{low} to {high}") })
            }
        };
        count("zones", scenario.zones.len(), 1, ZONES_MAX)?;
        for cdra in &scenario.cdra {
            count("cells of a CDRA bed", cdra.cells, 1, CELLS_MAX)?;
        }
        if scenario.thermal.is_some() && scenario.power.is_none() {
            return Err(PlanError::Count {
                what: "power systems beside coolant loops",
                found: 0,
                allowed: "1, for their pumps and its sun".to_owned(),
            });
        }
        let names: Vec<&str> = scenario.zones.iter().map(|z| z.name.as_str()).collect();
        let zone_of = |place: &str, name: &str| -> Result<usize, PlanError> {
            names.iter().position(|n| *n == name).ok_or_else(|| PlanError::Unknown {
                place: place.to_owned(),
                kind: "zone",
                found: name.to_owned(),
                known: names.join(", "),
            })
        };

        let mut layout = Layout {
            hash,
            simd: SimdLevel::detect().min(STEP_LEVEL),
            zones: scenario.zones.iter().map(|z| zone_plan(z, scenario)).collect(),
            ventilation: Vec::new(),
            source_terms: Vec::new(),
            crew: Vec::new(),
            stores: StoresPlan {
                t_k: scenario.stores.temperature_k,
                potable_kg: scenario.stores.potable_capacity_kg,
                condensate_kg: scenario.stores.condensate_capacity_kg,
                urine_kg: scenario.stores.urine_capacity_kg,
                brine_kg: scenario.stores.brine_capacity_kg,
                // HabNet: 19.8 L at 827 kPa.
                co2_mol: 827e3 * 19.8e-3 / (R_J_MOL_K * scenario.stores.temperature_k),
            },
            power: scenario.power.as_ref().map(PowerPlan::new),
            thermal: scenario.thermal.as_ref().map(ThermalPlan::new),
            sensors: SensorsPlan::default(),
            actuators: 0,
            faults: FaultsPlan::default(),
            acs: Vec::new(),
            oga: Vec::new(),
            cdra: Vec::new(),
            sabatier: Vec::new(),
            ccaa: Vec::new(),
            tccs: Vec::new(),
            lioh: Vec::new(),
            candles: Vec::new(),
            wpa: Vec::new(),
            upa: Vec::new(),
            brine_processors: Vec::new(),
            scenario: scenario.clone(),
        };
        for link in &scenario.ventilation {
            layout.ventilation.push(VentilationPlan {
                from: zone_of("ventilation", &link.from)?,
                to: zone_of("ventilation", &link.to)?,
                flow_m3_s: link.flow_m3_h / 3_600.0,
                hatch_m3_s_pa: link.hatch_m3_s_pa,
            });
        }
        for term in &scenario.source_terms {
            let zone = zone_of(&format!("source_term `{}`", term.name), &term.zone)?;
            layout.source_terms.push(SourceTermPlan::new(term, zone));
        }
        for member in &scenario.crew {
            count("blocks in a day of the crew", member.schedule.len(), 1, 1_000)?;
            for block in &member.schedule {
                zone_of(&format!("schedule of `{}`", member.name), &block.zone)?;
            }
            let schedule = Schedule::new(&member.schedule, |name| zone_of("", name).unwrap_or(0));
            let sex = match member.sex {
                Sex::Female => metabolism::Sex::Female,
                Sex::Male => metabolism::Sex::Male,
            };
            let factor =
                metabolism::scale_factor(sex, member.age_y, member.mass_kg, member.height_m);
            let mut person = PersonPlan::new(
                &member.name,
                factor,
                schedule,
                (
                    scenario.crew_habits.hygiene_kg_cm_d,
                    scenario.crew_habits.hygiene_return_fraction,
                ),
                scenario.crew_habits.daily_variation,
            );
            person.illness =
                member.illness.map(|i| (i.from_h * 3_600.0, i.to_h * 3_600.0, i.metabolic_factor));
            layout.crew.push(person);
        }
        layout.units(scenario, &zone_of)?;
        if let Some(thermal) = &mut layout.thermal {
            let nodes = layout.zones.iter().filter(|zone| zone.equipment_j_k > 0.0);
            let battery_w_k = layout.power.as_ref().map_or(0.0, |p| p.battery.cells * CELL_W_K);
            thermal.plates_w_k = nodes.map(|zone| zone.plate_w_k).sum::<f64>() + battery_w_k;
        }
        layout.rank_loads()?;
        layout.faults = FaultsPlan::new(scenario);
        layout.check_faults(scenario)?;
        Ok(layout)
    }

    /// Compile the units, each list in the order of the scenario.
    fn units(
        &mut self,
        scenario: &Scenario,
        zone_of: &dyn Fn(&str, &str) -> Result<usize, PlanError>,
    ) -> Result<(), PlanError> {
        for unit in &scenario.acs {
            self.acs.push(AcsPlan {
                name: unit.name.clone(),
                zone: zone_of("acs", &unit.zone)?,
                dead_band: unit.dead_band,
                flow_max_kg_s: unit.flow_max_kg_h / 3_600.0,
            });
        }
        for unit in &scenario.oga {
            self.oga.push(OgaPlan {
                name: unit.name.clone(),
                zone: zone_of("oga", &unit.zone)?,
                rank: 0,
                o2_max_mol_s: unit.o2_max_kg_d / DAY_S / Gas::O2.molar_mass_kg_mol(),
                standby_w: unit.standby_w,
                air_heat_fraction: unit.air_heat_fraction,
            });
        }
        for unit in &scenario.ccaa {
            self.ccaa.push(CcaaPlan::new(unit, zone_of("ccaa", &unit.zone)?));
        }
        for unit in &scenario.cdra {
            let zone = zone_of("cdra", &unit.zone)?;
            let ccaa = match &unit.ccaa {
                None => None,
                Some(name) => Some(
                    scenario
                        .ccaa
                        .iter()
                        .position(|c| c.name == *name && c.zone == unit.zone)
                        .ok_or_else(|| PlanError::Unknown {
                            place: format!("cdra `{}`", unit.name),
                            kind: "ccaa of its zone",
                            found: name.clone(),
                            known: scenario
                                .ccaa
                                .iter()
                                .filter(|c| c.zone == unit.zone)
                                .map(|c| c.name.as_str())
                                .collect::<Vec<_>>()
                                .join(", "),
                        })?,
                ),
            };
            self.cdra.push(CdraPlan::new(&unit.name, zone, ccaa, unit));
        }
        for unit in &scenario.sabatier {
            self.sabatier.push(SabatierPlan {
                name: unit.name.clone(),
                zone: zone_of("sabatier", &unit.zone)?,
                rank: 0,
                h2_co2_ratio: unit.h2_co2_ratio,
                conversion: unit.conversion,
            });
        }
        for unit in &scenario.tccs {
            self.tccs.push(TccsPlan {
                name: unit.name.clone(),
                zone: zone_of("tccs", &unit.zone)?,
                rank: 0,
            });
        }
        for unit in &scenario.lioh {
            self.lioh.push(LiohPlan {
                name: unit.name.clone(),
                zone: zone_of("lioh", &unit.zone)?,
                rank: 0,
                flow_m3_s: unit.flow_m3_h / 3_600.0,
            });
        }
        for unit in &scenario.candles {
            let molar_mass = physics::reaction::Solid::NaClO3.molar_mass_kg_mol();
            self.candles.push(CandlePlan {
                name: unit.name.clone(),
                zone: zone_of("candle", &unit.zone)?,
                charge_mol: unit.naclo3_kg / molar_mass,
                burn_s: unit.burn_min * 60.0,
            });
        }
        for unit in &scenario.wpa {
            self.wpa.push(WpaPlan {
                name: unit.name.clone(),
                zone: zone_of("wpa", &unit.zone)?,
                rank: 0,
                rate_kg_s: unit.rate_kg_h / 3_600.0,
                filter_life_kg: unit.filter_life_kg,
            });
        }
        for unit in &scenario.upa {
            self.upa.push(UpaPlan {
                name: unit.name.clone(),
                zone: zone_of("upa", &unit.zone)?,
                rank: 0,
                rate_kg_s: UpaPlan::running_kg_s(unit.rate_kg_d),
                recovery: unit.recovery,
            });
        }
        for unit in &scenario.brine_processors {
            self.brine_processors.push(BrineProcessorPlan {
                name: unit.name.clone(),
                zone: zone_of("brine_processor", &unit.zone)?,
                rank: 0,
                rate_kg_s: unit.batch_kg / (unit.batch_d * DAY_S),
            });
        }
        Ok(())
    }

    /// Give every load its rank in the order of shedding.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] for a load in the order that does not exist, stands there twice or is one too many.
    fn rank_loads(&mut self) -> Result<(), PlanError> {
        let Some(power) = self.power.take() else {
            return Ok(());
        };
        let mut loads = self.loads();
        for (name, rank) in &mut loads {
            **rank = power.rank(name);
        }
        let known: Vec<String> = loads.into_iter().map(|(name, _)| name).collect();
        for (index, name) in power.shed_order.iter().enumerate() {
            let twice = power.shed_order[..index].contains(name);
            if twice || !known.contains(name) || index + 1 >= crate::power::RANKS_MAX {
                return Err(PlanError::Unknown {
                    place: format!("power.shed_order[{index}]"),
                    kind: "load",
                    found: name.clone(),
                    known: known.join(", "),
                });
            }
        }
        self.power = Some(power);
        Ok(())
    }

    /// Every load, by its name and where its rank stands: equipment, fans and heaters of zones, and units.
    fn loads(&mut self) -> Vec<(String, &mut u64)> {
        let zones: Vec<String> = self.zones.iter().map(|zone| zone.name.clone()).collect();
        let mut loads = Vec::new();
        for (zone, name) in self.zones.iter_mut().zip(&zones) {
            loads.push((format!("{name}.equipment"), &mut zone.equipment_rank));
            loads.push((format!("{name}.fans"), &mut zone.fans_rank));
            if zone.heater_w > 0.0 {
                loads.push((format!("{name}.heater"), &mut zone.heater_rank));
            }
        }
        macro_rules! units {
            ($($units:ident),*) => {
                $(for unit in &mut self.$units {
                    loads.push((format!("{}.{}", zones[unit.zone], unit.name), &mut unit.rank));
                })*
            };
        }
        units!(oga, ccaa, cdra, sabatier, tccs, lioh, wpa, upa, brine_processors);
        loads
    }

    /// Whether every unit that the scenario lets fail exists.
    fn check_faults(&self, scenario: &Scenario) -> Result<(), PlanError> {
        let units = &self.faults.units;
        for (index, event) in scenario.faults.iter().flat_map(|model| &model.events).enumerate() {
            if !units.iter().any(|unit| unit.unit == event.unit) {
                return Err(PlanError::Unknown {
                    place: format!("faults.event[{index}].unit"),
                    kind: "unit that can fail",
                    found: event.unit.clone(),
                    known: units.iter().map(|u| u.unit.as_str()).collect::<Vec<_>>().join(", "),
                });
            }
        }
        Ok(())
    }

    /// Potable water that the crew drinks, puts into food and washes with, kg/s, all people of the
    /// scenario.
    ///
    /// The electrolyser is not in it. The limits of the channel of potable water are multiples of this;
    /// the mission rule counts the living alone.
    #[must_use]
    pub fn potable_need_kg_s(&self) -> f64 {
        self.crew.iter().map(|p| p.oral.drink_kg_s + p.hygiene_kg_s).sum()
    }

    /// Length of the mission, s.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.scenario.duration_days * DAY_S
    }
}

/// Composition of the air outside: that of the zone at its start, or standard air for an empty zone.
fn outside(n_mol: &[f64; GASES]) -> [f64; GASES] {
    let total_mol: f64 = n_mol.iter().sum();
    if total_mol > 0.0 {
        return n_mol.map(|n| n / total_mol);
    }
    let mut air = [0.0; GASES];
    air[Gas::O2 as usize] = 0.2095;
    air[Gas::N2 as usize] = 0.7905;
    air
}

/// Parameters of a zone; the scenario has the air of a zone that says nothing of its own.
///
/// Air of the surroundings has the zone's composition and temperature at the start. A hole's area
/// carries its discharge coefficient: `C_d·π/4·d²`.
fn zone_plan(zone: &crate::scenario::Zone, scenario: &Scenario) -> ZonePlan {
    let atmosphere = zone.atmosphere.unwrap_or(scenario.atmosphere);
    // Equipment has a temperature where it gives its heat to a loop that has one.
    let plate_w = zone.equipment_w * (1.0 - zone.equipment_air_fraction);
    let has_node = scenario.thermal.is_some() && plate_w > 0.0;
    let n_mol = fill(&atmosphere, zone.volume_m3);
    let initial_mol: f64 = n_mol.iter().sum();
    let offgassing = [
        (Gas::Ch4, zone.offgassing.ch4_kg_d),
        (Gas::H2, zone.offgassing.h2_kg_d),
        (Gas::Co, zone.offgassing.co_kg_d),
        (Gas::Nh3, zone.offgassing.nh3_kg_d),
    ];
    let mut offgassing_mol_s = [0.0; GASES];
    for (gas, kg_d) in offgassing {
        offgassing_mol_s[gas as usize] = kg_d / DAY_S / gas.molar_mass_kg_mol();
    }
    ZonePlan {
        name: zone.name.clone(),
        volume_m3: zone.volume_m3,
        structure_j_k: zone.structure_j_k,
        structure_w_k: zone.structure_w_k,
        isothermal_k: zone.isothermal_k,
        leak_per_s: zone.leak_fraction_per_day / DAY_S,
        hole_m2: zone.discharge_coefficient
            * core::f64::consts::FRAC_PI_4
            * zone.hole_diameter_m
            * zone.hole_diameter_m,
        surroundings_pa: zone.surroundings_pa,
        exchange_per_s: zone.surroundings_exchange_per_day / DAY_S,
        relief_pa: zone.relief_pa,
        outside_mol_mol: outside(&n_mol),
        initial_mol,
        outside_k: atmosphere.temperature_k,
        equipment_rank: 0,
        fans_rank: 0,
        equipment_air_w: zone.equipment_w * zone.equipment_air_fraction,
        equipment_plate_w: plate_w,
        equipment_j_k: if has_node { zone.equipment_j_k } else { 0.0 },
        plate_w_k: zone.plate_w_k,
        fan_w: zone.fan_w,
        heater_rank: 0,
        heater_w: zone.heater_w,
        cover_m: zone.cover_m2 / zone.cover_depth_m,
        ground_k: zone.ground_k,
        offgassing_mol_s,
    }
}

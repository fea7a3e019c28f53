//! A habitat that stands for another one: built as designed, stepped along with it, and told what is seen of it.
//!
//! An estimator knows a habitat by its drawings and by its instruments. A [`Shadow`] is the drawings: the same plan
//! without what nobody can know, with no randomness at all, whose state may be *assumed*, piece by piece, to be what
//! instruments show. A [`crate::Habitat`] itself cannot be told anything: its state follows from its step.
//!
//! # As designed
//! | of the scenario | in its shadow |
//! |---|---|
//! | numbers that `[[vary]]` draws, or an episode is given | those of the file |
//! | failures placed and by chance, errors and failures of instruments | none |
//! | illness | none |
//! | daily variation of the crew | none: the mean |
//! | sun, horizon, declared darkness, schedules, prescribed flows | the same: known to everybody |
//!
//! Zones, units, people and tanks are the same, so channels and actuators have the same places.
//!
//! # Assumptions
//! ```text
//! air         n_g = p_g·V/(R·T);  n_H2O = RH·p_sat(T)·V/(R·T);  n_N2 = p·V/(R·T) − Σ other n, at least 0
//!             U = U(n, T)
//! tanks       as given, no more than their capacity; urine, brine and food keep their composition
//! battery     charge = low + usable·(high − low)
//! coolant     T as given; ice is gone half a kelvin above the melting point and whole a kelvin below it
//! hull        Σ n over all holes = loss as given, through one hole in the first zone, by the orifice law
//! ```
//! What is not given keeps its amount. A value that is not a number, or that its quantity cannot have, is passed over.
//! # Conserves
//! Nothing: an assumption creates and destroys. The account is opened anew after it with what is held then, so the
//! ledger of a shadow closes in every step and says nothing about the sum over its assumptions.
//! # Tests
//! `shadow` in this crate.

use std::sync::Arc;

use physics::constants::R_J_MOL_K;
use physics::metabolism::REV2;
use physics::moist_air::saturation_pressure_pa;
use physics::orifice;
use physics::species::{GASES, Gas, internal_energy_j};

use crate::fault::{Kind, Mode};
use crate::habitat::{CommandError, Habitat, StepError};
use crate::layout::PlanError;
use crate::mission::Mission;
use crate::plan::Plan;
use crate::step;
use crate::stream::StreamKey;
use crate::thermal::FREEZE_K;

/// Temperatures that air and coolant may be assumed to have, K. Assumed: what an instrument of a cabin can show.
const T_K: (f64, f64) = (200.0, 400.0);
/// Highest pressure that air may be assumed to have, Pa: that of the commands of a regulator.
const P_MAX_PA: f64 = 200e3;
/// Salt of the key of every shadow.
const SALT: u64 = 0x0005_AD05_7A7E;

/// What is seen of the air of a zone; `None` where nothing is seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Air {
    /// Temperature, K.
    pub t_k: Option<f64>,
    /// Total pressure, Pa.
    pub p_total_pa: Option<f64>,
    /// O2 partial pressure, Pa.
    pub pp_o2_pa: Option<f64>,
    /// CO2 partial pressure, Pa.
    pub pp_co2_pa: Option<f64>,
    /// Relative humidity.
    pub rh: Option<f64>,
}

/// Something whose content is known by an instrument or by counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Tank oxygen, mol.
    Oxygen,
    /// Tank nitrogen, mol.
    Nitrogen,
    /// CO2 accumulator, mol.
    CarbonDioxide,
    /// Potable water, kg.
    Potable,
    /// Condensate, kg.
    Condensate,
    /// Urine with its solids, kg.
    Urine,
    /// Brine with its solids, kg.
    Brine,
    /// Dry food, kg; its water goes with it.
    Food,
    /// Hydrogen of the fuel cell, share of a full store.
    Hydrogen,
    /// Lithium hydroxide of one stock, mol.
    Hydroxide(usize),
    /// Chlorate in the fresh candles of one stock, mol.
    Candles(usize),
    /// Life of the filter of one water processor that is used, share.
    Filter(usize),
}

/// A piece of the state that is taken to be what is seen of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Assumption {
    /// Air of the zone of that number.
    Air(usize, Air),
    /// Temperature of the structure of a zone, K.
    Structure(usize, f64),
    /// Content of a tank or store.
    Content(Content, f64),
    /// Usable charge of the battery, 0 to 1.
    Battery(f64),
    /// Temperature of the battery, K.
    BatteryTemperature(f64),
    /// Supply temperature of a coolant loop, K.
    Coolant(usize, f64),
    /// Share of its design power that the array gives, 0 to 1.
    Array(f64),
    /// What is wrong with the unit of that number among those that can fail. Holes of walls: [`Assumption::Holes`].
    Fault(usize, Mode),
    /// Gas that leaves through holes of the walls, mol/s; zero is sound walls.
    Holes(f64),
    /// Spares left for a unit that can fail.
    Spares(usize, f64),
    /// Crew time in hand for repair, s.
    CrewTime(f64),
    /// The command in force at an actuator.
    InForce(usize, f64),
}

/// A habitat as designed whose state may be assumed.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::shadow::{Air, Assumption, Shadow};
/// use lunar_habitat_habitat::{Plan, scenario};
/// let loaded = scenario::load("artemis-30d")?;
/// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
/// let mut shadow = Shadow::new(Shadow::plan_of(&plan)?, 0.0);
/// let air = Air { pp_co2_pa: Some(900.0), ..Air::default() };
/// shadow.assume(&[Assumption::Air(0, air)]);
/// let channel = plan.catalogue.find("living.air.pp_co2_pa")?;
/// assert!((shadow.habitat().value(channel).unwrap() - 900.0).abs() < 1e-6);
/// shadow.step(600.0)?;
/// assert!(shadow.habitat().mass_residual_max() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shadow {
    habitat: Habitat,
}

impl Shadow {
    /// The plan of a habitat as designed; see [the module](self).
    ///
    /// # Errors
    /// [`PlanError`] as [`Plan::compile`]; a plan that is compiled has passed that.
    pub fn plan_of(plan: &Plan) -> Result<Arc<Plan>, PlanError> {
        let mut scenario = plan.scenario.clone();
        scenario.vary.clear();
        if let Some(faults) = &mut scenario.faults {
            faults.events.clear();
            faults.rate_factor = 0.0;
        }
        if let Some(sensors) = &mut scenario.sensors {
            sensors.events.clear();
            sensors.rate_factor = 0.0;
            sensors.error_factor = 0.0;
        }
        for member in &mut scenario.crew {
            member.illness = None;
        }
        scenario.crew_habits.daily_variation = 0.0;
        Ok(Arc::new(Plan::compile(&scenario, plan.hash)?))
    }

    /// A shadow at `t_s` of the mission, in the state in which the design begins one.
    ///
    /// Its key is its own and the same for every shadow: with a plan of [`Shadow::plan_of`] nothing is drawn by it.
    #[must_use]
    pub fn new(plan: Arc<Plan>, t_s: f64) -> Shadow {
        let mut habitat = Habitat::new(plan, StreamKey::default().forked(SALT));
        if t_s.is_finite() && t_s > 0.0 {
            let sample_s = habitat.plan().sensors.sample_s;
            let errs = habitat.plan().sensors.err && sample_s > 0.0;
            let state = &mut habitat.state;
            state.t_s = t_s;
            state.next_event_s = 0.0;
            if errs {
                state.sensors.samples = ((t_s + 1e-6) / sample_s) as u64 + 1;
            }
        }
        Shadow { habitat }
    }

    /// The habitat as it is taken to be.
    #[must_use]
    pub fn habitat(&self) -> &Habitat {
        &self.habitat
    }

    /// A copy that goes its own way; see [`Habitat::fork`].
    #[must_use]
    pub fn fork(&self, salt: u64) -> Habitat {
        self.habitat.fork(salt)
    }

    /// As [`Habitat::command`].
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn command(&mut self, actuator: usize, value: f64) -> Result<(), CommandError> {
        self.habitat.command(actuator, value)
    }

    /// As [`Habitat::step`].
    ///
    /// # Errors
    /// [`StepError`].
    pub fn step(&mut self, dt_s: f64) -> Result<(), StepError> {
        self.habitat.step(dt_s)
    }

    /// Take these pieces of the state to be as given, in their order, and open the account anew.
    ///
    /// The standing of the mission begins anew too if it was lost: whether the habitat behind it is lost is not a
    /// matter of what was assumed before.
    pub fn assume(&mut self, assumptions: &[Assumption]) {
        assumptions.iter().for_each(|assumption| self.take(*assumption));
        let plan = Arc::clone(self.habitat.plan());
        let state = &mut self.habitat.state;
        if state.mission.abort != 0 {
            state.mission = Mission::default();
        }
        state.ledger.held = state.held(&plan).0;
    }

    fn take(&mut self, assumption: Assumption) {
        let plan = Arc::clone(self.habitat.plan());
        let state = &mut self.habitat.state;
        match assumption {
            Assumption::Air(zone, air) => self.take_air(zone, air),
            Assumption::Structure(zone, t_k) => {
                if let (Some(zone), Some(t_k)) = (state.zones.get_mut(zone), kelvin(t_k)) {
                    zone.structure_k = t_k;
                }
            }
            Assumption::Content(content, value) => {
                if value.is_finite() {
                    self.fill(content, value.max(0.0));
                }
            }
            Assumption::Battery(usable) => {
                if let (Some(power), Some(plan)) = (state.power.first_mut(), &plan.power)
                    && usable.is_finite()
                {
                    let (low, high) = (plan.battery.low_fraction, plan.battery.high_fraction);
                    power.charge_fraction = low + usable.clamp(0.0, 1.0) * (high - low);
                }
            }
            Assumption::BatteryTemperature(t_k) => {
                if let (Some(power), Some(t_k)) = (state.power.first_mut(), kelvin(t_k)) {
                    power.battery_k = t_k;
                }
            }
            Assumption::Coolant(which, t_k) => {
                let coolant = state.thermal.first_mut().and_then(|t| t.loops.get_mut(which));
                if let (Some(coolant), Some(t_k)) = (coolant, kelvin(t_k)) {
                    if t_k > FREEZE_K + 0.5 {
                        (coolant.supply_k, coolant.ice) = (t_k, 0.0);
                    } else if t_k < FREEZE_K - 1.0 {
                        (coolant.supply_k, coolant.ice) = (t_k, 1.0);
                    } else if coolant.ice <= 0.0 {
                        coolant.supply_k = t_k.max(FREEZE_K);
                    }
                }
            }
            Assumption::Array(share) => {
                if let (Some(power), true) = (state.power.first_mut(), share.is_finite()) {
                    power.array_capacity = share.clamp(0.0, 1.0);
                }
            }
            Assumption::Fault(unit, mode) => self.break_down(unit, mode),
            Assumption::Holes(loss_mol_s) => self.pierce(loss_mol_s),
            Assumption::Spares(unit, spares) => {
                if let (Some(unit), true) = (state.faults.units.get_mut(unit), spares.is_finite()) {
                    unit.spares = spares.max(0.0);
                }
            }
            Assumption::CrewTime(time_s) => {
                if time_s.is_finite() {
                    state.faults.crew_h = (time_s / 3_600.0).min(plan.faults.crew_h_per_week);
                }
            }
            Assumption::InForce(actuator, value) => {
                if let (Some(actuator), true) = (plan.actuators.get(actuator), value.is_finite())
                    && plan.bindings[actuator.channel].value(&plan, state) != value
                {
                    (actuator.write)(state, actuator.index, value);
                }
            }
        }
    }

    /// Amounts and energy of the air of a zone from what is seen of it.
    fn take_air(&mut self, zone: usize, air: Air) {
        let plan = Arc::clone(self.habitat.plan());
        let (Some(zone), Some(zone_plan)) =
            (self.habitat.state.zones.get_mut(zone), plan.zones.get(zone))
        else {
            return;
        };
        let t_k = air.t_k.and_then(kelvin).unwrap_or(zone.t_k);
        let per_pa = zone_plan.volume_m3 / (R_J_MOL_K * t_k);
        let pressure = |pa: Option<f64>| pa.filter(|pa| (0.0..=P_MAX_PA).contains(pa));
        let mut n_mol: [f64; GASES] = zone.n_mol;
        for (gas, seen_pa) in [
            (Gas::O2, pressure(air.pp_o2_pa)),
            (Gas::Co2, pressure(air.pp_co2_pa)),
            (
                Gas::H2o,
                air.rh
                    .filter(|rh| (0.0..=1.5).contains(rh))
                    .map(|rh| rh.min(1.0) * saturation_pressure_pa(t_k)),
            ),
        ] {
            if let Some(pa) = seen_pa {
                n_mol[gas as usize] = pa * per_pa;
            }
        }
        if let Some(pa) = pressure(air.p_total_pa) {
            n_mol[Gas::N2 as usize] = 0.0;
            let others_mol: f64 = n_mol.iter().sum();
            n_mol[Gas::N2 as usize] = (pa * per_pa - others_mol).max(0.0);
        }
        zone.n_mol = n_mol;
        zone.t_k = t_k;
        zone.u_j = internal_energy_j(&n_mol, t_k);
    }

    /// Content of a tank or store, a number of at least zero.
    fn fill(&mut self, content: Content, value: f64) {
        let plan = Arc::clone(self.habitat.plan());
        let state = &mut self.habitat.state;
        let (stores, stores_plan) = (&mut state.stores, &plan.stores);
        // Water and solids as they are mixed in the tank, and as in fresh urine where there are none.
        let mix = |water_kg: &mut f64, solids_kg: &mut f64, kg: f64| {
            let held_kg = *water_kg + *solids_kg;
            let share = if held_kg > 1e-6 {
                *water_kg / held_kg
            } else {
                REV2.urine_water_kg / (REV2.urine_water_kg + REV2.urine_solids_kg)
            };
            (*water_kg, *solids_kg) = (share * kg, (1.0 - share) * kg);
        };
        match content {
            Content::Oxygen => stores.o2_mol = value,
            Content::Nitrogen => stores.n2_mol = value,
            Content::CarbonDioxide => stores.co2_mol = value.min(stores_plan.co2_mol),
            Content::Potable => stores.potable_kg = value.min(stores_plan.potable_kg),
            Content::Condensate => stores.condensate_kg = value.min(stores_plan.condensate_kg),
            Content::Urine => mix(
                &mut stores.urine_water_kg,
                &mut stores.urine_solids_kg,
                value.min(stores_plan.urine_kg),
            ),
            Content::Brine => mix(
                &mut stores.brine_water_kg,
                &mut stores.brine_solids_kg,
                value.min(stores_plan.brine_kg),
            ),
            Content::Food => {
                stores.food_dry_kg = value;
                stores.food_water_kg = value * plan.scenario.stores.food_water_ratio;
            }
            Content::Hydrogen => {
                if let (Some(power), Some(power_plan)) = (state.power.first_mut(), &plan.power) {
                    power.h2_mol = value.min(1.0) * power_plan.store_mol;
                }
            }
            Content::Hydroxide(stock) => {
                if let Some(lioh) = state.lioh.get_mut(stock) {
                    lioh.lioh_mol = value;
                }
            }
            Content::Candles(stock) => {
                if let Some(candle) = state.candles.get_mut(stock) {
                    candle.fresh_mol = value;
                }
            }
            Content::Filter(unit) => {
                if let (Some(wpa), Some(wpa_plan)) = (state.wpa.get_mut(unit), plan.wpa.get(unit)) {
                    wpa.filter_kg = value * wpa_plan.filter_life_kg;
                }
            }
        }
    }

    /// Bring a unit into a mode; its repair begins anew where it was sound.
    fn break_down(&mut self, unit: usize, mode: Mode) {
        let plan = Arc::clone(self.habitat.plan());
        let state = &mut self.habitat.state;
        let (Some(fault), Some(unit_plan)) =
            (state.faults.units.get_mut(unit), plan.faults.units.get(unit))
        else {
            return;
        };
        if fault.is(mode) || unit_plan.kind == Kind::Hull {
            return;
        }
        if fault.is(Mode::Sound) {
            fault.repair_h = unit_plan.repair_h;
        } else if mode == Mode::Sound {
            (fault.repair_h, fault.lost) = (0.0, 0.0);
        }
        fault.mode = mode as u64;
        step::afflict(&plan, state, unit);
        // A unit that stops or starts changes when its next phase comes.
        state.next_event_s = 0.0;
    }

    /// One hole in the first wall through which `loss_mol_s` leaves, and none in the others.
    fn pierce(&mut self, loss_mol_s: f64) {
        let plan = Arc::clone(self.habitat.plan());
        let state = &mut self.habitat.state;
        let mut left_mol_s = if loss_mol_s.is_finite() { loss_mol_s.max(0.0) } else { return };
        for (unit, unit_plan) in plan.faults.units.iter().enumerate() {
            if unit_plan.kind != Kind::Hull {
                continue;
            }
            let (zone, zone_plan) = (&state.zones[unit_plan.index], &plan.zones[unit_plan.index]);
            let per_m2 = orifice::flow_mol_s(
                zone.p_total_pa(zone_plan),
                zone_plan.surroundings_pa,
                zone.t_k,
                zone.molar_mass_kg_mol(),
                orifice::GAMMA_AIR,
                1.0,
                1.0,
            );
            let fault = &mut state.faults.units[unit];
            let lost_m2 = if per_m2 > 0.0 { left_mol_s / per_m2 } else { 0.0 };
            left_mol_s = 0.0;
            if fault.lost == lost_m2 {
                continue;
            }
            if fault.is(Mode::Sound) {
                fault.repair_h = unit_plan.repair_h;
            }
            fault.lost = lost_m2;
            fault.mode = if lost_m2 > 0.0 { Mode::Leaking } else { Mode::Sound } as u64;
            step::afflict(&plan, state, unit);
        }
    }
}

/// A temperature that can be assumed.
fn kelvin(t_k: f64) -> Option<f64> {
    (T_K.0..=T_K.1).contains(&t_k).then_some(t_k)
}

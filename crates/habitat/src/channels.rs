//! The channels of a habitat: which there are, how each is read, and which can be commanded.
//!
//! # Ids
//! ```text
//! PLACE.UNIT.QUANTITY_UNIT        lower case letters, digits and _
//!
//! living.air.pp_co2_pa            air of a zone
//! living.structure.t_k            its structure and wall film
//! living.cdra.bed_a_k             a unit, by its name in the scenario, in its zone
//! living.cdra.set_on              a command
//! crew.amina.co2_dose             a person, wherever they are
//! stores.tanks.potable_kg         tanks and stores
//! habitat.power.total_w           the whole habitat
//! habitat.mission.abort           number of the abort reason
//! habitat.ledger.residual_c_mol   residual of the last step, by column
//! ```
//! The last word of an id is the SI unit; pure numbers have none. Zones cannot be called `crew`,
//! `habitat`, `ledger`, `stores` or `water`, units not `air`,
//! `equipment`, `fans`, `heater`, `hull` or `structure` ([`crate::scenario::check`]).
//!
//! # Kinds
//! A channel shows a true value of the state or, where its quantity begins with `set_`, a command. Where it
//! begins with `sensed_` it shows what an instrument makes of the true channel before it
//! ([`crate::sensor`]). A commanded channel shows the command in force, within the range of its actuator, or
//! the scenario's before the first command; one that is still on its way ([`crate::order`]) is not shown.
//!
//! # Limits
//! Caution and warning limits stand in the table beside their source; a channel without declared
//! limits has none. They are checked by others; nothing in this crate acts on them.
//!
//! # Order
//! Zones, units of air, units of water, stores, people, the whole habitat, calibration of instruments; within a
//! kind the order of the scenario. The position of a channel in a row follows from the scenario alone.

use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};
use physics::constants::{DAY_S, PA_PER_MMHG};
use physics::moist_air::dew_point_k;
use physics::physiology::{
    INSPIRED_O2_ABORT_PA, INSPIRED_O2_CAUTION_PA, P_TOTAL_MAX_PA, P_TOTAL_MIN_PA, T_ABORT_MAX_K,
    T_ABORT_MIN_K, inspired_o2_pa,
};
use physics::species::Gas;

use crate::actuation::{self, Actuation};
use crate::air::ventilation::VentilationPlan;
use crate::air::zone::{EQUIPMENT_COOL_K, EQUIPMENT_HOT_K};
use crate::fault::Kind;
use crate::fault::wear::field_hazard_per_s;
use crate::layout::{Layout, PlanError};
use crate::ledger::{COLUMN_NAMES, COLUMNS};
use crate::power::CHARGE_K;
use crate::scenario::SensorMode;
use crate::sensor::{Class, Mode, Placed, SensorPlan, SensorsPlan};
use crate::state::State;
use crate::thermal::{COOL_K, HOT_K, LOOPS};

/// How the value of a channel is found: a function of plan and state, and the index it looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding {
    index: usize,
    read: fn(&Layout, &State, usize) -> f64,
    /// The instrument of a sensed channel.
    sensor: Option<usize>,
}

impl PartialEq for Binding {
    /// Which channel it is; the function follows from that.
    fn eq(&self, other: &Binding) -> bool {
        (self.index, self.sensor) == (other.index, other.sensor)
    }
}

impl Binding {
    #[inline]
    pub(crate) fn value(&self, plan: &Layout, state: &State) -> f64 {
        match self.sensor {
            Some(sensor) if plan.sensors.err => state.sensors.shown(sensor),
            _ => self.true_value(plan, state),
        }
    }

    /// The same of an instrument that does not err.
    #[inline]
    pub(crate) fn true_value(&self, plan: &Layout, state: &State) -> f64 {
        (self.read)(plan, state, self.index)
    }
}

/// A commanded channel: its range and where the command goes.
///
/// Ranges are those of the hardware or of good sense, not those of the scenario file: a scenario
/// may start a unit outside of them, and the first command brings it inside.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
/// let loaded = scenario::load("cabin-30d")?;
/// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
/// let cabin = Habitat::new(plan.into(), StreamKey::default());
/// let modes = cabin.actuators().iter().filter(|a| a.is_mode);
/// for mode in modes {
///     let id = &cabin.catalogue().channels()[mode.channel].id;
///     assert!(id.ends_with(".set_on") && (mode.low, mode.high) == (0.0, 1.0));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Actuator {
    /// Position of its channel in the catalogue.
    pub channel: usize,
    /// Lowest command, in the channel's unit.
    pub low: f64,
    /// Highest command, in the channel's unit.
    pub high: f64,
    /// A mode: 0 is off, 1 is on, the threshold is one half.
    pub is_mode: bool,
    /// Time from a command until it begins to act, s ([`crate::actuation`]).
    pub dead_s: f64,
    /// Fastest change of a set-point, in the channel's unit per second; infinite for what switches at once.
    pub rate_per_s: f64,
    /// The unit behind it among those that can fail; commands to people have none.
    pub(crate) unit: Option<usize>,
    pub(crate) index: usize,
    pub(crate) write: fn(&mut State, usize, f64),
}

/// All channels of a habitat, how they are read, commanded and measured.
pub(crate) struct Declared {
    pub(crate) catalogue: Catalogue,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) actuators: Vec<Actuator>,
    pub(crate) sensors: SensorsPlan,
}

/// Collects channels with their bindings.
struct Builder {
    channels: Vec<Channel>,
    bindings: Vec<Binding>,
    actuators: Vec<Actuator>,
    sensors: SensorsPlan,
    place: String,
    unit_name: String,
    index: usize,
}

impl Builder {
    /// Start a unit: the channels that follow have ids under `place.unit` and look at `index`.
    fn unit(&mut self, place: &str, unit: &str, index: usize) {
        place.clone_into(&mut self.place);
        unit.clone_into(&mut self.unit_name);
        self.index = index;
    }

    /// Declare a true value with its limits and the source of its definition or limits.
    fn add(
        &mut self,
        quantity: &str,
        words: &str,
        unit: Unit,
        limits: Option<Limits>,
        source: &str,
        read: fn(&Layout, &State, usize) -> f64,
    ) {
        let owner = format!("{}.{}", self.place, self.unit_name);
        self.channels.push(Channel {
            id: format!("{owner}.{quantity}"),
            quantity: words.to_owned(),
            unit,
            kind: ValueKind::True,
            limits,
            owner,
            source: source.to_owned(),
        });
        self.bindings.push(Binding { index: self.index, read, sensor: None });
    }

    /// Give the channel declared last an instrument: its sensed channel comes after it.
    fn sensed(&mut self, class: Class) {
        let (Some(channel), Some(binding)) =
            (self.channels.last().cloned(), self.bindings.last().copied())
        else {
            return;
        };
        let owners = &mut self.sensors.owners;
        let owner = owners.iter().position(|owner| *owner == channel.owner).unwrap_or_else(|| {
            owners.push(channel.owner.clone());
            owners.len() - 1
        });
        let quantity = channel.id.rsplit('.').next().unwrap_or_default();
        self.channels.push(Channel {
            id: format!("{}.sensed_{quantity}", channel.owner),
            quantity: format!("{}, as measured", channel.quantity),
            kind: ValueKind::Sensed,
            ..channel.clone()
        });
        self.bindings.push(Binding { sensor: Some(self.sensors.sensors.len()), ..binding });
        self.sensors.sensors.push(SensorPlan {
            channel: channel.id,
            owner,
            class,
            hazard_per_s: 0.0,
            placed: Vec::new(),
            binding,
        });
    }

    /// Declare a true value without limits.
    fn plain(
        &mut self,
        quantity: &str,
        words: &str,
        unit: Unit,
        read: fn(&Layout, &State, usize) -> f64,
    ) {
        self.add(quantity, words, unit, None, "model state", read);
    }

    /// Declare a command with its range and how it is followed, as channel and as actuator.
    fn command(
        &mut self,
        quantity: &str,
        words: &str,
        unit: Unit,
        (range, actuation): ((f64, f64), Actuation),
        read: fn(&Layout, &State, usize) -> f64,
        write: fn(&mut State, usize, f64),
    ) {
        self.plain(quantity, words, unit, read);
        if let Some(last) = self.channels.last_mut() {
            last.kind = ValueKind::Commanded;
        }
        self.actuators.push(Actuator {
            channel: self.channels.len() - 1,
            low: range.0,
            high: range.1,
            is_mode: false,
            dead_s: actuation.dead_s,
            rate_per_s: actuation.rate_per_s(range),
            unit: None,
            index: self.index,
            write,
        });
    }

    /// Declare an on/off command; `words` say what it switches.
    fn mode(
        &mut self,
        words: &str,
        actuation: Actuation,
        read: fn(&Layout, &State, usize) -> f64,
        write: fn(&mut State, usize, f64),
    ) {
        self.command("set_on", words, Unit::One, ((0.0, 1.0), actuation), read, write);
        if let Some(last) = self.actuators.last_mut() {
            last.is_mode = true;
        }
    }
}

/// A flag as the value of a channel: 1 for yes.
fn on(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

/// Limits from the lowest to the highest; `None` where none is declared.
fn limits(
    warning_low: Option<f64>,
    caution_low: Option<f64>,
    caution_high: Option<f64>,
    warning_high: Option<f64>,
) -> Option<Limits> {
    Some(Limits { caution_low, caution_high, warning_low, warning_high })
}

/// Declare every channel of a compiled habitat.
///
/// # Errors
/// [`PlanError::Catalogue`] when two channels have one id, as two units of one name in a zone
/// would.
pub(crate) fn declare(plan: &Layout) -> Result<Declared, PlanError> {
    let mut b = Builder {
        channels: Vec::new(),
        bindings: Vec::new(),
        actuators: Vec::new(),
        sensors: SensorsPlan::default(),
        place: String::new(),
        unit_name: String::new(),
        index: 0,
    };
    zones(plan, &mut b);
    air_units(plan, &mut b);
    water_units(plan, &mut b);
    crew(plan, &mut b);
    whole(plan, &mut b);
    instruments(plan, &mut b)?;
    Ok(Declared {
        catalogue: Catalogue::new(b.channels)?,
        bindings: b.bindings,
        actuators: b.actuators,
        sensors: b.sensors,
    })
}

/// Let the instruments err as the scenario says, and declare their calibration.
fn instruments(plan: &Layout, b: &mut Builder) -> Result<(), PlanError> {
    let Some(model) = &plan.scenario.sensors else {
        return Ok(());
    };
    b.sensors.err = true;
    b.sensors.error_factor = model.error_factor;
    b.sensors.sample_s = model.sample_s.unwrap_or(plan.scenario.decision_s);
    for sensor in &mut b.sensors.sensors {
        sensor.hazard_per_s = field_hazard_per_s(sensor.class.errors().mtbf_d, model.rate_factor);
    }
    for (index, event) in model.events.iter().enumerate() {
        let fails = |sensor: &&mut SensorPlan| {
            sensor.channel == event.sensor && sensor.class != Class::Record
        };
        let Some(sensor) = b.sensors.sensors.iter_mut().find(fails) else {
            let fallible = b.sensors.sensors.iter().filter(|sensor| sensor.class != Class::Record);
            let known: Vec<&str> = fallible.map(|sensor| sensor.channel.as_str()).collect();
            return Err(PlanError::Unknown {
                place: format!("sensors.event[{index}].sensor"),
                kind: "measured channel",
                found: event.sensor.clone(),
                known: known.join(", "),
            });
        };
        sensor.placed.push(Placed {
            at_s: event.at_h * 3_600.0,
            mode: match event.mode {
                SensorMode::Stuck => Mode::Stuck,
                SensorMode::DropOut => Mode::DropOut,
                SensorMode::Bias => Mode::Bias,
            },
            offset: event.offset.unwrap_or(0.0),
        });
        sensor.placed.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    }
    for (index, owner) in b.sensors.owners.clone().iter().enumerate() {
        let measured = |s: &SensorPlan| s.owner == index && s.class != Class::Record;
        if !b.sensors.sensors.iter().any(measured) {
            continue;
        }
        let (place, unit) = owner.rsplit_once('.').unwrap_or(("habitat", owner));
        b.unit(place, unit, index);
        b.plain("sensor_faults", "instruments that are not sound", Unit::One, |p, s, i| {
            s.sensors.unsound(&p.sensors, i) as f64
        });
        b.command(
            "set_calibrate",
            "people calibrate the instruments",
            Unit::One,
            ((0.0, 1.0), actuation::AT_ONCE),
            |_, s, i| on(s.sensors.calibrations[i].wanted),
            |s, i, v| s.sensors.calibrations[i].wanted = v > 0.5,
        );
    }
    Ok(())
}

#[rustfmt::skip] // A table: one channel a line.
fn zones(plan: &Layout, b: &mut Builder) {
    for (index, zone) in plan.zones.iter().enumerate() {
        b.unit(&zone.name, "air", index);
        b.add("p_total_pa", "total pressure", Unit::Pascal, limits(Some(P_TOTAL_MIN_PA), None, None, Some(P_TOTAL_MAX_PA)), "NASA-STD-3001 V2 6006", |p, s, i| s.zones[i].p_total_pa(&p.zones[i]));
        b.sensed(Class::Pressure);
        b.plain("pp_o2_pa", "O2 partial pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::O2));
        b.sensed(Class::O2);
        b.add("inspired_o2_pa", "inspired O2 pressure", Unit::Pascal, limits(Some(INSPIRED_O2_ABORT_PA), Some(INSPIRED_O2_CAUTION_PA), None, None), "NASA-STD-3001 V2 6003", |p, s, i| inspired_o2_pa(s.zones[i].p_total_pa(&p.zones[i]), s.zones[i].o2_fraction()));
        b.add("o2_fraction", "O2 share of the dry gas", Unit::One, limits(None, None, None, Some(physics::physiology::FIRE_O2_FRACTION)), "design limit for fire, NTRS 20220015741", |_, s, i| s.zones[i].o2_fraction());
        b.add("pp_co2_pa", "CO2 partial pressure", Unit::Pascal, limits(None, None, Some(3.0 * PA_PER_MMHG), Some(15.0 * PA_PER_MMHG)), "NASA-STD-3001 V2 6004; ISS off-nominal limit", |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::Co2));
        b.sensed(Class::Co2);
        b.plain("pp_n2_pa", "N2 partial pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::N2));
        b.plain("pp_h2o_pa", "water vapour pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::H2o));
        b.add("pp_ch4_pa", "CH4 partial pressure", Unit::Pascal, None, "SMAC recalled only; no limit declared", |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::Ch4));
        b.plain("pp_h2_pa", "H2 partial pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::H2));
        b.plain("pp_co_pa", "CO partial pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::Co));
        b.plain("pp_nh3_pa", "NH3 partial pressure", Unit::Pascal, |p, s, i| s.zones[i].pp_pa(&p.zones[i], Gas::Nh3));
        b.add("t_k", "air temperature", Unit::Kelvin, limits(Some(T_ABORT_MIN_K), Some(291.15), Some(300.15), Some(T_ABORT_MAX_K)), "NASA-STD-3001 V2 6012; BVAD Table 4-73", |_, s, i| s.zones[i].t_k);
        b.sensed(Class::Temperature);
        b.add("rh", "relative humidity", Unit::One, limits(None, Some(0.25), Some(0.75), None), "BVAD Table 4-1", |p, s, i| s.zones[i].rh(&p.zones[i]));
        b.sensed(Class::Humidity);
        b.plain("t_dew_k", "dew point", Unit::Kelvin, |p, s, i| { dew_point_k(s.zones[i].pp_pa(&p.zones[i], Gas::H2o)) });
        if zone.equipment_j_k > 0.0 {
            b.unit(&zone.name, "equipment", index);
            b.add("t_k", "equipment on cold plates", Unit::Kelvin, limits(None, None, Some(EQUIPMENT_COOL_K), Some(EQUIPMENT_HOT_K)), "trip of the equipment (assumed)", |_, s, i| s.zones[i].equipment_k);
            b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.zones[i].equipment_w);
        }
        if zone.heater_w > 0.0 {
            b.unit(&zone.name, "heater", index);
            b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.zones[i].heater_w);
            b.command("set_t_k", "air temperature set-point of the heater", Unit::Kelvin, ((273.15, 308.15), actuation::TEMPERATURE), |_, s, i| s.zones[i].heater_set_k, |s, i, v| s.zones[i].heater_set_k = v);
        }
        let moves_air = |link: &VentilationPlan| link.from == index && link.flow_m3_s > 0.0;
        if zone.fan_w > 0.0 || plan.ventilation.iter().any(moves_air) {
            b.unit(&zone.name, "fans", index);
            b.command("set_speed", "speed of the fans, share of the rated one", Unit::One, ((0.0, 1.0), actuation::FANS), |_, s, i| s.zones[i].fans_speed, |s, i, v| s.zones[i].fans_speed = v);
        }
        b.unit(&zone.name, "structure", index);
        b.plain("t_k", "structure temperature", Unit::Kelvin, |_, s, i| s.zones[i].structure_k);
        b.sensed(Class::Temperature);
        if zone.cover_m > 0.0 {
            b.plain("ground_w", "heat to the ground", Unit::Watt, |_, s, i| s.zones[i].ground_w);
        }
        b.plain("film_kg", "liquid water on walls", Unit::Kilogram, |_, s, i| s.zones[i].film_mol * physics::constants::M_H2O_KG_MOL);
    }
}

#[rustfmt::skip] // A table: one channel a line.
fn air_units(plan: &Layout, b: &mut Builder) {
    let place = |zone: usize| plan.zones[zone].name.clone();
    for (index, unit) in plan.acs.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("o2_mol_s", "tank O2 given", Unit::MolePerSecond, |_, s, i| s.acs[i].o2.given_mol_s);
        b.sensed(Class::Flow);
        b.plain("n2_mol_s", "tank N2 given", Unit::MolePerSecond, |_, s, i| s.acs[i].n2.given_mol_s);
        b.sensed(Class::Flow);
        b.command("set_pp_o2_pa", "O2 set-point", Unit::Pascal, ((0.0, 110e3), actuation::REGULATOR), |_, s, i| s.acs[i].o2.set_pa, |s, i, v| s.acs[i].o2.set_pa = v);
        b.command("set_p_total_pa", "total pressure set-point", Unit::Pascal, ((0.0, 200e3), actuation::REGULATOR), |_, s, i| s.acs[i].n2.set_pa, |s, i, v| s.acs[i].n2.set_pa = v);
    }
    for (index, unit) in plan.oga.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("o2_mol_s", "O2 made", Unit::MolePerSecond, |_, s, i| s.oga[i].o2_mol_s);
        b.sensed(Class::Flow);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.oga[i].power_w);
        b.sensed(Class::Electric);
        b.command("set_o2_mol_s", "O2 production set-point", Unit::MolePerSecond, ((0.0, unit.o2_max_mol_s), actuation::OXYGEN_GENERATOR), |_, s, i| s.oga[i].set_mol_s, |s, i, v| s.oga[i].set_mol_s = v);
    }
    for (index, unit) in plan.ccaa.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("air_out_k", "air at the outlet", Unit::Kelvin, |_, s, i| s.ccaa[i].air_out_k);
        b.sensed(Class::Temperature);
        b.plain("coolant_out_k", "coolant at the outlet", Unit::Kelvin, |_, s, i| s.ccaa[i].coolant_out_k);
        b.sensed(Class::Temperature);
        b.plain("condensate_kg_s", "condensate", Unit::KilogramPerSecond, |_, s, i| s.ccaa[i].condensate_kg_s);
        b.sensed(Class::Flow);
        b.plain("coolant_w", "heat to coolant", Unit::Watt, |_, s, i| s.ccaa[i].coolant_w);
        b.plain("coil_share", "share of the air through the coil", Unit::One, |_, s, i| s.ccaa[i].coil_share);
        b.sensed(Class::Charge);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.ccaa[i].power_w);
        b.sensed(Class::Electric);
        b.command("set_t_k", "cabin temperature set-point", Unit::Kelvin, ((283.15, 308.15), actuation::TEMPERATURE), |_, s, i| s.ccaa[i].set_point_k, |s, i, v| s.ccaa[i].set_point_k = v);
        b.mode("running", actuation::BLOWER, |_, s, i| on(s.ccaa[i].on), |s, i, v| s.ccaa[i].on = v > 0.5);
    }
    for (index, unit) in plan.cdra.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("co2_removed_mol_s", "CO2 removed", Unit::MolePerSecond, |_, s, i| s.cdra[i].co2_removed_mol_s);
        b.plain("co2_inlet_mol_s", "CO2 drawn in", Unit::MolePerSecond, |_, s, i| s.cdra[i].co2_inlet_mol_s);
        b.sensed(Class::Flow);
        b.plain("co2_outlet_mol_s", "CO2 given back", Unit::MolePerSecond, |_, s, i| s.cdra[i].co2_outlet_mol_s);
        b.sensed(Class::Flow);
        b.plain("bed_a_k", "sorbent bed A", Unit::Kelvin, |p, s, i| s.cdra[i].sorbent[0].mean_k(&p.cdra[i].sorbent));
        b.sensed(Class::Temperature);
        b.plain("bed_b_k", "sorbent bed B", Unit::Kelvin, |p, s, i| s.cdra[i].sorbent[1].mean_k(&p.cdra[i].sorbent));
        b.sensed(Class::Temperature);
        b.plain("bed_a_co2_mol", "CO2 in sorbent bed A", Unit::Mole, |_, s, i| s.cdra[i].sorbent[0].co2_total_mol());
        b.plain("bed_b_co2_mol", "CO2 in sorbent bed B", Unit::Mole, |_, s, i| s.cdra[i].sorbent[1].co2_total_mol());
        b.plain("phase_s", "time since the last swap", Unit::Second, |_, s, i| s.cdra[i].phase_s);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.cdra[i].power_w);
        b.sensed(Class::Electric);
        b.mode("running", actuation::BLOWER, |_, s, i| on(s.cdra[i].on), |s, i, v| { s.cdra[i].on = v > 0.5; s.next_event_s = 0.0; });
    }
    for (index, unit) in plan.sabatier.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("co2_mol_s", "CO2 reduced", Unit::MolePerSecond, |_, s, i| s.sabatier[i].co2_mol_s);
        b.plain("water_mol_s", "water made", Unit::MolePerSecond, |_, s, i| s.sabatier[i].water_mol_s);
        b.sensed(Class::Flow);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.sabatier[i].power_w);
        b.sensed(Class::Electric);
        b.mode("running", actuation::REACTOR, |_, s, i| on(s.sabatier[i].on), |s, i, v| s.sabatier[i].on = v > 0.5);
    }
    for (index, unit) in plan.tccs.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("nh3_held_mol", "ammonia in the charcoal", Unit::Mole, |_, s, i| s.tccs[i].nh3_mol);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.tccs[i].power_w);
        b.sensed(Class::Electric);
        b.mode("running", actuation::CATALYST, |_, s, i| on(s.tccs[i].on), |s, i, v| s.tccs[i].on = v > 0.5);
    }
    for (index, unit) in plan.lioh.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("co2_mol_s", "CO2 removed", Unit::MolePerSecond, |_, s, i| s.lioh[i].co2_mol_s);
        b.plain("left_mol", "hydroxide left", Unit::Mole, |_, s, i| s.lioh[i].lioh_mol);
        b.sensed(Class::Record);
        b.mode("running", actuation::BY_HAND, |_, s, i| on(s.lioh[i].on), |s, i, v| s.lioh[i].on = v > 0.5);
    }
    for (index, unit) in plan.candles.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("o2_mol_s", "O2 given", Unit::MolePerSecond, |_, s, i| s.candles[i].o2_mol_s);
        b.plain("fresh_mol", "chlorate in fresh candles", Unit::Mole, |_, s, i| s.candles[i].fresh_mol);
        b.sensed(Class::Record);
        b.mode("lighting", actuation::BY_HAND, |_, s, i| on(s.candles[i].on), |s, i, v| s.candles[i].on = v > 0.5);
    }
}

#[rustfmt::skip] // A table: one channel a line.
fn water_units(plan: &Layout, b: &mut Builder) {
    let place = |zone: usize| plan.zones[zone].name.clone();
    for (index, unit) in plan.wpa.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("water_kg_s", "water processed", Unit::KilogramPerSecond, |_, s, i| s.wpa[i].water_kg_s);
        b.sensed(Class::Flow);
        b.plain("filter_used", "share of filter life used", Unit::One, |p, s, i| s.wpa[i].filter_kg / p.wpa[i].filter_life_kg);
        b.sensed(Class::Record);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.wpa[i].power_w);
        b.sensed(Class::Electric);
        b.mode("may run", actuation::REACTOR, |_, s, i| on(s.wpa[i].on), |s, i, v| s.wpa[i].on = v > 0.5);
    }
    for (index, unit) in plan.upa.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("distillate_kg_s", "distillate", Unit::KilogramPerSecond, |_, s, i| s.upa[i].distillate_kg_s);
        b.sensed(Class::Flow);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.upa[i].power_w);
        b.sensed(Class::Electric);
        b.mode("may run", actuation::REACTOR, |_, s, i| on(s.upa[i].on), |s, i, v| s.upa[i].on = v > 0.5);
    }
    for (index, unit) in plan.brine_processors.iter().enumerate() {
        b.unit(&place(unit.zone), &unit.name, index);
        b.plain("water_kg_s", "water to the air", Unit::KilogramPerSecond, |_, s, i| s.brine_processors[i].water_kg_s);
        b.plain("power_w", "electric power", Unit::Watt, |_, s, i| s.brine_processors[i].power_w);
        b.sensed(Class::Electric);
        b.mode("may run", actuation::REACTOR, |_, s, i| on(s.brine_processors[i].on), |s, i, v| { s.brine_processors[i].on = v > 0.5; });
    }
    b.unit("stores", "tanks", 0);
    b.plain("o2_mol", "tank oxygen", Unit::Mole, |_, s, _| s.stores.o2_mol);
    b.sensed(Class::Level);
    b.plain("n2_mol", "tank nitrogen", Unit::Mole, |_, s, _| s.stores.n2_mol);
    b.sensed(Class::Level);
    b.plain("co2_mol", "CO2 accumulator", Unit::Mole, |_, s, _| s.stores.co2_mol);
    b.sensed(Class::Level);
    // Need known only with a crew: the limit is a day of drink for the people of the scenario.
    let day_kg = plan.potable_need_kg_s() * DAY_S;
    b.add("potable_kg", "potable water", Unit::Kilogram, if day_kg > 0.0 { limits(Some(day_kg), Some(3.0 * day_kg), None, None) } else { None }, "24 h of need (mission rule)", |_, s, _| s.stores.potable_kg);
    b.sensed(Class::Level);
    b.plain("condensate_kg", "condensate", Unit::Kilogram, |_, s, _| s.stores.condensate_kg);
    b.sensed(Class::Level);
    b.plain("urine_kg", "urine", Unit::Kilogram, |_, s, _| s.stores.urine_water_kg + s.stores.urine_solids_kg);
    b.sensed(Class::Level);
    b.plain("brine_kg", "brine", Unit::Kilogram, |_, s, _| s.stores.brine_water_kg + s.stores.brine_solids_kg);
    b.sensed(Class::Level);
    b.plain("food_kg", "dry food", Unit::Kilogram, |_, s, _| s.stores.food_dry_kg);
    b.sensed(Class::Record);
    b.plain("waste_kg", "water and solids in waste", Unit::Kilogram, |_, s, _| s.stores.waste_water_kg + s.stores.waste_urine_solids_kg + s.stores.faecal_solids_kg + s.stores.sweat_solids_kg);
}

#[rustfmt::skip] // A table: one channel a line.
fn crew(plan: &Layout, b: &mut Builder) {
    for (index, person) in plan.crew.iter().enumerate() {
        b.unit("crew", &person.name, index);
        b.plain("alive", "alive", Unit::One, |_, s, i| { on(s.crew[i].health.alive) });
        b.sensed(Class::Record);
        b.plain("incapacitated", "unable to act", Unit::One, |_, s, i| { on(s.crew[i].health.incapacitated) });
        b.sensed(Class::Record);
        b.plain("ill", "ill or injured, does no work", Unit::One, |_, s, i| on(s.crew[i].ill));
        b.sensed(Class::Record);
        b.plain("oxygen_dose", "dose of oxygen want", Unit::One, |_, s, i| s.crew[i].health.oxygen_dose);
        b.plain("co2_dose", "dose of CO2", Unit::One, |_, s, i| s.crew[i].health.co2_dose);
        b.plain("o2_mol_s", "O2 used", Unit::MolePerSecond, |_, s, i| s.crew[i].o2_mol_s);
        b.plain("co2_mol_s", "CO2 given", Unit::MolePerSecond, |_, s, i| s.crew[i].co2_mol_s);
        b.plain("sensible_w", "heat to the air", Unit::Watt, |_, s, i| s.crew[i].sensible_w);
        b.plain("moisture_kg_s", "moisture given", Unit::KilogramPerSecond, |_, s, i| s.crew[i].moisture_kg_s);
        b.plain("water_kg", "body water above the deadly level", Unit::Kilogram, |_, s, i| s.crew[i].water_kg);
    }
}

#[rustfmt::skip] // A table: one channel a line.
fn whole(plan: &Layout, b: &mut Builder) {
    b.unit("habitat", "power", 0);
    b.plain("total_w", "electric power of everything", Unit::Watt, |p, s, _| s.power_w(p));
    b.sensed(Class::Electric);
    if let Some(power) = &plan.power {
        b.plain("shed", "loads shed", Unit::One, |p, s, _| (s.power[0].shed as f64).min(p.power.as_ref().map_or(0.0, |x| x.shed_order.len() as f64 + 1.0)));
        b.sensed(Class::Record);
        b.command("set_shed", "loads to shed at least", Unit::One, ((0.0, power.shed_order.len() as f64), actuation::AT_ONCE), |_, s, _| s.power[0].set_shed, |s, _, v| s.power[0].set_shed = v.round());
        b.plain("lit_fraction", "share of the sun's disc in view", Unit::One, |_, s, _| s.power[0].lit_fraction);
        b.sensed(Class::Charge);
        b.plain("source_w", "power that array and fission unit can give", Unit::Watt, |_, s, _| s.power[0].source_w);
        b.sensed(Class::Electric);
        b.plain("drawn_w", "power drawn from the bus", Unit::Watt, |_, s, _| s.power[0].drawn_w);
        b.sensed(Class::Electric);
        b.plain("owed_j", "energy drawn beyond all stores", Unit::Joule, |_, s, _| s.power[0].owed_j);
        b.unit("habitat", "battery", 0);
        b.add("usable", "usable charge left", Unit::One, limits(Some(0.05), Some(0.2), None, None), "shedding threshold (assumed)", |p, s, _| p.power.as_ref().map_or(0.0, |x| s.power[0].usable(x)));
        b.sensed(Class::Charge);
        b.plain("p_w", "power into the battery", Unit::Watt, |_, s, _| s.power[0].battery_w);
        b.sensed(Class::Electric);
        b.add("t_k", "temperature of the battery", Unit::Kelvin, limits(Some(CHARGE_K.0), Some(283.15), Some(308.15), Some(CHARGE_K.1)), "limits of charging (assumed)", |_, s, _| s.power[0].battery_k);
        b.sensed(Class::Temperature);
        b.plain("fade", "share of capacity lost", Unit::One, |_, s, _| s.power[0].fade);
        b.unit("habitat", "array", 0);
        b.plain("dust_fraction", "share of the array under dust", Unit::One, |_, s, _| s.power[0].dust_fraction);
        b.unit("habitat", "fuel_cell", 0);
        b.plain("p_w", "power of the fuel cell", Unit::Watt, |_, s, _| s.power[0].fuel_cell_w);
        b.sensed(Class::Electric);
        b.plain("electrolyser_w", "power into the electrolyser", Unit::Watt, |_, s, _| s.power[0].electrolyser_w);
        b.sensed(Class::Electric);
        b.plain("store_fraction", "hydrogen in the store, share of full", Unit::One, |p, s, _| p.power.as_ref().map_or(0.0, |x| s.power[0].h2_mol / x.store_mol.max(1e-300)));
        b.sensed(Class::Charge);
        b.command("set_p_w", "power of the fuel cell in darkness", Unit::Watt, ((0.0, power.fuel_cell_w), actuation::FUEL_CELL), |_, s, _| s.power[0].set_fuel_cell_w, |s, _, v| s.power[0].set_fuel_cell_w = v);
        if power.electrolyser_w > 0.0 {
            b.command("set_electrolyser_w", "most power that the electrolyser takes", Unit::Watt, ((0.0, power.electrolyser_w), actuation::ELECTROLYSER), |_, s, _| s.power[0].set_electrolyser_w, |s, _, v| s.power[0].set_electrolyser_w = v);
        }
    }
    for (index, unit) in plan.faults.units.iter().enumerate() {
        let (place, name) = unit.unit.split_once('.').unwrap_or(("habitat", &unit.unit));
        b.unit(place, name, index);
        b.plain("fault", "0 sound, 1 degraded, 2 failed, 3 stuck, 4 leaking, 5 slow", Unit::One, |_, s, i| s.faults.units[i].mode as f64);
        b.plain("failures", "failures since the start", Unit::One, |_, s, i| s.faults.units[i].failures as f64);
        if unit.kind.is_inside() {
            b.command("set_repair", "people may spend a spare on it", Unit::One, ((0.0, 1.0), actuation::AT_ONCE), |_, s, i| on(s.faults.units[i].may_repair), |s, i, v| s.faults.units[i].may_repair = v > 0.5);
            b.plain("spares", "spares left", Unit::One, |_, s, i| s.faults.units[i].spares);
            b.sensed(Class::Record);
        }
        if unit.kind == Kind::Hull {
            b.plain("holes_m2", "area of holes", Unit::SquareMetre, |_, s, i| s.faults.units[i].lost);
        }
    }
    if !plan.faults.units.is_empty() {
        b.unit("habitat", "repair", 0);
        b.plain("crew_s", "crew time in hand for repair", Unit::Second, |_, s, _| s.faults.crew_h * 3_600.0);
        b.sensed(Class::Record);
        b.plain("spent_s", "crew time spent on repair", Unit::Second, |_, s, _| s.faults.spent_h * 3_600.0);
    }
    if let Some(thermal) = &plan.thermal {
        let ranges = [
            (limits(Some(273.15), Some(275.15), Some(282.55), Some(290.0)), "freezing of water; ISS low-temperature loop 4.4 to 9.4 degC"),
            (limits(Some(273.15), Some(283.15), Some(COOL_K), Some(HOT_K)), "freezing of water; trip of the units on it (assumed)"),
        ];
        for (which, (range, source)) in ranges.into_iter().enumerate() {
            b.unit("habitat", LOOPS[which], which);
            b.add("supply_k", "coolant at the supply", Unit::Kelvin, range, source, |_, s, i| s.thermal[0].loops[i].supply_k);
            b.sensed(Class::Temperature);
            b.plain("return_k", "coolant at the return", Unit::Kelvin, |_, s, i| s.thermal[0].loops[i].return_k);
            b.sensed(Class::Temperature);
            b.plain("heat_w", "heat taken by the loop", Unit::Watt, |_, s, i| s.thermal[0].loops[i].heat_w);
            b.plain("rejected_w", "heat given to space by the radiator", Unit::Watt, |_, s, i| s.thermal[0].loops[i].rejected_w);
            b.plain("loss_w", "heat lost by pipes", Unit::Watt, |_, s, i| s.thermal[0].loops[i].loss_w);
            b.plain("heater_w", "power of the heater", Unit::Watt, |_, s, i| s.thermal[0].loops[i].heater_w);
            b.plain("ice", "share of the water that is ice", Unit::One, |_, s, i| s.thermal[0].loops[i].ice);
            b.plain("panel_fraction", "share of the coolant through the radiator", Unit::One, |p, s, i| p.thermal.as_ref().map_or(0.0, |x| s.thermal[0].panel_fraction(x, i)));
            b.sensed(Class::Charge);
            b.command("set_supply_k", "set-point of the coolant at the supply", Unit::Kelvin, (thermal.loops[which].set_range_k(which), actuation::COOLANT_LOOP), |_, s, i| s.thermal[0].loops[i].set_k, |s, i, v| s.thermal[0].loops[i].set_k = v);
        }
        b.unit("habitat", "radiator", 0);
        b.plain("rejected_w", "heat given to space", Unit::Watt, |_, s, _| s.thermal[0].loops.iter().map(|l| l.rejected_w).sum());
        b.plain("sink_k", "sink of the radiator", Unit::Kelvin, |_, s, _| s.thermal[0].sink_k);
        b.plain("dust_fraction", "share of the radiator under dust", Unit::One, |_, s, _| s.thermal[0].dust_fraction);
    }
    b.unit("habitat", "mission", 0);
    b.plain("abort", "number of the abort reason", Unit::One, |_, s, _| s.mission.abort as f64);
    for column in 0..COLUMNS {
        b.unit("habitat", "ledger", column);
        let unit = match column {
            4 => Unit::Kilogram,
            5 => Unit::Joule,
            _ => Unit::Mole,
        };
        let name = COLUMN_NAMES[column];
        b.plain(&format!("residual_{name}"), "unexplained in the last step", unit, |_, s, i| s.ledger.residual[i]);
    }
}

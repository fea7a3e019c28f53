//! The predecessor's observation and action, filled from instruments and mapped to dials.
//!
//! A policy that was trained on its layout runs here. The layout is that of its environment with four zones and two
//! radiators: `30 + 3·max(people, 6)` numbers in its units and its order (48 up to six people), and 26 actions. Ends
//! of the spaces are its own, an oddity among them: the angle of -90 to 90 stands at place 15, where its own step
//! reads the heating of the first zone, and the place of the solar angle, 12, goes from 0 to 1. An entry of 15 beyond 0
//! to 1 counts as the nearest end.
//!
//! # Observation
//! Everything comes from what the policy's own observation reads: last good values of instruments, records and clocks
//! ([`crate::ObservationSpace`]); no true channel. Of several zones the mean is shown where the layout has one
//! number. What has no instrument, or has shown nothing yet, stands at the predecessor's own start: see
//! [`V0Field::absent`].
//!
//! | place | what | from |
//! |---|---|---|
//! | 0–5 | O2, CO2, N2, pressure (kPa), humidity (%), temperature (degC) | instruments of all zones; N2 is what the others leave of the pressure |
//! | 6 | air quality | constant |
//! | 7, 8, 9, 10 | solar kW, battery %, fuel cell %, load kW | instruments of the power system |
//! | 11, 12 | reserve, stability | constant |
//! | 13–16 | zones, degC | thermometers of the first four zones |
//! | 17, 20 | outside degC, COP of a heat pump | constant |
//! | 18, 19 | radiators, degC | coolant at the supply of the two loops |
//! | 21, 22, 23 | potable, grey, black water, L | level of potable water, condensate, urine and brine at 1 kg a litre |
//! | 24 | recycling | constant |
//! | 25 | filter | 1 less the used share of the water processor's filters |
//! | 26 … | health of each person | records: well 0.95, ill 0.6, unable to act 0.3, dead 0 |
//! | … | stress of each | constant |
//! | … | productivity of each | 0.9, and 0 for those who do no work |
//! | last four | days, lunar phase, dust, degradation | clock; hour angle of the sun with noon at 0.5; the array's dust by the design; constant |
//!
//! # Action
//! The right column of [`V0Layout::actions`]. What had a counterpart in meaning has one here, whether or not it had an
//! effect there; dials that no action names stay as the scenario and its rules set them: set-point of O2, hydroxide,
//! candles, condensing heat exchanger, charging, coolant loops, CO2 reduction, repair, calibration.
//!
//! # Source
//! The predecessor's public code of August 2025: `core/state.py` (order, units, ends, filling of places without a
//! person), `environments/habitat_base.py` (start values).
//!
//! # Simplifications
//! A policy carries its scales with it: what it learned at 101 kPa of air sees 56 kPa in the reference habitat, and
//! its elapsed time, which stood at zero there, runs here.

use habitat::constants::DAY_S;
use habitat::moist_air::saturation_pressure_pa;
use habitat::sun::SYNODIC_MONTH_D;

use crate::{Dial, Episode, Task, TaskError};

/// Length of its action.
pub const V0_ACTIONS: usize = 26;

/// Zones and people that its layout has places for at least.
const ZONES: usize = 4;
const PEOPLE: usize = 6;
/// Celsius to Kelvin.
const ZERO_C_K: f64 = 273.15;
/// Health of a person who is well: the mean of the predecessor's start. Of one who is ill, unable to act: assumed.
const WELL: f64 = 0.95;
const ILL: f64 = 0.6;
const UNABLE: f64 = 0.3;
/// Productivity of a person who works: the predecessor's base.
const WORKS: f64 = 0.9;
/// Its filling for the stress of everybody.
const STRESS: f64 = 0.3;

/// One number of the observation.
#[derive(Debug, Clone, PartialEq)]
pub struct V0Field {
    /// Name of the quantity.
    pub name: String,
    /// Unit of the number, the predecessor's.
    pub unit: &'static str,
    /// What is shown where nothing measures it, or nothing has been measured yet.
    pub absent: f64,
    /// Whether that constant is all that is ever shown.
    pub is_constant: bool,
    source: Source,
}

/// One number of the action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct V0Action {
    /// Name of the action.
    pub name: &'static str,
    /// Its ends.
    pub low: f32,
    /// Its upper end.
    pub high: f32,
    /// What it does here; where it does nothing, why.
    pub words: &'static str,
    /// Whether it turns a dial.
    pub acts: bool,
}

/// Where a number comes from; places are those among the channels that an observation reads.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Constant,
    /// `scale · Σ value`.
    Sum(f64, Vec<usize>),
    /// `scale · mean value + offset`.
    Mean(f64, f64, Vec<usize>),
    /// Pressure, O2, CO2, temperature, humidity of each zone.
    Nitrogen(Vec<[usize; 5]>),
    /// `1 − value`.
    Left(usize),
    /// Records of a person: alive, unable to act, ill.
    Health([usize; 3]),
    Productivity([usize; 3]),
    Days,
    /// Hour angle of the sun at the start, turns.
    Phase(f64),
    /// A figure of the design.
    Design(f64),
}

/// The layout on the habitats of a task.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, StreamKey, scenario};
/// use lunar_habitat_env::predecessor::{V0_ACTIONS, V0Layout};
/// use lunar_habitat_env::{Episode, Task, TaskOptions};
/// let loaded = scenario::load("artemis-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let layout = V0Layout::new(&task);
/// let episode = Episode::new(&task, StreamKey::default(), &[])?;
/// let mut seen = vec![0.0; layout.fields().len()];
/// layout.observe(&episode, &mut seen)?;
/// assert!(seen.len() == 48 && (seen[3] - 56.5).abs() < 0.5); // kPa
/// let mut dials = vec![0.0; task.actions().len()];
/// layout.dials(&episode, &[0.5; V0_ACTIONS], &mut dials)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct V0Layout {
    fields: Vec<V0Field>,
    /// Places of the dials that actions turn.
    turned: Vec<(usize, Turn)>,
}

/// How an action turns a dial.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    /// Over the whole range.
    Range(usize),
    /// On above the threshold.
    Mode(usize, f32),
    /// Mean of four, over the whole range.
    Mean(usize),
    /// How many of four are above one half, over the whole range.
    Count(usize),
}

/// Place, name, dial and how it is turned; the words of those that do something.
const TURNS: [(&str, Turn); 11] = [
    ("oxygen.rate", Turn::Range(0)),
    ("co2.removal", Turn::Mode(1, 0.5)),
    ("pressure.set_point", Turn::Range(2)),
    ("air.ventilation", Turn::Range(3)),
    ("trace.control", Turn::Mode(5, 1.0 / 3.0)),
    ("power.shed", Turn::Count(7)),
    ("power.fuel_cell", Turn::Range(11)),
    ("air.temperature", Turn::Mean(15)),
    ("water.potable", Turn::Mode(24, 0.5)),
    ("water.urine", Turn::Mode(24, 0.5)),
    ("water.brine", Turn::Mode(24, 0.5)),
];

const fn acts(name: &'static str, words: &'static str) -> V0Action {
    V0Action { name, low: 0.0, high: 1.0, words, acts: true }
}

const fn idle(name: &'static str, words: &'static str) -> V0Action {
    V0Action { name, low: 0.0, high: 1.0, words, acts: false }
}

const SHED: &str =
    "a zone counts above 0.5; none to four of them shed none to all of the loads that may be shed";
const HEATING: &str = "the mean of the four places is the set-point of the cabin, 15 to 27 degC";
const ACTIONS: [V0Action; V0_ACTIONS] = [
    acts("o2_generation_rate", "production of the oxygen generators, none to the largest"),
    acts("co2_scrubber_power", "CO2 removal runs above 0.5"),
    acts("n2_injection", "set-point of the pressure, 0.8 to 1.15 times the scenario's"),
    acts("air_circulation_speed", "speed of the fans, a quarter to all of the rated one"),
    idle("humidity_target", "humidity goes with the temperature"),
    acts("air_filter_mode", "trace contaminant control runs from mode 1 of 3 on"),
    idle("battery_charge_rate", "the battery takes what is left over"),
    acts("load_shed_zone_1", SHED),
    acts("load_shed_zone_2", SHED),
    acts("load_shed_zone_3", SHED),
    acts("load_shed_zone_4", SHED),
    acts("fuel_cell_activation", "power of the fuel cell in darkness, none to the largest"),
    idle("solar_panel_angle", "the array turns with the sun"),
    idle("emergency_power_reserve", "nothing is set aside"),
    idle("unused", "nothing reads it"),
    V0Action { name: "heating_zone_1", low: -90.0, high: 90.0, words: HEATING, acts: true },
    acts("heating_zone_2", HEATING),
    acts("heating_zone_3", HEATING),
    acts("heating_zone_4", HEATING),
    idle("radiator_flow_1", "a valve keeps the supply of the loop at its set-point"),
    idle("radiator_flow_2", "a valve keeps the supply of the loop at its set-point"),
    idle("heat_pump_mode", "there is no heat pump"),
    idle("insulation_deployment", "regolith stays where it is"),
    idle("recycling_priority", "each water has a processor of its own"),
    acts("purification_intensity", "processors of urine, brine and water run above 0.5"),
    idle("rationing_level", "people drink what they need"),
];

impl V0Layout {
    /// The layout on the habitats of `task`.
    #[must_use]
    pub fn new(task: &Task) -> V0Layout {
        let ids = task.observations().channel_ids();
        let find = |id: &str| ids.iter().position(|known| known == id);
        let dials = task.actions().dials();
        let dial = |name: &str| dials.iter().position(|dial: &Dial| dial.name == name);
        let turned = TURNS.iter().filter_map(|(name, turn)| Some((dial(name)?, *turn))).collect();
        V0Layout { fields: fields(task, &find), turned }
    }

    /// The numbers of the observation, in their order.
    #[must_use]
    pub fn fields(&self) -> &[V0Field] {
        &self.fields
    }

    /// The numbers of the action, in their order.
    #[must_use]
    pub fn actions() -> &'static [V0Action; V0_ACTIONS] {
        &ACTIONS
    }

    /// Write what the predecessor would show of `episode`, an episode of the layout's task.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn observe(&self, episode: &Episode, out: &mut [f32]) -> Result<(), TaskError> {
        let (found, expected) = (out.len(), self.fields.len());
        if found != expected {
            return Err(TaskError::Length { what: "observation", found, expected });
        }
        let held = &episode.memory().held;
        let t_d = episode.habitat().t_s() / DAY_S;
        for (shown, field) in out.iter_mut().zip(&self.fields) {
            let value = field.source.value(held, t_d);
            *shown = value.filter(|value| value.is_finite()).unwrap_or(field.absent) as f32;
        }
        Ok(())
    }

    /// Write the action of `episode` that the predecessor's `action` stands for.
    ///
    /// Entries beyond their ends count as the nearest end. Dials that no action names keep the commands in force.
    ///
    /// # Errors
    /// [`TaskError::Length`]; [`TaskError::Entry`] for an entry that is not finite; [`TaskError::Thresholds`] where actions
    /// set thresholds.
    pub fn dials(
        &self,
        episode: &Episode,
        action: &[f32],
        out: &mut [f32],
    ) -> Result<(), TaskError> {
        let (found, expected) = (action.len(), V0_ACTIONS);
        if found != expected {
            return Err(TaskError::Length { what: "action", found, expected });
        }
        if let Some(place) = action.iter().position(|value| !value.is_finite()) {
            let (name, value) = (ACTIONS[place].name.to_owned(), action[place]);
            return Err(TaskError::Entry { name, place, value });
        }
        if episode.task().is_supervised() {
            return Err(TaskError::Thresholds);
        }
        episode.hold(out)?;
        let at = |place: usize| action[place].clamp(0.0, 1.0);
        for (dial, turn) in &self.turned {
            let share = match *turn {
                Turn::Range(place) => at(place),
                Turn::Mode(place, threshold) => f32::from(u8::from(at(place) > threshold)),
                Turn::Mean(first) => (first..first + ZONES).map(at).sum::<f32>() / ZONES as f32,
                Turn::Count(first) => {
                    (first..first + ZONES).filter(|place| at(*place) > 0.5).count() as f32
                        / ZONES as f32
                }
            };
            out[*dial] = 2.0 * share - 1.0;
        }
        Ok(())
    }
}

impl Source {
    /// The number by what the instruments hold; `None` where the constant stands.
    fn value(&self, held: &[f64], t_d: f64) -> Option<f64> {
        // What has shown nothing does not count.
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (mut sum, mut count) = (0.0, 0.0);
            for value in values.filter(|value| value.is_finite()) {
                sum += value;
                count += 1.0;
            }
            (count > 0.0).then(|| sum / count)
        };
        let yes = |place: usize| held[place] > 0.5;
        match self {
            Source::Constant => None,
            Source::Sum(scale, places) => {
                Some(scale * places.iter().map(|place| held[*place]).sum::<f64>())
            }
            Source::Mean(scale, offset, places) => {
                mean(&mut places.iter().map(|place| held[*place]))
                    .map(|value| scale * value + offset)
            }
            Source::Nitrogen(zones) => mean(&mut zones.iter().map(|places| {
                let [p_pa, o2_pa, co2_pa, t_k, rh] = places.map(|place| held[place]);
                (p_pa - o2_pa - co2_pa - rh * saturation_pressure_pa(t_k)) / 1e3
            })),
            Source::Left(place) => Some((1.0 - held[*place]).clamp(0.0, f64::INFINITY)),
            Source::Health([alive, unable, ill]) => {
                held[*alive].is_finite().then(|| match (yes(*alive), yes(*unable), yes(*ill)) {
                    (false, ..) => 0.0,
                    (_, true, _) => UNABLE,
                    (.., true) => ILL,
                    _ => WELL,
                })
            }
            Source::Productivity([alive, unable, ill]) => held[*alive]
                .is_finite()
                .then(|| if yes(*alive) && !yes(*unable) && !yes(*ill) { WORKS } else { 0.0 }),
            Source::Days => Some(t_d),
            Source::Phase(start) => Some((0.5 + start + t_d / SYNODIC_MONTH_D).rem_euclid(1.0)),
            Source::Design(value) => Some(*value),
        }
    }
}

/// The numbers of the observation; `find` gives the place of a channel that is read.
fn fields(task: &Task, find: &dyn Fn(&str) -> Option<usize>) -> Vec<V0Field> {
    let scenario = &task.plan().scenario;
    let mut out = Vec::with_capacity(30 + 3 * PEOPLE);
    let mut add = |name: &str, unit: &'static str, absent: f64, source: Source| {
        let is_constant = source == Source::Constant;
        out.push(V0Field { name: name.to_owned(), unit, absent, is_constant, source });
    };
    let of_zones = |quantity: &str| -> Vec<usize> {
        let zones = scenario.zones.iter();
        zones.filter_map(|zone| find(&format!("{}.air.sensed_{quantity}", zone.name))).collect()
    };
    let sum = |scale: f64, channels: &[&str]| match channels.iter().map(|id| find(id)).collect() {
        Some(places) => Source::Sum(scale, places),
        None => Source::Constant,
    };
    let nitrogen = scenario.zones.iter().filter_map(|zone| {
        let at = |quantity: &str| find(&format!("{}.air.sensed_{quantity}", zone.name));
        Some([at("p_total_pa")?, at("pp_o2_pa")?, at("pp_co2_pa")?, at("t_k")?, at("rh")?])
    });
    add("o2_partial_pressure", "kPa", 21.3, Source::Mean(1e-3, 0.0, of_zones("pp_o2_pa")));
    add("co2_partial_pressure", "kPa", 0.15, Source::Mean(1e-3, 0.0, of_zones("pp_co2_pa")));
    add("n2_partial_pressure", "kPa", 79.0, Source::Nitrogen(nitrogen.collect()));
    add("total_pressure", "kPa", 101.3, Source::Mean(1e-3, 0.0, of_zones("p_total_pa")));
    add("humidity", "%", 45.0, Source::Mean(100.0, 0.0, of_zones("rh")));
    add("temperature", "degC", 22.5, Source::Mean(1.0, -ZERO_C_K, of_zones("t_k")));
    add("air_quality_index", "1", 0.95, Source::Constant);
    add("solar_generation", "kW", 8.5, sum(1e-3, &["habitat.power.sensed_source_w"]));
    add("battery_charge", "%", 87.5, sum(100.0, &["habitat.battery.sensed_usable"]));
    add("fuel_cell_capacity", "%", 97.5, sum(100.0, &["habitat.fuel_cell.sensed_store_fraction"]));
    let load = if scenario.power.is_some() { "drawn_w" } else { "total_w" };
    add("total_load", "kW", 6.2, sum(1e-3, &[&format!("habitat.power.sensed_{load}")]));
    add("emergency_reserve", "%", 100.0, Source::Constant);
    add("grid_stability", "1", 0.99, Source::Constant);
    for place in 0..ZONES {
        let zone = scenario.zones.get(place);
        let at = zone.and_then(|zone| find(&format!("{}.air.sensed_t_k", zone.name)));
        let source = at.map_or(Source::Constant, |at| Source::Mean(1.0, -ZERO_C_K, vec![at]));
        add(&format!("internal_temp_zone_{}", place + 1), "degC", 22.0, source);
    }
    add("external_temp", "degC", -50.0, Source::Constant);
    for (place, name) in ["low_loop", "moderate_loop"].into_iter().enumerate() {
        let at = find(&format!("habitat.{name}.sensed_supply_k"));
        let source = at.map_or(Source::Constant, |at| Source::Mean(1.0, -ZERO_C_K, vec![at]));
        add(&format!("radiator_temp_{}", place + 1), "degC", 15.0, source);
    }
    add("heat_pump_efficiency", "1", 3.25, Source::Constant);
    let tank = |name: &str| format!("stores.tanks.sensed_{name}_kg");
    add("potable_water", "L", 850.0, sum(1.0, &[&tank("potable")]));
    add("grey_water", "L", 100.0, sum(1.0, &[&tank("condensate")]));
    add("black_water", "L", 40.0, sum(1.0, &[&tank("urine"), &tank("brine")]));
    add("recycling_efficiency", "1", 0.93, Source::Constant);
    let filter = scenario
        .wpa
        .first()
        .and_then(|unit| find(&format!("{}.{}.sensed_filter_used", unit.zone, unit.name)));
    add("filter_status", "1", 0.95, filter.map_or(Source::Constant, Source::Left));
    let people = scenario.crew.len().max(PEOPLE);
    let records = |place: usize| {
        let name = &scenario.crew.get(place)?.name;
        let at = |quantity: &str| find(&format!("crew.{name}.sensed_{quantity}"));
        Some([at("alive")?, at("incapacitated")?, at("ill")?])
    };
    for place in 0..people {
        let source = records(place).map_or(Source::Constant, Source::Health);
        add(&format!("crew_health_{}", place + 1), "1", WELL, source);
    }
    for place in 0..people {
        add(&format!("crew_stress_{}", place + 1), "1", STRESS, Source::Constant);
    }
    for place in 0..people {
        let source = records(place).map_or(Source::Constant, Source::Productivity);
        add(&format!("crew_productivity_{}", place + 1), "1", WORKS, source);
    }
    let power = scenario.power.as_ref();
    let phase = power.map_or(Source::Constant, |power| Source::Phase(power.site.hour_phase_turns));
    let dust = power.map_or(Source::Constant, |power| Source::Design(power.dust_fraction));
    add("mission_elapsed_time", "d", 0.0, Source::Days);
    add("lunar_day_phase", "1", 0.5, phase);
    add("dust_accumulation", "1", 0.025, dust);
    add("system_degradation", "1", 0.0, Source::Constant);
    out
}

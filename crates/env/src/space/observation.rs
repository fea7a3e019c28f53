//! The vector that a policy sees.

use std::collections::BTreeMap;

use catalogue::{Unit, ValueKind};
use habitat::constants::DAY_S;
use habitat::trig::sin_cos_turns;
use habitat::{Habitat, Plan, StreamKey};
use sha2::{Digest, Sha256};

use super::action::ActionSpace;
use super::aggregate::Aggregate::{self, Max, Mean, Min, Sum};
use super::light::Light;
use super::table::{knowable, owners};
use crate::TaskError;

/// Most fields of an observation.
pub const OBSERVATIONS_MAX: usize = 64;

/// One entry of an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name, stable over topologies: `air.pp_co2_pa_max`.
    pub name: String,
    /// What it is, in words.
    pub words: String,
    /// Unit of `low`, `high` and of the value in the dictionary.
    pub unit: Unit,
    /// Value shown as -1, and everything below it.
    pub low: f64,
    /// Value shown as +1, and everything above it.
    pub high: f64,
    source: Source,
}

/// Where a field comes from.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// Channels, by their places among those that are read.
    Channels(Aggregate, Vec<usize>),
    /// Sum of the channels as a share of the number given.
    Share(f64, Vec<usize>),
    /// Share of the mission that is over.
    Elapsed,
    /// Sine and cosine of the hour of the day.
    HourSine,
    HourCosine,
    /// Share of the time to come with sun, s ahead.
    Light(f64),
    /// Share of the instruments that show nothing.
    Silent,
    /// Position of a dial by the commands in force, from -1 to 1.
    Dial(usize),
}

/// A value with name and unit, for people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// Value in `unit`; not a number where nothing has been measured since the start.
    pub value: f64,
    /// Its unit, SI.
    pub unit: Unit,
}

/// The last good values of the instruments; part of an episode and of its snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// Last good value of each channel that is read; not a number before the first.
    pub(crate) held: Vec<f64>,
    /// Share of the instruments that show nothing at the moment.
    pub(crate) silent: f64,
}

/// The fields of an observation of a habitat.
///
/// An observation is a slice of [`ObservationSpace::len`] `f32`, each from -1 to 1: the value clipped to
/// `low`…`high` of its field and mapped linearly. It holds sensed and commanded channels, clocks and the light
/// to come; **no true channel, and no fault that an instrument does not show**. Of zones the lowest, highest
/// or mean value is shown, of units of a kind the sum, mean or highest.
///
/// An instrument that shows nothing counts with its last good value; the field `instruments.silent` tells
/// how many of them there are. Before a first good value a field shows the middle, 0.
///
/// # Fields
/// | group | fields |
/// |---|---|
/// | air of zones | pressure and O2 (lowest, highest), CO2 (highest, mean), temperature, humidity (lowest, highest) |
/// | clocks | share of the mission over; sine and cosine of the hour; light of the next 24 h and 72 h |
/// | crew | shares alive, unable to act, ill |
/// | stores | O2, N2, CO2, potable water, condensate, urine, brine, food |
/// | power | sun in view, source, drawn, battery, fuel cell, electrolyser, store, loads shed |
/// | units | flows, temperatures, filters, charges |
/// | coolant, repair | supply, return, panel; time in hand, spares |
/// | instruments | share silent |
/// | commands | positions of the dials in the order of [`ActionSpace`], as many as fit |
///
/// A group that a habitat does not have is left out; [`OBSERVATIONS_MAX`] is never passed. The physical
/// ends are design figures of the plan (capacities, ratings, number of people) or assumed; they decide
/// about resolution alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationSpace {
    fields: Vec<Field>,
    /// Channels that are read.
    channels: Vec<usize>,
    /// Ids of these.
    ids: Vec<String>,
    /// Whether each is an instrument.
    sensed: Vec<bool>,
    instruments: usize,
}

/// Collects fields.
struct Builder<'a> {
    plan: &'a Plan,
    fields: Vec<Field>,
    places: BTreeMap<usize, usize>,
    channels: Vec<usize>,
}

impl Builder<'_> {
    fn push(&mut self, name: &str, words: &str, unit: Unit, ends: (f64, f64), source: Source) {
        if self.fields.len() < OBSERVATIONS_MAX && ends.1 > ends.0 {
            let (low, high) = ends;
            let (name, words) = (name.to_owned(), words.to_owned());
            self.fields.push(Field { name, words, unit, low, high, source });
        }
    }

    /// The channels `quantity` of the owners that have `mark`, as places among those that are read.
    fn places(&mut self, mark: &str, quantity: &str) -> Vec<usize> {
        let plan = self.plan;
        let found = knowable(plan, &owners(plan, mark), quantity);
        let mut place = |channel: usize| {
            let next = self.channels.len();
            *self.places.entry(channel).or_insert_with(|| {
                self.channels.push(channel);
                next
            })
        };
        found.into_iter().map(&mut place).collect()
    }

    /// Fields of one quantity of the owners that have it; nothing where nobody has.
    fn add(&mut self, group: &str, quantity: &str, kinds: &[Aggregate], ends: (f64, f64)) {
        self.add_of(group, quantity, quantity, kinds, ends);
    }

    /// Fields of one quantity of the owners that have `mark`.
    fn add_of(
        &mut self,
        group: &str,
        mark: &str,
        quantity: &str,
        kinds: &[Aggregate],
        ends: (f64, f64),
    ) {
        let places = self.places(mark, quantity);
        let Some(first) = places.first() else {
            return;
        };
        let channel = &self.plan.catalogue.channels()[self.channels[*first]];
        let (words, unit) = (channel.quantity.clone(), channel.unit);
        let short = quantity.strip_prefix("sensed_").unwrap_or(quantity);
        for kind in kinds {
            let name = format!("{group}.{short}{}", kind.suffix());
            self.push(&name, &words, unit, ends, Source::Channels(*kind, places.clone()));
        }
    }
}

impl ObservationSpace {
    /// The fields of every habitat that runs on `plan`, with the dials of `actions`.
    #[must_use]
    pub fn new(plan: &Plan, actions: &ActionSpace) -> ObservationSpace {
        let mut b =
            Builder { plan, fields: Vec::new(), places: BTreeMap::new(), channels: Vec::new() };
        declare(plan, &mut b);
        for (place, dial) in actions.dials().iter().enumerate() {
            let words = format!("commanded: {}", dial.words);
            let name = format!("command.{}", dial.name);
            b.push(&name, &words, Unit::One, (-1.0, 1.0), Source::Dial(place));
        }
        let all = plan.catalogue.channels();
        let sensed: Vec<bool> =
            b.channels.iter().map(|at| all[*at].kind == ValueKind::Sensed).collect();
        ObservationSpace {
            ids: b.channels.iter().map(|at| all[*at].id.clone()).collect(),
            instruments: sensed.iter().filter(|is| **is).count(),
            fields: b.fields,
            channels: b.channels,
            sensed,
        }
    }

    /// The fields in their order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many there are: the length of an observation.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether nothing can be seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Ids of the channels that are read, none of which is a true one.
    #[must_use]
    pub fn channel_ids(&self) -> &[String] {
        &self.ids
    }

    /// SHA-256 over fields (name, unit, both ends), channels that are read and dials of `actions`.
    ///
    /// A policy carries it, so that it refuses a habitat in which one of them means something else. Channels
    /// that it does not use do not enter.
    #[must_use]
    pub fn hash(&self, actions: &ActionSpace) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut entry = |name: &str, unit: Unit, low: f64, high: f64| {
            hasher.update(name.as_bytes());
            hasher.update([0]);
            hasher.update(unit.symbol().as_bytes());
            hasher.update([0]);
            hasher.update(low.to_le_bytes());
            hasher.update(high.to_le_bytes());
        };
        for field in &self.fields {
            entry(&field.name, field.unit, field.low, field.high);
        }
        for id in &self.ids {
            entry(id, Unit::One, 0.0, 0.0);
        }
        for dial in actions.dials() {
            entry(&dial.name, dial.unit, dial.low, dial.high);
        }
        hasher.finalize().into()
    }

    /// Memory of instruments that have shown nothing yet.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory { held: vec![f64::NAN; self.channels.len()], silent: 0.0 }
    }

    /// Read the instruments of `habitat` into `memory`.
    pub fn measure(&self, habitat: &Habitat, memory: &mut Memory) {
        let mut silent = 0;
        for ((held, channel), sensed) in
            memory.held.iter_mut().zip(&self.channels).zip(&self.sensed)
        {
            let value = habitat.value(*channel).unwrap_or(f64::NAN);
            if value.is_finite() {
                *held = value;
            } else if *sensed {
                silent += 1;
            }
        }
        memory.silent = f64::from(silent) / (self.instruments as f64).max(1.0);
    }

    /// Value of a field in its unit.
    fn value(
        &self,
        field: &Field,
        habitat: &Habitat,
        actions: &ActionSpace,
        light: Option<&Light>,
        memory: &Memory,
    ) -> f64 {
        let of = |places: &[usize]| -> Option<f64> {
            match places {
                [one] => Some(memory.held[*one]),
                _ => None,
            }
        };
        let t_s = habitat.t_s();
        match &field.source {
            Source::Channels(kind, places) => of(places)
                .unwrap_or_else(|| kind.of(places.iter().map(|place| memory.held[*place]))),
            Source::Share(whole, places) => {
                Sum.of(places.iter().map(|place| memory.held[*place])) / whole
            }
            Source::Elapsed => t_s / habitat.plan().duration_s(),
            Source::HourSine => sin_cos_turns(t_s / DAY_S).0,
            Source::HourCosine => sin_cos_turns(t_s / DAY_S).1,
            Source::Light(ahead_s) => light.map_or(f64::NAN, |light| light.share(t_s, *ahead_s)),
            Source::Silent => memory.silent,
            Source::Dial(place) => {
                actions.dials().get(*place).map_or(0.0, |dial| f64::from(dial.position(habitat)))
            }
        }
    }

    /// Write the observation of `habitat` with what `memory` holds into `out`; nothing is measured anew.
    ///
    /// `out` is `f32` of [`ObservationSpace::len`]. `light` is that of the plan of this very habitat.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn observe(
        &self,
        habitat: &Habitat,
        actions: &ActionSpace,
        light: Option<&Light>,
        memory: &Memory,
        out: &mut [f32],
    ) -> Result<(), TaskError> {
        let found = out.len();
        if found != self.fields.len() {
            return Err(TaskError::Length {
                what: "observation",
                found,
                expected: self.fields.len(),
            });
        }
        for (shown, field) in out.iter_mut().zip(&self.fields) {
            let value = self.value(field, habitat, actions, light, memory);
            let share = (value - field.low) / (field.high - field.low);
            *shown =
                if share.is_finite() { (2.0 * share - 1.0).clamp(-1.0, 1.0) as f32 } else { 0.0 };
        }
        Ok(())
    }

    /// The same values for people: name, value in SI, unit; neither mapped nor clipped.
    #[must_use]
    pub fn dictionary(
        &self,
        habitat: &Habitat,
        actions: &ActionSpace,
        light: Option<&Light>,
        memory: &Memory,
    ) -> Vec<Reading<'_>> {
        let reading = |field| {
            let value = self.value(field, habitat, actions, light, memory);
            Reading { name: &field.name, value, unit: field.unit }
        };
        self.fields.iter().map(reading).collect()
    }
}

/// All fields but the commands.
///
/// Rates of people are those of BVAD Rev 2 with room above: 0.9 kg of O2, 1.1 kg of CO2 and 2.9 kg of moisture a day.
#[rustfmt::skip] // A table: one field a line.
fn declare(plan: &Plan, b: &mut Builder) {
    let crew = plan.crew.len().max(1) as f64;
    let fresh = Habitat::new(plan.clone().into(), StreamKey::default());
    let start = |id: &str| {
        plan.catalogue.find(id).ok().and_then(|at| fresh.value(at)).unwrap_or(0.0)
    };
    let sum = |quantity: &str| -> f64 {
        owners(plan, quantity).iter().map(|owner| start(&format!("{owner}.{quantity}"))).sum()
    };
    let oga_max: f64 = plan.oga.iter().map(|unit| unit.o2_max_mol_s).sum();
    b.add("air", "sensed_p_total_pa", &[Min, Max], (20e3, 110e3));
    b.add("air", "sensed_pp_o2_pa", &[Min, Max], (8e3, 32e3));
    b.add("air", "sensed_pp_co2_pa", &[Max, Mean], (0.0, 3e3));
    b.add_of("air", "p_total_pa", "sensed_t_k", &[Min, Max], (278.15, 313.15));
    b.add("air", "sensed_rh", &[Min, Max], (0.0, 1.0));
    b.push("clock.elapsed", "share of the mission that is over", Unit::One, (0.0, 1.0), Source::Elapsed);
    b.push("clock.hour_sine", "sine of the hour of the day", Unit::One, (-1.0, 1.0), Source::HourSine);
    b.push("clock.hour_cosine", "cosine of the hour of the day", Unit::One, (-1.0, 1.0), Source::HourCosine);
    if plan.power.is_some() {
        b.push("clock.light_24h", "share of the next 24 h with sun", Unit::One, (0.0, 1.0), Source::Light(DAY_S));
        b.push("clock.light_72h", "share of the next 72 h with sun", Unit::One, (0.0, 1.0), Source::Light(3.0 * DAY_S));
    }
    if !plan.crew.is_empty() {
        let alive = b.places("sensed_alive", "sensed_alive");
        b.push("crew.alive", "share of the people alive", Unit::One, (0.0, 1.0), Source::Share(crew, alive));
        let unable = b.places("sensed_incapacitated", "sensed_incapacitated");
        b.push("crew.incapacitated", "share of the people unable to act", Unit::One, (0.0, 1.0), Source::Share(crew, unable));
        let ill = b.places("sensed_ill", "sensed_ill");
        b.push("crew.ill", "share of the people ill or injured", Unit::One, (0.0, 1.0), Source::Share(crew, ill));
    }
    b.add("stores", "sensed_o2_mol", &[Sum], (0.0, 1.25 * start("stores.tanks.o2_mol")));
    b.add("stores", "sensed_n2_mol", &[Sum], (0.0, 1.25 * start("stores.tanks.n2_mol")));
    b.add("stores", "sensed_co2_mol", &[Sum], (0.0, plan.stores.co2_mol));
    b.add("stores", "sensed_potable_kg", &[Sum], (0.0, plan.stores.potable_kg));
    b.add("stores", "sensed_condensate_kg", &[Sum], (0.0, plan.stores.condensate_kg));
    b.add("stores", "sensed_urine_kg", &[Sum], (0.0, plan.stores.urine_kg));
    b.add("stores", "sensed_brine_kg", &[Sum], (0.0, plan.stores.brine_kg));
    b.add("stores", "sensed_food_kg", &[Sum], (0.0, start("stores.tanks.food_kg")));
    if let Some(power) = &plan.power {
        b.add("power", "sensed_lit_fraction", &[Sum], (0.0, 1.0));
        // A cell of three junctions makes less than 400 W of a square metre in any sun.
        b.add("power", "sensed_source_w", &[Sum], (0.0, 400.0 * power.array_m2 + power.fission_w));
        b.add("power", "sensed_drawn_w", &[Sum], (0.0, 15e3));
        b.add("battery", "sensed_usable", &[Sum], (0.0, 1.0));
        b.add_of("battery", "sensed_usable", "sensed_p_w", &[Sum], (-20e3, 20e3));
        b.add("fuel_cell", "sensed_store_fraction", &[Sum], (0.0, 1.0));
        b.add_of("fuel_cell", "sensed_store_fraction", "sensed_p_w", &[Sum], (0.0, power.fuel_cell_w));
        b.add("fuel_cell", "sensed_electrolyser_w", &[Sum], (0.0, power.electrolyser_w));
        b.add("power", "sensed_shed", &[Sum], (0.0, power.shed_order.len() as f64 + 1.0));
    } else {
        b.add("power", "sensed_total_w", &[Sum], (0.0, 15e3));
    }
    b.add_of("regulator", "set_pp_o2_pa", "sensed_o2_mol_s", &[Sum], (0.0, crew * 1e-3));
    b.add_of("regulator", "set_pp_o2_pa", "sensed_n2_mol_s", &[Sum], (0.0, crew * 1e-3));
    b.add_of("oga", "set_o2_mol_s", "sensed_o2_mol_s", &[Sum], (0.0, oga_max));
    b.add("ccaa", "sensed_condensate_kg_s", &[Sum], (0.0, crew * 7e-5));
    b.add("ccaa", "sensed_coil_share", &[Mean], (0.0, 1.0));
    b.add("cdra", "sensed_co2_inlet_mol_s", &[Sum], (0.0, 1e-2 * plan.cdra.len() as f64));
    b.add("cdra", "sensed_co2_outlet_mol_s", &[Sum], (0.0, 1e-2 * plan.cdra.len() as f64));
    b.add("cdra", "sensed_bed_a_k", &[Max], (273.15, 500.0));
    b.add("cdra", "sensed_bed_b_k", &[Max], (273.15, 500.0));
    b.add("reducer", "sensed_water_mol_s", &[Sum], (0.0, crew * 6e-4));
    b.add("lioh", "sensed_left_mol", &[Sum], (0.0, sum("left_mol")));
    b.add("candles", "sensed_fresh_mol", &[Sum], (0.0, sum("fresh_mol")));
    b.add_of("wpa", "filter_used", "sensed_water_kg_s", &[Sum], (0.0, crew * 2e-4));
    b.add("wpa", "sensed_filter_used", &[Max], (0.0, 1.0));
    b.add("upa", "sensed_distillate_kg_s", &[Sum], (0.0, crew * 1e-4));
    b.add("coolant", "sensed_supply_k", &[Max], (263.15, 313.15));
    b.add("coolant", "sensed_return_k", &[Max], (263.15, 323.15));
    b.add("coolant", "sensed_panel_fraction", &[Mean], (0.0, 1.0));
    b.add("repair", "sensed_crew_s", &[Sum], (0.0, plan.faults.crew_h_per_week * 3_600.0));
    b.add("repair", "sensed_spares", &[Sum], (0.0, sum("spares")));
    b.push("instruments.silent", "share of the instruments that show nothing", Unit::One, (0.0, 1.0), Source::Silent);
}

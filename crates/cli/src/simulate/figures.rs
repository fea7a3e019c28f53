//! What is counted while a mission runs: extremes of every channel, totals of flows, events.

use catalogue::{Catalogue, Channel, Standing, Unit};
use habitat::Habitat;
use physics::constants::PA_PER_MMHG;
use watch::report::{Event, Severity};

use crate::table::fixed;

/// Time that a channel has to be nominal before an event says so, s: one day, so that a value that
/// swings across its limit with the crew's day is one event and not one a day.
const CALM_S: f64 = 86_400.0;
/// Events kept; the rest is counted.
const EVENTS_MAX: usize = 400;

/// Lowest, highest and mean value of a channel over the readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub max: f64,
    sum: f64,
    count: u64,
    pub first: f64,
    pub last: f64,
}

impl Spread {
    fn new() -> Spread {
        Spread {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            count: 0,
            first: f64::NAN,
            last: f64::NAN,
        }
    }

    fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        if self.count == 0 {
            self.first = value;
        }
        self.count += 1;
        self.last = value;
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// A flow added up over the mission.
#[derive(Debug, Clone)]
pub struct Total {
    /// Key in the result, with the unit of the sum.
    pub key: &'static str,
    channels: Vec<usize>,
    scale: f64,
    /// The sum, in the unit of the key.
    pub sum: f64,
}

/// Flows that are added up: key, quantity, a quantity that tells the kind of owner, kg per unit.
const FLOWS: [(&str, &str, &str, f64); 14] = [
    ("crew_o2_kg", "o2_mol_s", "oxygen_dose", O2_KG_MOL),
    ("generated_o2_kg", "o2_mol_s", "set_o2_mol_s", O2_KG_MOL),
    ("tank_o2_kg", "o2_mol_s", "set_pp_o2_pa", O2_KG_MOL),
    ("candle_o2_kg", "o2_mol_s", "fresh_mol", O2_KG_MOL),
    ("tank_n2_kg", "n2_mol_s", "set_p_total_pa", N2_KG_MOL),
    ("crew_co2_kg", "co2_mol_s", "co2_dose", CO2_KG_MOL),
    ("removed_co2_kg", "co2_removed_mol_s", "", CO2_KG_MOL),
    ("lioh_co2_kg", "co2_mol_s", "left_mol", CO2_KG_MOL),
    ("reduced_co2_kg", "co2_mol_s", "water_mol_s", CO2_KG_MOL),
    ("condensate_kg", "condensate_kg_s", "", 1.0),
    ("distillate_kg", "distillate_kg_s", "", 1.0),
    ("brine_water_kg", "water_kg_s", "!filter_used", 1.0),
    ("processed_water_kg", "water_kg_s", "filter_used", 1.0),
    ("reducer_water_kg", "water_mol_s", "", H2O_KG_MOL),
];

const O2_KG_MOL: f64 = 2.0 * physics::constants::M_O_KG_MOL;
const N2_KG_MOL: f64 = 2.0 * physics::constants::M_N_KG_MOL;
const CO2_KG_MOL: f64 = physics::constants::M_C_KG_MOL + O2_KG_MOL;
const H2O_KG_MOL: f64 = physics::constants::M_H2O_KG_MOL;

/// Usable charge of the battery; a habitat that has it has a power system of its own.
pub const BATTERY_USABLE: &str = "habitat.battery.usable";
/// Hydrogen in the store of the fuel cell, share of full.
pub const STORE_FRACTION: &str = "habitat.fuel_cell.store_fraction";
/// How many loads are shed.
pub const SHED: &str = "habitat.power.shed";

/// Times of a habitat with a power system of its own.
#[derive(Debug, Clone, Copy)]
pub struct Dark {
    lit: usize,
    shed: usize,
    /// Time in which nothing of the sun's disc is in view, s.
    pub dark_s: f64,
    /// Time in which at least one load is shed, s.
    pub shed_s: f64,
}

impl Dark {
    fn new(catalogue: &Catalogue) -> Option<Dark> {
        catalogue.find(BATTERY_USABLE).ok()?;
        let lit = catalogue.find("habitat.power.lit_fraction").ok()?;
        let shed = catalogue.find(SHED).ok()?;
        Some(Dark { lit, shed, dark_s: 0.0, shed_s: 0.0 })
    }

    fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        if habitat.value(self.lit).is_some_and(|lit| lit <= 0.0) {
            self.dark_s += dt_s;
        }
        if habitat.value(self.shed).is_some_and(|shed| shed > 0.0) {
            self.shed_s += dt_s;
        }
    }
}

/// Everything counted.
#[derive(Debug, Clone)]
pub struct Figures {
    /// By channel, in the order of the catalogue.
    pub spreads: Vec<Spread>,
    /// Flows that somebody in this habitat has.
    pub totals: Vec<Total>,
    /// Darkness and shed loads, where there is a power system.
    pub dark: Option<Dark>,
    /// What happened, in time order.
    pub events: Vec<Event>,
    /// Events beyond those kept.
    pub events_left_out: u64,
    watched: Vec<Watched>,
    people: Vec<(usize, bool)>,
    switches: Vec<(usize, bool)>,
    aborted: bool,
}

/// A channel with limits.
#[derive(Debug, Clone)]
struct Watched {
    channel: usize,
    standing: Standing,
    calm_since_s: Option<f64>,
}

/// Channels named by what their owner has.
pub fn channels_of(catalogue: &Catalogue, quantity: &str, beside: &str) -> Vec<usize> {
    let (wanted, beside) = match beside.strip_prefix('!') {
        Some(rest) => (false, rest),
        None => (true, beside),
    };
    let fits = |channel: &Channel| {
        channel.id.strip_prefix(channel.owner.as_str()) == Some(&format!(".{quantity}"))
            && (beside.is_empty()
                || catalogue.find(&format!("{}.{beside}", channel.owner)).is_ok() == wanted)
    };
    let numbered = catalogue.channels().iter().enumerate();
    numbered.filter(|(_, channel)| fits(channel)).map(|(index, _)| index).collect()
}

impl Figures {
    /// Nothing counted yet.
    pub fn new(catalogue: &Catalogue) -> Figures {
        let totals = FLOWS.map(|(key, quantity, beside, scale)| Total {
            key,
            channels: channels_of(catalogue, quantity, beside),
            scale,
            sum: 0.0,
        });
        let limited = catalogue.channels().iter().enumerate();
        let backups = ["left_mol", "fresh_mol"];
        Figures {
            spreads: vec![Spread::new(); catalogue.len()],
            totals: totals.into_iter().filter(|total| !total.channels.is_empty()).collect(),
            dark: Dark::new(catalogue),
            events: Vec::new(),
            events_left_out: 0,
            watched: limited
                .filter(|(_, channel)| channel.limits.is_some())
                .map(|(channel, _)| Watched {
                    channel,
                    standing: Standing::Nominal,
                    calm_since_s: None,
                })
                .collect(),
            people: channels_of(catalogue, "alive", "oxygen_dose")
                .into_iter()
                .map(|channel| (channel, true))
                .collect(),
            switches: backups
                .iter()
                .flat_map(|beside| channels_of(catalogue, "set_on", beside))
                .map(|channel| (channel, false))
                .collect(),
            aborted: false,
        }
    }

    /// Add the flows of a step.
    #[inline]
    pub fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        for total in &mut self.totals {
            for channel in &total.channels {
                total.sum += total.scale * dt_s * habitat.value(*channel).unwrap_or(0.0);
            }
        }
        if let Some(dark) = &mut self.dark {
            dark.step(habitat, dt_s);
        }
    }

    /// Take the readings.
    pub fn decision(&mut self, habitat: &Habitat, readings: &[f64]) {
        for (spread, value) in self.spreads.iter_mut().zip(readings) {
            spread.add(*value);
        }
        let t_s = habitat.t_s();
        let channels = habitat.catalogue().channels();
        for index in 0..self.watched.len() {
            let channel = &channels[self.watched[index].channel];
            let value = readings.get(self.watched[index].channel).copied().unwrap_or(f64::NAN);
            if let Some(event) = self.watched[index].look(channel, value, t_s) {
                self.note(event);
            }
        }
        for index in 0..self.people.len() {
            let (channel, was_alive) = self.people[index];
            let alive = readings.get(channel).is_none_or(|value| *value > 0.5);
            if was_alive && !alive {
                self.people[index].1 = false;
                let text = format!("{} is dead", channels[channel].owner);
                self.note(Event { time_s: t_s, severity: Severity::Warning, text });
            }
        }
        for index in 0..self.switches.len() {
            let (channel, was_on) = self.switches[index];
            let on = readings.get(channel).is_some_and(|value| *value > 0.5);
            if was_on != on {
                self.switches[index].1 = on;
                let word = if on { "on" } else { "off" };
                let text = format!("{} switched {word}", channels[channel].owner);
                let severity = if on { Severity::Caution } else { Severity::Nominal };
                self.note(Event { time_s: t_s, severity, text });
            }
        }
        if !self.aborted && !habitat.abort_reason().name().is_empty() {
            self.aborted = true;
            let text = format!("mission lost: {}", habitat.abort_reason().words());
            let time_s = habitat.state().mission.abort_s;
            self.note(Event { time_s, severity: Severity::Warning, text });
        }
    }

    fn note(&mut self, event: Event) {
        if self.events.len() < EVENTS_MAX {
            self.events.push(event);
        } else {
            self.events_left_out += 1;
        }
    }
}

impl Watched {
    fn look(&mut self, channel: &Channel, value: f64, t_s: f64) -> Option<Event> {
        let now = channel.standing(value);
        if now == Standing::Nominal {
            if self.standing == Standing::Nominal {
                return None;
            }
            let since_s = *self.calm_since_s.get_or_insert(t_s);
            if t_s - since_s < CALM_S {
                return None;
            }
            self.standing = Standing::Nominal;
            self.calm_since_s = None;
            let text = format!("{} back within its limits", channel.id);
            return Some(Event { time_s: since_s, severity: Severity::Nominal, text });
        }
        self.calm_since_s = None;
        // From a warning down to a caution is no news.
        let worse = now != self.standing && self.standing != Standing::Warning;
        if !worse {
            return None;
        }
        self.standing = now;
        let limits = channel.limits.unwrap_or_default();
        let (severity, word, low, high) = match now {
            Standing::Warning => {
                (Severity::Warning, "warning", limits.warning_low, limits.warning_high)
            }
            _ => (Severity::Caution, "caution", limits.caution_low, limits.caution_high),
        };
        let side = match (low.filter(|low| value < *low), high.filter(|high| value > *high)) {
            (Some(low), _) => format!("below its {word} of {}", shown(low, channel)),
            (_, Some(high)) => format!("above its {word} of {}", shown(high, channel)),
            _ => "not a number".to_owned(),
        };
        let text = format!("{} {side}", channel.id);
        Some(Event { time_s: t_s, severity, text })
    }
}

/// A value in the unit in which people speak of it.
fn shown(value: f64, channel: &Channel) -> String {
    const KILOPASCALS_FROM_PA: f64 = 20e3;
    let (value, digits, unit) = match channel.unit {
        Unit::Pascal if value.abs() < KILOPASCALS_FROM_PA => (value / PA_PER_MMHG, 1, "mmHg"),
        Unit::Pascal => (value * 1e-3, 1, "kPa"),
        Unit::Kelvin => (value - 273.15, 1, "°C"),
        Unit::One => (value * 100.0, 0, "%"),
        unit => (value, 1, unit.symbol()),
    };
    format!("{} {unit}", fixed(value, digits))
}

#[cfg(test)]
mod tests {
    use catalogue::{Limits, ValueKind};

    use super::*;

    fn channel() -> Channel {
        Channel {
            id: "living.air.pp_co2_pa".into(),
            quantity: "CO2".into(),
            unit: Unit::Pascal,
            kind: ValueKind::True,
            limits: Some(Limits {
                caution_high: Some(400.0),
                warning_high: Some(2_000.0),
                ..Limits::default()
            }),
            owner: "living.air".into(),
            source: String::new(),
        }
    }

    #[test]
    fn an_excursion_is_two_events_and_wandering_adds_none() {
        let mut watched = Watched { channel: 0, standing: Standing::Nominal, calm_since_s: None };
        let mut events = Vec::new();
        for row in 0..200 {
            let t_s = 600.0 * f64::from(row);
            let value = match row {
                10..=20 => {
                    if row % 2 == 0 {
                        410.0
                    } else {
                        390.0
                    }
                }
                21 => 2_100.0,
                22 => 1_000.0,
                _ => 300.0,
            };
            events.extend(watched.look(&channel(), value, t_s));
        }
        let texts: Vec<(f64, &str)> = events.iter().map(|e| (e.time_s, e.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                (6_000.0, "living.air.pp_co2_pa above its caution of 3.0 mmHg"),
                (12_600.0, "living.air.pp_co2_pa above its warning of 15.0 mmHg"),
                (13_800.0, "living.air.pp_co2_pa back within its limits"),
            ]
        );
    }

    #[test]
    fn channels_are_found_by_what_stands_beside_them() {
        let mut channels = Vec::new();
        for (owner, quantity) in
            [("a.wpa", "water_kg_s"), ("a.wpa", "filter_used"), ("b.brine", "water_kg_s")]
        {
            channels.push(Channel {
                id: format!("{owner}.{quantity}"),
                owner: owner.into(),
                limits: None,
                ..channel()
            });
        }
        let catalogue = Catalogue::new(channels).unwrap();
        assert_eq!(channels_of(&catalogue, "water_kg_s", ""), [0, 2]);
        assert_eq!(channels_of(&catalogue, "water_kg_s", "filter_used"), [0]);
        assert_eq!(channels_of(&catalogue, "water_kg_s", "!filter_used"), [2]);
        assert!(channels_of(&catalogue, "kg_s", "").is_empty());
    }
}

//! What is counted while a mission runs: extremes of every channel, totals of flows, dark time.

use catalogue::{Catalogue, Channel};
use habitat::Habitat;

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
        Figures {
            spreads: vec![Spread::new(); catalogue.len()],
            totals: totals.into_iter().filter(|total| !total.channels.is_empty()).collect(),
            dark: Dark::new(catalogue),
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
    pub fn decision(&mut self, readings: &[f64]) {
        for (spread, value) in self.spreads.iter_mut().zip(readings) {
            spread.add(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use catalogue::{Unit, ValueKind};

    use super::*;

    fn channel() -> Channel {
        Channel {
            id: "living.air.pp_co2_pa".into(),
            quantity: "CO2".into(),
            unit: Unit::Pascal,
            kind: ValueKind::True,
            limits: None,
            owner: "living.air".into(),
            source: String::new(),
        }
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

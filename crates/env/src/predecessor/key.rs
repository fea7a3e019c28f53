//! Keys of a configuration: type, unit, default and range of each.
//!
//! # Source
//! The predecessor's public code of August 2025, `core/config.py`. Where it sets no upper end, the one here is what a
//! scenario accepts. A configuration that keeps to this table makes a scenario that loads.

use super::error::number;

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// A number within both ends.
    Number {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// A whole number within both ends.
    Whole {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

/// What stands behind a key that the file leaves out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// A number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A text.
    Text(&'static str),
}

/// A key of a configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Its tables and name: `crew.size`.
    pub path: &'static str,
    /// What may stand behind it.
    pub allowed: Allowed,
    /// What counts where it is left out.
    pub fallback: Fallback,
    /// Unit; empty for a pure number and for what is none.
    pub unit: &'static str,
}

impl Key {
    /// The range in words.
    #[must_use]
    pub fn words(&self) -> String {
        let space = if self.unit.is_empty() { "" } else { " " };
        let range = |low: f64, high: f64| {
            format!("{} to {}{space}{}", number(low), number(high), self.unit)
        };
        match self.allowed {
            Allowed::Number { low, high } => range(low, high),
            Allowed::Whole { low, high } => format!("a whole number, {}", range(low, high)),
            Allowed::Flag => "true or false".to_owned(),
            Allowed::Word(words) => super::error::quoted(words.iter().copied()),
            Allowed::Text => "a text in quotes".to_owned(),
        }
    }
}

const fn value(path: &'static str, unit: &'static str, default: f64, low: f64, high: f64) -> Key {
    Key { path, allowed: Allowed::Number { low, high }, fallback: Fallback::Number(default), unit }
}

const fn whole(path: &'static str, unit: &'static str, default: f64, low: f64, high: f64) -> Key {
    Key { path, allowed: Allowed::Whole { low, high }, fallback: Fallback::Number(default), unit }
}

const fn flag(path: &'static str) -> Key {
    Key { path, allowed: Allowed::Flag, fallback: Fallback::Flag(true), unit: "" }
}

const fn text(path: &'static str, default: &'static str) -> Key {
    Key { path, allowed: Allowed::Text, fallback: Fallback::Text(default), unit: "" }
}

const fn word(path: &'static str, default: &'static str, words: &'static [&'static str]) -> Key {
    Key { path, allowed: Allowed::Word(words), fallback: Fallback::Text(default), unit: "" }
}

/// Longest reserve, h: that of the longest mission.
const RESERVE_MAX_H: f64 = 24_000.0;
/// Longest step of the predecessor's solvers, s.
const STEP_MAX_S: f64 = 86_400.0;

const MISSIONS: &[&str] = &[
    "nominal_operations",
    "nominal_30_day_mission",
    "solar_panel_degradation",
    "micrometeorite_strike",
    "crew_medical_emergency",
    "dust_storm_survival",
    "equipment_cascade_failure",
];

/// Every key but `scenario.events`, in the order of the report.
pub const KEYS: &[Key] = &[
    text("name", "nasa_reference_habitat"),
    word("scenario.name", "nominal_operations", MISSIONS),
    word("scenario.difficulty", "nominal", &["easy", "nominal", "hard", "extreme"]),
    whole("scenario.duration_days", "d", 30.0, 1.0, 1_000.0),
    text("scenario.location", "lunar_south_pole"),
    text("scenario.external_temp_profile", "14_day_lunar_cycle"),
    value("scenario.dust_level", "", 0.1, 0.0, 1.0),
    value("scenario.micrometeorite_rate", "1/d", 1e-6, 0.0, 1e6),
    whole("crew.size", "people", 4.0, 1.0, 12.0),
    value("crew.health_variance", "", 0.05, 0.0, 1.0),
    value("crew.stress_sensitivity", "", 0.3, 0.0, 1.0),
    value("crew.productivity_base", "", 0.9, 0.0, 1.0),
    value("crew.metabolic_rate", "W", 100.0, 50.0, 200.0),
    value("volume", "m3", 200.0, 10.0, 1e5),
    value("pressure_nominal", "kPa", 101.3, 50.0, 120.0),
    value("o2_nominal", "kPa", 21.3, 16.0, 30.0),
    value("n2_nominal", "kPa", 79.0, 60.0, 85.0),
    value("co2_limit", "kPa", 0.4, 0.1, 1.0),
    value("temp_nominal", "degC", 22.5, 18.0, 28.0),
    value("temp_tolerance", "K", 3.0, 1.0, 5.0),
    value("fan_power", "W", 100.0, 50.0, 500.0),
    value("heater_capacity", "W", 3_000.0, 1_000.0, 1e5),
    value("solar_capacity", "kW", 10.0, 1.0, 1e4),
    value("battery_capacity", "kWh", 50.0, 10.0, 1e6),
    value("fuel_cell_capacity", "kW", 5.0, 0.0, 1e4),
    value("emergency_power_reserve", "h", 48.0, 12.0, RESERVE_MAX_H),
    value("emergency_o2_reserve", "h", 72.0, 24.0, RESERVE_MAX_H),
    value("water_storage", "L", 1_000.0, 100.0, 1e6),
    value("recycling_efficiency", "", 0.93, 0.8, 0.99),
    value("pump_efficiency", "", 0.85, 0.7, 0.95),
    flag("physics.thermal_enabled"),
    flag("physics.fluid_enabled"),
    flag("physics.chemistry_enabled"),
    value("physics.thermal_timestep", "s", 60.0, 1.0, STEP_MAX_S),
    word(
        "physics.thermal_solver",
        "finite_difference",
        &["finite_difference", "finite_element", "spectral"],
    ),
    value("physics.fluid_timestep", "s", 1.0, 0.1, STEP_MAX_S),
    text("physics.turbulence_model", "k_epsilon"),
    value("physics.chemistry_timestep", "s", 1.0, 0.1, STEP_MAX_S),
    text("physics.reaction_database", "nist"),
];

/// Tables of a configuration.
pub(super) const TABLES: [&str; 3] = ["crew", "physics", "scenario"];

#[cfg(test)]
mod tests {
    use super::super::names::MISSION_NAMES;
    use super::*;

    #[test]
    fn defaults_are_allowed_and_keys_stand_once() {
        for (place, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..place].iter().all(|earlier| earlier.path != key.path), "{}", key.path);
            let fits = match (key.allowed, key.fallback) {
                (Allowed::Number { low, high }, Fallback::Number(value)) => {
                    (low..=high).contains(&value)
                }
                (Allowed::Whole { low, high }, Fallback::Number(value)) => {
                    (low..=high).contains(&value) && value.fract() == 0.0
                }
                (Allowed::Word(words), Fallback::Text(word)) => words.contains(&word),
                (Allowed::Flag, Fallback::Flag(_)) | (Allowed::Text, Fallback::Text(_)) => true,
                _ => false,
            };
            assert!(fits, "{}", key.path);
        }
    }

    #[test]
    fn missions_are_those_that_have_a_scenario() {
        let names: Vec<&str> = MISSION_NAMES.iter().map(|mission| mission.name).collect();
        assert_eq!(names, MISSIONS);
    }
}

//! Sun, power and heat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults;

/// Array, battery, regenerative fuel cell and the order in which loads are shed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Where the habitat stands.
    pub site: Site,
    /// Area of the array that turns about its mast, m2.
    #[serde(default = "defaults::array_m2")]
    pub array_m2: f64,
    /// Share of the array covered by dust at the start, 0 to 1.
    #[serde(default = "defaults::dust_fraction")]
    pub dust_fraction: f64,
    /// Growth of the dust, share of the bare surface per day.
    #[serde(default)]
    pub dust_fraction_per_day: f64,
    /// Usable energy of the battery, kWh.
    #[serde(default = "defaults::battery_kwh")]
    pub battery_kwh: f64,
    /// Usable charge at the start, 0 to 1.
    #[serde(default = "defaults::one")]
    pub battery_start: f64,
    /// Energy that a full store gives through the fuel cell at 0.8 V, kWh.
    #[serde(default = "defaults::fuel_cell_kwh")]
    pub fuel_cell_kwh: f64,
    /// Largest power of the fuel cell, kW.
    #[serde(default = "defaults::fuel_cell_kw")]
    pub fuel_cell_kw: f64,
    /// Largest power of its electrolyser, kW.
    #[serde(default = "defaults::electrolyser_kw")]
    pub electrolyser_kw: f64,
    /// Hydrogen in the store at the start, share of a full one.
    #[serde(default = "defaults::one")]
    pub store_start: f64,
    /// Steady power of a fission unit, kW.
    #[serde(default)]
    pub fission_kw: f64,
    /// Loads that may be shed, the first one first, as `zone.unit`, `zone.equipment` or `zone.fans`.
    #[serde(default)]
    pub shed_order: Vec<String>,
}

/// Two pumped coolant loops with a horizontal radiator; needs `[power]` for their pumps and its sun.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thermal {
    /// Area of the radiator, m2.
    pub radiator_m2: f64,
    /// Age of its surface, years; absorptance goes from 0.09 to 0.20 in ten.
    pub age_years: f64,
    /// Share of the radiator covered by dust at the start, 0 to 1.
    pub dust_fraction: f64,
    /// Growth of the dust, share of the bare surface per day.
    pub dust_fraction_per_day: f64,
    /// Section of the moderate-temperature loop, share of the radiator, 0 to 1; the rest is the low one's.
    pub moderate_share: f64,
    /// Coolant flow of each loop, kg/s of water.
    pub coolant_kg_s: f64,
    /// Heat capacity of coolant and pipes of each loop, kJ/K.
    pub loop_kj_k: f64,
    /// Temperature that the bypass keeps at the supply of the low-temperature loop, K.
    pub set_point_k: f64,
    /// Temperature that the bypass keeps at the supply of the moderate-temperature loop, K.
    pub moderate_set_point_k: f64,
    /// Power of the pump of each loop, W.
    pub pump_w: f64,
    /// Largest power of the heater of each loop, W.
    pub heater_w: f64,
    /// Conductance from the pipes of each loop to the sink of the radiator, W/K.
    pub pipe_w_k: f64,
}

impl Default for Thermal {
    fn default() -> Self {
        Thermal {
            radiator_m2: 45.0,
            age_years: 0.0,
            dust_fraction: 0.0,
            dust_fraction_per_day: 0.0,
            moderate_share: 0.7,
            coolant_kg_s: 0.15,
            loop_kj_k: 200.0,
            set_point_k: 277.31,
            moderate_set_point_k: 290.0,
            pump_w: 150.0,
            heater_w: 300.0,
            pipe_w_k: 0.2,
        }
    }
}

/// Place on the Moon and phase of its sun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Latitude, degrees, north positive.
    pub latitude_deg: f64,
    /// Hour angle of the sun at the start, turns; 0 is noon.
    #[serde(default)]
    pub hour_phase_turns: f64,
    /// Season at the start, turns; 0 is the equinox before northern summer.
    #[serde(default)]
    pub season_phase_turns: f64,
    /// Horizon around the array.
    #[serde(default)]
    pub horizon: Horizon,
    /// Times of darkness that the horizon does not explain.
    #[serde(default)]
    pub darkness: Vec<Span>,
}

/// Horizon profile around the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// Level ground.
    #[default]
    Flat,
    /// A made-up ridge with the illumination of Connecting Ridge at 2 m: 92.3 % over 19 years.
    SyntheticRidge,
}

/// A span of mission time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Start, hours after mission start.
    pub from_h: f64,
    /// End, hours after mission start.
    pub to_h: f64,
}

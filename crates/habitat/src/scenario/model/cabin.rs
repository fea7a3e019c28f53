//! Where people live: volumes, their air, what flows between them and in from outside, and the stores.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults;

/// Air by what an instrument shows: pressure, dry fractions, temperature, humidity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Atmosphere {
    /// Total pressure, Pa, 0 to 200 000.
    pub pressure_pa: f64,
    /// O2 share of the dry gas, mol/mol.
    pub o2_fraction: f64,
    /// CO2 partial pressure, Pa.
    pub pp_co2_pa: f64,
    /// Temperature, K.
    pub temperature_k: f64,
    /// Relative humidity, 0 to 1.
    pub relative_humidity: f64,
}

impl Default for Atmosphere {
    fn default() -> Self {
        Atmosphere {
            pressure_pa: 101_325.0,
            o2_fraction: 0.21,
            pp_co2_pa: 267.0,
            temperature_k: 295.15,
            relative_humidity: 0.4,
        }
    }
}

/// A pressurised volume, well mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Name; first part of the ids of its channels.
    pub name: String,
    /// Free gas volume, m3.
    pub volume_m3: f64,
    /// Heat capacity of walls and fittings, J/K.
    #[serde(default)]
    pub structure_j_k: f64,
    /// Heat conductance from air to structure, W/K.
    #[serde(default)]
    pub structure_w_k: f64,
    /// Hold the air at this temperature by an ideal thermostat, K; its heat is a ledgered boundary flow.
    #[serde(default)]
    pub isothermal_k: Option<f64>,
    /// Leakage of gas at the standing pressure, share of the gas lost per day.
    #[serde(default)]
    pub leak_fraction_per_day: f64,
    /// A round hole to the surroundings, m across.
    #[serde(default)]
    pub hole_diameter_m: f64,
    /// Discharge coefficient of the hole, 0 to 1.
    #[serde(default = "defaults::discharge_coefficient")]
    pub discharge_coefficient: f64,
    /// Wall that sees the sky and can be holed by meteoroids, m2.
    #[serde(default)]
    pub exposed_m2: f64,
    /// Pressure of the surroundings, Pa; 0 is vacuum.
    #[serde(default)]
    pub surroundings_pa: f64,
    /// Exchange of air with surroundings of the zone's initial composition, share of the volume per day.
    #[serde(default)]
    pub surroundings_exchange_per_day: f64,
    /// Pressure at which the relief valve opens, Pa above the surroundings; none if absent.
    #[serde(default)]
    pub relief_pa: Option<f64>,
    /// Air at the start, if it differs from the scenario's.
    #[serde(default)]
    pub atmosphere: Option<Atmosphere>,
    /// Equipment that is always on, W of electric power.
    #[serde(default)]
    pub equipment_w: f64,
    /// Share of that heat that goes to the air; the rest goes to cold plates.
    #[serde(default = "defaults::one")]
    pub equipment_air_fraction: f64,
    /// Heat capacity of the equipment on cold plates, J/K; counts with `[thermal]`.
    #[serde(default = "defaults::equipment_j_k")]
    pub equipment_j_k: f64,
    /// Conductance from that equipment to the moderate-temperature loop, W/K.
    #[serde(default = "defaults::plate_w_k")]
    pub plate_w_k: f64,
    /// Fans of the zone, W; all of it heats the air.
    #[serde(default)]
    pub fan_w: f64,
    /// Largest power of an electric air heater, W; none at 0.
    #[serde(default)]
    pub heater_w: f64,
    /// Air temperature that the heater keeps at the start, K.
    #[serde(default = "defaults::heater_set_k")]
    pub heater_set_k: f64,
    /// Wall that lies under regolith, m2; needs `structure_j_k`.
    #[serde(default)]
    pub cover_m2: f64,
    /// Thickness of that regolith, m.
    #[serde(default = "defaults::cover_depth_m")]
    pub cover_depth_m: f64,
    /// Temperature of the ground on its other side, K.
    #[serde(default = "defaults::ground_k")]
    pub ground_k: f64,
    /// Trace gases given off by materials.
    #[serde(default)]
    pub offgassing: Offgassing,
}

/// Trace gas given off by materials and equipment, kg per day.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Offgassing {
    /// Methane, kg/d.
    pub ch4_kg_d: f64,
    /// Hydrogen, kg/d.
    pub h2_kg_d: f64,
    /// Carbon monoxide, kg/d.
    pub co_kg_d: f64,
    /// Ammonia, kg/d.
    pub nh3_kg_d: f64,
}

/// A fan that exchanges air between two zones through an open hatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ventilation {
    /// One zone.
    pub from: String,
    /// The other zone.
    pub to: String,
    /// Air moved each way, m3/h.
    pub flow_m3_h: f64,
    /// Volume flow through the opening per pressure difference, m3/s/Pa; it levels the pressures.
    #[serde(default = "defaults::hatch_m3_s_pa")]
    pub hatch_m3_s_pa: f64,
}

/// Substances a prescribed flow may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Gaseous oxygen, kg/d.
    O2,
    /// Gaseous carbon dioxide, kg/d.
    Co2,
    /// Gaseous nitrogen, kg/d.
    N2,
    /// Water vapour, kg/d.
    H2o,
    /// Heat, W.
    Heat,
    /// Crop gas exchange: the rate is kg/d of CO2 taken up; O2 in equal moles is given back.
    Crop,
}

/// A prescribed flow into one zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceTerm {
    /// Name that no other source term has, by which errors speak of it.
    pub name: String,
    /// Zone that receives it.
    pub zone: String,
    /// What flows.
    pub kind: SourceKind,
    /// Rates one after the other without a hole, the last one to the end of the mission.
    pub schedule: Vec<Rate>,
}

/// A constant rate up to a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Start, hours after mission start; the first is 0.
    pub from_h: f64,
    /// End, hours after mission start; the next rate starts here.
    pub to_h: f64,
    /// Mass flow, kg/d; negative takes gas away. For gases and crops.
    #[serde(default)]
    pub kg_d: f64,
    /// Heat flow, W. For heat.
    #[serde(default)]
    pub w: f64,
}

/// Contents and capacities of tanks and stores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stores {
    /// Oxygen in the tank, kg.
    pub o2_kg: f64,
    /// Nitrogen in the tank, kg.
    pub n2_kg: f64,
    /// Potable water, kg.
    pub potable_kg: f64,
    /// Capacity for potable water, kg.
    pub potable_capacity_kg: f64,
    /// Condensate and hygiene waste water, kg.
    pub condensate_kg: f64,
    /// Capacity for condensate, kg.
    pub condensate_capacity_kg: f64,
    /// Urine with its solids, kg.
    pub urine_kg: f64,
    /// Capacity for urine, kg.
    pub urine_capacity_kg: f64,
    /// Brine with its solids, kg.
    pub brine_kg: f64,
    /// Capacity for brine, kg.
    pub brine_capacity_kg: f64,
    /// Dry food, kg.
    pub food_dry_kg: f64,
    /// Water in food per dry food, kg/kg.
    pub food_water_ratio: f64,
    /// Temperature at which liquids are kept and gases are delivered, K.
    pub temperature_k: f64,
}

impl Default for Stores {
    fn default() -> Self {
        Stores {
            o2_kg: 40.0,
            n2_kg: 60.0,
            potable_kg: 300.0,
            potable_capacity_kg: 400.0,
            condensate_kg: 10.0,
            condensate_capacity_kg: 100.0,
            urine_kg: 2.0,
            urine_capacity_kg: 40.0,
            brine_kg: 2.0,
            brine_capacity_kg: 45.0,
            food_dry_kg: 130.0,
            food_water_ratio: 0.95,
            temperature_k: 298.15,
        }
    }
}

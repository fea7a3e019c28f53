//! The machines of air and water.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults;

/// Atmosphere control and supply: makes up nitrogen and oxygen from tanks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acs {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it feeds and measures.
    pub zone: String,
    /// Total pressure kept by nitrogen, Pa.
    pub p_total_pa: f64,
    /// O2 partial pressure kept by tank oxygen, Pa.
    pub pp_o2_pa: f64,
    /// Half-width of the dead band, share of the set-point.
    #[serde(default = "defaults::dead_band")]
    pub dead_band: f64,
    /// Largest flow of either gas, kg/h.
    #[serde(default = "defaults::acs_kg_h")]
    pub flow_max_kg_h: f64,
}

/// Oxygen generator: PEM water electrolysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oga {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone that receives the oxygen.
    pub zone: String,
    /// Production at start, kg/d.
    pub o2_kg_d: f64,
    /// Largest production, kg/d.
    #[serde(default = "defaults::oga_max_kg_d")]
    pub o2_max_kg_d: f64,
    /// Power of controller and pumps, always on, W.
    #[serde(default = "defaults::oga_standby_w")]
    pub standby_w: f64,
    /// Share of its heat that goes to the air; the rest goes to coolant.
    #[serde(default = "defaults::tenth")]
    pub air_heat_fraction: f64,
}

/// Four-bed carbon dioxide removal: two desiccant beds, two zeolite 5A beds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cdra {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it cleans.
    pub zone: String,
    /// Condensing heat exchanger whose outlet it draws from; cabin air if absent.
    #[serde(default)]
    pub ccaa: Option<String>,
    /// Running at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Send the removed CO2 to the reducer's accumulator; to vacuum if false.
    #[serde(default)]
    pub feed_reducer: bool,
    /// Length of a half-cycle, min.
    #[serde(default = "defaults::half_cycle_min")]
    pub half_cycle_min: f64,
    /// Time at the start of desorption in which bed gas is pumped back to the cabin, min.
    #[serde(default = "defaults::air_save_min")]
    pub air_save_min: f64,
    /// Blower flow at its inlet, m3/h.
    #[serde(default = "defaults::cdra_flow_m3_h")]
    pub flow_m3_h: f64,
    /// Axial cells of each zeolite 5A bed, 10 to 40.
    #[serde(default = "defaults::cdra_cells")]
    pub cells: usize,
    /// Coolant at the precooler, K.
    #[serde(default = "defaults::coolant_k")]
    pub coolant_k: f64,
}

/// Sabatier reducer with its CO2 accumulator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sabatier {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it stands in; first part of the ids of its channels. Its heat goes to coolant.
    pub zone: String,
    /// Running at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Feed ratio, mol H2 per mol CO2, 2 to 8; 4 is stoichiometric.
    #[serde(default = "defaults::h2_co2_ratio")]
    pub h2_co2_ratio: f64,
    /// Conversion of the lean reactant, 0 to 1.
    #[serde(default = "defaults::sabatier_conversion")]
    pub conversion: f64,
}

/// Cabin air assembly: fan, bypass valve, condensing heat exchanger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ccaa {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it cools.
    pub zone: String,
    /// Running at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Air flow of the fan, m3/s.
    #[serde(default = "defaults::ccaa_flow_m3_s")]
    pub flow_m3_s: f64,
    /// Coolant flow, kg/s.
    #[serde(default = "defaults::ccaa_coolant_kg_s")]
    pub coolant_kg_s: f64,
    /// Coolant at the inlet, K.
    #[serde(default = "defaults::coolant_k")]
    pub coolant_k: f64,
    /// Cabin temperature that the bypass valve keeps, K.
    pub set_point_k: f64,
    /// Fan power at 101.325 kPa, W; it goes with density.
    #[serde(default = "defaults::ccaa_fan_w")]
    pub fan_w: f64,
}

/// Trace contaminant control: charcoal bed and catalytic oxidiser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tccs {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it cleans.
    pub zone: String,
    /// Running at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
}

/// A stock of lithium hydroxide canisters with one holder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lioh {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it cleans.
    pub zone: String,
    /// Lithium hydroxide at start, kg.
    pub lioh_kg: f64,
    /// Air flow through the canister, m3/h.
    #[serde(default = "defaults::lioh_flow_m3_h")]
    pub flow_m3_h: f64,
}

/// A stock of sodium chlorate candles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candle {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone that receives the oxygen.
    pub zone: String,
    /// Candles at start.
    pub count: u32,
    /// Sodium chlorate in one candle, kg.
    #[serde(default = "defaults::candle_kg")]
    pub naclo3_kg: f64,
    /// Time that one candle burns, min.
    #[serde(default = "defaults::candle_min")]
    pub burn_min: f64,
}

/// Water processor: waste water to potable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wpa {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it stands in.
    pub zone: String,
    /// May run at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Throughput, kg/h.
    #[serde(default = "defaults::wpa_kg_h")]
    pub rate_kg_h: f64,
    /// Throughput that a fresh set of filters lasts, kg.
    #[serde(default = "defaults::filter_life_kg")]
    pub filter_life_kg: f64,
}

/// Urine processor: vapour-compression distillation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upa {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone it stands in.
    pub zone: String,
    /// May run at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Throughput averaged over its on/off pattern, kg/d.
    #[serde(default = "defaults::upa_kg_d")]
    pub rate_kg_d: f64,
    /// Share of the water in urine that is distilled, 0 to 1.
    #[serde(default = "defaults::upa_recovery")]
    pub recovery: f64,
}

/// Brine processor: water leaves brine through membranes into the cabin air.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrineProcessor {
    /// Name; part of channel ids.
    pub name: String,
    /// Zone whose air takes the water.
    pub zone: String,
    /// May run at start.
    #[serde(default = "defaults::yes")]
    pub on: bool,
    /// Volume of one batch, kg of brine.
    #[serde(default = "defaults::brine_batch_kg")]
    pub batch_kg: f64,
    /// Time of one batch, days.
    #[serde(default = "defaults::brine_batch_d")]
    pub batch_d: f64,
}

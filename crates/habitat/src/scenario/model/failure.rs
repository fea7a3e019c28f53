//! What goes wrong: failures of units and faults of instruments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often units fail, which failures are placed, and what repair takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Failure rate as a multiple of the field rate; 0 for placed failures alone.
    pub rate_factor: f64,
    /// Spares of each unit.
    pub spares: u32,
    /// Crew-hours of a repair.
    pub repair_h: f64,
    /// Crew-hours for repair in a week.
    pub crew_h_per_week: f64,
    /// Failures at given times.
    #[serde(rename = "event")]
    pub events: Vec<FaultEvent>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            rate_factor: 1.0,
            spares: 1,
            repair_h: 6.0,
            crew_h_per_week: 14.0,
            events: Vec::new(),
        }
    }
}

/// A failure at a given time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultEvent {
    /// The unit, as `zone.unit`, `zone.hull`, `zone.fans`, `stores.o2_tank` or `habitat.array`.
    pub unit: String,
    /// When, hours after mission start. It strikes a unit that has failed then in the first step after its repair; holes,
    /// dead strings and dust do not wait.
    pub at_h: f64,
    /// What goes wrong; not every unit knows every mode.
    #[serde(default)]
    pub mode: FaultMode,
    /// Hole that a hull gets, mm across.
    #[serde(default)]
    pub hole_mm: Option<f64>,
    /// Share of an array that dies, or of a surface that dust covers, 0 to 1; a tenth if absent.
    #[serde(default)]
    pub amount: Option<f64>,
}

/// What goes wrong with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultMode {
    /// Half of it is left.
    Degraded,
    /// Nothing is left.
    #[default]
    Failed,
    /// Commands do not arrive, valves stay where they are.
    Stuck,
    /// It loses some of what it handles.
    Leaking,
    /// Commands arrive late.
    Slow,
    /// Dust falls on a surface.
    Dusty,
}

/// How much instruments err, how often they fail, and which faults are placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sensors {
    /// Noise, bias and drift as a multiple of the nominal ones.
    pub error_factor: f64,
    /// Failure rate as a multiple of the field rate; 0 for placed faults alone.
    pub rate_factor: f64,
    /// Time between two samples, s; that between two decisions if absent.
    pub sample_s: Option<f64>,
    /// Faults at given times.
    #[serde(rename = "event")]
    pub events: Vec<SensorEvent>,
}

impl Default for Sensors {
    fn default() -> Self {
        Sensors { error_factor: 1.0, rate_factor: 1.0, sample_s: None, events: Vec::new() }
    }
}

/// A fault of an instrument at a given time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SensorEvent {
    /// The channel it measures, for example `living.air.pp_co2_pa`.
    pub sensor: String,
    /// When, hours after mission start.
    pub at_h: f64,
    /// What goes wrong.
    pub mode: SensorMode,
    /// Offset of a bias, in the unit of the channel.
    #[serde(default)]
    pub offset: Option<f64>,
}

/// What goes wrong with an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SensorMode {
    /// It shows what it showed last.
    Stuck,
    /// It shows nothing.
    DropOut,
    /// An offset is added.
    Bias,
}

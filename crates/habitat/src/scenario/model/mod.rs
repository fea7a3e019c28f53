//! The scenario file as data: every key a user may write, its unit in the key's name, its default.
//!
//! Two shapes of one thing are kept apart on purpose: this is what a person writes; what the step
//! runs on is the compiled [`crate::Plan`].

mod cabin;
mod crew;
mod defaults;
mod energy;
mod failure;
mod unit;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cabin::{Atmosphere, Offgassing, Rate, SourceKind, SourceTerm, Stores, Ventilation, Zone};
pub use crew::{Activity, Block, CrewHabits, CrewMember, Illness, Sex};
pub use energy::{Horizon, Power, Site, Span, Thermal};
pub use failure::{FaultEvent, FaultMode, Faults, SensorEvent, SensorMode, Sensors};
pub use unit::{Acs, BrineProcessor, Candle, Ccaa, Cdra, Lioh, Oga, Sabatier, Tccs, Upa, Wpa};

/// A scenario: a habitat, its crew and what happens to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the scenario format; this release reads 1.
    pub schema: u32,
    /// Short name, as used on the command line.
    pub name: String,
    /// One sentence for people.
    #[serde(default)]
    pub title: String,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
    /// Length of the mission, in days of 86 400 s.
    pub duration_days: f64,
    /// Length of a step, in seconds; divides `decision_s`.
    #[serde(default = "defaults::dt_s")]
    pub dt_s: f64,
    /// Time between two decisions of the controller, in seconds.
    #[serde(default = "defaults::decision_s")]
    pub decision_s: f64,
    /// Air that every zone starts with, unless the zone says otherwise.
    #[serde(default)]
    pub atmosphere: Atmosphere,
    /// Pressurised volumes, one to sixteen.
    #[serde(rename = "zone")]
    pub zones: Vec<Zone>,
    /// Air exchanged between two zones.
    #[serde(default, rename = "ventilation")]
    pub ventilation: Vec<Ventilation>,
    /// Prescribed flows of gas or heat into a zone from outside the model.
    #[serde(default, rename = "source_term")]
    pub source_terms: Vec<SourceTerm>,
    /// The people.
    #[serde(default, rename = "crew")]
    pub crew: Vec<CrewMember>,
    /// Habits that all people share.
    #[serde(default)]
    pub crew_habits: CrewHabits,
    /// Tanks and stores.
    #[serde(default)]
    pub stores: Stores,
    /// Pressure and oxygen make-up.
    #[serde(default, rename = "acs")]
    pub acs: Vec<Acs>,
    /// Oxygen generators.
    #[serde(default, rename = "oga")]
    pub oga: Vec<Oga>,
    /// Carbon dioxide removal units.
    #[serde(default, rename = "cdra")]
    pub cdra: Vec<Cdra>,
    /// Carbon dioxide reducers.
    #[serde(default, rename = "sabatier")]
    pub sabatier: Vec<Sabatier>,
    /// Condensing heat exchangers.
    #[serde(default, rename = "ccaa")]
    pub ccaa: Vec<Ccaa>,
    /// Trace contaminant control units.
    #[serde(default, rename = "tccs")]
    pub tccs: Vec<Tccs>,
    /// Backup lithium hydroxide canisters.
    #[serde(default, rename = "lioh")]
    pub lioh: Vec<Lioh>,
    /// Backup oxygen candles.
    #[serde(default, rename = "candle")]
    pub candles: Vec<Candle>,
    /// Water processors.
    #[serde(default, rename = "wpa")]
    pub wpa: Vec<Wpa>,
    /// Urine processors.
    #[serde(default, rename = "upa")]
    pub upa: Vec<Upa>,
    /// Brine processors.
    #[serde(default, rename = "brine_processor")]
    pub brine_processors: Vec<BrineProcessor>,
    /// Power system; without it electric power is unlimited and comes from outside.
    #[serde(default)]
    pub power: Option<Power>,
    /// Coolant loops and radiator; without them coolant arrives at each unit's own prescribed temperature.
    #[serde(default)]
    pub thermal: Option<Thermal>,
    /// Failures and repair; without it nothing fails.
    #[serde(default)]
    pub faults: Option<Faults>,
    /// Errors and faults of instruments; without it every instrument shows the truth.
    #[serde(default)]
    pub sensors: Option<Sensors>,
    /// Numbers drawn anew for every episode.
    #[serde(default)]
    pub vary: Vec<Vary>,
    /// What the telemetry file shows beside the channels themselves.
    #[serde(default)]
    pub telemetry: Telemetry,
}

impl Scenario {
    /// Read instruments at each step, where the scenario does not say how often: people look on who have to be told of a failure
    /// within minutes. Left alone, they are read once a decision.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::scenario;
    /// let watched = scenario::load("artemis-30d")?.scenario.read_each_step();
    /// assert_eq!(watched.sensors.unwrap().sample_s, Some(60.0));
    /// # Ok::<(), scenario::ScenarioError>(())
    /// ```
    #[must_use]
    pub fn read_each_step(mut self) -> Scenario {
        let step_s = self.dt_s;
        if let Some(sensors) = &mut self.sensors {
            sensors.sample_s.get_or_insert(step_s);
        }
        self
    }
}

/// A number that is drawn for every episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vary {
    /// Path of the number, elements of lists by their name: `zone.living.volume_m3`.
    pub key: String,
    /// Lowest value, in the unit of the key.
    pub low: f64,
    /// Highest value.
    pub high: f64,
}

/// What the telemetry file shows beside the channels themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Additional columns.
    #[serde(rename = "column")]
    pub columns: Vec<TelemetryColumn>,
}

/// A channel, or the time, shown under another name in another unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelemetryColumn {
    /// Name of the column.
    pub name: String,
    /// Channel id, or `time_s` for the time since the start.
    pub channel: String,
    /// Display unit, for example `torr`, `c`, `kg_d`, `h`.
    pub unit: String,
    /// Added after conversion, in the display unit.
    #[serde(default)]
    pub offset: f64,
}

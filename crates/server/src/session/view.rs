//! What is told of a session.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{ControllerName, DifficultyName, ScenarioName};
/// How its controller's decisions come into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// At once.
    Auto,
    /// An operator accepts or overrides each.
    Advisory,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It waits for steps or for a rate.
    Paused,
    /// It runs at its rate.
    Running,
    /// Its mission is over.
    Ended,
    /// Something is broken, see `reason`.
    Failed,
}

/// What a session is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Name of a shipped scenario.
    #[schema(value_type = ScenarioName)]
    pub scenario: String,
    /// `easy`, `nominal`, `hard` or `extreme`.
    #[serde(default)]
    #[schema(value_type = Option<DifficultyName>)]
    pub difficulty: Option<String>,
    /// Seed of every random draw.
    #[serde(default, deserialize_with = "crate::api::whole")]
    #[schema(format = "uint64")]
    pub seed: u64,
    /// `random`, `hold`, `rules` or `mpc`.
    #[serde(default = "rules")]
    #[schema(value_type = ControllerName)]
    pub controller: String,
    /// Mission seconds in a second; 0 to begin paused.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub rate: f64,
    /// A name for people, 1 to 100 characters.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: Option<String>,
    /// Whether decisions wait for an operator.
    #[serde(default)]
    pub advisory: bool,
    /// Length of the mission in days instead of the scenario's.
    #[serde(default)]
    #[schema(exclusive_minimum = 0, maximum = 3653)]
    pub days: Option<f64>,
}

fn rules() -> String {
    "rules".to_owned()
}

/// Open alarms by priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct AlarmCount {
    /// Critical ones.
    pub critical: usize,
    /// High ones.
    pub high: usize,
    /// Medium ones.
    pub medium: usize,
    /// Low ones.
    pub low: usize,
    /// Of all these, those nobody has acknowledged.
    pub unacknowledged: usize,
}

/// A session as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct View {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Scenario.
    pub scenario: String,
    /// Difficulty.
    pub difficulty: String,
    /// Seed.
    #[schema(format = "uint64")]
    pub seed: u64,
    /// Who commands it.
    pub controller: String,
    /// How decisions come into force.
    pub mode: Mode,
    /// What it is doing.
    pub status: Status,
    /// Mission seconds in a second, while it runs.
    pub rate: f64,
    /// Mission time, s.
    pub t_s: f64,
    /// Length of a step, s.
    pub dt_s: f64,
    /// Time between two decisions, s.
    pub decision_s: f64,
    /// Length of the mission, d.
    pub days: f64,
    /// UTC of mission time 0, ms since 1970.
    pub epoch_ms: i64,
    /// People at the start.
    pub crew_size: usize,
    /// People alive.
    pub crew_alive: usize,
    /// Whether the mission succeeded; null while it goes on.
    pub success: Option<bool>,
    /// Why it is lost, if it is.
    pub abort_reason: Option<String>,
    /// Open alarms.
    pub alarms: AlarmCount,
    /// Set-points that operators hold, by channel.
    pub held: std::collections::BTreeMap<String, f64>,
    /// When the session was made, ms since 1970.
    pub created_ms: i64,
    /// Why it failed, if it has.
    pub reason: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventView {
    /// Mission time, s.
    pub t_s: f64,
    /// Kind.
    pub kind: String,
    /// `advisory`, `caution`, `warning` or `emergency`.
    pub severity: String,
    /// Who tells it.
    pub source: String,
    /// One sentence.
    pub text: String,
}

impl EventView {
    /// A recorded event.
    pub fn of(event: &store::Event) -> EventView {
        EventView {
            t_s: event.time_us as f64 / 1e6,
            kind: event.kind.clone(),
            severity: event.severity.name().to_owned(),
            source: event.source.clone(),
            text: event.text.clone(),
        }
    }
}

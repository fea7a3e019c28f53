use serde::{Deserialize, Serialize};

use super::{Bound, Priority, Shelving, State};

/// An alarm as people see it in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Alarm))]
pub struct Active {
    /// Id, by which it is acknowledged and shelved.
    pub id: String,
    /// Its channel.
    pub channel: String,
    /// The quantity of the channel, in words.
    pub quantity: String,
    /// What about the channel.
    pub bound: Bound,
    /// Its state.
    pub state: State,
    /// How soon somebody has to act.
    pub priority: Priority,
    /// Since when it is in this state, s of mission time.
    pub since_s: f64,
    /// When its last excursion began, s of mission time.
    pub raised_s: Option<f64>,
    /// The last value of its channel; none where the instrument is silent or no sample came yet.
    pub value: Option<f64>,
    /// The limit; none for a silent instrument.
    pub limit: Option<f64>,
    /// Symbol of the unit of both.
    pub unit: String,
    /// Its group.
    pub group: String,
    /// It was the first of its group.
    pub first_out: bool,
    /// Whether its instrument has been silent for long: a value from before then stands for nothing.
    pub is_silent: bool,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// Who put it aside, why, until when.
    pub shelving: Option<Shelving>,
    /// What about its channel, in one line; the state stands beside it.
    pub text: String,
}

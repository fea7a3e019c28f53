use serde::{Deserialize, Serialize};

use super::Priority;

/// The state of an alarm, as ISA-18.2 tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmState))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Inside the limit, and nothing is left to acknowledge.
    Normal,
    /// Past the limit, and nobody has acknowledged it.
    Unacknowledged,
    /// Past the limit, and somebody knows.
    Acknowledged,
    /// Back inside the limit before anybody acknowledged it.
    Returned,
    /// Put aside by somebody.
    Shelved,
    /// Past the limit and held back, because a flood of alarms is under way.
    Suppressed,
    /// Not in alarm, but the instrument is silent: nothing is known.
    BadQuality,
}

impl State {
    /// Name in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Normal => "normal",
            State::Unacknowledged => "unacknowledged",
            State::Acknowledged => "acknowledged",
            State::Returned => "returned to normal, unacknowledged",
            State::Shelved => "shelved",
            State::Suppressed => "suppressed in a flood",
            State::BadQuality => "of bad quality",
        }
    }

    /// Whether people see it in the list of alarms.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, State::Normal | State::BadQuality)
    }
}

/// Who put an alarm aside, why, and until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmShelving))]
pub struct Shelving {
    /// Who.
    pub who: String,
    /// Why, in words.
    pub why: String,
    /// When it began, s of mission time.
    pub since_s: f64,
    /// When it ends by itself, s of mission time.
    pub until_s: f64,
}

/// What moved an alarm from one state to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmCause))]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A sample.
    Sample,
    /// Somebody acknowledged it.
    Acknowledged {
        /// Who.
        who: String,
    },
    /// Somebody shelved it.
    Shelved(Shelving),
    /// Somebody took it off the shelf.
    Unshelved {
        /// Who.
        who: String,
    },
    /// Its time on the shelf is over.
    Expired,
    /// The flood in which it was held back is over.
    FloodOver,
}

/// A change of the state of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmTransition))]
pub struct Transition {
    /// Number of the transition, from 1, without gaps, across snapshots.
    pub sequence: u64,
    /// When, s of mission time.
    pub t_s: f64,
    /// Id of the alarm.
    pub alarm: String,
    /// Before.
    pub from: State,
    /// After.
    pub to: State,
    /// How soon somebody has to act.
    pub priority: Priority,
    /// It is the first alarm of its group since the group was quiet.
    pub first_out: bool,
    /// Value of the channel at the time, none where the instrument is silent.
    pub value: Option<f64>,
    /// What moved it.
    pub cause: Cause,
    /// One line for people.
    pub text: String,
}

use thiserror::Error;

/// What can go wrong while a habitat is watched.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum WatchError {
    /// No alarm carries the id.
    #[error(
        "there is no alarm `{0}`; ids are `channel:bound`, as in `living.air.sensed_pp_co2_pa:caution_high`"
    )]
    UnknownAlarm(String),
    /// A command does not fit the state that the alarm is in.
    #[error("alarm `{id}` cannot be {verb}: it is {found}; allowed: {allowed}")]
    State {
        /// Which alarm.
        id: String,
        /// What was asked for: acknowledged, shelved, unshelved.
        verb: &'static str,
        /// The state that it is in.
        found: &'static str,
        /// What it would have to be.
        allowed: &'static str,
    },
    /// A value is out of its range.
    #[error("{place}: {quantity} is {found}; allowed: {allowed}")]
    Range {
        /// Alarm, channel or key.
        place: String,
        /// What it is about.
        quantity: &'static str,
        /// What was given.
        found: String,
        /// What may be given.
        allowed: String,
    },
    /// A safety limit would be loosened.
    #[error(
        "`{id}`: {quantity} of a safety limit is {declared} and may be tightened only; found: {found}"
    )]
    Loosened {
        /// Which alarm.
        id: String,
        /// Value, hysteresis, delay or priority.
        quantity: &'static str,
        /// What stands in the catalogue or by default.
        declared: String,
        /// What was asked for.
        found: String,
    },
    /// A file of overrides is no TOML, has unknown keys or values of another kind.
    #[error("{0}")]
    Overrides(String),
    /// A file of overrides is for another scenario.
    #[error("these overrides are for the scenario `{named}`, not for `{found}`")]
    OtherScenario {
        /// The scenario that the file names.
        named: String,
        /// The scenario that they were to be used for.
        found: String,
    },
    /// A channel that overrides name is not measured.
    #[error(
        "overrides name the channel `{0}`, which no instrument shows; alarms live on sensed channels"
    )]
    NotSensed(String),
    /// Telemetry cannot be sent as it is asked for.
    #[error("telemetry cannot be sent: {0}")]
    Export(String),
    /// A snapshot has an open alarm that the plan does not know.
    #[error("the snapshot has the open alarm `{0}`, which the plan does not declare")]
    LostAlarm(String),
}

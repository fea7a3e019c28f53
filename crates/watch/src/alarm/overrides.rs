use serde::{Deserialize, Serialize};

use super::{Bound, FloodSettings, Priority};
use crate::WatchError;

/// What a file changes in a plan of alarms.
///
/// # Format
/// TOML; unknown keys are refused. Every key may be left out.
/// ```toml
/// scenario = "artemis-30d"
/// longest_shelving_s = 28800.0
/// silent_after_s = 900.0
///
/// [flood]
/// begins_above = 10
///
/// [[alarm]]
/// channel = "living.air.sensed_pp_co2_pa"
/// bound = "caution_high"
/// limit = 350.0
/// on_delay_s = 120.0
/// ```
///
/// # Examples
/// ```
/// use lunar_habitat_watch::alarm::Overrides;
/// let text = "scenario = \"artemis-30d\"\n[[alarm]]\nchannel = \"a.b.sensed_c_pa\"\nbound = \"caution_high\"\nlimit = 350.0\n";
/// let overrides = Overrides::parse(text)?;
/// assert_eq!(overrides.alarms.len(), 1);
/// assert!(overrides.fits("artemis-30d").is_ok() && overrides.fits("cabin-30d").is_err());
/// assert!(Overrides::parse("[flod]\n").is_err());
/// # Ok::<(), lunar_habitat_watch::WatchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// The scenario whose channels they name; none for any. [`Overrides::fits`] refuses another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Longest time on the shelf, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_shelving_s: Option<f64>,
    /// Time for which an instrument may show nothing before its silence is an alarm, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_after_s: Option<f64>,
    /// Floods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flood: Option<FloodSettings>,
    /// Alarms that change or are added.
    #[serde(rename = "alarm", skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmOverride>,
}

/// What changes about one alarm. A bound that the catalogue does not declare is added and needs a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmOverride {
    /// Id of its channel.
    pub channel: String,
    /// Which bound of it.
    pub bound: Bound,
    /// The limit, in the unit of the channel. That of a safety limit moves inward only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Hysteresis, in the unit of the channel, ≥ 0. That of a safety limit gets wider only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadband: Option<f64>,
    /// Time past the limit before it is raised, s, 0 to 86 400. That of a safety limit gets shorter only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delay_s: Option<f64>,
    /// Time back inside before it goes, s, 0 to 86 400. That of a safety limit gets longer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_delay_s: Option<f64>,
    /// Priority. That of a safety limit rises only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Group of its first-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl AlarmOverride {
    /// No change yet of one alarm.
    #[must_use]
    pub fn of(channel: &str, bound: Bound) -> AlarmOverride {
        AlarmOverride {
            channel: channel.to_owned(),
            bound,
            limit: None,
            deadband: None,
            on_delay_s: None,
            off_delay_s: None,
            priority: None,
            group: None,
        }
    }
}

impl Overrides {
    /// Read a text.
    ///
    /// # Errors
    /// [`WatchError::Overrides`], with line and column.
    pub fn parse(text: &str) -> Result<Overrides, WatchError> {
        toml_edit::de::from_str(text)
            .map_err(|error| WatchError::Overrides(error.to_string().trim_end().to_owned()))
    }

    /// Check that they are meant for the scenario with this name.
    ///
    /// # Errors
    /// [`WatchError::OtherScenario`] if they name another one.
    pub fn fits(&self, scenario: &str) -> Result<(), WatchError> {
        match &self.scenario {
            Some(named) if named != scenario => {
                Err(WatchError::OtherScenario { named: named.clone(), found: scenario.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Write a text that [`Overrides::parse`] reads.
    ///
    /// # Errors
    /// [`WatchError::Overrides`] for what TOML cannot hold.
    pub fn text(&self) -> Result<String, WatchError> {
        toml_edit::ser::to_string_pretty(self)
            .map_err(|error| WatchError::Overrides(error.to_string()))
    }
}

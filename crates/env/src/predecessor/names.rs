//! Names that the predecessor's users know: missions, rewards, presets.

use super::error::{ConfigError, quoted};

/// A mission of the predecessor and the scenario that is flown for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissionName {
    /// Name there.
    pub name: &'static str,
    /// Scenario here.
    pub scenario: &'static str,
    /// What a user should know; empty where nothing is said.
    pub note: &'static str,
}

/// A reward of the predecessor and the preset that is used for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardName {
    /// Name there.
    pub name: &'static str,
    /// Preset here.
    pub preset: &'static str,
    /// What a user should know; empty where nothing is said.
    pub note: &'static str,
}

/// The missions, in the order of the predecessor's list.
pub const MISSION_NAMES: &[MissionName] = &[
    MissionName { name: "nominal_operations", scenario: "artemis-30d", note: "" },
    MissionName { name: "nominal_30_day_mission", scenario: "artemis-30d", note: "" },
    MissionName { name: "solar_panel_degradation", scenario: "array-degradation", note: "" },
    MissionName { name: "micrometeorite_strike", scenario: "micrometeorite-leak", note: "" },
    MissionName { name: "crew_medical_emergency", scenario: "crew-medical-emergency", note: "" },
    MissionName {
        name: "dust_storm_survival",
        scenario: "array-degradation",
        note: "there is no weather on the Moon: dust falls on array and radiator, and strings of the array die",
    },
    MissionName { name: "equipment_cascade_failure", scenario: "cascade", note: "" },
];

/// The rewards.
pub const REWARD_NAMES: &[RewardName] = &[
    RewardName { name: "survival_focused", preset: "survival", note: "" },
    RewardName { name: "efficiency_focused", preset: "efficiency", note: "" },
    RewardName { name: "balanced", preset: "balanced", note: "" },
    RewardName {
        name: "exploration_focused",
        preset: "balanced",
        note: "nothing here pays for exploration, which is the learner's own; the reward is `balanced`",
    },
];

/// Names of the presets.
pub const PRESET_NAMES: [&str; 3] = ["nasa_reference", "apollo_derived", "mars_analog"];

/// The mission of that name.
///
/// # Errors
/// [`ConfigError::Value`] with the names that exist.
///
/// # Examples
/// ```
/// use lunar_habitat_env::predecessor;
/// assert_eq!(predecessor::mission("equipment_cascade_failure")?.scenario, "cascade");
/// assert!(predecessor::mission("dust_storm").is_err());
/// # Ok::<(), predecessor::ConfigError>(())
/// ```
pub fn mission(found: &str) -> Result<&'static MissionName, ConfigError> {
    MISSION_NAMES.iter().find(|mission| mission.name == found).ok_or_else(|| {
        let allowed = quoted(MISSION_NAMES.iter().map(|mission| mission.name));
        ConfigError::value("scenario", format!("`{found}`"), allowed)
    })
}

/// The reward of that name.
///
/// # Errors
/// [`ConfigError::Value`] with the names that exist.
///
/// # Examples
/// ```
/// use lunar_habitat_env::predecessor;
/// assert_eq!(predecessor::reward("survival_focused")?.preset, "survival");
/// assert!(predecessor::reward("greedy").is_err());
/// # Ok::<(), predecessor::ConfigError>(())
/// ```
pub fn reward(found: &str) -> Result<&'static RewardName, ConfigError> {
    REWARD_NAMES.iter().find(|reward| reward.name == found).ok_or_else(|| {
        let allowed = quoted(REWARD_NAMES.iter().map(|reward| reward.name));
        ConfigError::value("reward_config", format!("`{found}`"), allowed)
    })
}

#[cfg(test)]
mod tests {
    use habitat::scenario::Shipped;

    use super::*;
    use crate::REWARD_PRESETS;

    #[test]
    fn every_name_leads_to_something_that_exists() {
        for mission in MISSION_NAMES {
            assert!(Shipped::find(mission.scenario).is_some(), "{}", mission.scenario);
        }
        for reward in REWARD_NAMES {
            assert!(REWARD_PRESETS.iter().any(|(name, _)| *name == reward.preset));
        }
    }
}

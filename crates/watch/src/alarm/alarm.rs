use serde::{Deserialize, Serialize};

/// How soon somebody has to act, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmPriority))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// Within the day.
    Medium,
    /// Within the hour.
    High,
    /// Now: lives depend on it. Never held back in a flood, never shelved.
    Critical,
}

/// What about a channel the alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AlarmBound))]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Below the warning limit.
    WarningLow,
    /// Below the caution limit.
    CautionLow,
    /// Above the caution limit.
    CautionHigh,
    /// Above the warning limit.
    WarningHigh,
    /// The instrument shows nothing: bad quality.
    Silent,
}

impl Bound {
    /// Name in ids and files: `warning_low` and its like.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Bound::WarningLow => "warning_low",
            Bound::CautionLow => "caution_low",
            Bound::CautionHigh => "caution_high",
            Bound::WarningHigh => "warning_high",
            Bound::Silent => "silent",
        }
    }

    /// Whether the alarm is about values below its limit.
    #[must_use]
    pub fn is_low(self) -> bool {
        matches!(self, Bound::WarningLow | Bound::CautionLow)
    }

    /// Whether it is a warning.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Bound::WarningLow | Bound::WarningHigh)
    }
}

/// One alarm as it is declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// `channel:bound`, the name under which it is acknowledged.
    pub id: String,
    /// Place of its channel in a row of samples.
    pub channel: usize,
    /// What it is about.
    pub bound: Bound,
    /// The limit, in the unit of the channel; 0 for [`Bound::Silent`].
    pub limit: f64,
    /// Hysteresis: how far back inside the limit a value must be to count as back, in the unit of the channel, ≥ 0.
    pub deadband: f64,
    /// How long the limit must be passed before the alarm is raised, s, ≥ 0.
    pub on_delay_s: f64,
    /// How long the value must be back before the alarm goes, s, ≥ 0.
    pub off_delay_s: f64,
    /// How soon somebody has to act.
    pub priority: Priority,
    /// Alarms of one group share one first-out: the owner of the channel if nothing else is asked for.
    pub group: String,
    /// A limit of safety from the catalogue: overrides may tighten and never loosen it.
    pub is_safety: bool,
}

impl Alarm {
    /// What a value says: `Some(true)` passed, `Some(false)` back inside, `None` between the limit and its hysteresis.
    ///
    /// A value that is not a number says nothing about a limit.
    #[must_use]
    pub fn judge(&self, value: f64) -> Option<bool> {
        if self.bound == Bound::Silent {
            return Some(!value.is_finite());
        }
        // How far the limit is passed.
        let past = if self.bound.is_low() { self.limit - value } else { value - self.limit };
        if past > 0.0 {
            Some(true)
        } else if past <= -self.deadband {
            Some(false)
        } else {
            None
        }
    }
}

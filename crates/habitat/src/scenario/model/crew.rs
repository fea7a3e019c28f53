//! The people: who they are, how their day goes, when they are ill.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sex, as the energy-need equations distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female equation.
    Female,
    /// Male equation.
    Male,
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Asleep.
    Sleep,
    /// Awake, ordinary work.
    Nominal,
    /// Exercise; the hour after it is recovery.
    Exercise,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrewMember {
    /// Name; part of channel ids, so lower case letters, digits and `_`.
    pub name: String,
    /// Sex, for the energy need.
    pub sex: Sex,
    /// Age, years.
    pub age_y: f64,
    /// Body mass, kg.
    pub mass_kg: f64,
    /// Stature, m.
    pub height_m: f64,
    /// The day: blocks one after the other without a hole from hour 0 to hour 24.
    pub schedule: Vec<Block>,
    /// A time of illness or injury.
    #[serde(default)]
    pub illness: Option<Illness>,
}

/// A time in which a person cannot work and burns more than usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Illness {
    /// Start, hours after mission start.
    pub from_h: f64,
    /// End, hours after mission start.
    pub to_h: f64,
    /// Metabolic rate as a multiple of the usual one; a fever of 3 K is about 1.4 (13 % a kelvin, assumed).
    pub metabolic_factor: f64,
}

/// A part of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Start, hour of day.
    pub from_h: f64,
    /// End, hour of day.
    pub to_h: f64,
    /// What the person does.
    pub activity: Activity,
    /// Where.
    pub zone: String,
}

/// Habits that all people share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CrewHabits {
    /// Hygiene and flush water, kg per crew-member-day.
    pub hygiene_kg_cm_d: f64,
    /// Half-width of the daily variation of each person's metabolic rate, share.
    pub daily_variation: f64,
    /// Share of hygiene water that returns to the condensate tank, 0 to 1; the rest goes to waste.
    pub hygiene_return_fraction: f64,
}

impl Default for CrewHabits {
    fn default() -> Self {
        CrewHabits { hygiene_kg_cm_d: 0.95, daily_variation: 0.0, hygiene_return_fraction: 1.0 }
    }
}

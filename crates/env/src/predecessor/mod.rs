//! The door for users of the predecessor, the Python project "Lunar Habitat RL Suite" of 2025: its configurations, its
//! names, its layout of observation and action.
//!
//! ```text
//! preset or file ──► Config (keys, ranges) ──► convert ──► Scenario + TOML + a line about every key
//! 26 actions ──► V0Layout ──► dials          instruments ──► V0Layout ──► 48 numbers
//! ```
//! Names and ranges are those of its public code; its numbers are not trusted. What has no counterpart is said to have
//! none: the report of a conversion has a line for every key, [`V0Layout::fields`] and [`V0Layout::actions`] one for every
//! place.
//!
//! Not here: scenario files (`habitat`), the command that converts a file (`cli`), Gymnasium (`python/`).

mod config;
mod convert;
mod drawn;
mod error;
mod event;
mod key;
mod layout;
mod names;
mod report;
mod text;
mod value;

pub use config::{Config, Event, Value};
pub use convert::{Converted, convert};
pub use error::ConfigError;
pub use key::{Allowed, Fallback, KEYS, Key};
pub use layout::{V0_ACTIONS, V0Action, V0Field, V0Layout};
pub use names::{
    MISSION_NAMES, MissionName, PRESET_NAMES, REWARD_NAMES, RewardName, mission, reward,
};
pub use report::{Line, Outcome};
pub use value::{CONFIG_BYTES_MAX, Format};

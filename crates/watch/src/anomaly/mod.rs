//! Anomalies: what instruments show against physics and against its own past.
//!
//! | file | noun |
//! |---|---|
//! | `detector` | the trait: a value in, a score out; and detectors as data |
//! | `past`, `flat`, `step` | detectors |
//! | `history` | the past of a value: medians and their spread |
//! | `signal` | balances and proportions, computed from a row of readings |
//! | `trail` | values with their times, small |
//! | `rule` | a signal, its detector, and whose fault it is taken to be |
//! | `rules` | the rules of a habitat, found by the ids of its channels |
//! | `lookout` | alarms and anomalies of one habitat together |
//!
//! A score from 1 on is an anomaly. It becomes an alarm of a channel of its own (`living.cdra.anomaly_intake`), so that people
//! acknowledge, shelve and read it as they do any other.

mod detector;
mod flat;
pub(crate) mod history;
mod lookout;
mod past;
mod rule;
mod rules;
mod signal;
mod step;
mod trail;

pub use detector::{Detection, Detector, Side};
pub use flat::Flat;
pub use lookout::Lookout;
pub use past::Past;
pub use rule::Rule;
pub use rules::{Facts, rules_of};
pub use signal::{Gate, Signal, Term};
pub use step::Step;

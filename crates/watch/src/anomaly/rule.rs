use serde::{Deserialize, Serialize};

use super::{Detection, Signal};
use crate::alarm::Priority;

/// One thing that is looked for: a signal, the detector that judges it, and whose fault it is taken to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Id of the channel of its score: `owner.anomaly_NAME`.
    pub id: String,
    /// What is unusual, in words.
    pub quantity: String,
    /// The unit that is suspected first.
    pub owner: String,
    /// Units that could be behind it, the owner among them.
    pub suspects: Vec<String>,
    /// What is looked at.
    pub signal: Signal,
    /// How it is judged.
    pub detection: Detection,
    /// How long the score must be above 1, s.
    pub on_delay_s: f64,
    /// How long it must be back, s.
    pub off_delay_s: f64,
    /// How soon somebody has to look.
    pub priority: Priority,
}

impl Rule {
    /// A rule of medium priority that waits for 5 minutes before it raises an alarm and for an hour before that goes.
    #[must_use]
    pub fn new(owner: &str, name: &str, words: &str, signal: Signal, detection: Detection) -> Rule {
        Rule {
            id: format!("{owner}.anomaly_{name}"),
            quantity: words.to_owned(),
            owner: owner.to_owned(),
            suspects: vec![owner.to_owned()],
            signal,
            detection,
            on_delay_s: 300.0,
            off_delay_s: 3_600.0,
            priority: Priority::Medium,
        }
    }

    /// The same that raises its alarm after `on_delay_s`.
    #[must_use]
    pub fn within(mut self, on_delay_s: f64) -> Rule {
        self.on_delay_s = on_delay_s;
        self
    }

    /// The same that also points to `suspects`.
    #[must_use]
    pub fn or(mut self, suspects: impl IntoIterator<Item = String>) -> Rule {
        self.suspects.extend(suspects);
        self
    }
}

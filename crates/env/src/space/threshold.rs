//! The thresholds of the rules as an action: what a policy sets that supervises.
//!
//! | dial | unit | sets |
//! |---|---|---|
//! | `rules.FIELD` | of the field | this field of [`crate::RulesSettings`] |
//! | `rules.reserve_s` | s | its `reserve_h` |
//!
//! ```text
//! −1 ↦ low    0 ↦ middle, the default of `rules`    1 ↦ high    linear between, two slopes
//! ```
//! The zero action is the controller `rules` to the bit. Where the default is an end of the range, the entries on that side
//! of 0 do nothing.

use super::action::{ActionSpace, Dial};
use crate::rules::supervised::ALL;

impl ActionSpace {
    /// The thresholds by which the rules keep any habitat.
    ///
    /// They belong to an episode, not to a habitat: [`ActionSpace::apply`] and its like refuse them.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_env::ActionSpace;
    /// let thresholds = ActionSpace::thresholds();
    /// let shed = thresholds.dials().iter().find(|dial| dial.name == "rules.shed_depth").unwrap();
    /// assert_eq!((shed.low, shed.middle, shed.high), (0.0, 1.0, 1.0));
    /// ```
    #[must_use]
    pub fn thresholds() -> ActionSpace {
        let dials = ALL.iter().map(|one| {
            let (name, factor) = one.shown.unwrap_or((one.field, 1.0));
            let (low, high) = one.range();
            Dial {
                name: format!("rules.{name}"),
                words: one.words.to_owned(),
                unit: one.unit,
                is_mode: false,
                low: factor * low,
                middle: factor * one.bound().default,
                high: factor * high,
                targets: Vec::new(),
            }
        });
        ActionSpace::of(dials.collect())
    }
}

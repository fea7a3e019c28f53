//! How scarce memory is, and when that changes.

use std::fmt;

/// How scarce memory is, from plenty to none. Each level asks for what the levels before it ask for, and for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// There is enough.
    #[default]
    Calm,
    /// Caches and idle buffers are given back.
    Trim,
    /// What is not needed at once is compressed.
    Compress,
    /// Large blocks go to files.
    Spill,
    /// Less work runs at the same time.
    Narrow,
    /// New reservations are refused.
    Refuse,
}

/// Every level, from plenty to none.
const ALL: [Level; 6] =
    [Level::Calm, Level::Trim, Level::Compress, Level::Spill, Level::Narrow, Level::Refuse];
/// Share of the limit from which each level holds; that of [`Level::Calm`] is 0.
const FROM: [f64; 6] = [0.0, 0.70, 0.78, 0.85, 0.90, 0.95];
/// A level ends when the share is this far below where it begins.
const BACK: f64 = 0.05;
/// Share of time in which some task waits for memory, from which each level holds. Waiting alone never refuses: who waits
/// is served in the end.
const SOME: [f64; 6] = [0.0, 0.05, 0.10, 0.20, 0.40, f64::INFINITY];
/// The same for all tasks at once.
const FULL: [f64; 6] = [0.0, 0.02, 0.05, 0.10, 0.20, f64::INFINITY];
/// A level that came of waiting ends at this part of where it begins.
const BACK_PRESSURE: f64 = 0.5;

/// What a level is decided from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// Memory in use over the limit, at least 0; the highest share where there are several limits.
    pub share: f64,
    /// Share of the last ten seconds in which some task waited for memory, 0 to 1.
    pub some: f64,
    /// Share of the last ten seconds in which all tasks waited for memory, 0 to 1.
    pub full: f64,
}

impl Level {
    /// Every level, from plenty to none.
    #[must_use]
    pub fn all() -> [Level; 6] {
        ALL
    }

    /// Name in words, as in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Calm => "calm",
            Level::Trim => "trim",
            Level::Compress => "compress",
            Level::Spill => "spill",
            Level::Narrow => "narrow",
            Level::Refuse => "refuse",
        }
    }

    /// The level after `self`, given what is read now.
    ///
    /// Up it goes at once, however far. Down it goes one level a reading, and only when the reading is clearly below
    /// where the level began, so that a use that swings about a threshold does not make the level swing. A number that
    /// is none is taken for 0.
    ///
    /// ```
    /// use lunar_habitat_runtime::memory::{Level, Reading};
    /// let at = |share| Reading { share, ..Reading::default() };
    /// assert_eq!(Level::Calm.after(&at(0.86)), Level::Spill);
    /// assert_eq!(Level::Spill.after(&at(0.83)), Level::Spill);
    /// assert_eq!(Level::Spill.after(&at(0.75)), Level::Compress);
    /// ```
    #[must_use]
    pub fn after(self, reading: &Reading) -> Level {
        let highest = |from: &[f64; 6], value: f64| {
            ALL.into_iter().rev().find(|level| value >= from[*level as usize]).unwrap_or_default()
        };
        let asked = highest(&FROM, reading.share)
            .max(highest(&SOME, reading.some))
            .max(highest(&FULL, reading.full));
        if asked >= self {
            return asked;
        }
        let at = self as usize;
        let stays = reading.share >= FROM[at] - BACK
            || reading.some >= SOME[at] * BACK_PRESSURE
            || reading.full >= FULL[at] * BACK_PRESSURE;
        if stays { self } else { ALL[at - 1] }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn follow(shares: &[f64]) -> Vec<Level> {
        let mut level = Level::Calm;
        let step = |share: &f64| {
            level = level.after(&Reading { share: *share, ..Reading::default() });
            level
        };
        shares.iter().map(step).collect()
    }

    #[test]
    fn a_rise_passes_every_level_and_a_fall_comes_back() {
        use Level::{Calm, Compress, Narrow, Refuse, Spill, Trim};
        let up = follow(&[0.5, 0.71, 0.79, 0.86, 0.91, 0.97]);
        assert_eq!(up, [Calm, Trim, Compress, Spill, Narrow, Refuse]);
        let down = follow(&[0.97, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
        assert_eq!(down, [Refuse, Narrow, Spill, Compress, Trim, Calm, Calm]);
    }

    #[test]
    fn a_use_that_swings_about_a_threshold_does_not_make_the_level_swing() {
        let swing: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 0.855 } else { 0.845 }).collect();
        assert!(follow(&swing).iter().all(|level| *level == Level::Spill));
    }

    #[test]
    fn a_jump_is_answered_at_once() {
        assert_eq!(follow(&[0.1, 1.3]), [Level::Calm, Level::Refuse]);
    }

    #[test]
    fn waiting_asks_for_memory_but_never_refuses() {
        let waits = |some, full| Reading { share: 0.3, some, full };
        assert_eq!(Level::Calm.after(&waits(0.0, 0.0)), Level::Calm);
        assert_eq!(Level::Calm.after(&waits(0.06, 0.0)), Level::Trim);
        assert_eq!(Level::Calm.after(&waits(0.25, 0.0)), Level::Spill);
        assert_eq!(Level::Calm.after(&waits(1.0, 1.0)), Level::Narrow);
        assert_eq!(Level::Narrow.after(&waits(0.25, 0.0)), Level::Narrow);
        assert_eq!(Level::Narrow.after(&waits(0.1, 0.0)), Level::Spill);
    }

    #[test]
    fn what_is_no_number_asks_for_nothing() {
        let none = Reading { share: f64::NAN, some: f64::NAN, full: f64::NAN };
        assert_eq!(Level::Calm.after(&none), Level::Calm);
        assert_eq!(Level::Refuse.after(&none), Level::Narrow);
    }

    proptest! {
        /// More use never gives a calmer level; a fall is one level; a steady reading settles.
        #[test]
        fn the_level_follows_the_use(now in 0_usize..6, low in 0.0_f64..1.2, more in 0.0_f64..0.5) {
            let at = |share| Reading { share, ..Reading::default() };
            let (less, most) = (ALL[now].after(&at(low)), ALL[now].after(&at(low + more)));
            prop_assert!(less <= most);
            prop_assert!(less as usize + 1 >= now);
            let mut level = ALL[now];
            for _ in 0..6 {
                level = level.after(&at(low));
            }
            prop_assert_eq!(level, level.after(&at(low)));
        }
    }
}

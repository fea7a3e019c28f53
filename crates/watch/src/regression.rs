//! Whether something became slower: a speed against speeds that were measured before.
//!
//! A fresh speed is held against the median of the earlier ones, and its distance against their spread. Both are taken of
//! logarithms: noise of a machine is a share of the speed. Median and median absolute deviation stay where they are while fewer
//! than half of the earlier runs were odd ones, so a single slow run neither hides the next one nor becomes the measure.
//!
//! # Equation
//! ```text
//! m = median(ln v_i)        s = max(1.4826 · median(|ln v_i − m|), least_spread)
//! slower, where ln v < m − max(k(n)·s, −ln(1 − least_share))
//! ```
//! - `v` is the fresh speed, `v_i` are the `n` earlier ones, in any unit
//! - `k(n)` is so large that of a thousand runs as fast as ever one is called slower
//!
//! # Source
//! Rousseeuw & Croux (1993), J. Am. Stat. Assoc. 88, 1273, for the estimator of the spread. `k(n)` are the 99.9 % points of
//! `(m − x)/s` for normal `x_i` and `x`, of a million draws each; a test draws them again.
//!
//! # Valid range
//! Independent noise whose logarithm is about normal, of one machine. Noise with longer tails alarms more often than one in a
//! thousand; `least_share` keeps what is too small to matter out in any case.
//!
//! # Tests
//! `crates/watch/tests/regression.rs`.

use std::fmt;

use serde::Serialize;

use crate::anomaly::history::median;

/// How many of the latest earlier speeds count at most.
const MOST: usize = 50;

/// 99.9 % points by number of earlier speeds, from that number on.
const POINTS: [(usize, f64); 11] = [
    (6, 14.6),
    (8, 9.6),
    (10, 7.5),
    (12, 6.4),
    (14, 5.8),
    (16, 5.3),
    (20, 4.75),
    (25, 4.4),
    (30, 4.1),
    (40, 3.9),
    (50, 3.7),
];

/// What is worth telling.
///
/// ```
/// use lunar_habitat_watch::regression::{Change, RegressionSettings};
/// let earlier = [101.0, 99.0, 100.0, 100.5, 99.5, 100.2, 99.8, 100.1];
/// let settings = RegressionSettings::default();
/// assert_eq!(settings.judge(&earlier, 99.0).change, Change::Same);
/// let judged = settings.judge(&earlier, 80.0);
/// assert_eq!(judged.change, Change::Slower);
/// assert!((judged.share.unwrap_or(0.0) + 0.2).abs() < 0.01);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionSettings {
    /// Least loss worth telling, share of the usual speed, above 0 and under 1.
    pub least_share: f64,
    /// Least spread of speeds that is believed, share: runs that happen to agree say little about the next one.
    pub least_spread: f64,
    /// Loss from which it is told although there are fewer than [`RegressionSettings::LEAST`] earlier speeds and their spread is
    /// not known; share. 1 tells nothing then.
    pub coarse_share: f64,
}

impl Default for RegressionSettings {
    /// 5 %, 0.5 %, 30 %; all three are assumed.
    fn default() -> RegressionSettings {
        RegressionSettings { least_share: 0.05, least_spread: 0.005, coarse_share: 0.3 }
    }
}

/// What became of a speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Slower than noise explains, and by enough to matter.
    Slower,
    /// Faster than noise explains, and by enough to matter.
    Faster,
    /// Within what is usual.
    Same,
    /// There is too little to compare with.
    Unknown,
}

/// A speed as it was judged, with the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judgement {
    /// What became of it.
    pub change: Change,
    /// The fresh speed.
    pub fresh: f64,
    /// Median of the earlier ones, if there are any.
    pub usual: Option<f64>,
    /// What the fresh speed is above the usual one, share; negative where it is slower.
    pub share: Option<f64>,
    /// Robust standard deviation of the earlier ones, share; none where there are too few.
    pub spread: Option<f64>,
    /// Loss from which it would have been told, share.
    pub told_from: f64,
    /// Number of earlier speeds that counted.
    pub earlier: usize,
}

impl RegressionSettings {
    /// Earlier speeds from which their spread is known.
    pub const LEAST: usize = POINTS[0].0;
    /// Share of the runs as fast as ever that are called slower, and as many faster.
    pub const LEVEL: f64 = 0.001;

    /// Judge a speed by `earlier` ones, the latest last; what is not finite and above 0 is left out of them.
    #[must_use]
    pub fn judge(&self, earlier: &[f64], fresh: f64) -> Judgement {
        let sound = |speed: &f64| speed.is_finite() && *speed > 0.0;
        let sound: Vec<f64> = earlier.iter().copied().filter(sound).map(f64::ln).collect();
        let latest = &sound[sound.len().saturating_sub(MOST)..];
        let count = latest.len();
        let mut judged = Judgement {
            change: Change::Unknown,
            fresh,
            usual: None,
            share: None,
            spread: None,
            told_from: self.coarse_share,
            earlier: count,
        };
        let mut sorted = latest.to_vec();
        let Some(middle) = median(&mut sorted).filter(|_| fresh.is_finite() && fresh > 0.0) else {
            return judged;
        };
        let distance = fresh.ln() - middle;
        judged.usual = Some(middle.exp());
        judged.share = Some(distance.exp() - 1.0);
        let worth = -(1.0 - self.least_share).ln();
        let Some(factor) = critical(count) else {
            // No spread is known: only what no usual noise explains is told.
            let coarse = -(1.0 - self.coarse_share).ln();
            if distance < -coarse {
                judged.change = Change::Slower;
            }
            return judged;
        };
        sorted.iter_mut().for_each(|value| *value = (*value - middle).abs());
        let spread = median(&mut sorted).map_or(0.0, |mad| 1.4826 * mad).max(self.least_spread);
        let limit = worth.max(factor * spread);
        judged.spread = Some(spread.exp() - 1.0);
        judged.told_from = 1.0 - (-limit).exp();
        judged.change = if distance < -limit {
            Change::Slower
        } else if distance > limit {
            Change::Faster
        } else {
            Change::Same
        };
        judged
    }
}

impl fmt::Display for Judgement {
    /// One sentence.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share.abs());
        let (Some(usual), Some(share)) = (self.usual, self.share) else {
            return write!(out, "there is no earlier speed to compare with");
        };
        let side = if share < 0.0 { "below" } else { "above" };
        let of = match self.earlier {
            1 => "the one earlier run".to_owned(),
            count => format!("the median of {count} earlier runs"),
        };
        let found = format!("{} {side} {of}, {}", percent(share), digits(usual));
        let from = percent(self.told_from);
        match (self.change, self.spread) {
            (Change::Unknown, _) => write!(
                out,
                "{found}; too few to know how far speeds scatter, so only a loss above {from} would be told"
            ),
            (Change::Slower, None) => write!(
                out,
                "slower: {found}; too few to know how far speeds scatter, and told because it is more than {from}"
            ),
            (change, spread) => {
                let word = match change {
                    Change::Slower => "slower",
                    Change::Faster => "faster",
                    _ => "as usual",
                };
                let scatter = percent(spread.unwrap_or(f64::NAN));
                write!(
                    out,
                    "{word}: {found}; they scatter by {scatter}, and a loss is told from {from} on"
                )
            }
        }
    }
}

/// Four digits of a number that is above 0.
fn digits(value: f64) -> String {
    let after = 3.0 - value.log10().floor();
    let step = 10_f64.powf(after);
    format!("{:.*}", after.max(0.0) as usize, (value * step).round() / step)
}

/// Distance from the median, in robust standard deviations, that one in a thousand passes by chance.
fn critical(count: usize) -> Option<f64> {
    POINTS.iter().rev().find(|(from, _)| *from <= count).map(|(_, point)| *point)
}

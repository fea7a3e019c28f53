//! How good a policy is, with how sure one can be.
//!
//! Missions of one policy are no replication of training: what is claimed about a *method* is said over training seeds, and
//! what is claimed about a *policy* over missions. Intervals of shares are Wilson's, all others percentiles of a bootstrap.
//!
//! # Source
//! Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS: interquartile
//! mean, probability of improvement, stratified bootstrap. Wilson (1927), J. Am. Stat. Assoc. 22, 209. Efron & Tibshirani
//! (1993), "An introduction to the bootstrap", chapter 13.

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Half the width of a 95 % interval of a normal number, deviations.
const Z95: f64 = 1.959_963_984_540_054;
/// Samples of a bootstrap.
const SAMPLES: usize = 2_000;

/// A share of `count`, by Wilson. Nothing counted gives 0 to 1.
///
/// # Examples
/// ```
/// use lunar_habitat_learn::wilson;
/// let one = wilson(9, 10);
/// assert!((one.low - 0.596).abs() < 1e-3 && (one.high - 0.982).abs() < 1e-3);
/// ```
#[must_use]
pub fn wilson(hits: usize, count: usize) -> Interval {
    if count == 0 {
        return Interval { value: f64::NAN, low: 0.0, high: 1.0 };
    }
    let (n, p) = (count as f64, hits as f64 / count as f64);
    let z2 = Z95 * Z95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval { value: p, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// Mean of the middle half: a quarter of the values is left out at either end, in parts where the count is no multiple of 4.
///
/// # Examples
/// ```
/// use lunar_habitat_learn::iqm;
/// assert_eq!(iqm(&[0.0, 1.0, 2.0, 100.0]), 1.5);
/// assert_eq!(iqm(&[3.0]), 3.0);
/// ```
#[must_use]
pub fn iqm(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let (low, high) = (0.25 * n, 0.75 * n);
    let (mut sum, mut weight) = (0.0, 0.0);
    for (at, value) in sorted.iter().enumerate() {
        // How much of the piece from `at` to `at + 1` lies in the middle half.
        let part = ((at as f64 + 1.0).min(high) - (at as f64).max(low)).max(0.0);
        sum += part * value;
        weight += part;
    }
    sum / weight
}

/// Mean of the worst `share` of the values, at least one of them.
///
/// # Examples
/// ```
/// use lunar_habitat_learn::worst;
/// assert_eq!(worst(&[5.0, 1.0, 2.0, 8.0], 0.5), 1.5);
/// ```
#[must_use]
pub fn worst(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.iter().take(count).sum::<f64>() / count as f64
}

/// Chance that a run of `ours` is better than one of `theirs`, ties by halves.
///
/// # Examples
/// ```
/// use lunar_habitat_learn::prob_improvement;
/// assert_eq!(prob_improvement(&[1.0, 2.0], &[1.0, 0.0]), 0.875);
/// ```
#[must_use]
pub fn prob_improvement(ours: &[f64], theirs: &[f64]) -> f64 {
    let mut sum = 0.0;
    for a in ours {
        for b in theirs {
            sum += if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            };
        }
    }
    sum / (ours.len() * theirs.len()) as f64
}

/// A figure of `values` with its interval by bootstrap; the draws are a function of `seed`.
#[must_use]
pub fn bootstrap(values: &[f64], seed: u64, figure: impl Fn(&[f64]) -> f64) -> Interval {
    let value = figure(values);
    if values.len() < 2 {
        return Interval { value, low: f64::NAN, high: f64::NAN };
    }
    let mut state = seed ^ 0x626F_6F74;
    let mut drawn = vec![0.0; values.len()];
    let mut figures: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            for to in &mut drawn {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut z = state;
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                let at = (((z ^ (z >> 31)) >> 32) * values.len() as u64) >> 32;
                *to = values[at as usize];
            }
            figure(&drawn)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| figures[((share * SAMPLES as f64) as usize).min(SAMPLES - 1)];
    Interval { value, low: at(0.025), high: at(0.975) }
}

/// Mean difference of pairs, ours less theirs, with its interval by bootstrap over the pairs.
#[must_use]
pub fn paired_difference(ours: &[f64], theirs: &[f64], seed: u64) -> Interval {
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
    bootstrap(&differences, seed, |all| all.iter().sum::<f64>() / all.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_covers_the_mean_about_as_often_as_it_says() {
        // 200 samples of 40 uniform numbers: the mean of the source, ½, lies in the interval in 95 % of them, give or take.
        let mut state = 1_u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        let covered = (0..200)
            .filter(|i| {
                let values: Vec<f64> = (0..40).map(|_| uniform()).collect();
                let one = bootstrap(&values, *i, |all| all.iter().sum::<f64>() / 40.0);
                one.low <= 0.5 && 0.5 <= one.high
            })
            .count();
        assert!((178..=199).contains(&covered), "{covered}");
    }

    #[test]
    fn pairs_tell_what_shares_alone_do_not() {
        let theirs: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i % 2 == 0))).collect();
        // Better on ten missions, worse on none.
        let ours: Vec<f64> =
            (0..100).map(|i| f64::from(u8::from(i % 2 == 0 || i % 10 == 1))).collect();
        let paired = paired_difference(&ours, &theirs, 1);
        assert!((paired.value - 0.1).abs() < 1e-12 && paired.low > 0.0, "{paired:?}");
        assert!(wilson(60, 100).low < wilson(50, 100).high);
    }
}

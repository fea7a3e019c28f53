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

/// A share with its 95 % interval, for any `trials`.
///
/// # Equation
/// ```text
/// (p + z²/2n ± z·√(p·(1 − p)/n + z²/4n²)) / (1 + z²/n)
/// ```
/// - `p` = `successes / trials`
/// - `n` = `trials`
/// - `z` = 1.96, for 95 %
/// # Source
/// Wilson (1927), *Probable inference, the law of succession, and statistical inference*, J. Am. Stat.
/// Assoc. 22, 209–212; without correction for continuity.
/// # Valid range
/// Independent trials of one probability. Unlike the interval of the normal distribution it stays
/// inside 0 to 1 and has a width when every mission or none succeeds.
/// # Outside the range
/// Without trials nothing is known: 0, from 0 to 1. More successes than trials count as all.
/// # Tests
/// `tests::published_intervals` and `tests::ends_are_exact` in this file.
#[must_use]
pub fn wilson(successes: u64, trials: u64) -> Interval {
    if trials == 0 {
        return Interval { value: 0.0, low: 0.0, high: 1.0 };
    }
    let successes = successes.min(trials);
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = Z95 * Z95;
    let centre = p + z2 / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // The ends are exact in the formula; rounding would leave a trace of them.
    let low = if successes == 0 { 0.0 } else { (centre - half) / scale };
    let high = if successes == trials { 1.0 } else { (centre + half) / scale };
    Interval { value: p, low, high }
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
    fn published_intervals() {
        // Newcombe (1998), Stat. Med. 17, 857–872, table I, method 3, four digits.
        let newcombe = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        // By hand: 0 of n ends at z²/(n + z²); 5 of 10 is 0.5 ± 0.263 406 9.
        let by_hand = [
            (0, 10, 0.0, 0.277_532_8),
            (10, 10, 0.722_467_2, 1.0),
            (5, 10, 0.236_593_1, 0.763_406_9),
        ];
        let cases = newcombe.map(|case| (case, 5.1e-5)).into_iter();
        for ((successes, trials, low, high), tolerance) in
            cases.chain(by_hand.map(|case| (case, 5.1e-8)))
        {
            let found = wilson(successes, trials);
            assert!((found.low - low).abs() < tolerance, "{successes}/{trials}: {found:?}");
            assert!((found.high - high).abs() < tolerance, "{successes}/{trials}: {found:?}");
        }
    }

    #[test]
    fn ends_are_exact() {
        for trials in [1, 3, 10, 512, 1_000_003] {
            assert_eq!(wilson(0, trials).low, 0.0);
            assert_eq!(wilson(trials, trials).high, 1.0);
            let Interval { low, high, .. } = wilson(trials / 2, trials);
            assert!(0.0 <= low && low < high && high <= 1.0);
        }
        assert_eq!(wilson(0, 0), Interval { value: 0.0, low: 0.0, high: 1.0 });
    }

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

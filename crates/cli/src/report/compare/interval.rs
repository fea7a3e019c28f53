//! Differences with 95 % intervals.

use learn::{Interval, wilson};

/// Draws of a bootstrap.
const SAMPLES: usize = 2_000;

/// The difference of two shares by Newcombe's hybrid score interval.
///
/// # Equation
/// ```text
/// d − √((p₁ − l₁)² + (u₂ − p₂)²)   to   d + √((u₁ − p₁)² + (p₂ − l₂)²)
/// ```
/// - `d` = `p₁ − p₂`, the shares; `l`, `u` the ends of Wilson's interval of each
/// # Source
/// Newcombe (1998), *Interval estimation for the difference between independent proportions*, Statistics in Medicine 17,
/// 873–890, method 10.
/// # Valid range
/// Independent trials. Where both flew the same missions they are paired, and the interval is wider than need be.
/// # Tests
/// `tests::the_published_difference`.
pub fn newcombe(ours: (u64, u64), theirs: (u64, u64)) -> Interval {
    let (a, b) = (wilson(ours.0, ours.1), wilson(theirs.0, theirs.1));
    let value = a.value - b.value;
    let away = |x: f64, y: f64| x.hypot(y);
    Interval {
        value,
        low: value - away(a.value - a.low, b.high - b.value),
        high: value + away(a.high - a.value, b.value - b.low),
    }
}

/// Draws that are a function of a seed.
struct Draws(u64);

impl Draws {
    /// A number under `most`.
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((((z ^ (z >> 31)) >> 32) * most as u64) >> 32) as usize
    }
}

/// The middle 95 % of figures.
fn between(value: f64, mut figures: Vec<f64>) -> Interval {
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| figures[((share * figures.len() as f64) as usize).min(figures.len() - 1)];
    Interval { value, low: at(0.025), high: at(0.975) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Draws means of a series by the circular block bootstrap.
struct Blocks {
    /// Sums of the first values of the series, put behind itself.
    sums: Vec<f64>,
    count: usize,
    length: usize,
}

impl Blocks {
    fn new(values: &[f64], length: usize) -> Blocks {
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for value in values.iter().chain(values.iter().take(length)) {
            sum += value;
            sums.push(sum);
        }
        Blocks { sums, count: values.len(), length }
    }

    fn mean(&self, draws: &mut Draws) -> f64 {
        let (mut sum, mut taken) = (0.0, 0);
        while taken < self.count {
            let length = self.length.min(self.count - taken);
            let from = draws.below(self.count);
            sum += self.sums[from + length] - self.sums[from];
            taken += length;
        }
        sum / self.count as f64
    }
}

/// The mean of a series whose neighbours resemble each other, by the circular block bootstrap with blocks of `length`.
///
/// # Source
/// Politis & Romano (1992), *A circular block-resampling procedure for stationary data*, in: Exploring the Limits of Bootstrap.
/// # Valid range
/// A stationary series many blocks long. With fewer than four blocks nothing is said: the ends are not numbers.
pub fn block_mean(values: &[f64], length: usize, seed: u64) -> Interval {
    let length = length.clamp(1, values.len().max(1));
    let value = mean(values);
    if values.len() < 4 * length {
        return Interval { value, low: f64::NAN, high: f64::NAN };
    }
    let (blocks, mut draws) = (Blocks::new(values, length), Draws(seed));
    between(value, (0..SAMPLES).map(|_| blocks.mean(&mut draws)).collect())
}

/// The difference of the means of two series that are not paired, both by blocks of `length`; 1 for independent values.
///
/// # Valid range
/// As [`block_mean`]. Of few values a bootstrap is too narrow: with five a side it holds about nine times in ten.
pub fn difference(ours: &[f64], theirs: &[f64], length: usize, seed: u64) -> Interval {
    let value = mean(ours) - mean(theirs);
    let length = length.max(1);
    if ours.len().min(theirs.len()) < 4 * length {
        return Interval { value, low: f64::NAN, high: f64::NAN };
    }
    let (a, b) = (Blocks::new(ours, length), Blocks::new(theirs, length));
    let mut draws = Draws(seed);
    between(value, (0..SAMPLES).map(|_| a.mean(&mut draws) - b.mean(&mut draws)).collect())
}

/// Length over which values of a series resemble each other: the first lag at which their correlation falls under a tenth,
/// doubled, and at least the cube root of their number.
///
/// At least four blocks are left.
pub fn block_length(values: &[f64]) -> usize {
    let n = values.len();
    let middle = mean(values);
    let variance = values.iter().map(|value| (value - middle).powi(2)).sum::<f64>();
    let most = (n / 4).max(1);
    let least = (n as f64).cbrt().ceil() as usize;
    let correlation = |lag: usize| {
        let pairs = values.iter().zip(&values[lag..]);
        pairs.map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>() / variance
    };
    // Lags grow by a tenth, so that long series cost little.
    let mut lag = 1;
    while variance > 0.0 && lag < most && correlation(lag) > 0.1 {
        lag += (lag / 10).max(1);
    }
    (2 * lag).max(least).clamp(1, most)
}

/// Whether an interval leaves open on which side of zero the difference is; true, too, where nothing is known.
pub fn contains_zero(interval: &Interval) -> bool {
    !(interval.low > 0.0 || interval.high < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-5, "{found}, not {expected}");
    }

    /// Newcombe (1998), table II, method 10.
    #[test]
    fn the_published_difference() {
        for ((a, m), (b, n), low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((5, 56), (0, 29), -0.0381, 0.1926),
        ] {
            let found = newcombe((a, m), (b, n));
            near(found.value, a as f64 / m as f64 - b as f64 / n as f64);
            near(found.low, low);
            near(found.high, high);
        }
        assert!(contains_zero(&newcombe((5, 56), (0, 29))));
        assert!(!contains_zero(&newcombe((56, 70), (48, 80))));
    }

    /// A series in which each value keeps `keep` of the one before it.
    fn series(seed: u64, n: usize, keep: f64) -> Vec<f64> {
        let mut draws = Draws(seed);
        let mut value = 0.0;
        let mut next = || {
            let noise: f64 = (0..12).map(|_| draws.below(1 << 20) as f64 / (1 << 20) as f64).sum();
            value = keep * value + noise - 6.0;
            value
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn most_intervals_of_series_that_resemble_themselves_hold_the_truth() {
        for (keep, least) in [(0.0, 182), (0.9, 168)] {
            let hold = |seed: u64| {
                let values = series(seed * 31 + 1, 1_000, keep);
                contains_zero(&block_mean(&values, block_length(&values), seed))
            };
            let found = (0..200).filter(|seed| hold(*seed)).count();
            assert!((least..=199).contains(&found), "{found} of 200 at {keep}");
        }
        // As if all values told something of their own: far too narrow.
        let narrow =
            |seed: u64| contains_zero(&block_mean(&series(seed * 31 + 1, 1_000, 0.9), 1, seed));
        assert!((0..200).filter(|seed| narrow(*seed)).count() < 120);
    }

    #[test]
    fn differences_are_found_and_noise_is_not() {
        let (ours, theirs) = (series(1, 400, 0.5), series(2, 400, 0.5));
        let moved: Vec<f64> = ours.iter().map(|value| value + 1.0).collect();
        assert!(!contains_zero(&difference(&moved, &theirs, 10, 1)));
        let hold = |seed: u64| {
            let (a, b) = (series(2 * seed + 9, 400, 0.5), series(2 * seed + 10, 400, 0.5));
            contains_zero(&difference(&a, &b, block_length(&a), seed))
        };
        let found = (0..100).filter(|seed| hold(*seed)).count();
        assert!((86..=100).contains(&found), "{found} of 100");
        assert_eq!(
            difference(&[1.0; 8], &[1.0; 8], 1, 1),
            Interval { value: 0.0, low: 0.0, high: 0.0 }
        );
    }

    #[test]
    fn too_little_says_nothing() {
        let few = block_mean(&[1.0, 2.0, 3.0], 1, 1);
        assert!(few.value == 2.0 && few.low.is_nan() && contains_zero(&few));
        assert!(difference(&[1.0; 3], &[1.0; 9], 1, 1).low.is_nan());
        assert!(block_mean(&[], 1, 1).value.is_nan());
        assert_eq!((block_length(&[]), block_length(&[2.0; 40])), (1, 4));
    }
}

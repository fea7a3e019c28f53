//! Whether a series of measurements grows.

/// The slope of a series, robust against outliers, with an interval.
///
/// The slope is the median of the slopes between all pairs of points (Theil and Sen), its interval that of Kendall's rank
/// statistic (Sen (1968), "Estimates of the regression coefficient based on Kendall's tau", JASA 63): about 99 % of such
/// intervals hold the true slope when measurements are independent. A step at the start of a series, as memory takes when
/// it warms up, does not count as growth; leave the warm-up out all the same.
///
/// ```
/// use lunar_habitat_runtime::memory::Growth;
/// let leaks: Vec<(f64, f64)> = (0..40).map(|i| (f64::from(i), 100.0 + 2.0 * f64::from(i))).collect();
/// let growth = Growth::of(&leaks).ok_or("too few points")?;
/// assert!(growth.grows() && (growth.slope - 2.0).abs() < 1e-9);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Growth of the measured over what it is measured against.
    pub slope: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Fewest points.
const LEAST: usize = 8;
/// Most points whose pairs are taken; more are thinned evenly.
const MOST: usize = 400;
/// Deviations of the normal distribution that hold 99 %.
const Z: f64 = 2.575_829_303_548_901;

impl Growth {
    /// Of points (against what, measured); `None` for fewer than 8 points, or points that are all at one place or no
    /// numbers.
    #[must_use]
    pub fn of(points: &[(f64, f64)]) -> Option<Growth> {
        let step = points.len().div_ceil(MOST).max(1);
        let points: Vec<(f64, f64)> = points
            .iter()
            .step_by(step)
            .copied()
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let n = points.len();
        if n < LEAST {
            return None;
        }
        let mut slopes = Vec::with_capacity(n * (n - 1) / 2);
        for (at, (x, y)) in points.iter().enumerate() {
            for (later_x, later_y) in &points[at + 1..] {
                if later_x != x {
                    slopes.push((later_y - y) / (later_x - x));
                }
            }
        }
        if slopes.is_empty() {
            return None;
        }
        slopes.sort_by(f64::total_cmp);
        let count = n as f64;
        let deviation = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
        let pairs = slopes.len() as f64;
        let place = |rank: f64| slopes[(rank.max(0.0) as usize).min(slopes.len() - 1)];
        let middle = slopes.len() / 2;
        let slope = if slopes.len() % 2 == 1 {
            slopes[middle]
        } else {
            0.5 * (slopes[middle - 1] + slopes[middle])
        };
        Some(Growth {
            slope,
            low: place(((pairs - Z * deviation) / 2.0).floor()),
            high: place(((pairs + Z * deviation) / 2.0).ceil()),
        })
    }

    /// Whether it grows: the whole interval is above 0.
    #[must_use]
    pub fn grows(&self) -> bool {
        self.low > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to 1, the same at every run.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        }
    }

    #[test]
    fn a_leak_under_noise_is_found_and_noise_alone_is_not() {
        let (mut found, mut false_alarms) = (0, 0);
        for seed in 0..200 {
            let mut draw = noise(seed);
            let series = |slope: f64, draw: &mut dyn FnMut() -> f64| -> Vec<(f64, f64)> {
                (0..60)
                    .map(|i| (f64::from(i), 1_000.0 + slope * f64::from(i) + 10.0 * draw()))
                    .collect()
            };
            let leak = Growth::of(&series(0.5, &mut draw)).unwrap();
            found += usize::from(leak.grows() && leak.low < 0.5 && leak.high > 0.3);
            false_alarms += usize::from(Growth::of(&series(0.0, &mut draw)).unwrap().grows());
        }
        assert!(found >= 198, "{found} of 200");
        assert!(false_alarms <= 5, "{false_alarms} of 200, one would be usual");
    }

    #[test]
    fn spikes_and_a_single_step_are_no_growth() {
        let spikes: Vec<(f64, f64)> =
            (0..50).map(|i| (f64::from(i), if i % 7 == 6 { 900.0 } else { 100.0 })).collect();
        assert!(!Growth::of(&spikes).unwrap().grows());
        let warm_up: Vec<(f64, f64)> =
            (0..50).map(|i| (f64::from(i), if i < 2 { 10.0 } else { 100.0 })).collect();
        assert!(!Growth::of(&warm_up).unwrap().grows());
    }

    #[test]
    fn too_little_is_nothing() {
        assert_eq!(Growth::of(&[(0.0, 1.0); 7]), None);
        assert_eq!(Growth::of(&[(0.0, 1.0); 20]), None);
        assert_eq!(Growth::of(&[(f64::NAN, 1.0); 20]), None);
    }

    #[test]
    fn long_series_are_thinned() {
        let long: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i), 3.0 * f64::from(i))).collect();
        assert!((Growth::of(&long).unwrap().slope - 3.0).abs() < 1e-9);
    }
}

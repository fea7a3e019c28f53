//! How well a share is known from a count.

/// Quantile of the normal distribution that leaves 2.5 % at either end.
const Z_95: f64 = 1.959_963_984_540_054;

/// Return the lower and upper end of the 95 % interval of a success rate, for any `trials`.
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
/// Without trials nothing is known: 0 to 1. More successes than trials count as all.
/// # Tests
/// `tests::published_intervals` and `tests::ends_are_exact` in this file.
pub fn interval(successes: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let successes = successes.min(trials);
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = Z_95 * Z_95;
    let centre = p + z2 / (2.0 * n);
    let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // The ends are exact in the formula; rounding would leave a trace of them.
    let low = if successes == 0 { 0.0 } else { (centre - half) / scale };
    let high = if successes == trials { 1.0 } else { (centre + half) / scale };
    (low, high)
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
            let found = interval(successes, trials);
            assert!((found.0 - low).abs() < tolerance, "{successes}/{trials}: {found:?}");
            assert!((found.1 - high).abs() < tolerance, "{successes}/{trials}: {found:?}");
        }
    }

    #[test]
    fn ends_are_exact() {
        for trials in [1, 3, 10, 512, 1_000_003] {
            assert_eq!(interval(0, trials).0, 0.0);
            assert_eq!(interval(trials, trials).1, 1.0);
            let (low, high) = interval(trials / 2, trials);
            assert!(0.0 <= low && low < high && high <= 1.0);
        }
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }
}

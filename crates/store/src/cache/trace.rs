//! Streams of keys by which caches are compared: what is asked for, in which order, from a seed.

/// What a stream of requests looks like.
///
/// Keys are numbers from 0. The same pattern with the same seed gives the same keys on every machine.
///
/// # Examples
/// ```
/// use lunar_habitat_store::cache::Pattern;
/// let keys: Vec<u64> = Pattern::Loop { keys: 3 }.keys(1).take(5).collect();
/// assert_eq!(keys, [0, 1, 2, 0, 1]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pattern {
    /// Few keys asked for again and again, and now and then a long run over keys that never come back: an
    /// export over a whole mission beside a screen that refreshes.
    Scan {
        /// Keys of the screen, drawn by Zipf's law with the exponent 0.9; at least 1.
        hot: usize,
        /// Requests between two runs, at least 1.
        every: usize,
        /// Keys in one run.
        length: usize,
    },
    /// All keys in turn, again and again.
    Loop {
        /// How many there are, at least 1.
        keys: usize,
    },
    /// The key of rank `r` with a probability in proportion to `r^-exponent`.
    Zipf {
        /// How many there are, at least 1.
        keys: usize,
        /// 0 is uniform; queries of people lie between 0.6 and 1.2.
        exponent: f64,
    },
    /// The same, but the ranks move to other keys as time goes on: what is asked for most changes from run to run.
    ShiftingZipf {
        /// How many keys are drawn from at a time, at least 1.
        keys: usize,
        /// As of [`Pattern::Zipf`].
        exponent: f64,
        /// Requests after which the ranks move on, at least 1.
        every: usize,
        /// By how many keys they move.
        by: usize,
    },
}

impl Pattern {
    /// The keys asked for, without end.
    #[must_use]
    pub fn keys(self, seed: u64) -> Keys {
        let (count, exponent) = match self {
            Pattern::Scan { hot, .. } => (hot, 0.9),
            Pattern::Loop { .. } => (0, 0.0),
            Pattern::Zipf { keys, exponent } | Pattern::ShiftingZipf { keys, exponent, .. } => {
                (keys, exponent)
            }
        };
        let mut sum = 0.0;
        let cumulated = (1..=count)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        Keys { pattern: self, cumulated, state: seed, asked: 0, scanned: 0, left: 0 }
    }
}

/// The stream of a [`Pattern`].
#[derive(Debug, Clone)]
pub struct Keys {
    pattern: Pattern,
    /// Weight of every rank and those before it.
    cumulated: Vec<f64>,
    state: u64,
    asked: u64,
    /// Keys that runs have used up.
    scanned: u64,
    /// Requests left of the run.
    left: usize,
}

impl Keys {
    /// A rank from 0 by Zipf's law.
    fn rank(&mut self) -> u64 {
        let total = self.cumulated.last().copied().unwrap_or(0.0);
        let drawn = self.uniform() * total;
        let rank = self.cumulated.partition_point(|sum| *sum <= drawn);
        rank.min(self.cumulated.len().saturating_sub(1)) as u64
    }

    /// A number of [0, 1), by SplitMix64 (Steele, Lea and Flood, 2014).
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Iterator for Keys {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let asked = self.asked;
        self.asked += 1;
        Some(match self.pattern {
            Pattern::Scan { hot, every, length } => {
                if self.left > 0 {
                    self.left -= 1;
                    self.scanned += 1;
                    return Some(hot as u64 + self.scanned);
                }
                if (asked + 1).is_multiple_of(every.max(1) as u64) {
                    self.left = length;
                }
                self.rank()
            }
            Pattern::Loop { keys } => asked % keys.max(1) as u64,
            Pattern::Zipf { .. } => self.rank(),
            Pattern::ShiftingZipf { every, by, .. } => {
                self.rank() + asked / every.max(1) as u64 * by as u64
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_keys_and_another_one_others() {
        let pattern = Pattern::Zipf { keys: 1_000, exponent: 0.9 };
        let draw = |seed| pattern.keys(seed).take(100).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn ranks_follow_the_law_of_zipf() {
        let (keys, exponent, draws) = (200, 1.0, 200_000);
        let mut counts = vec![0_u32; keys];
        for key in (Pattern::Zipf { keys, exponent }).keys(3).take(draws) {
            counts[key as usize] += 1;
        }
        let total: f64 = (1..=keys).map(|rank| (rank as f64).powf(-exponent)).sum();
        for rank in [1, 2, 5, 20] {
            let expected = draws as f64 * (rank as f64).powf(-exponent) / total;
            let found = f64::from(counts[rank - 1]);
            // Five standard deviations of a count.
            assert!(
                (found - expected).abs() < 5.0 * expected.sqrt(),
                "{rank}: {found}, {expected}"
            );
        }
    }

    #[test]
    fn a_run_asks_for_keys_that_never_come_back() {
        let pattern = Pattern::Scan { hot: 10, every: 50, length: 100 };
        let keys: Vec<u64> = pattern.keys(1).take(15_000).collect();
        let cold: Vec<u64> = keys.iter().copied().filter(|key| *key > 9).collect();
        assert_eq!(cold.len(), cold.iter().collect::<HashSet<_>>().len());
        assert!(cold.len() > 9_000 && cold.len() < 11_000, "{}", cold.len());
    }

    #[test]
    fn shifting_ranks_leave_the_first_keys_behind() {
        let pattern = Pattern::ShiftingZipf { keys: 50, exponent: 0.9, every: 100, by: 50 };
        let keys: Vec<u64> = pattern.keys(1).take(1_000).collect();
        assert!(keys[..100].iter().all(|key| *key < 50));
        assert!(keys[900..].iter().all(|key| (450..500).contains(key)));
    }
}

//! Counter-based random streams.
//!
//! A draw is a pure function of who asks, for what and which one it is: run, environment, episode,
//! purpose, index. The order of draws, the number of threads and the lane never enter, and a new
//! purpose never shifts an old one.
//!
//! ```text
//! (run, env, episode, fork) ──mix──► 64-bit key ┐
//! (index, purpose)          ───────► counter    ┴──Philox4x32-10──► 52 bits ──► u in (0, 1)
//! ```
//! There is no generator to advance: a snapshot stores the four words of the key and no position.

use physics::math::SimdLevel;

use crate::slots::{Slot, Slots};

/// Draws that are made side by side.
pub(crate) const DRAWS: usize = 16;

/// What a stream of draws is for.
///
/// The number of a purpose is a word of the counter and must never change; a new purpose takes a
/// new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Daily variation of a person's metabolic rate; index = day · 64 + person.
    Metabolism = 1,
    /// Random commands in tests and the random controller; index = decision · 64 + command.
    Commands = 2,
    /// Failures of units; see [`crate::fault`] for the index.
    Faults = 3,
    /// Noise of instruments; see [`crate::sensor`] for the index, as for the next two.
    SensorNoise = 4,
    /// Bias and drift of instruments.
    SensorMaking = 5,
    /// Faults of instruments.
    SensorFaults = 6,
    /// Numbers of the scenario that are drawn for an episode; index = place in the scenario.
    Parameters = 7,
    /// First weights of a network; index = number of the weight.
    Network = 8,
}

/// The identity of one habitat's randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamKey {
    /// Seed of the run.
    pub run: u64,
    /// Identity of the environment within the run.
    pub env: u64,
    /// Number of the episode.
    pub episode: u64,
    /// 0 for the real habitat; every fork has its own.
    pub fork: u64,
}

impl Slots for StreamKey {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        for (name, word) in [
            ("run", &mut self.run),
            ("env", &mut self.env),
            ("episode", &mut self.episode),
            ("fork", &mut self.fork),
        ] {
            let kept = at.len();
            at.push('.');
            at.push_str(name);
            visit(at, Slot::Word(word));
            at.truncate(kept);
        }
    }
}

impl StreamKey {
    /// The key of a fork of this habitat: every later draw differs from the original's.
    ///
    /// The fork word of the result is odd, so it is never that of the real habitat, 0. Forks of
    /// forks have words of their own. Run, environment and episode stay.
    ///
    /// # Tests
    /// `same_bits::a_fork_does_not_foresee`, `tests::draws_are_uniform_and_apart_by_key` in this
    /// file.
    #[must_use]
    pub fn forked(self, salt: u64) -> StreamKey {
        StreamKey { fork: mix(mix(self.fork ^ 0x9E37_79B9_7F4A_7C15) ^ salt) | 1, ..self }
    }

    /// Draw number `index` for `purpose`, uniform on the open interval from 0 to 1.
    ///
    /// # Source
    /// Philox4x32-10, Salmon et al. (2011), SC'11, "Parallel random numbers: as easy as 1, 2, 3".
    /// # Valid range
    /// Every index. The result is a multiple of 2⁻⁵² plus half of one: never 0, never 1, so its
    /// logarithm is finite.
    /// # Conserves
    /// Nothing is remembered: the same arguments give the same bits.
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{StreamKey, stream::Purpose};
    /// let key = StreamKey { run: 7, ..StreamKey::default() };
    /// let draw = key.uniform(Purpose::Metabolism, 3);
    /// assert!(draw > 0.0 && draw < 1.0);
    /// assert_eq!(draw, key.uniform(Purpose::Metabolism, 3)); // pure
    /// assert_ne!(draw, key.uniform(Purpose::Commands, 3)); // apart by purpose
    /// assert_ne!(draw, StreamKey { env: 1, ..key }.uniform(Purpose::Metabolism, 3));
    /// ```
    /// # Tests
    /// `tests::philox_known_answer` and `tests::draws_are_uniform_and_apart_by_key` in this file,
    /// `biosim::biosim_5_people_and_runs_have_streams_of_their_own`.
    #[must_use]
    pub fn uniform(self, purpose: Purpose, index: u64) -> f64 {
        let word = self.words(purpose, index);
        let bits = (u64::from(word[0]) << 20) ^ (u64::from(word[1]) >> 12);
        (bits as f64 + 0.5) * 2.0_f64.powi(-52)
    }

    /// The four words behind draw number `index` for `purpose`: 128 bits, as pure as [`StreamKey::uniform`].
    #[must_use]
    pub fn words(self, purpose: Purpose, index: u64) -> [u32; 4] {
        let counter = [[index as u32], [(index >> 32) as u32], [purpose as u32], [0]];
        philox(counter, self.philox_key()).map(|[word]| word)
    }

    /// [`StreamKey::words`] of the draws `first`, `first + 1`, … [`DRAWS`] of them, the first words of all before the
    /// second ones: side by side in the vector unit.
    #[must_use]
    pub(crate) fn rows_of_words(
        self,
        level: SimdLevel,
        purpose: Purpose,
        first: u64,
    ) -> [[u32; DRAWS]; 4] {
        let mut rows = [[0; DRAWS], [0; DRAWS], [purpose as u32; DRAWS], [0; DRAWS]];
        for draw in 0..DRAWS {
            let index = first + draw as u64;
            (rows[0][draw], rows[1][draw]) = (index as u32, (index >> 32) as u32);
        }
        philox_rows(level, &mut rows, self.philox_key());
        rows
    }

    fn philox_key(self) -> [u32; 2] {
        let seed = mix(mix(mix(self.run) ^ self.env) ^ self.episode) ^ mix(self.fork);
        [seed as u32, (seed >> 32) as u32]
    }
}

/// Finaliser of SplitMix64 (Steele et al. 2014): spreads every input bit over the word.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Ten rounds of Philox4x32, a keyed bijection of 128-bit counters, on `N` counters side by side: the first words of all
/// stand before the second ones.
///
/// Inlined, so that it is compiled with the instructions of its caller.
///
/// # Source
/// Salmon et al. (2011), SC'11, "Parallel random numbers: as easy as 1, 2, 3".
/// # Tests
/// `tests::philox_known_answer`, `tests::draws_side_by_side_are_the_draws_one_by_one` in this file.
#[inline(always)]
#[must_use]
pub fn philox<const N: usize>(mut words: [[u32; N]; 4], mut key: [u32; 2]) -> [[u32; N]; 4] {
    for _ in 0..10 {
        let mut next = [[0; N]; 4];
        for i in 0..N {
            let a = u64::from(words[0][i]) * 0xD251_1F53;
            let b = u64::from(words[2][i]) * 0xCD9E_8D57;
            next[0][i] = (b >> 32) as u32 ^ words[1][i] ^ key[0];
            next[1][i] = b as u32;
            next[2][i] = (a >> 32) as u32 ^ words[3][i] ^ key[1];
            next[3][i] = a as u32;
        }
        words = next;
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    words
}

#[inline(always)]
fn philox_each(words: &mut [[u32; DRAWS]; 4], key: [u32; 2]) {
    *words = philox(*words, key);
}

physics::at_simd_level! {
    /// [`philox`] with the instructions of a SIMD level.
    fn philox_rows(words: &mut [[u32; DRAWS]; 4], key: [u32; 2]) = philox_each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_side_by_side_are_the_draws_one_by_one() {
        let key = StreamKey { run: 7, env: 3, ..StreamKey::default() };
        for level in SimdLevel::ALL {
            for first in [0, 1_000, u64::from(u32::MAX) - 3] {
                let rows = key.rows_of_words(level, Purpose::SensorNoise, first);
                for draw in 0..DRAWS {
                    let one = key.words(Purpose::SensorNoise, first + draw as u64);
                    assert_eq!(rows.map(|row| row[draw]), one, "{level:?}, {first} + {draw}");
                }
            }
        }
    }

    /// Known answer of the Random123 distribution for counter 0 and key 0.
    #[test]
    fn philox_known_answer() {
        assert_eq!(
            philox([[0]; 4], [0; 2]),
            [[0x6627_e8d5], [0xe169_c58d], [0xbc57_ac4c], [0x9b00_dbd8]]
        );
    }

    #[test]
    fn draws_are_uniform_and_apart_by_key() {
        let key = StreamKey { run: 7, ..StreamKey::default() };
        let draws: Vec<f64> = (0..20_000).map(|i| key.uniform(Purpose::Metabolism, i)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!(draws.iter().all(|u| *u > 0.0 && *u < 1.0));
        for other in [
            StreamKey { env: 1, ..key },
            StreamKey { episode: 1, ..key },
            StreamKey { run: 8, ..key },
            key.forked(0),
            key.forked(1),
        ] {
            assert_ne!(other.uniform(Purpose::Metabolism, 3), draws[3]);
        }
        assert_ne!(key.uniform(Purpose::Commands, 3), draws[3]);
    }
}

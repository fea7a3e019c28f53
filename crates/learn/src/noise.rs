//! Normal draws of actions, as pure functions of who draws and when.
//!
//! ```text
//! (seed, lane, decision, four of the action) ──Philox4x32-10──► 4 words ──Box–Muller──► 4 normals
//! ```
//! There is no generator to advance, so that lanes may be split over any number of threads. The arithmetic is plain and
//! unfused: the same bits at every level of vectors. Source of the generator: Salmon et al. (2011), SC'11; of the
//! transformation: Box & Muller (1958), Ann. Math. Stat. 29, 610.

use env::habitat::stream::philox;

use crate::simd::Level;

/// Draws made side by side.
const SIDE: usize = 16;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Normal numbers of actions.
    Action = 1,
    /// Uniform numbers of choices.
    Choice = 2,
}

/// Write draws, normal ones for [`Stream::Action`] and uniform ones for [`Stream::Choice`], for rows of `width` numbers; row r is that of lane `first + r` at its decision
/// `decisions[r]`, and depends on nothing else.
pub fn draws(
    level: Level,
    seed: u64,
    stream: Stream,
    first: u64,
    decisions: &[u64],
    width: usize,
    out: &mut [f32],
) {
    let fours = width.div_ceil(4);
    assert_eq!(out.len(), decisions.len() * width);
    let total = decisions.len() * fours;
    let (mut counters, mut drawn) = ([[0; SIDE]; 4], [[0.0; SIDE]; 4]);
    for start in (0..total).step_by(SIDE) {
        for i in 0..SIDE {
            let draw = (start + i).min(total - 1);
            let (row, four) = (draw / fours, draw % fours);
            let (lane, decision) = (first + row as u64, decisions[row]);
            counters[0][i] = four as u32 | ((lane >> 32) << 16) as u32;
            counters[1][i] = lane as u32;
            counters[2][i] = decision as u32;
            counters[3][i] = stream as u32 | (((decision >> 32) << 8) as u32);
        }
        fill(level, seed, stream == Stream::Action, &counters, &mut drawn);
        for i in 0..SIDE.min(total - start) {
            let (row, four) = ((start + i) / fours, (start + i) % fours);
            let to = &mut out
                [row * width + 4 * four..((row + 1) * width).min(row * width + 4 * four + 4)];
            for (to, drawn) in to.iter_mut().zip(&drawn) {
                *to = drawn[i];
            }
        }
    }
}

fn fill(
    level: Level,
    seed: u64,
    normal: bool,
    counters: &[[u32; SIDE]; 4],
    drawn: &mut [[f32; SIDE]; 4],
) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
    fn avx512(seed: u64, normal: bool, counters: &[[u32; SIDE]; 4], drawn: &mut [[f32; SIDE]; 4]) {
        fill_plain(seed, normal, counters, drawn);
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn avx2(seed: u64, normal: bool, counters: &[[u32; SIDE]; 4], drawn: &mut [[f32; SIDE]; 4]) {
        fill_plain(seed, normal, counters, drawn);
    }
    match level {
        // SAFETY: a level is only made after the machine was asked for it.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512(seed, normal, counters, drawn) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2(seed, normal, counters, drawn) },
        _ => fill_plain(seed, normal, counters, drawn),
    }
}

#[inline(always)]
fn fill_plain(seed: u64, normal: bool, counters: &[[u32; SIDE]; 4], drawn: &mut [[f32; SIDE]; 4]) {
    let c = philox(*counters, [seed as u32, (seed >> 32) as u32]);
    if !normal {
        for (drawn, words) in drawn.iter_mut().zip(&c) {
            for i in 0..SIDE {
                drawn[i] = (words[i] >> 8) as f32 * (1.0 / 16_777_216.0);
            }
        }
        return;
    }
    for pair in 0..2 {
        for i in 0..SIDE {
            let (one, other) = box_muller(c[2 * pair][i], c[2 * pair + 1][i]);
            drawn[2 * pair][i] = one;
            drawn[2 * pair + 1][i] = other;
        }
    }
}

/// Two independent standard normal numbers from two words.
///
/// ```text
/// r = √(−2·ln u),  u = (word/2^9 + 0.5)/2^23;   r·cos 2πv, r·sin 2πv,  v = (word/2^8)/2^24
/// ```
/// The largest r is √(2·24·ln 2) = 5.77. Sine and cosine are those of half the angle, by their Taylor series,
/// doubled; the logarithm is that of the mantissa, by the series of its inverse hyperbolic tangent.
#[inline(always)]
fn box_muller(first: u32, second: u32) -> (f32, f32) {
    let u = ((first >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0);
    let bits = u.to_bits();
    // Mantissa from √½ to √2.
    let shifted = bits.wrapping_sub(0x3F35_04F3);
    let exponent = (shifted as i32 >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007F_FFFF).wrapping_add(0x3F35_04F3));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = 2.0 + z * (2.0 / 3.0 + z * (2.0 / 5.0 + z * (2.0 / 7.0 + z * (2.0 / 9.0))));
    let ln = exponent * std::f32::consts::LN_2 + s * series;
    let r = (-2.0 * ln).max(0.0).sqrt();
    let a = ((second >> 8) as f32 * (1.0 / 16_777_216.0) - 0.5) * std::f32::consts::PI;
    let y = a * a;
    let sine = a
        * (1.0
            + y * (-1.0 / 6.0
                + y * (1.0 / 120.0
                    + y * (-1.0 / 5_040.0 + y * (1.0 / 362_880.0 + y * (-1.0 / 39_916_800.0))))));
    let cosine = 1.0
        + y * (-0.5
            + y * (1.0 / 24.0
                + y * (-1.0 / 720.0
                    + y * (1.0 / 40_320.0
                        + y * (-1.0 / 3_628_800.0 + y * (1.0 / 479_001_600.0))))));
    // The angle counts from −½ of a turn: both change sign.
    (r * (2.0 * sine * sine - 1.0), -2.0 * r * sine * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_standard_normal_and_the_same_at_every_level() {
        let decisions: Vec<u64> = (0..5_000).map(|i| i / 7).collect();
        let mut out = vec![0.0; 5_000 * 6];
        draws(Level::Scalar, 3, Stream::Action, 1 << 33, &decisions, 6, &mut out);
        let n = out.len() as f64;
        let moment = |k: i32| out.iter().map(|x| f64::from(*x).powi(k)).sum::<f64>() / n;
        assert!(moment(1).abs() < 0.02, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.03, "{}", moment(2));
        assert!(moment(3).abs() < 0.06, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.15, "{}", moment(4));
        for level in Level::ALL.into_iter().filter(|level| level.is_here()) {
            let mut other = vec![0.0; out.len()];
            draws(level, 3, Stream::Action, 1 << 33, &decisions, 6, &mut other);
            assert_eq!(out, other, "{level}");
        }
        // A row does not depend on its neighbours.
        let mut alone = vec![0.0; 6];
        draws(Level::best(), 3, Stream::Action, (1 << 33) + 41, &decisions[41..42], 6, &mut alone);
        assert_eq!(alone, out[41 * 6..42 * 6]);
    }
}

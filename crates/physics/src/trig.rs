//! Sine, cosine and their inverses without a branch, a table or a fused operation.
//!
//! As in [`crate::math`], one source serves `f64` and [`F64x8`](crate::number::F64x8) and gives the
//! same bits for both, at every instruction set.
//!
//! Not here: angles in degrees and directions of the sky ([`crate::sun`]).

use core::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use crate::math::polynomial;
use crate::number::{ROUNDING_SHIFT, Real};

/// π/2 cut after 33 bits, so that its product with a quarter-turn count below 2^20 is exact.
const QUARTER_HIGH: f64 = 1.570_796_326_734_125_6;
/// The next 33 bits of π/2.
const QUARTER_MIDDLE: f64 = 6.077_100_506_303_966e-11;
/// What is left of π/2.
const QUARTER_LOW: f64 = 2.022_266_248_795_950_6e-21;
/// π − [`PI`].
const PI_LOW: f64 = 1.224_646_799_147_353_2e-16;
/// Largest magnitude of an angle, rad: 2^50. Beyond it neighbouring numbers are a quarter turn apart.
const ANGLE_MAX: f64 = 1_125_899_906_842_624.0;
/// √2 − 1 = tan(π/8).
const TAN_EIGHTH: f64 = core::f64::consts::SQRT_2 - 1.0;

/// (sin r − r)/r³ in powers of r²: the Taylor series; for |r| ≤ π/4 the next term is below 2^-63 of
/// the sine.
const SINE_TAIL: [f64; 8] = alternating_factorials(3);
/// (cos r − 1 + r²/2)/r⁴ in powers of r²: the Taylor series; the next term is below 2^-60.
const COSINE_TAIL: [f64; 7] = {
    let minus: [f64; 8] = alternating_factorials(2);
    let mut c = [0.0; 7];
    let mut i = 0;
    while i < 7 {
        c[i] = minus[i + 1];
        i += 1;
    }
    c
};

/// (atan t − t)/t³ in powers of t² for |t| ≤ tan(π/8), lowest first. Interpolated at Chebyshev nodes
/// in 60-digit arithmetic; relative error of the arc tangent below 2^-62.
const ARC_TANGENT_TAIL: [f64; 12] = [
    -0.333_333_333_333_333_3,
    0.199_999_999_999_998_04,
    -0.142_857_142_856_597_79,
    0.111_111_111_051_505_88,
    -0.090_909_087_532_591_12,
    0.076_922_963_680_422_96,
    -0.066_664_247_602_005_2,
    0.058_789_275_544_738_07,
    -0.052_304_436_406_868_42,
    0.045_515_447_340_221_615,
    -0.034_569_315_063_326_09,
    0.016_284_375_050_043_393,
];

/// −1/first!, 1/(first + 2)!, −1/(first + 4)! …
const fn alternating_factorials<const N: usize>(first: usize) -> [f64; N] {
    let mut c = [0.0; N];
    let mut i = 0;
    while i < N {
        let mut factorial = 1.0;
        let mut k = 2;
        while k <= 2 * i + first {
            factorial *= k as f64;
            k += 1;
        }
        c[i] = if i % 2 == 0 { -1.0 } else { 1.0 } / factorial;
        i += 1;
    }
    c
}

/// The integer next to `x`, for |x| < 2^51.
#[inline(always)]
fn round<R: Real>(x: R) -> R {
    (x + ROUNDING_SHIFT) - ROUNDING_SHIFT
}

/// Sine and cosine of r + e, |r| ≤ 0.8 and e far below r.
#[inline(always)]
fn kernels<R: Real>(r: R, e: R) -> (R, R) {
    let z = r * r;
    let half = z * 0.5;
    let sine = r + (r * z * polynomial(&SINE_TAIL, z) + e * (R::one() - half));
    let w = R::one() - half;
    let cosine = w + (((R::one() - w) - half) + (z * z * polynomial(&COSINE_TAIL, z) - r * e));
    (sine, cosine)
}

/// Puts sine and cosine of the remainder into the quadrant of `k` quarter turns.
#[inline(always)]
fn turned<R: Real>(k: R, sine: R, cosine: R) -> (R, R) {
    // −2, −1, 0, 1 or 2 quarter turns.
    let q = k - round(k * 0.25) * 4.0;
    let odd = q.abs().gt(R::splat(0.5)) & q.abs().lt(R::splat(1.5));
    let (s, c) = (R::select(odd, cosine, sine), R::select(odd, sine, cosine));
    let half_turn = q.abs().gt(R::splat(1.5));
    let s_negative = half_turn | (q.lt(R::splat(-0.5)) & odd);
    let c_negative = half_turn | (q.gt(R::splat(0.5)) & odd);
    (R::select(s_negative, -s, s), R::select(c_negative, -c, c))
}

/// Return sine and cosine of an angle in radians, within 2 ulp.
///
/// # Equation
/// ```text
/// x = k·π/2 + r,  |r| ≤ π/4;  Taylor series of sin r and cos r, exchanged and signed by k mod 4
/// ```
/// # Source
/// Argument reduction with a three-part π/2 (Cody and Waite 1980).
/// # Valid range
/// |x| ≤ 1.6e6 (2^20 quarter turns).
/// # Outside the range
/// Above it the absolute error grows as |x|·2^-52, so that near 1e15 no digit is right; above 2^50 the
/// angle is clamped. The result stays finite and within ±1.001. NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// let (sine, cosine) = physics::trig::sin_cos(core::f64::consts::FRAC_PI_6);
/// assert!((sine - 0.5).abs() < 1e-15 && (cosine - 0.75_f64.sqrt()).abs() < 1e-15);
/// ```
/// # Tests
/// `sine_and_cosine_are_within_two_ulp`, `sine_and_cosine_lie_on_the_circle`, `lanes_agree`.
#[inline(always)]
#[must_use]
pub fn sin_cos<R: Real>(x_rad: R) -> (R, R) {
    let limit = R::splat(ANGLE_MAX);
    let x = x_rad.clamp(-limit, limit);
    let k = round(x * FRAC_2_PI);
    let a = x - k * QUARTER_HIGH;
    let b = k * QUARTER_MIDDLE;
    // r + e = a − b, exact whichever of the two is the larger.
    let r = a - b;
    let from_b = r - a;
    let e = (a - (r - from_b)) - (b + from_b) - k * QUARTER_LOW;
    let bound = R::splat(0.8);
    let (sine, cosine) = kernels(r.clamp(-bound, bound), e.clamp(-bound, bound));
    turned(k, sine, cosine)
}

/// Return sine and cosine of an angle in turns (1 is a full circle), absolute error below 4e-16.
///
/// The reduction is exact for every number, so a phase that has run for years loses only what the
/// number itself cannot hold.
///
/// # Equation
/// ```text
/// x = k/4 + f,  |f| ≤ 1/8;  sin(2π·f), cos(2π·f) as in [`sin_cos`]
/// ```
/// # Source
/// Definition.
/// # Valid range
/// |x| ≤ 2^50.
/// # Outside the range
/// The angle is clamped. NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `turns_are_exact_in_the_quarters`.
#[inline(always)]
#[must_use]
pub fn sin_cos_turns<R: Real>(x_turns: R) -> (R, R) {
    let limit = R::splat(ANGLE_MAX);
    let x = x_turns.clamp(-limit, limit);
    let whole = x - round(x);
    let k = round(whole * 4.0);
    let (sine, cosine) = kernels((whole - k * 0.25) * (2.0 * PI), R::zero());
    turned(k, sine, cosine)
}

/// Return the sine of an angle in radians; see [`sin_cos`].
#[inline(always)]
#[must_use]
pub fn sin<R: Real>(x_rad: R) -> R {
    sin_cos(x_rad).0
}

/// Return the cosine of an angle in radians; see [`sin_cos`].
#[inline(always)]
#[must_use]
pub fn cos<R: Real>(x_rad: R) -> R {
    sin_cos(x_rad).1
}

/// Return the angle of the point (x, y) from the x axis, −π to π rad, within 3 ulp.
///
/// # Equation
/// ```text
/// t = min(|x|,|y|)/max(|x|,|y|);  t > tan(π/8):  atan t = π/4 + atan((t − 1)/(t + 1))
/// then by octant: π/2 − atan t for |y| > |x|, π − for x < 0, the sign of y
/// ```
/// # Source
/// Addition theorem of the arc tangent; coefficients are our own.
/// # Valid range
/// Magnitudes from 1e-300 to 1e300 and not both zero.
/// # Outside the range
/// The origin gives 0. A largest magnitude below the smallest normal number counts as that number. The
/// sign of a zero is not looked at: y = −0 is on the side of +0. NaN gives NaN or a finite number.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// let angle = physics::trig::atan2(1.0_f64, -1.0);
/// assert!((angle - 0.75 * core::f64::consts::PI).abs() < 1e-15);
/// ```
/// # Tests
/// `inverses_are_within_four_ulp`, `inverse_of_sine_and_cosine`, `lanes_agree`.
#[inline(always)]
#[must_use]
pub fn atan2<R: Real>(y: R, x: R) -> R {
    let (y_size, x_size) = (y.abs(), x.abs());
    let least = y_size.min(x_size);
    let most = y_size.max(x_size).max(R::splat(f64::MIN_POSITIVE));
    let t = least / most;
    let steep = t.gt(R::splat(TAN_EIGHTH));
    let t = R::select(steep, (t - 1.0) / (t + 1.0), t);
    let z = t * t;
    let tail = t * z * polynomial(&ARC_TANGENT_TAIL, z);
    let base = R::select(steep, R::splat(FRAC_PI_4), R::zero());
    let base_low = R::select(steep, R::splat(0.25 * PI_LOW), R::zero());
    let mut angle = base + (t + (tail + base_low));
    let upright = y_size.gt(x_size);
    angle = R::select(upright, (-angle + 0.5 * PI_LOW) + FRAC_PI_2, angle);
    angle = R::select(x.lt(R::zero()), (-angle + PI_LOW) + PI, angle);
    R::select(y.lt(R::zero()), -angle, angle)
}

/// Return the angle whose sine is x, −π/2 to π/2 rad, within 4 ulp.
///
/// # Equation
/// ```text
/// asin x = atan2(x, √((1 − x)·(1 + x)))
/// ```
/// # Source
/// Definition of the tangent.
/// # Valid range
/// −1 ≤ x ≤ 1.
/// # Outside the range
/// x is clamped to ±1. NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::trig::asin(0.5_f64) - core::f64::consts::FRAC_PI_6).abs() < 1e-15);
/// ```
/// # Tests
/// `inverses_are_within_four_ulp`, `inverse_of_sine_and_cosine`.
#[inline(always)]
#[must_use]
pub fn asin<R: Real>(x: R) -> R {
    let one = R::one();
    let x = x.clamp(-one, one);
    atan2(x, ((one - x) * (one + x)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    fn ulps(a: f64, b: f64) -> f64 {
        if a == b {
            return 0.0;
        }
        let spacing = f64::from_bits(b.abs().to_bits() + 1) - b.abs();
        ((a - b) / spacing).abs()
    }

    /// Deterministic points in [0, 1).
    fn points(n: usize) -> impl Iterator<Item = f64> {
        let mut s = 0x2545_f491_4f6c_dd1d_u64;
        (0..n).map(move |_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s >> 11) as f64 / 9_007_199_254_740_992.0
        })
    }

    #[test]
    fn sine_and_cosine_are_within_two_ulp() {
        let mut worst = 0.0_f64;
        for (i, u) in points(200_000).enumerate() {
            // Also next to multiples of π/2, where the reduction cancels.
            let near = f64::from(i as u32 % 100_000) * FRAC_PI_2 + (u - 0.5) * 1e-9;
            for x in [(u - 0.5) * 3.2e6, (u - 0.5) * 20.0, (u - 0.5) * 1e-6, near] {
                worst = worst.max(ulps(sin(x), x.sin())).max(ulps(cos(x), x.cos()));
            }
        }
        assert!(worst <= 2.0, "{worst} ulp");
    }

    #[test]
    fn inverses_are_within_four_ulp() {
        let (mut worst_tangent, mut worst_sine) = (0.0_f64, 0.0_f64);
        let second: Vec<f64> = points(200_001).collect();
        for (i, u) in points(200_000).enumerate() {
            let v = second[i + 1];
            for (y, x) in [
                (u - 0.5, v - 0.5),
                ((u - 0.5) * 1e-8, v - 0.5),
                (u - 0.5, (v - 0.5) * 1e-8),
                (1.0, 1.0 + (u - 0.5) * 1e-7),
            ] {
                worst_tangent = worst_tangent.max(ulps(atan2(y, x), y.atan2(x)));
            }
            for x in [2.0 * u - 1.0, 1.0 - u * 1e-9, (u - 0.5) * 1e-6] {
                worst_sine = worst_sine.max(ulps(asin(x), x.asin()));
            }
        }
        assert!(worst_tangent <= 3.0, "{worst_tangent} ulp");
        assert!(worst_sine <= 4.0, "{worst_sine} ulp");
    }

    #[test]
    fn exact_values() {
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
        assert_eq!(atan2(0.0, 0.0), 0.0);
        assert_eq!(atan2(0.0, 1.0), 0.0);
        assert_eq!(atan2(0.0, -1.0), PI);
        assert_eq!(atan2(1.0, 0.0), FRAC_PI_2);
        assert_eq!(atan2(-1.0, 0.0), -FRAC_PI_2);
        assert_eq!(asin(1.0), FRAC_PI_2);
        assert_eq!(asin(-1.0), -FRAC_PI_2);
        assert_eq!(asin(2.0), FRAC_PI_2);
        assert!(sin(f64::NAN).is_nan() && cos(f64::NAN).is_nan() && asin(f64::NAN).is_nan());
    }

    #[test]
    fn turns_are_exact_in_the_quarters() {
        for (turns, want) in [
            (0.0, (0.0, 1.0)),
            (0.25, (1.0, 0.0)),
            (0.5, (0.0, -1.0)),
            (-0.25, (-1.0, 0.0)),
            (1_000_000.75, (-1.0, 0.0)),
            (-2_000_000.5, (0.0, -1.0)),
        ] {
            let got = sin_cos_turns(turns);
            assert!(got.0 == want.0 && got.1 == want.1, "{turns} {got:?}");
        }
        for u in points(100_000) {
            let x = (u - 0.5) * 8.0;
            let (sine, cosine) = sin_cos_turns(x);
            let reduced = (x - x.round()) * 2.0 * PI;
            assert!((sine - reduced.sin()).abs() < 4e-16 && (cosine - reduced.cos()).abs() < 4e-16);
        }
    }

    #[test]
    fn lanes_agree() {
        let all: Vec<f64> = points(40_000).collect();
        for c in all.chunks_exact(8) {
            let u = F64x8::from_lanes(|i| c[i]);
            let (x, y) = ((u - 0.5) * 1e4, (u - 0.3) * 2.0);
            let (got, turn) = (sin_cos(x), sin_cos_turns(x));
            let (angle, arc) = (atan2(y, u - 0.5), asin(y));
            for i in 0..8 {
                let (u, x, y) = (u.lane(i), x.lane(i), y.lane(i));
                for (got, want) in [
                    (got.0, sin_cos(x).0),
                    (got.1, sin_cos(x).1),
                    (turn.0, sin_cos_turns(x).0),
                    (turn.1, sin_cos_turns(x).1),
                    (angle, atan2(y, u - 0.5)),
                    (arc, asin(y)),
                ] {
                    assert_eq!(got.lane(i).to_bits(), want.to_bits());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn sine_and_cosine_lie_on_the_circle(x in -1.6e6..1.6e6_f64) {
            let (s, c) = sin_cos(x);
            prop_assert!((s * s + c * c - 1.0).abs() < 5e-16);
            prop_assert_eq!(sin(-x).to_bits(), (-s).to_bits());
            prop_assert_eq!(cos(-x).to_bits(), c.to_bits());
        }

        #[test]
        fn inverse_of_sine_and_cosine(x in -3.1..3.1_f64, r in 1e-3..1e3_f64) {
            let (s, c) = sin_cos(x);
            prop_assert!((atan2(r * s, r * c) - x).abs() < 1e-15);
            prop_assert!((sin(asin(s)) - s).abs() < 1e-15);
        }

        #[test]
        fn finite_in_finite_out(x in any::<f64>(), y in any::<f64>()) {
            prop_assume!(x.is_finite() && y.is_finite());
            let (s, c) = sin_cos(x);
            prop_assert!(s.abs() <= 1.001 && c.abs() <= 1.001, "{} {}", s, c);
            let (s, c) = sin_cos_turns(x);
            prop_assert!(s.abs() <= 1.001 && c.abs() <= 1.001);
            prop_assert!(atan2(y, x).abs() <= PI && asin(x).abs() <= FRAC_PI_2);
        }
    }
}

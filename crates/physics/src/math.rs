//! Exponential, logarithm and power without a branch, a table or a fused operation.
//!
//! The same source serves `f64` and [`F64x8`](crate::number::F64x8) and gives the same bits for
//! both, at every instruction set. The bodies use add, multiply, divide, compare and 64-bit
//! integer shift and add only, so the compiler may vectorise a loop over them at any width.
//!
//! The standard library's functions are not used by kernels: their bits depend on the platform.

use crate::number::{ROUNDING_SHIFT, Real};

/// log2(e). Mathematical constant.
const LOG2_E: f64 = core::f64::consts::LOG2_E;
/// ln 2 cut after 32 bits, so that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_485_539_1;
/// ln 2 − [`LN_2_HIGH`].
const LN_2_LOW: f64 = 7.440_617_110_012_397e-11;
/// Largest argument of [`exp`]; above it the result stays at exp(709) = 8.2e307.
const EXP_MAX: f64 = 709.0;
/// Smallest argument of [`exp`]; below it the result stays at exp(−708) = 3.3e-308.
const EXP_MIN: f64 = -708.0;

/// (e^r − 1 − r)/r² for |r| ≤ 0.347, lowest power first. Interpolated at Chebyshev nodes in
/// 60-digit arithmetic; relative error of e^r below 2^-61.
const EXP_TAIL: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_7,
    0.041_666_666_666_666_67,
    0.008_333_333_333_326_084,
    0.001_388_888_888_888_371_1,
    0.000_198_412_698_750_022_8,
    2.480_158_732_567_746e-5,
    2.755_725_517_000_089e-6,
    2.755_727_347_871_858e-7,
    2.510_531_272_961_210_3e-8,
    2.091_475_532_589_32e-9,
];

/// (2·artanh(s)/s − 2)/s² for s² ≤ 0.0295 in powers of s², lowest first. Interpolated at Chebyshev
/// nodes in 60-digit arithmetic; relative error of the logarithm below 2^-60.
const LN_TAIL: [f64; 8] = [
    0.666_666_666_666_666_6,
    0.400_000_000_000_008_8,
    0.285_714_285_708_028_5,
    0.222_222_223_918_870_64,
    0.181_817_956_216_327_82,
    0.153_862_407_089_696_65,
    0.132_687_461_955_965_95,
    0.130_869_078_879_650_27,
];

/// Return the sum of c\[i\]·x^i, lowest power first.
///
/// # Equation
/// ```text
/// Σ c[2i]·z^i + x·Σ c[2i+1]·z^i,  z = x²     two short chains instead of a long one
/// ```
/// # Source
/// Horner's rule on the even and the odd powers.
/// # Valid range
/// N ≥ 2.
/// # Outside the range
/// One coefficient does not compile.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `polynomial_is_the_sum_of_powers`.
#[inline(always)]
#[must_use]
pub fn polynomial<R: Real, const N: usize>(c: &[f64; N], x: R) -> R {
    const { assert!(N >= 2) }
    let z = x * x;
    let (mut first, mut second) = (R::splat(c[N - 1]), R::splat(c[N - 2]));
    let mut i = N - 2;
    while i >= 2 {
        first = first * z + c[i - 1];
        second = second * z + c[i - 2];
        i -= 2;
    }
    if i == 1 { (first * z + c[0]) + second * x } else { first * x + second }
}

/// exp(x + e) for an x that is already clamped and an |e| far below one unit in the last place of
/// the reduced argument's range.
#[inline(always)]
fn exp_of_sum<R: Real>(x: R, e: R) -> R {
    let shifted = x * LOG2_E + ROUNDING_SHIFT;
    let k = shifted - ROUNDING_SHIFT;
    let r = (x - k * LN_2_HIGH) - (k * LN_2_LOW - e);
    let value = (r * r) * polynomial(&EXP_TAIL, r) + r + 1.0;
    value * R::exp2_of_shifted(shifted)
}

/// Return e^x, within 1 ulp.
///
/// # Equation
/// ```text
/// x = k·ln 2 + r,  |r| ≤ ln 2 / 2,  e^x = 2^k · (1 + r + r²·P(r))
/// ```
/// # Source
/// Argument reduction with a two-part ln 2 (Cody and Waite 1980); coefficients are our own.
/// # Valid range
/// −708 ≤ x ≤ 709.
/// # Outside the range
/// The argument is clamped: the result saturates at 8.2e307 above and 3.3e-308 below, and is
/// never zero or infinite. NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::math::exp(1.0_f64) / core::f64::consts::E - 1.0).abs() < 3e-16);
/// ```
/// # Tests
/// `exp_is_within_two_ulp`, `wide_and_scalar_agree`, `edges_are_finite`.
#[inline(always)]
#[must_use]
pub fn exp<R: Real>(x: R) -> R {
    exp_of_sum(x.clamp(R::splat(EXP_MIN), R::splat(EXP_MAX)), R::zero())
}

/// Return the natural logarithm of x, within 1 ulp.
///
/// # Equation
/// ```text
/// x = m·2^k,  √½ ≤ m < √2,  s = (m − 1)/(m + 1),  ln x = k·ln 2 + 2·artanh(s)
/// ```
/// # Source
/// Series of the inverse hyperbolic tangent (Abramowitz and Stegun 1964, 4.1.27); coefficients are
/// our own.
/// # Valid range
/// Positive normal numbers.
/// # Outside the range
/// Zero, negative and subnormal arguments give ln of the smallest positive normal number, −708.40.
/// Infinity gives infinity, NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert_eq!(physics::math::ln(1.0_f64), 0.0);
/// ```
/// # Tests
/// `ln_is_within_two_ulp`, `wide_and_scalar_agree`, `edges_are_finite`.
#[inline(always)]
#[must_use]
pub fn ln<R: Real>(x: R) -> R {
    let positive = R::splat(f64::MIN_POSITIVE).max(x);
    let (m, k) = positive.split_exponent();
    let f = m - 1.0;
    let s = f / (f + 2.0);
    // ln m = f − s·(f − s²·P(s²)): the large part f is exact.
    let z = s * s;
    let correction = s * (f - z * polynomial(&LN_TAIL, z));
    let value = k * LN_2_HIGH + (f - (correction - k * LN_2_LOW));
    R::select(x.le(R::splat(f64::MAX)), value, x)
}

/// Sum of two numbers as a rounded sum and what rounding took away, for |a| ≥ |b| or a = 0.
#[inline(always)]
fn exact_sum<R: Real>(a: R, b: R) -> (R, R) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// Product of two numbers as a rounded product and what rounding took away.
#[inline(always)]
fn exact_product<R: Real>(a: R, b: R) -> (R, R) {
    let product = a * b;
    let (a_high, b_high) = (a.high_half(), b.high_half());
    let (a_low, b_low) = (a - a_high, b - b_high);
    let error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, error)
}

/// Natural logarithm as a sum of two numbers, absolute error about 2^-60 beside k·ln 2.
#[inline(always)]
fn ln_in_two_parts<R: Real>(x: R) -> (R, R) {
    let positive = R::splat(f64::MAX).min(R::splat(f64::MIN_POSITIVE).max(x));
    let (m, k) = positive.split_exponent();
    let f = m - 1.0;
    let (d, d_low) = exact_sum(R::splat(2.0), f);
    let s = f / d;
    let (p, p_low) = exact_product(s, d);
    let s_low = (((f - p) - p_low) - s * d_low) / d;
    let z = s * s;
    let tail = s * (z * polynomial(&LN_TAIL, z)) + s_low * (z * 2.0 + 2.0);
    let (a, a_low) = exact_sum(k * LN_2_HIGH, s * 2.0);
    exact_sum(a, (a_low + k * LN_2_LOW) + tail)
}

/// Return x^y, within 2 ulp for |y| ≤ 50 and |y·ln x| ≤ 50.
///
/// # Equation
/// ```text
/// x^y = exp(y·ln x),  ln x and the product carried in two numbers each
/// ```
/// # Source
/// Exact product by splitting (Dekker 1971, *Numer. Math.* **18**, 224–242).
/// # Valid range
/// Positive normal x, |y| ≤ 1e15. Beyond |y| = 50 the error grows as |y|·2^-60.
/// # Outside the range
/// x ≤ 0 counts as the smallest positive normal number, so 0^½ is 1.5e-154 and not 0. y is clamped
/// to ±1e15 and the result saturates as [`exp`] does. NaN gives NaN.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::math::pow(2.0_f64, 0.5) / 2.0_f64.sqrt() - 1.0).abs() < 5e-16);
/// ```
/// # Tests
/// `pow_is_within_two_ulp`, `wide_and_scalar_agree`, `edges_are_finite`.
#[inline(always)]
#[must_use]
pub fn pow<R: Real>(x: R, y: R) -> R {
    let y = y.clamp(R::splat(-1e15), R::splat(1e15));
    let (l, l_low) = ln_in_two_parts(x);
    let (p, p_low) = exact_product(y, l);
    let p = p.clamp(R::splat(EXP_MIN), R::splat(EXP_MAX));
    let e = (p_low + y * l_low).clamp(R::splat(-1e-12), R::splat(1e-12));
    let value = exp_of_sum(p, e);
    R::select(x.le(x), value, x)
}

/// Return x^y at about half the cost of [`pow`].
///
/// # Equation
/// ```text
/// x^y = exp(y·ln x)
/// ```
/// # Source
/// Definition.
/// # Valid range
/// As [`pow`]; relative error below (2 + 2·|y·ln x|)·2^-52, so 1e-15 near one and 5e-15 at e^10.
/// # Outside the range
/// As [`pow`], without the clamp of y.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `pow_fast_keeps_its_stated_error`, `wide_and_scalar_agree`.
#[inline(always)]
#[must_use]
pub fn pow_fast<R: Real>(x: R, y: R) -> R {
    exp(y * ln(x))
}

/// Instruction set that a batch runs with. The bits of the result do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimdLevel {
    /// What the compilation target guarantees.
    Scalar,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64.
    Avx512,
}

impl SimdLevel {
    /// All levels, narrowest first.
    pub const ALL: [SimdLevel; 3] = [SimdLevel::Scalar, SimdLevel::Avx2, SimdLevel::Avx512];

    /// The widest level that this processor has.
    #[must_use]
    pub fn detect() -> Self {
        let mut best = SimdLevel::Scalar;
        for level in Self::ALL {
            if level.is_available() {
                best = level;
            }
        }
        best
    }

    /// Whether this processor has the level.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            SimdLevel::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// Defines `$name`, which runs `$body` compiled for a [`SimdLevel`].
///
/// `$body` must be `#[inline(always)]`, else the wrappers call one copy compiled for the target. A
/// level that the processor lacks falls back to [`SimdLevel::Scalar`].
#[macro_export]
macro_rules! at_simd_level {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) = $body:expr) => {
        $(#[$doc])*
        $visibility fn $name(level: $crate::math::SimdLevel, $($arg: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $kind),*) {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512($($arg: $kind),*) {
                    $body($($arg),*)
                }
                if level.is_available() {
                    match level {
                        $crate::math::SimdLevel::Scalar => {}
                        // SAFETY: the processor has AVX2, `is_available` has just asked it.
                        $crate::math::SimdLevel::Avx2 => return unsafe { avx2($($arg),*) },
                        // SAFETY: the processor has AVX-512 F, DQ and VL, as above.
                        $crate::math::SimdLevel::Avx512 => return unsafe { avx512($($arg),*) },
                    }
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = level;
            $body($($arg),*)
        }
    };
}

#[inline(always)]
fn exp_each(x: &mut [f64]) {
    for x in x {
        *x = exp(*x);
    }
}

#[inline(always)]
fn ln_each(x: &mut [f64]) {
    for x in x {
        *x = ln(*x);
    }
}

at_simd_level! {
    /// Replace each element by its [`exp`].
    pub fn exp_slice(x: &mut [f64]) = exp_each
}

at_simd_level! {
    /// Replace each element by its [`ln`].
    pub fn ln_slice(x: &mut [f64]) = ln_each
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
        let mut s = 0x9e37_79b9_7f4a_7c15_u64;
        (0..n).map(move |_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s >> 11) as f64 / 9_007_199_254_740_992.0
        })
    }

    #[test]
    fn exp_is_within_two_ulp() {
        let mut worst = 0.0_f64;
        for u in points(300_000) {
            for x in [(u - 0.5) * 1_416.0, (u - 0.5) * 40.0, (u - 0.5) * 2.0] {
                worst = worst.max(ulps(exp(x), x.exp()));
            }
        }
        assert!(worst <= 2.0, "{worst} ulp");
    }

    #[test]
    fn ln_is_within_two_ulp() {
        let mut worst = 0.0_f64;
        for u in points(300_000) {
            for x in [((u - 0.5) * 1_400.0).exp(), 0.5 + u, 1.0 + (u - 0.5) * 1e-3, u * 1e5 + 1e-9]
            {
                worst = worst.max(ulps(ln(x), x.ln()));
            }
        }
        assert!(worst <= 2.0, "{worst} ulp");
    }

    #[test]
    fn pow_is_within_two_ulp() {
        let mut worst = 0.0_f64;
        let exponents: Vec<f64> = points(300_001).collect();
        for (i, u) in points(300_000).enumerate() {
            let v = exponents[i + 1];
            for (x, y) in [
                (((u - 0.5) * 40.0).exp(), (v - 0.5) * 5.0),
                (0.5 + u * 1.5, (v - 0.5) * 100.0),
                (u * 3.0 + 1e-6, v * 3.5),
            ] {
                if (y * x.ln()).abs() <= 50.0 {
                    worst = worst.max(ulps(pow(x, y), x.powf(y)));
                }
            }
        }
        assert!(worst <= 2.0, "{worst} ulp");
    }

    #[test]
    fn pow_fast_keeps_its_stated_error() {
        let exponents: Vec<f64> = points(100_001).collect();
        for (i, u) in points(100_000).enumerate() {
            let (x, y) = (((u - 0.5) * 40.0).exp(), (exponents[i + 1] - 0.5) * 5.0);
            let limit = (2.0 + 2.0 * (y * x.ln()).abs()) * f64::EPSILON;
            assert!((pow_fast(x, y) / x.powf(y) - 1.0).abs() <= limit, "{x} {y}");
        }
    }

    #[test]
    fn polynomial_is_the_sum_of_powers() {
        let x = 0.5_f64;
        assert_eq!(polynomial(&[3.0, 2.0], x), 4.0);
        assert_eq!(polynomial(&[3.0, 2.0, 4.0], x), 5.0);
        assert_eq!(polynomial(&[3.0, 2.0, 4.0, 8.0], x), 6.0);
        assert_eq!(polynomial(&[3.0, 2.0, 4.0, 8.0, 16.0], x), 7.0);
    }

    #[test]
    fn exact_values() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(pow(1.0, 37.5), 1.0);
        assert_eq!(pow(7.25, 0.0), 1.0);
        for (x, y, z) in [(2.0, 10.0, 1_024.0), (10.0, 3.0, 1_000.0), (4.0, 0.5, 2.0)] {
            assert!(ulps(pow(x, y), z) <= 1.0);
        }
    }

    #[test]
    fn edges_are_finite() {
        let edges = [
            0.0,
            -0.0,
            -1.0,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::MIN,
            1e300,
            -1e300,
            1e-300,
            709.0,
            709.9,
            -708.0,
            -745.0,
            1e15,
        ];
        for x in edges {
            assert!(exp(x).is_finite() && exp(x) > 0.0, "exp {x}");
            assert!(ln(x).is_finite(), "ln {x}");
            for y in edges {
                assert!(pow(x, y).is_finite() && pow(x, y) >= 0.0, "pow {x} {y} {}", pow(x, y));
            }
        }
        assert_eq!(ln(0.0), ln(f64::MIN_POSITIVE));
        assert_eq!(ln(-3.0), ln(f64::MIN_POSITIVE));
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::INFINITY), exp(709.0));
        assert!(exp(f64::NAN).is_nan() && ln(f64::NAN).is_nan());
        assert!(pow(f64::NAN, 2.0).is_nan() && pow(2.0, f64::NAN).is_nan());
    }

    #[test]
    fn wide_and_scalar_agree() {
        let all: Vec<f64> = points(80_000).collect();
        for c in all.chunks_exact(8) {
            let u = F64x8::from_lanes(|i| c[i]);
            let (x, y) = ((u - 0.5) * 1_500.0, (u - 0.3) * 9.0);
            let got = [exp(x), ln(u), ln(x), pow(u, y), pow_fast(u, y)];
            for i in 0..8 {
                let (u, x, y) = (u.lane(i), x.lane(i), y.lane(i));
                let want = [exp(x), ln(u), ln(x), pow(u, y), pow_fast(u, y)];
                for (got, want) in got.iter().zip(want) {
                    assert_eq!(got.lane(i).to_bits(), want.to_bits());
                }
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let x: Vec<f64> = points(20_003).map(|u| (u - 0.4) * 1_300.0).collect();
        let want_exp: Vec<u64> = x.iter().map(|x| exp(*x).to_bits()).collect();
        let want_ln: Vec<u64> = x.iter().map(|x| ln(*x).to_bits()).collect();
        assert!(SimdLevel::detect().is_available());
        for level in SimdLevel::ALL {
            let (mut a, mut b) = (x.clone(), x.clone());
            exp_slice(level, &mut a);
            ln_slice(level, &mut b);
            assert!(a.iter().map(|v| v.to_bits()).eq(want_exp.iter().copied()), "{level:?}");
            assert!(b.iter().map(|v| v.to_bits()).eq(want_ln.iter().copied()), "{level:?}");
        }
    }

    proptest! {
        #[test]
        fn finite_in_finite_out(x in any::<f64>(), y in any::<f64>()) {
            prop_assume!(x.is_finite() && y.is_finite());
            prop_assert!(exp(x).is_finite());
            prop_assert!(ln(x).is_finite());
            prop_assert!(pow(x, y).is_finite());
            prop_assert!(pow_fast(x, y).is_finite());
        }
    }
}

//! The number type of the kernels: one `f64`, or eight of them side by side.
//!
//! A kernel is written once against [`Real`]. With `f64` it steps one habitat, with [`F64x8`] it
//! steps eight in the lanes of the vector unit. Both give the same bits: each operation is the
//! IEEE 754 operation of one lane, nothing is contracted and no lane reads another.
//!
//! A kernel has no `if` on a [`Real`]; it computes both sides and calls [`Real::select`].
//!
//! Not here: elementary functions ([`crate::math`]) and the choice of instruction set
//! ([`crate::math::SimdLevel`]).

use core::fmt::Debug;
use core::ops::{
    Add, AddAssign, BitAnd, BitOr, Div, DivAssign, Mul, MulAssign, Neg, Not, Sub, SubAssign,
};

/// 1.5·2^52. A number of magnitude below 2^51 added to it is rounded to an integer, and the low
/// bits of the sum are that integer in two's complement.
pub const ROUNDING_SHIFT: f64 = 6_755_399_441_055_744.0;

/// A number a kernel computes with: `f64` or [`F64x8`].
///
/// `f64` operands stand on the right (`x * 2.0`); a constant on the left is [`Real::splat`].
pub trait Real:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// Outcome of a comparison, one truth value per lane.
    type Mask: Copy
        + BitAnd<Output = Self::Mask>
        + BitOr<Output = Self::Mask>
        + Not<Output = Self::Mask>;

    /// Number of lanes.
    const LANES: usize;

    /// `x` in every lane.
    fn splat(x: f64) -> Self;
    /// Lane `i` is `lane(i)`.
    fn from_lanes(lane: impl FnMut(usize) -> f64) -> Self;
    /// Value of lane `i`; lanes are counted modulo [`Real::LANES`].
    fn lane(self, i: usize) -> f64;

    /// The smaller of two; `other` where one is NaN.
    fn min(self, other: Self) -> Self;
    /// The larger of two; `other` where one is NaN.
    fn max(self, other: Self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// Square root, correctly rounded; NaN below zero.
    fn sqrt(self) -> Self;

    /// `self < other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// `self > other`.
    #[inline(always)]
    fn gt(self, other: Self) -> Self::Mask {
        other.lt(self)
    }
    /// `self >= other`.
    #[inline(always)]
    fn ge(self, other: Self) -> Self::Mask {
        other.le(self)
    }
    /// `a` where the mask is true, else `b`.
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;

    /// 2^k from `shifted` = k + [`ROUNDING_SHIFT`], for −1022 ≤ k ≤ 1023.
    fn exp2_of_shifted(shifted: Self) -> Self;
    /// Mantissa m in [√½, √2) and exponent k with `self` = m·2^k, for positive normal `self`.
    fn split_exponent(self) -> (Self, Self);
    /// `self` with the low 27 bits of the mantissa cleared: the high half of an exact product.
    fn high_half(self) -> Self;

    /// Zero in every lane.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }
    /// One in every lane.
    #[inline(always)]
    fn one() -> Self {
        Self::splat(1.0)
    }
    /// `self` between `low` and `high`; NaN stays NaN.
    #[inline(always)]
    fn clamp(self, low: Self, high: Self) -> Self {
        high.min(low.max(self))
    }
}

/// Bits of √½, rounded down to the high word: the cut between two binades in `split_exponent`.
const SPLIT_BITS: u64 = 0x3fe6_a09e_0000_0000;
const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA_BITS: u64 = 0x000f_ffff_ffff_ffff;
const HIGH_HALF_BITS: u64 = !0x07ff_ffff;
/// Bits of 2^52: an integer below 2^52 written into its mantissa is that integer plus 2^52.
const TWO_52_BITS: u64 = 0x4330_0000_0000_0000;
/// 2^52 + 1023.
const TWO_52_AND_BIAS: f64 = 4_503_599_627_371_519.0;

impl Real for f64 {
    type Mask = bool;
    const LANES: usize = 1;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn from_lanes(mut lane: impl FnMut(usize) -> f64) -> Self {
        lane(0)
    }
    #[inline(always)]
    fn lane(self, _i: usize) -> f64 {
        self
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self < other
    }
    #[inline(always)]
    fn le(self, other: Self) -> bool {
        self <= other
    }
    #[inline(always)]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
    #[inline(always)]
    fn exp2_of_shifted(shifted: Self) -> Self {
        f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE_BITS))
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let moved = self.to_bits().wrapping_add(ONE_BITS - SPLIT_BITS);
        let mantissa = f64::from_bits((moved & MANTISSA_BITS).wrapping_add(SPLIT_BITS));
        let exponent = f64::from_bits((moved >> 52) | TWO_52_BITS) - TWO_52_AND_BIAS;
        (mantissa, exponent)
    }
    #[inline(always)]
    fn high_half(self) -> Self {
        f64::from_bits(self.to_bits() & HIGH_HALF_BITS)
    }
}

/// Eight numbers that are computed with side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct F64x8(pub [f64; 8]);

/// Truth values of [`F64x8`]: all bits of a lane set, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub struct Mask8([u64; 8]);

impl F64x8 {
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = self;
        for i in 0..8 {
            out.0[i] = f(self.0[i]);
        }
        out
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut out = self;
        for i in 0..8 {
            out.0[i] = f(self.0[i], other.0[i]);
        }
        out
    }
    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(f64, f64) -> bool) -> Mask8 {
        let mut out = Mask8([0; 8]);
        for i in 0..8 {
            out.0[i] = if f(self.0[i], other.0[i]) { u64::MAX } else { 0 };
        }
        out
    }
}

impl Real for F64x8 {
    type Mask = Mask8;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; 8])
    }
    #[inline(always)]
    fn from_lanes(mut lane: impl FnMut(usize) -> f64) -> Self {
        let mut out = Self([0.0; 8]);
        for i in 0..8 {
            out.0[i] = lane(i);
        }
        out
    }
    #[inline(always)]
    fn lane(self, i: usize) -> f64 {
        self.0[i % 8]
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, <f64 as Real>::min)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, <f64 as Real>::max)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f64::abs)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask8 {
        self.compare(other, |a, b| a < b)
    }
    #[inline(always)]
    fn le(self, other: Self) -> Mask8 {
        self.compare(other, |a, b| a <= b)
    }
    #[inline(always)]
    fn select(mask: Mask8, a: Self, b: Self) -> Self {
        let mut out = a;
        for i in 0..8 {
            let bits = (a.0[i].to_bits() & mask.0[i]) | (b.0[i].to_bits() & !mask.0[i]);
            out.0[i] = f64::from_bits(bits);
        }
        out
    }
    #[inline(always)]
    fn exp2_of_shifted(shifted: Self) -> Self {
        shifted.map(<f64 as Real>::exp2_of_shifted)
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let (mut mantissa, mut exponent) = (self, self);
        for i in 0..8 {
            (mantissa.0[i], exponent.0[i]) = self.0[i].split_exponent();
        }
        (mantissa, exponent)
    }
    #[inline(always)]
    fn high_half(self) -> Self {
        self.map(<f64 as Real>::high_half)
    }
}

macro_rules! lane_operator {
    ($trait:ident $method:ident $assign_trait:ident $assign_method:ident $op:tt) => {
        impl $trait for F64x8 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $op b)
            }
        }
        impl $trait<f64> for F64x8 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                self.map(|a| a $op other)
            }
        }
        impl $assign_trait for F64x8 {
            #[inline(always)]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    };
}
lane_operator!(Add add AddAssign add_assign +);
lane_operator!(Sub sub SubAssign sub_assign -);
lane_operator!(Mul mul MulAssign mul_assign *);
lane_operator!(Div div DivAssign div_assign /);

impl Neg for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

impl BitAnd for Mask8 {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        let mut out = self;
        for i in 0..8 {
            out.0[i] &= other.0[i];
        }
        out
    }
}

impl BitOr for Mask8 {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        let mut out = self;
        for i in 0..8 {
            out.0[i] |= other.0[i];
        }
        out
    }
}

impl Not for Mask8 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        let mut out = self;
        for i in 0..8 {
            out.0[i] = !out.0[i];
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation of the trait once, folded into one number.
    fn exercise<R: Real>(a: R, b: R) -> R {
        let mut x = (a + b) * 0.7 - a / (b.abs() + 1.0) + a * b;
        x += a.min(b);
        x -= a.max(b) * 0.25;
        x *= R::splat(1.01);
        x /= (b * b + 2.0).sqrt();
        let (mantissa, exponent) = (a.abs() + 1e-3).split_exponent();
        let scale = R::exp2_of_shifted(b.clamp(R::splat(-9.0), R::splat(9.0)) + ROUNDING_SHIFT);
        let mask = (a.lt(b) & !a.le(R::zero())) | b.gt(R::one());
        R::select(mask, x + mantissa * scale, -x + exponent) + x.high_half()
    }

    #[test]
    fn eight_lanes_give_the_bits_of_one() {
        for k in 0..500 {
            let a = F64x8::from_lanes(|i| f64::from(k * 8 + i as i32 - 2_000) * 0.013);
            let b = F64x8::from_lanes(|i| f64::from((k * 37 + i as i32 * 11) % 101 - 50) * 0.21);
            let wide = exercise(a, b);
            for i in 0..8 {
                assert_eq!(wide.lane(i).to_bits(), exercise(a.lane(i), b.lane(i)).to_bits());
            }
        }
    }

    #[test]
    fn split_exponent_is_exact_over_all_binades() {
        for k in -1022..1024 {
            for m in [1.0, 1.25, 1.414, 1.4143, 1.999_999_999] {
                let x = m * 2.0_f64.powi(k);
                let (mantissa, exponent) = x.split_exponent();
                assert!((0.707..1.415).contains(&mantissa), "{x} {mantissa}");
                // Two factors, because 2^1024 alone is not a number.
                let half = exponent as i32 / 2;
                let rest = exponent as i32 - half;
                assert_eq!(mantissa * 2.0_f64.powi(half) * 2.0_f64.powi(rest), x);
            }
        }
    }

    #[test]
    fn clamp_keeps_nan_visible() {
        assert!(Real::clamp(f64::NAN, 0.0, 1.0).is_nan());
        assert_eq!(Real::clamp(2.0, 0.0, 1.0), 1.0);
        assert_eq!(Real::clamp(-2.0, 0.0, 1.0), 0.0);
    }
}

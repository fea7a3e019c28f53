//! Vectors of `f32` at three levels, chosen once at run time.
//!
//! A kernel is written once against [`Lanes`] and compiled for each [`Level`]. Results are the same on every machine
//! that has the level, whatever the number of threads; between levels they differ by rounding, since the widths of
//! sums differ and the scalar level does not fuse a product with a sum.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, __m512, _CMP_GT_OQ, _mm256_add_epi32, _mm256_add_ps, _mm256_blendv_ps,
    _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_round_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_storeu_ps,
    _mm256_sub_ps, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mask_blend_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_roundscale_ps, _mm512_scalef_ps, _mm512_set1_ps, _mm512_sqrt_ps, _mm512_storeu_ps,
    _mm512_sub_ps,
};
use std::fmt;

/// Every row of a network is a whole number of these, so that no kernel has a remainder at any level.
pub const ROW: usize = 16;

/// `n` rounded up to a whole number of [`ROW`].
#[must_use]
pub const fn padded(n: usize) -> usize {
    n.div_ceil(ROW) * ROW
}

/// Which instructions the kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every processor has.
    Scalar,
    /// Eight numbers at a time, fused.
    Avx2,
    /// Sixteen numbers at a time, fused.
    Avx512,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Level; 3] = [Level::Scalar, Level::Avx2, Level::Avx512];

    /// Whether this machine has it.
    #[must_use]
    pub fn is_here(self) -> bool {
        match self {
            Level::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The highest that this machine has.
    #[must_use]
    pub fn best() -> Level {
        Level::ALL.into_iter().rev().find(|level| level.is_here()).unwrap_or(Level::Scalar)
    }

    /// Name: `scalar`, `avx2`, `avx512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A vector of `f32`.
///
/// # Safety
/// The methods may be called only on a machine that has the level of the implementing type, inside a function that is
/// compiled for it. Pointers must be good for [`Lanes::WIDTH`] numbers; alignment does not matter.
pub(crate) unsafe trait Lanes: Copy {
    /// Numbers in it; divides [`ROW`].
    const WIDTH: usize;
    /// Vectors side by side in a tile of a product.
    const TILE: usize;

    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    /// `self · a + b`.
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// To the nearest whole number, halves to even.
    unsafe fn round(self) -> Self;
    /// `self · 2^n` for whole `n` from −126 to 127.
    unsafe fn scale(self, n: Self) -> Self;
    /// `then` where `self > bound`, else `other`.
    unsafe fn pick_above(self, bound: Self, then: Self, other: Self) -> Self;

    /// Sum of the numbers, in a fixed order.
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let mut all = [0.0_f32; ROW];
        // SAFETY: `all` has room for the widest vector.
        unsafe { self.store(all.as_mut_ptr()) };
        let mut width = Self::WIDTH;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                all[i] += all[i + width];
            }
        }
        all[0]
    }

    /// The exponential for arguments from −87 to 88, within 2 ulp or so; beyond, that of the nearest end.
    ///
    /// ```text
    /// e^x = 2^n · e^r,  n = round(x/ln 2),  r = x − n·ln 2,  |r| ≤ ln 2/2,  e^r by its Taylor series to r^6
    /// ```
    #[inline(always)]
    unsafe fn exp(self) -> Self {
        // SAFETY: as promised by the caller.
        unsafe {
            let x = self.max(Self::splat(-87.0)).min(Self::splat(88.0));
            let n = x.mul(Self::splat(std::f32::consts::LOG2_E)).round();
            // ln 2 in two parts, the first with few digits, so that their products with n are exact.
            let r = n.fma(Self::splat(-0.693_359_375), x);
            let r = n.fma(Self::splat(2.121_944_4e-4), r);
            let mut p = Self::splat(1.0 / 720.0);
            for c in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
                p = p.fma(r, Self::splat(c));
            }
            p.scale(n)
        }
    }

    /// The hyperbolic tangent within 3e-7.
    #[inline(always)]
    unsafe fn tanh(self) -> Self {
        // SAFETY: as promised by the caller.
        unsafe {
            let x = self.max(Self::splat(-10.0)).min(Self::splat(10.0));
            let e = x.add(x).exp();
            let one = Self::splat(1.0);
            one.sub(Self::splat(2.0).div(e.add(one)))
        }
    }

    /// `1/(1 + e^−x)` within 2e-7.
    #[inline(always)]
    unsafe fn sigmoid(self) -> Self {
        // SAFETY: as promised by the caller.
        unsafe {
            let one = Self::splat(1.0);
            one.div(one.add(Self::splat(0.0).sub(self).exp()))
        }
    }
}

/// Eight numbers in plain Rust, which the compiler turns into what the target has.
#[derive(Clone, Copy)]
pub(crate) struct Plain([f32; 8]);

macro_rules! plain {
    ($($name:ident: $a:ident, $b:ident => $e:expr;)*) => {
        $(#[inline(always)]
        unsafe fn $name(self, other: Self) -> Self {
            Plain(std::array::from_fn(|i| { let ($a, $b) = (self.0[i], other.0[i]); $e }))
        })*
    };
}

// SAFETY: plain Rust runs everywhere; pointers are the caller's promise.
unsafe impl Lanes for Plain {
    const WIDTH: usize = 8;
    const TILE: usize = 1;

    plain! {
        add: a, b => a + b;
        sub: a, b => a - b;
        mul: a, b => a * b;
        div: a, b => a / b;
        min: a, b => if a < b { a } else { b };
        max: a, b => if a > b { a } else { b };
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Plain([x; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise; an array of `f32` has the alignment of one.
        unsafe { Plain(from.cast::<[f32; 8]>().read()) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { to.cast::<[f32; 8]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn fma(self, a: Self, b: Self) -> Self {
        Plain(std::array::from_fn(|i| self.0[i] * a.0[i] + b.0[i]))
    }

    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Plain(self.0.map(f32::sqrt))
    }

    #[inline(always)]
    unsafe fn round(self) -> Self {
        // Adding and taking away 1.5·2^23 leaves no digits behind the point of what is smaller than 2^22.
        const SHIFT: f32 = 12_582_912.0;
        Plain(self.0.map(|x| (x + SHIFT) - SHIFT))
    }

    #[inline(always)]
    unsafe fn scale(self, n: Self) -> Self {
        Plain(std::array::from_fn(|i| {
            self.0[i] * f32::from_bits((((n.0[i] as i32) + 127) << 23) as u32)
        }))
    }

    #[inline(always)]
    unsafe fn pick_above(self, bound: Self, then: Self, other: Self) -> Self {
        Plain(std::array::from_fn(|i| if self.0[i] > bound.0[i] { then.0[i] } else { other.0[i] }))
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! wide {
    ($vector:ty, $width:literal, $tile:literal, $splat:ident, $load:ident, $store:ident, $fma:ident,
     $($name:ident $intrinsic:ident),*; $($more:item)*) => {
        // SAFETY: the intrinsics need the level, which is the caller's promise, and pointers that are good.
        unsafe impl Lanes for $vector {
            const WIDTH: usize = $width;
            const TILE: usize = $tile;

            $(#[inline(always)]
            unsafe fn $name(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $intrinsic(self, other) }
            })*

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                // SAFETY: see above.
                unsafe { $splat(x) }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: see above.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                // SAFETY: see above.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn fma(self, a: Self, b: Self) -> Self {
                // SAFETY: see above.
                unsafe { $fma(self, a, b) }
            }

            $($more)*
        }
    };
}

#[cfg(target_arch = "x86_64")]
wide!(__m256, 8, 2, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps,
    add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps,
    min _mm256_min_ps, max _mm256_max_ps;
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_sqrt_ps(self) }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_round_ps::<0>(self) }
    }
    #[inline(always)]
    unsafe fn scale(self, n: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_mul_ps(self, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    unsafe fn pick_above(self, bound: Self, then: Self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_blendv_ps(other, then, _mm256_cmp_ps::<_CMP_GT_OQ>(self, bound)) }
    }
);

#[cfg(target_arch = "x86_64")]
wide!(__m512, 16, 4, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps,
    add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
    min _mm512_min_ps, max _mm512_max_ps;
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_sqrt_ps(self) }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_roundscale_ps::<0>(self) }
    }
    #[inline(always)]
    unsafe fn scale(self, n: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_scalef_ps(self, n) }
    }
    #[inline(always)]
    unsafe fn pick_above(self, bound: Self, then: Self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, bound), other, then)
        }
    }
);

/// Compile a kernel for every level: `fn name(arguments) = generic` makes an `unsafe fn name(level, arguments)` that
/// calls `generic::<V: Lanes>(arguments)`, which must be `#[inline(always)]`.
macro_rules! kernels {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $generic:ident;)*) => {
        $($(#[$doc])*
        #[inline]
        pub(crate) unsafe fn $name(level: $crate::simd::Level, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            unsafe fn avx512($($arg: $ty),*) {
                // SAFETY: compiled for the level; the rest is the caller's promise.
                unsafe { $generic::<std::arch::x86_64::__m512>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($arg: $ty),*) {
                // SAFETY: as above.
                unsafe { $generic::<std::arch::x86_64::__m256>($($arg),*) }
            }
            // SAFETY: a level is only made after the machine was asked for it; the rest is the caller's promise.
            unsafe {
                match level {
                    #[cfg(target_arch = "x86_64")]
                    $crate::simd::Level::Avx512 => avx512($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    $crate::simd::Level::Avx2 => avx2($($arg),*),
                    _ => $generic::<$crate::simd::Plain>($($arg),*),
                }
            }
        })*
    };
}
pub(crate) use kernels;

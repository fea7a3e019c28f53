//! Flux of meteoroids on a surface at 1 AU.
//!
//! Not here: penetration of a wall, random draws (`habitat`).

use crate::math::pow_fast;
use crate::number::Real;

/// Share of the flux that reaches a lunar surface: the Moon shields half of the sky (gravity focusing,
/// at most 1.05, is neglected). (Grün 1985, public reproductions.)
pub const LUNAR_SURFACE_FACTOR: f64 = 0.5;

/// Seconds in a Julian year, s. Definition.
pub const YEAR_S: f64 = 365.25 * 86_400.0;

/// Return the flux of meteoroids heavier than `mass_g` grams, per m2 and second, 1e-18 g to 1 g.
///
/// # Equation
/// ```text
/// F(m) = (2.2e3·m^0.306 + 15)^−4.38
///      + 1.3e-9·(m + 1e11·m² + 1e27·m⁴)^−0.36
///      + 1.3e-16·(m + 1e6·m²)^−0.85
///   m  mass                                        [g]
///   F  flux on a turning plate in free space       [1/m2/s]
/// ```
/// # Source
/// Grün, Zook, Fechtig & Giese (1985), *Icarus* **62**, 244–272.
/// # Valid range
/// 1e-18 g to 1 g at 1 AU; no focusing, no shielding by a body, no streams.
/// # Outside the range
/// The mass is clamped to 1e-18 g … 100 g.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// use physics::meteoroid::{YEAR_S, flux_m2_s};
/// assert!((flux_m2_s(1e-6) * YEAR_S / 1.49 - 1.0_f64).abs() < 0.01);
/// ```
/// # Tests
/// `c_10_grun_flux`, `flux_falls_with_mass`.
#[inline(always)]
#[must_use]
pub fn flux_m2_s<R: Real>(mass_g: R) -> R {
    let m = mass_g.clamp(R::splat(1e-18), R::splat(100.0));
    let m2 = m * m;
    let large = pow_fast(pow_fast(m, R::splat(0.306)) * 2.2e3 + 15.0, R::splat(-4.38));
    let medium = pow_fast(m + m2 * 1e11 + m2 * m2 * 1e27, R::splat(-0.36)) * 1.3e-9;
    let small = pow_fast(m + m2 * 1e6, R::splat(-0.85)) * 1.3e-16;
    large + medium + small
}

/// Return the rate of hits by meteoroids heavier than `mass_g` grams on a lunar surface, 1/s.
///
/// # Equation
/// ```text
/// rate = 0.5·A·F(m)
/// ```
/// # Source
/// [`flux_m2_s`], [`LUNAR_SURFACE_FACTOR`].
/// # Valid range
/// As [`flux_m2_s`]; unshielded area.
/// # Outside the range
/// A negative area counts as zero.
/// # Conserves
/// Nothing is moved; this is a rate of events.
/// # Tests
/// `c_10_grun_flux`.
#[inline(always)]
#[must_use]
pub fn lunar_hits_per_s<R: Real>(mass_g: R, area_m2: R) -> R {
    R::zero().max(area_m2) * flux_m2_s(mass_g) * LUNAR_SURFACE_FACTOR
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn c_10_grun_flux() {
        for (mass_g, per_m2_year) in [
            (1e-12, 1_088.0),
            (1e-9, 95.0),
            (1e-6, 1.49),
            (1e-4, 0.0103),
            (1e-3, 5.97e-4),
            (1e-2, 3.07e-5),
            (1.0, 7.0e-8),
        ] {
            let got = flux_m2_s(mass_g) * YEAR_S;
            assert!((got / per_m2_year - 1.0).abs() < 0.01, "{mass_g} {got} {per_m2_year}");
            let on_the_moon = lunar_hits_per_s(mass_g, 2.0) * YEAR_S;
            assert!((on_the_moon / got - 1.0).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn flux_falls_with_mass(exponent in -18.0..2.0_f64, factor in 1.01..100.0_f64) {
            let m = 10.0_f64.powf(exponent);
            prop_assert!(flux_m2_s(m * factor) <= flux_m2_s(m));
        }

        #[test]
        fn finite_in_finite_out(m in -1e300..1e300_f64, area in -1e9..1e9_f64) {
            prop_assert!(flux_m2_s(m).is_finite() && flux_m2_s(m) > 0.0);
            prop_assert!(lunar_hits_per_s(m, area).is_finite());
        }
    }
}

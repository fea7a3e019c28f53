//! Density, heat capacity and conductivity of lunar regolith.
//!
//! Not here: the temperature profile, which is integrated where the site is modelled (`habitat`).

use crate::math::exp;
use crate::math::polynomial;
use crate::number::Real;

/// Density at the surface, kg/m3. Hayne et al. 2017.
pub const DENSITY_SURFACE_KG_M3: f64 = 1_100.0;
/// Density at depth, kg/m3. Hayne et al. 2017.
pub const DENSITY_DEEP_KG_M3: f64 = 1_800.0;
/// Depth over which the density difference falls by e, m. Hayne et al. 2017 (0.06–0.07 m).
pub const DENSITY_SCALE_M: f64 = 0.07;
/// Contact conductivity at the surface, W/m/K. Hayne et al. 2017.
pub const CONDUCTIVITY_SURFACE_W_M_K: f64 = 7.4e-4;
/// Contact conductivity at depth, W/m/K. Hayne et al. 2017.
pub const CONDUCTIVITY_DEEP_W_M_K: f64 = 3.4e-3;
/// Radiative share of conductivity at 350 K, 1. Hayne et al. 2017.
pub const RADIATIVE_SHARE: f64 = 2.7;
/// Temperature of that share, K. Hayne et al. 2017.
pub const RADIATIVE_T_K: f64 = 350.0;
/// Bond albedo of the surface, 1. Hayne et al. 2017.
pub const ALBEDO: f64 = 0.12;
/// Infrared emissivity of the surface, 1. Hayne et al. 2017.
pub const EMISSIVITY: f64 = 0.95;
/// Heat flow from below at the equator, W/m2. Hayne et al. 2017.
pub const GEOTHERMAL_W_M2: f64 = 0.018;

/// Coefficients of heat capacity, J/kg/K^(i+1). Hayne et al. 2017.
const HEAT_CAPACITY: [f64; 5] = [-3.6125, 2.7431, 2.3616e-3, -1.2340e-5, 8.9093e-9];

/// Return the heat capacity of regolith, 20 K to 400 K, J/kg/K.
///
/// # Equation
/// ```text
/// c_p = −3.6125 + 2.7431·T + 2.3616e-3·T² − 1.2340e-5·T³ + 8.9093e-9·T⁴
/// ```
/// # Source
/// Hayne et al. (2017), *J. Geophys. Res. Planets* **122**, 2371–2400.
/// # Valid range
/// 20 K to 400 K.
/// # Outside the range
/// The temperature is clamped to the range.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// let c_p = physics::regolith::heat_capacity_j_kg_k(300.0_f64);
/// assert!((c_p / 770.8 - 1.0).abs() < 0.002);
/// ```
/// # Tests
/// `c_11_heat_capacity`.
#[inline(always)]
#[must_use]
pub fn heat_capacity_j_kg_k<R: Real>(t_k: R) -> R {
    polynomial(&HEAT_CAPACITY, t_k.clamp(R::splat(20.0), R::splat(400.0)))
}

/// Return the density of regolith at a depth, kg/m3.
///
/// # Equation
/// ```text
/// ρ(z) = ρ_d − (ρ_d − ρ_s)·e^(−z/H)
///   ρ_s = 1100 kg/m3, ρ_d = 1800 kg/m3, H = 0.07 m
/// ```
/// # Source
/// Hayne et al. (2017), *J. Geophys. Res. Planets* **122**, 2371–2400.
/// # Valid range
/// 0 to 3 m.
/// # Outside the range
/// Above the surface it counts as the surface.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `profile_goes_from_surface_to_depth`.
#[inline(always)]
#[must_use]
pub fn density_kg_m3<R: Real>(depth_m: R) -> R {
    let kept = exp(R::zero().max(depth_m) * (-1.0 / DENSITY_SCALE_M));
    kept * (DENSITY_SURFACE_KG_M3 - DENSITY_DEEP_KG_M3) + DENSITY_DEEP_KG_M3
}

/// Return the thermal conductivity of regolith of a density at a temperature, W/m/K.
///
/// # Equation
/// ```text
/// K_c = K_d − (K_d − K_s)·(ρ_d − ρ)/(ρ_d − ρ_s)
/// K   = K_c·(1 + χ·(T/350 K)³),   χ = 2.7
/// ```
/// # Source
/// Hayne et al. (2017), *J. Geophys. Res. Planets* **122**, 2371–2400.
/// # Valid range
/// 1100 to 1800 kg/m3, 20 K to 400 K, in vacuum.
/// # Outside the range
/// Density is clamped to its range, temperature to 0 K … 1000 K.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `profile_goes_from_surface_to_depth`, `radiation_adds_to_conduction`.
#[inline(always)]
#[must_use]
pub fn conductivity_w_m_k<R: Real>(density_kg_m3: R, t_k: R) -> R {
    let deep = R::splat(DENSITY_DEEP_KG_M3);
    let density = density_kg_m3.clamp(R::splat(DENSITY_SURFACE_KG_M3), deep);
    let loose = (deep - density) / (DENSITY_DEEP_KG_M3 - DENSITY_SURFACE_KG_M3);
    let contact =
        loose * (CONDUCTIVITY_SURFACE_W_M_K - CONDUCTIVITY_DEEP_W_M_K) + CONDUCTIVITY_DEEP_W_M_K;
    let t = t_k.clamp(R::zero(), R::splat(1_000.0)) / RADIATIVE_T_K;
    contact * (t * t * t * RADIATIVE_SHARE + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn c_11_heat_capacity() {
        for (t_k, c_p) in [
            (100.0, 282.9),
            (200.0, 555.0),
            (250.0, 671.8),
            (273.0, 719.7),
            (300.0, 770.8),
            (350.0, 850.4),
            (390.0, 899.5),
        ] {
            let got: f64 = heat_capacity_j_kg_k(t_k);
            assert!((got / c_p - 1.0).abs() < 0.002, "{t_k} {got}");
        }
    }

    #[test]
    fn profile_goes_from_surface_to_depth() {
        assert_eq!(density_kg_m3(0.0), DENSITY_SURFACE_KG_M3);
        assert!((density_kg_m3(2.0) - DENSITY_DEEP_KG_M3).abs() < 1e-6);
        assert!((density_kg_m3(0.07) - (1_800.0 - 700.0 / core::f64::consts::E)).abs() < 1e-9);
        assert!((conductivity_w_m_k(1_100.0, 0.0) - 7.4e-4).abs() < 1e-15);
        assert!((conductivity_w_m_k(1_800.0, 0.0) - 3.4e-3).abs() < 1e-15);
    }

    #[test]
    fn radiation_adds_to_conduction() {
        let ratio = conductivity_w_m_k(1_500.0, 350.0) / conductivity_w_m_k(1_500.0, 0.0);
        assert!((ratio - 3.7).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn finite_in_finite_out(t in -1e300..1e300_f64, x in -1e300..1e300_f64) {
            prop_assert!(heat_capacity_j_kg_k(t) > 0.0 && heat_capacity_j_kg_k(t) < 1e3);
            prop_assert!(density_kg_m3(x) >= 1_100.0 && density_kg_m3(x) <= 1_800.0);
            prop_assert!(conductivity_w_m_k(x, t) > 0.0 && conductivity_w_m_k(x, t) < 1.0);
        }
    }
}

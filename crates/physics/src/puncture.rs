//! What a meteoroid does to a single metal wall: whether it goes through, and the hole it leaves.
//!
//! Not here: how often one comes ([`crate::meteoroid`]), shields of several walls, the gas that leaks
//! ([`crate::orifice`]).

use crate::math::pow;
use crate::number::Real;

/// Mean speed of meteoroids at the Moon, m/s. Assumed, 15 to 20 km/s; RECALLED of NASA's environment models.
pub const SPEED_M_S: f64 = 17_000.0;
/// Density of meteoroids, kg/m3. Assumed, 1000 to 2500; RECALLED.
pub const METEOROID_DENSITY_KG_M3: f64 = 2_000.0;
/// Speed up to which the hole of a thin plate was measured, m/s. RECALLED.
const HOLE_SPEED_MAX_M_S: f64 = 8_000.0;
const CM_M: f64 = 0.01;
const KM_S: f64 = 1e3;

/// A wall of aluminium.
///
/// # Parameters
/// | parameter | default | source |
/// |---|---|---|
/// | `thickness_m` | 4.8e-3 | pressure shell of an ISS module, RECALLED: assumed |
/// | `density_kg_m3` | 2840 | alloy 2219: RECALLED |
/// | `brinell` | 115 | alloy 2219: RECALLED |
/// | `sound_m_s` | 5100 | aluminium: RECALLED |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wall<R> {
    /// Thickness, m.
    pub thickness_m: R,
    /// Density, kg/m3.
    pub density_kg_m3: R,
    /// Brinell hardness, 1.
    pub brinell: R,
    /// Speed of sound, m/s.
    pub sound_m_s: R,
}

/// Return the diameter of a sphere of a mass and a density, m.
///
/// # Equation
/// ```text
/// d = (6·m/(π·ρ))^⅓
/// ```
/// # Source
/// Definition.
/// # Valid range
/// m > 0.
/// # Outside the range
/// The mass is clamped to 1e-30 kg … 1e6 kg, the density to at least 1 kg/m3.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `limit_is_the_inverse_of_the_depth`.
#[inline(always)]
#[must_use]
pub fn sphere_diameter_m<R: Real>(mass_kg: R, density_kg_m3: R) -> R {
    let mass = mass_kg.clamp(R::splat(1e-30), R::splat(1e6));
    let volume = mass / R::one().max(density_kg_m3);
    pow(volume * (6.0 / core::f64::consts::PI), R::splat(1.0 / 3.0))
}

impl<R: Real> Wall<R> {
    /// A pressure shell; see the table of [`Wall`].
    #[must_use]
    pub fn pressure_shell() -> Self {
        Self {
            thickness_m: R::splat(4.8e-3),
            density_kg_m3: R::splat(2_840.0),
            brinell: R::splat(115.0),
            sound_m_s: R::splat(5_100.0),
        }
    }

    /// Factor of d^(19/18) in the depth, cm.
    #[inline(always)]
    fn depth_factor(&self, density_kg_m3: R, normal_m_s: R) -> R {
        let clamp = |x: R, low: f64, high: f64| x.clamp(R::splat(low), R::splat(high));
        let ratio = clamp(density_kg_m3, 1.0, 1e5) / clamp(self.density_kg_m3, 1.0, 1e5);
        let mach = clamp(normal_m_s, 0.0, 1e6) / clamp(self.sound_m_s, 1.0, 1e6);
        let hardness = pow(clamp(self.brinell, 1.0, 1e4), R::splat(-0.25));
        let speed = pow(R::splat(1e-9).max(mach), R::splat(2.0 / 3.0));
        hardness * ratio.sqrt() * speed * 5.24
    }

    /// Return the depth of the crater in a wall without a back face, m.
    ///
    /// # Equation
    /// ```text
    /// P = 5.24·d^(19/18)·BH^(−1/4)·(ρ_p/ρ_w)^½·(v·cos θ/c)^(2/3)      P, d in cm
    /// ```
    /// # Source
    /// Cour-Palais' law for aluminium: Christiansen et al. (2009), *Handbook for Designing MMOD Protection*,
    /// NASA/TM-2009-214785. The exponents and factors were seen in a public program that cites it, not in the
    /// report.
    /// # Valid range
    /// ρ_p/ρ_w below 1.5; tests reach 8 km/s, meteoroids are extrapolated.
    /// # Outside the range
    /// Properties are clamped to positive numbers; the result is finite.
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `limit_is_the_inverse_of_the_depth`, `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn crater_depth_m(&self, diameter_m: R, density_kg_m3: R, normal_m_s: R) -> R {
        let d_cm = diameter_m.clamp(R::splat(1e-9), R::splat(10.0)) / CM_M;
        let factor = self.depth_factor(density_kg_m3, normal_m_s);
        pow(d_cm, R::splat(19.0 / 18.0)) * factor * CM_M
    }

    /// Return the diameter of the smallest particle that goes through, m.
    ///
    /// # Equation
    /// ```text
    /// t = 1.8·P(d_c)
    /// ```
    /// # Source
    /// As [`Self::crater_depth_m`]: a wall of 1.8 depths is just not perforated.
    /// # Valid range, outside the range
    /// As [`Self::crater_depth_m`].
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `limit_is_the_inverse_of_the_depth`.
    #[inline(always)]
    #[must_use]
    pub fn smallest_particle_m(&self, density_kg_m3: R, normal_m_s: R) -> R {
        let t_cm = self.thickness_m.clamp(R::splat(1e-9), R::splat(10.0)) / CM_M;
        let depth = t_cm / (self.depth_factor(density_kg_m3, normal_m_s) * 1.8);
        pow(depth, R::splat(18.0 / 19.0)) * CM_M
    }

    /// Return the area of the hole that a particle leaves, m2; zero where it does not go through.
    ///
    /// # Equation
    /// ```text
    /// D/d = 0.45·v·(t/d)^(2/3) + 0.90      v in km/s, at most 8
    /// D ≤ 2·P                               the mouth of the crater
    /// area = π/4·D²
    /// ```
    /// # Source
    /// Thin plates: Maiden, Gehring & McMillan (1963), RECALLED; the cap by the crater's mouth, twice its depth,
    /// and the speed held at 8 km/s are assumed. An upper bound rather than a mean.
    /// # Valid range
    /// t/d below 10, aluminium on aluminium.
    /// # Outside the range
    /// As [`Self::crater_depth_m`].
    /// # Conserves
    /// Nothing is moved; [`crate::orifice::flow_mol_s`] takes the area.
    /// # Tests
    /// `hole_grows_with_the_particle`, `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn hole_area_m2(&self, diameter_m: R, density_kg_m3: R, normal_m_s: R) -> R {
        let d = diameter_m.clamp(R::splat(1e-9), R::splat(10.0));
        let t = self.thickness_m.clamp(R::splat(1e-9), R::splat(10.0));
        let v = normal_m_s.clamp(R::zero(), R::splat(HOLE_SPEED_MAX_M_S)) / KM_S;
        let thin = d * (v * pow(t / d, R::splat(2.0 / 3.0)) * 0.45 + 0.90);
        let mouth = self.crater_depth_m(d, density_kg_m3, normal_m_s) * 2.0;
        let width = thin.min(mouth);
        let through = d.gt(self.smallest_particle_m(density_kg_m3, normal_m_s));
        let area = width * width * (0.25 * core::f64::consts::PI);
        R::select(through, area, R::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meteoroid::{YEAR_S, lunar_hits_per_s};
    use proptest::prelude::*;

    #[test]
    fn pressure_shell_against_meteoroids() {
        let wall = Wall::<f64>::pressure_shell();
        let d_m = wall.smallest_particle_m(METEOROID_DENSITY_KG_M3, SPEED_M_S);
        assert!((0.7e-3..1.3e-3).contains(&d_m), "{d_m}");
        let mass_g = METEOROID_DENSITY_KG_M3 * core::f64::consts::FRAC_PI_6 * d_m.powi(3) * 1e3;
        // Bare walls of 400 m2: one hole in about nine years.
        let per_year = lunar_hits_per_s(mass_g, 400.0) * YEAR_S;
        assert!((0.05..0.5).contains(&per_year), "{per_year} {mass_g}");
        let area = wall.hole_area_m2(1.5 * d_m, METEOROID_DENSITY_KG_M3, SPEED_M_S);
        let hole_mm = (area * 4.0 / core::f64::consts::PI).sqrt() * 1e3;
        assert!((3.0..12.0).contains(&hole_mm), "{hole_mm}");
        println!("{d_m} {mass_g} {per_year} {hole_mm}");
    }

    proptest! {
        #[test]
        fn limit_is_the_inverse_of_the_depth(
            t in 1e-4..0.05_f64, v in 3e3..3e4_f64, rho in 500.0..4_000.0_f64,
        ) {
            let wall = Wall { thickness_m: t, ..Wall::pressure_shell() };
            let d = wall.smallest_particle_m(rho, v);
            prop_assert!((1.8 * wall.crater_depth_m(d, rho, v) / t - 1.0).abs() < 1e-12);
            let mass = rho * core::f64::consts::FRAC_PI_6 * d.powi(3);
            prop_assert!((sphere_diameter_m(mass, rho) / d - 1.0).abs() < 1e-12);
        }

        #[test]
        fn hole_grows_with_the_particle(
            share in 0.1..20.0_f64, more in 1.0..3.0_f64, v in 3e3..3e4_f64,
        ) {
            let wall = Wall::pressure_shell();
            let d = share * wall.smallest_particle_m(2_000.0, v);
            let area = wall.hole_area_m2(d, 2_000.0, v);
            prop_assert!(wall.hole_area_m2(d * more, 2_000.0, v) >= area);
            prop_assert_eq!(area == 0.0, share <= 1.0);
        }

        #[test]
        fn finite_in_finite_out(
            t in any::<f64>(), d in any::<f64>(), rho in any::<f64>(), v in any::<f64>(),
        ) {
            prop_assume!([t, d, rho, v].iter().all(|x| x.is_finite()));
            let wall = Wall { thickness_m: t, brinell: d, ..Wall::pressure_shell() };
            prop_assert!(wall.crater_depth_m(d, rho, v).is_finite());
            prop_assert!(wall.smallest_particle_m(rho, v).is_finite());
            let area = wall.hole_area_m2(d, rho, v);
            prop_assert!(area.is_finite() && area >= 0.0);
            prop_assert!(sphere_diameter_m(d, rho).is_finite());
        }
    }
}

//! Adsorption of CO2 and water on zeolite 5A, zeolite 13X and silica gel: equilibrium and rate.
//!
//! Equilibrium is the Toth isotherm. Beds divide their cells' balances by pressure, so the kernel
//! is the chord of the isotherm from the origin, q*/p ([`henry_chord_mol_kg_pa`]); loading is
//! chord times pressure. Each pair of gas and medium is taken by itself; that water displaces CO2
//! is not modelled.
//!
//! Not here: the bed, its cells and its heat balance (`habitat`).

use crate::math;
use crate::number::Real;

/// Lowest temperature of the isotherms, K; colder counts as this. Below it the water isotherm of
/// zeolite 5A would rise with temperature at high loading.
pub const T_MIN_K: f64 = 250.0;
/// Highest temperature of the isotherms, K; hotter counts as this. Desorption is at 477 K.
pub const T_MAX_K: f64 = 600.0;
/// Lowest pressure in the chord, Pa; the isotherm is straight to rounding well above it for CO2.
pub const P_MIN_PA: f64 = 1e-9;
/// Largest exponent in the isotherm; its exponential is 1e304.
const EXPONENT_MAX: f64 = 700.0;

/// Constants of one Toth isotherm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Toth {
    /// Slope factor, mol/kg/Pa.
    pub a0_mol_kg_pa: f64,
    /// Affinity factor, 1/Pa.
    pub b0_1_pa: f64,
    /// Energy over the gas constant, K.
    pub e_k: f64,
    /// Heterogeneity exponent at infinite temperature.
    pub t0: f64,
    /// Slope of the exponent over 1/T, K.
    pub c0_k: f64,
    /// Enthalpy of adsorption, J/mol; negative, heat is released.
    pub dh_j_mol: f64,
}

const fn toth(a0: f64, b0: f64, e_k: f64, t0: f64, c0_k: f64, dh_j_mol: f64) -> Toth {
    Toth { a0_mol_kg_pa: a0, b0_1_pa: b0, e_k, t0, c0_k, dh_j_mol }
}

/// CO2 on zeolite 5A. ICES-2014-168, eq. 21 to 24, as V-HAB (2023) encodes it.
pub const ZEOLITE_5A_CO2: Toth = toth(9.875e-10, 6.761e-11, 5_625.0, 0.27, -20.02, -38_000.0);
/// Water on zeolite 5A. ICES-2014-168 as V-HAB (2023) encodes it.
pub const ZEOLITE_5A_H2O: Toth = toth(1.106e-11, 4.714e-13, 9_955.0, 0.3548, -51.14, -45_000.0);
/// CO2 on zeolite 13X. ICES-2014-168 as V-HAB (2023) encodes it.
pub const ZEOLITE_13X_CO2: Toth = toth(6.509e-6, 4.884e-7, 2_991.0, 0.07487, 38.05, -40_000.0);
/// Water on zeolite 13X. ICES-2014-168 as V-HAB (2023) encodes it.
pub const ZEOLITE_13X_H2O: Toth = toth(3.634e-9, 2.408e-10, 6_852.0, 0.3974, -4.199, -55_000.0);
/// CO2 on silica gel (Sylobead). ICES-2014-168 as V-HAB (2023) encodes it.
pub const SILICA_GEL_CO2: Toth = toth(7.678e-9, 5.164e-10, 2_330.0, -0.3053, 238.6, -40_000.0);
/// Water on silica gel (Sylobead). ICES-2014-168 as V-HAB (2023) encodes it.
pub const SILICA_GEL_H2O: Toth = toth(0.1767, 2.787e-8, 1_093.0, -0.00119, 22.13, -50_200.0);

/// A sorbent as it lies in one bed of the four-bed CO2 removal unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Medium {
    /// Isotherm of CO2.
    pub co2: Toth,
    /// Isotherm of water.
    pub h2o: Toth,
    /// Mass in one bed, kg.
    pub mass_kg: f64,
    /// Void share of the bed between the pellets.
    pub void_fraction: f64,
    /// Length of the layer, m.
    pub length_m: f64,
    /// Heat capacity, J/kg/K.
    pub cp_j_kg_k: f64,
    /// Linear driving force coefficient of CO2, 1/s.
    pub k_co2_1_s: f64,
    /// Linear driving force coefficient of water, 1/s.
    pub k_h2o_1_s: f64,
}

/// Cross-section of a bed, m2: 0.195 m by 0.195 m. ICES-2014-168 through V-HAB (2023).
pub const BED_SECTION_M2: f64 = 0.195 * 0.195;
/// One inch, m. Definition.
const INCH_M: f64 = 0.0254;

/// Zeolite 5A of a CO2 bed: 12.383 kg, void 0.445, 18.68 in, driving-force coefficients 0.003 and
/// 0.0007 1/s (V-HAB 2023). Heat capacity 920 J/kg/K assumed (800 to 1100).
pub const ZEOLITE_5A: Medium = Medium {
    co2: ZEOLITE_5A_CO2,
    h2o: ZEOLITE_5A_H2O,
    mass_kg: 12.383,
    void_fraction: 0.445,
    length_m: 18.68 * INCH_M,
    cp_j_kg_k: 920.0,
    k_co2_1_s: 0.003,
    k_h2o_1_s: 0.0007,
};

/// Zeolite 13X of a desiccant bed: 5.164 kg, void 0.457, 6.72 in, driving-force coefficients 0.003
/// and 0.0007 1/s (V-HAB 2023). Heat capacity 920 J/kg/K assumed (800 to 1100).
pub const ZEOLITE_13X: Medium = Medium {
    co2: ZEOLITE_13X_CO2,
    h2o: ZEOLITE_13X_H2O,
    mass_kg: 5.164,
    void_fraction: 0.457,
    length_m: 6.72 * INCH_M,
    cp_j_kg_k: 920.0,
    k_co2_1_s: 0.003,
    k_h2o_1_s: 0.0007,
};

/// Silica gel (Sylobead) of a desiccant bed: 5.38 + 0.632 kg, void 0.348, 6.13 in, driving-force
/// coefficients 0.003 and 0.002 1/s (V-HAB 2023). Heat capacity 1000 J/kg/K assumed (900 to 1100).
pub const SILICA_GEL: Medium = Medium {
    co2: SILICA_GEL_CO2,
    h2o: SILICA_GEL_H2O,
    mass_kg: 5.38 + 0.632,
    void_fraction: 0.348,
    length_m: 6.13 * INCH_M,
    cp_j_kg_k: 1_000.0,
    k_co2_1_s: 0.003,
    k_h2o_1_s: 0.002,
};

impl Medium {
    /// Volume of the layer, m3.
    #[must_use]
    pub const fn volume_m3(&self) -> f64 {
        BED_SECTION_M2 * self.length_m
    }

    /// Mass over the volume of the layer, kg/m3.
    #[must_use]
    pub const fn bulk_density_kg_m3(&self) -> f64 {
        self.mass_kg / self.volume_m3()
    }
}

/// Return the equilibrium loading over pressure, 250 K to 600 K.
///
/// # Equation
/// ```text
/// q*/p = A0·exp(E/T) / (1 + (b·p)^t)^(1/t)
///      = A0·exp( E/T − ln(1 + exp(t·(ln(B0·p) + E/T)))/t )
///   b = B0·exp(E/T)   affinity                   [1/Pa]
///   t = T0 + C0/T     heterogeneity exponent     [-]
///   q* equilibrium loading                       [mol/kg]
///   p  partial pressure                          [Pa]
/// ```
/// # Source
/// Toth isotherm, ICES-2014-168, eq. 21 to 24, with the constants of V-HAB (2023).
/// # Valid range
/// 250 K to 600 K and 0 to 10 kPa. Single gas; capillary condensation is neglected.
/// # Outside the range
/// Temperature is clamped to 250 K and 600 K, so t stays positive for all six pairs; pressure is
/// raised to 1e-9 Pa. Positive and finite for every finite input.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::sorption::{ZEOLITE_5A_CO2, henry_chord_mol_kg_pa};
/// let chord = henry_chord_mol_kg_pa(&ZEOLITE_5A_CO2, 298.0, 400.0);
/// assert!((chord * 400.0 / 0.938 - 1.0).abs() < 0.005);
/// ```
/// # Tests
/// `c_9_table`, `direct_formula`, `eight_lanes_are_eight_scalars`, `finite_for_finite_input`.
#[inline(always)]
#[must_use]
pub fn henry_chord_mol_kg_pa<R: Real>(toth: &Toth, t_k: R, p_pa: R) -> R {
    let per_k = R::one() / t_k.clamp(R::splat(T_MIN_K), R::splat(T_MAX_K));
    let e = per_k * toth.e_k;
    let t = per_k * toth.c0_k + toth.t0;
    let ln_bp = math::ln(p_pa.max(R::splat(P_MIN_PA)) * toth.b0_1_pa) + e;
    let bp_t = math::exp((t * ln_bp).min(R::splat(EXPONENT_MAX)));
    math::exp(e - math::ln(bp_t + 1.0) / t) * toth.a0_mol_kg_pa
}

/// Return the equilibrium loading of a sorbent, mol/kg, 250 K to 600 K.
///
/// # Equation
/// ```text
/// q* = p · (q*/p)      q*/p as henry_chord_mol_kg_pa
///   q*  equilibrium loading   [mol/kg]
///   p   partial pressure      [Pa]
/// ```
/// # Source
/// [`henry_chord_mol_kg_pa`].
/// # Valid range
/// 250 K to 600 K and 0 to 10 kPa.
/// # Outside the range
/// Temperature is clamped; a negative pressure counts as zero; between 0 and 1e-9 Pa the loading is
/// a straight line.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::sorption::{ZEOLITE_13X_CO2, loading_mol_kg};
/// assert!((loading_mol_kg(&ZEOLITE_13X_CO2, 298.0, 267.0) / 0.729 - 1.0).abs() < 0.005);
/// ```
/// # Tests
/// `c_9_table`, `monotone_in_pressure_and_temperature`.
#[inline(always)]
#[must_use]
pub fn loading_mol_kg<R: Real>(toth: &Toth, t_k: R, p_pa: R) -> R {
    p_pa.max(R::zero()) * henry_chord_mol_kg_pa(toth, t_k, p_pa)
}

/// Return the share of the distance to equilibrium that a loading covers in `dt_s`.
///
/// # Equation
/// ```text
/// dq/dt = k·(q* − q)   ⇒   q(t+Δt) − q(t) = (1 − exp(−k·Δt))·(q* − q(t))      q* constant
///   k  driving-force coefficient   [1/s]
/// ```
/// # Source
/// Linear driving force (Glueckauf 1955, recalled), solved exactly for a constant q*.
/// # Valid range
/// k·Δt of zero or more; absolute error 2e-16, so the share is poor below k·Δt = 1e-12.
/// # Outside the range
/// A negative product counts as zero. The result is always 0 to 1.
/// # Conserves
/// Nothing is moved; the caller takes from the gas what the loading gains.
/// # Examples
/// ```
/// use lunar_habitat_physics::sorption::ldf_fraction;
/// assert!((ldf_fraction(0.003, 60.0) - 0.164_73).abs() < 1e-5);
/// ```
/// # Tests
/// `driving_force_composes`.
#[inline(always)]
#[must_use]
pub fn ldf_fraction<R: Real>(k_1_s: R, dt_s: R) -> R {
    R::one() - math::exp(-(k_1_s * dt_s).max(R::zero()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    const PAIRS: [Toth; 6] = [
        ZEOLITE_5A_CO2,
        ZEOLITE_5A_H2O,
        ZEOLITE_13X_CO2,
        ZEOLITE_13X_H2O,
        SILICA_GEL_CO2,
        SILICA_GEL_H2O,
    ];

    #[test]
    fn c_9_table() {
        for (pair, t_k, p_pa, q) in [
            (&ZEOLITE_5A_CO2, 298.0, 267.0, 0.786),
            (&ZEOLITE_5A_CO2, 298.0, 400.0, 0.938),
            (&ZEOLITE_5A_CO2, 298.0, 533.0, 1.058),
            (&ZEOLITE_5A_CO2, 283.0, 267.0, 1.130),
            (&ZEOLITE_5A_CO2, 283.0, 400.0, 1.323),
            (&ZEOLITE_5A_CO2, 283.0, 533.0, 1.473),
            (&ZEOLITE_13X_CO2, 298.0, 267.0, 0.729),
            (&ZEOLITE_13X_CO2, 298.0, 400.0, 0.869),
            (&ZEOLITE_13X_CO2, 298.0, 533.0, 0.980),
            (&ZEOLITE_5A_CO2, 477.0, 300.0, 0.0143),
        ] {
            let got: f64 = loading_mol_kg(pair, t_k, p_pa);
            assert!((got / q - 1.0).abs() < 0.005, "{t_k} K, {p_pa} Pa: {got} against {q}");
        }
    }

    #[test]
    fn direct_formula() {
        for pair in PAIRS {
            for t_k in [250.0, 283.0, 298.0, 350.0, 477.0, 600.0_f64] {
                for p_pa in [1e-6, 1.0, 267.0, 2_000.0, 1e4_f64] {
                    let b = pair.b0_1_pa * (pair.e_k / t_k).exp();
                    let t = pair.t0 + pair.c0_k / t_k;
                    assert!(t > 0.0);
                    let a = pair.a0_mol_kg_pa * (pair.e_k / t_k).exp();
                    let direct = a * p_pa / (1.0 + (b * p_pa).powf(t)).powf(1.0 / t);
                    let got = loading_mol_kg(&pair, t_k, p_pa);
                    assert!((got / direct - 1.0).abs() < 1e-12, "{pair:?} {t_k} {p_pa}");
                }
            }
        }
    }

    #[test]
    fn beds_have_the_density_of_their_media() {
        for (medium, kg_m3) in [(ZEOLITE_5A, 686.0), (ZEOLITE_13X, 796.0), (SILICA_GEL, 1_015.0)] {
            assert!((medium.bulk_density_kg_m3() / kg_m3 - 1.0).abs() < 0.01, "{medium:?}");
        }
    }

    #[test]
    fn driving_force_composes() {
        let (once, twice): (f64, f64) = (ldf_fraction(0.003, 60.0), ldf_fraction(0.003, 120.0));
        assert!((1.0 - (1.0 - once) * (1.0 - once) - twice).abs() < 1e-15);
        assert_eq!(ldf_fraction(0.003, 0.0), 0.0);
        assert_eq!(ldf_fraction(1.0, 1e6), 1.0);
    }

    proptest! {
        #[test]
        fn monotone_in_pressure_and_temperature(
            i in 0..6usize, t_k in 250.0..590.0f64, ln_p in -10.0..9.0f64, step in 0.01..1.0f64
        ) {
            let p_pa = ln_p.exp();
            let q = loading_mol_kg(&PAIRS[i], t_k, p_pa);
            prop_assert!(loading_mol_kg(&PAIRS[i], t_k, p_pa * (1.0 + step)) > q);
            prop_assert!(loading_mol_kg(&PAIRS[i], t_k + 10.0 * step, p_pa) < q);
        }

        #[test]
        fn finite_for_finite_input(
            i in 0..6usize,
            t_k in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
            p_pa in proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL
        ) {
            let chord = henry_chord_mol_kg_pa(&PAIRS[i], t_k, p_pa);
            prop_assert!(chord.is_finite() && chord > 0.0, "{chord}");
            let q = loading_mol_kg(&PAIRS[i], t_k, p_pa);
            prop_assert!(q.is_finite() && q >= 0.0, "{q}");
            let f = ldf_fraction(t_k, p_pa);
            prop_assert!((0.0..=1.0).contains(&f), "{f}");
        }

        #[test]
        fn eight_lanes_are_eight_scalars(
            i in 0..6usize,
            t_k in proptest::array::uniform8(200.0..700.0f64),
            p_pa in proptest::array::uniform8(-1.0..1e4f64)
        ) {
            let wide = loading_mol_kg(&PAIRS[i], F64x8(t_k), F64x8(p_pa));
            for lane in 0..8 {
                let one = loading_mol_kg(&PAIRS[i], t_k[lane], p_pa[lane]);
                prop_assert_eq!(one.to_bits(), wide.0[lane].to_bits());
            }
        }
    }
}

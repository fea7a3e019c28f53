//! Water vapour in a dry gas, from 10 kPa to 110 kPa of total pressure.
//!
//! The dry gas is any mixture: its molar mass and heat capacity are arguments. The vapour is an
//! ideal gas and the air enhancement factor (at most 0.5 %) is neglected.
//!
//! Not here: exchange of heat ([`crate::exchanger`]).

use crate::constants::{CP_H2O_LIQUID_J_MOL_K, HF_H2O_LIQUID_J_MOL, M_H2O_KG_MOL, T_REF_K};
use crate::math::{exp, ln};
use crate::number::Real;
use crate::species::{CP_J_MOL_K, Gas, HF_J_MOL};
use crate::units::{Kelvin, Pascals};

/// Magnus coefficient A, Pa. Alduchov & Eskridge 1996.
const MAGNUS_PA: f64 = 610.94;
/// Magnus coefficient B, 1. Alduchov & Eskridge 1996.
const MAGNUS_B: f64 = 17.625;
/// Magnus coefficient C, K. Alduchov & Eskridge 1996.
const MAGNUS_C_K: f64 = 243.04;
/// Zero of the Celsius scale, K. Definition.
const ZERO_CELSIUS_K: f64 = 273.15;
/// Lowest temperature the Magnus formula is evaluated at, K: 3e-178 Pa. Nearer to its pole at 30.11 K a
/// relative humidity, which divides by it, would overflow.
const MAGNUS_MIN_K: f64 = 40.0;

/// Heat capacity of water vapour, J/mol/K; the value of [`CP_J_MOL_K`].
pub const CP_H2O_VAPOUR_J_MOL_K: f64 = CP_J_MOL_K[Gas::H2o as usize];

/// Enthalpy of vaporisation at 298.15 K, J/mol; difference of the two enthalpies of formation.
pub const H_VAPORISATION_J_MOL: f64 = HF_J_MOL[Gas::H2o as usize] - HF_H2O_LIQUID_J_MOL;

/// Return the saturation vapour pressure over liquid water, 233 K to 323 K, Pa.
///
/// # Equation
/// ```text
/// p_sat = A · exp( B·t / (t + C) )
///   p_sat  saturation pressure                    [Pa]
///   t      temperature above 273.15 K             [K]
///   A = 610.94 Pa,  B = 17.625,  C = 243.04 K
/// ```
/// # Source
/// Alduchov & Eskridge (1996), *J. Appl. Meteor.* **35**, 601–609 (Magnus form with refitted
/// coefficients; relative error below 0.4 % in the range below).
/// # Valid range
/// 233.15 K ≤ T ≤ 323.15 K, plane surface of pure water, air enhancement factor neglected (≤ 0.5 %).
/// # Outside the range
/// The formula is continued. It has a pole at 30.11 K; below 40 K the temperature is clamped, so
/// the result stays finite and positive, 3e-178 Pa or more.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `steam_table`, `clausius_clapeyron_slope`, `property_monotone_in_t`.
#[inline(always)]
#[must_use]
pub fn saturation_pressure_pa<R: Real>(t_k: R) -> R {
    let t = R::splat(MAGNUS_MIN_K).max(t_k) - ZERO_CELSIUS_K;
    exp(t * MAGNUS_B / (t + MAGNUS_C_K)) * MAGNUS_PA
}

/// Return the saturation vapour pressure over liquid water, 233 K to 323 K.
///
/// # Equation, source, valid range, outside the range, conserves
/// As [`saturation_pressure_pa`].
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// use physics::{moist_air::saturation_pressure, units::{Kelvin, Pascals}};
/// let p: Pascals = saturation_pressure(Kelvin::new(293.15));
/// assert!((p.get() / 2339.0 - 1.0).abs() < 0.004); // steam-table value, tolerance of the source
/// ```
/// # Tests
/// `steam_table`.
#[must_use]
pub fn saturation_pressure(t: Kelvin) -> Pascals {
    Pascals::new(saturation_pressure_pa(t.get()))
}

/// Return saturation pressure (Pa) and its slope over temperature (Pa/K), at one exponential.
///
/// # Equation
/// ```text
/// dp_sat/dT = p_sat · B·C / (t + C)²
/// ```
/// # Source
/// Derivative of [`saturation_pressure_pa`].
/// # Valid range
/// As [`saturation_pressure_pa`].
/// # Outside the range
/// As [`saturation_pressure_pa`]; below 40 K the slope is that at 40 K.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `slope_is_the_derivative`, `clausius_clapeyron_slope`.
#[inline(always)]
#[must_use]
pub fn saturation_pressure_and_slope<R: Real>(t_k: R) -> (R, R) {
    let t = R::splat(MAGNUS_MIN_K).max(t_k) - ZERO_CELSIUS_K;
    let per_k = R::one() / (t + MAGNUS_C_K);
    let p_pa = exp(t * MAGNUS_B * per_k) * MAGNUS_PA;
    (p_pa, p_pa * (per_k * per_k) * (MAGNUS_B * MAGNUS_C_K))
}

/// Return the dew point of a vapour pressure, K.
///
/// # Equation
/// ```text
/// x = ln(p/A),   t = C·x / (B − x)
/// ```
/// # Source
/// Inverse of [`saturation_pressure_pa`].
/// # Valid range
/// 19 Pa to 12.4 kPa (233 K to 323 K).
/// # Outside the range
/// x is clamped to −700 … 17, so a dry gas has a dew point near 36 K and no input gives infinity.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `dew_point_inverts_saturation`.
#[inline(always)]
#[must_use]
pub fn dew_point_k<R: Real>(p_h2o_pa: R) -> R {
    let x = ln(p_h2o_pa / MAGNUS_PA).clamp(R::splat(-700.0), R::splat(17.0));
    x * MAGNUS_C_K / (R::splat(MAGNUS_B) - x) + ZERO_CELSIUS_K
}

/// Return the dew point of a vapour pressure.
///
/// # Equation, source, valid range, outside the range, conserves
/// As [`dew_point_k`].
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// use physics::{moist_air::dew_point, units::Pascals};
/// // Steam table: 1227.9 Pa at 10 degC; 0.4 % of pressure is 0.06 K.
/// assert!((dew_point(Pascals::new(1227.9)).celsius() - 10.0).abs() < 0.06);
/// ```
/// # Tests
/// `dew_point_inverts_saturation`.
#[must_use]
pub fn dew_point(p_h2o: Pascals) -> Kelvin {
    Kelvin::new(dew_point_k(p_h2o.get()))
}

/// Return relative humidity over liquid water, 0 to 1 and above 1 when supersaturated.
///
/// # Equation
/// ```text
/// rh = p_h2o / p_sat(T)
/// ```
/// # Source
/// Definition.
/// # Valid range
/// As [`saturation_pressure_pa`].
/// # Outside the range
/// A negative pressure counts as zero; the divisor is at least 1e-9 Pa.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `humidity_of_a_room`.
#[inline(always)]
#[must_use]
pub fn relative_humidity<R: Real>(p_h2o_pa: R, t_k: R) -> R {
    R::zero().max(p_h2o_pa) / R::splat(1e-9).max(saturation_pressure_pa(t_k))
}

/// Return the amount of vapour per amount of dry gas, mol/mol.
///
/// # Equation
/// ```text
/// X = p_h2o / (p − p_h2o)
/// ```
/// # Source
/// Dalton's law.
/// # Valid range
/// 10 kPa to 110 kPa total.
/// # Outside the range
/// The vapour pressure is clamped to 0 … 0.99·p, the total pressure to at least 1 Pa.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `humidity_of_a_room`.
#[inline(always)]
#[must_use]
pub fn vapour_ratio<R: Real>(p_h2o_pa: R, p_total_pa: R) -> R {
    let p = R::one().max(p_total_pa);
    let p_h2o = p_h2o_pa.clamp(R::zero(), p * 0.99);
    p_h2o / (p - p_h2o)
}

/// Return the humidity ratio, kg of vapour per kg of dry gas.
///
/// # Equation
/// ```text
/// w = (M_h2o / M_dry) · p_h2o / (p − p_h2o)
/// ```
/// # Source
/// Dalton's law; ASHRAE *Handbook of Fundamentals* (2017) ch. 1 with M_h2o/M_dry = 0.622 for air.
/// # Valid range
/// 10 kPa to 110 kPa total.
/// # Outside the range
/// As [`vapour_ratio`]; the molar mass is at least 1e-4 kg/mol.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // Saturated air at 20 degC and 101.325 kPa: 14.7 g/kg.
/// let w = physics::moist_air::humidity_ratio(2339.0, 101_325.0, 28.966e-3);
/// assert!((w / 14.7e-3 - 1.0).abs() < 0.005);
/// ```
/// # Tests
/// `humidity_of_a_room`.
#[inline(always)]
#[must_use]
pub fn humidity_ratio<R: Real>(p_h2o_pa: R, p_total_pa: R, dry_molar_mass_kg_mol: R) -> R {
    vapour_ratio(p_h2o_pa, p_total_pa) * M_H2O_KG_MOL / R::splat(1e-4).max(dry_molar_mass_kg_mol)
}

/// Return the enthalpy of moist gas per kilogram of dry gas, J/kg, zero for dry gas and liquid water
/// at 298.15 K.
///
/// # Equation
/// ```text
/// h = [ c_p,dry·(T − T_ref) + X·( L_ref + c_p,h2o·(T − T_ref) ) ] / M_dry
///   X      vapour per dry gas                     [mol/mol]
///   L_ref  enthalpy of vaporisation at T_ref      [J/mol]
/// ```
/// # Source
/// Ideal mixture of ideal gases with the enthalpies of [`crate::species`].
/// # Valid range
/// 200 K to 500 K, constant heat capacities.
/// # Outside the range
/// The line is continued; the molar mass is at least 1e-4 kg/mol.
/// # Conserves
/// Nothing is moved; this is a property, on the ledger's reference.
/// # Tests
/// `enthalpy_matches_the_ashrae_line`.
#[inline(always)]
#[must_use]
pub fn enthalpy_j_kg_dry<R: Real>(
    t_k: R,
    vapour_mol_mol: R,
    dry_cp_j_mol_k: R,
    dry_molar_mass_kg_mol: R,
) -> R {
    let dt = t_k - T_REF_K;
    let vapour_j_mol = dt * CP_H2O_VAPOUR_J_MOL_K + H_VAPORISATION_J_MOL;
    (dry_cp_j_mol_k * dt + vapour_mol_mol * vapour_j_mol)
        / R::splat(1e-4).max(dry_molar_mass_kg_mol)
}

/// Return the enthalpy that one mole of water takes to evaporate at `t_k`, J/mol.
///
/// # Equation
/// ```text
/// L(T) = L_ref + (c_p,h2o − c_p,liquid)·(T − T_ref)
/// ```
/// # Source
/// Kirchhoff's law with the constants of [`crate::species`] and [`crate::constants`].
/// # Valid range
/// 273 K to 323 K; 44 700 J/mol at 283 K, within 0.2 % of the steam table.
/// # Outside the range
/// The line is continued.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `steam_table`.
#[inline(always)]
#[must_use]
pub fn vaporisation_j_mol<R: Real>(t_k: R) -> R {
    (t_k - T_REF_K) * (CP_H2O_VAPOUR_J_MOL_K - CP_H2O_LIQUID_J_MOL_K) + H_VAPORISATION_J_MOL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::R_J_MOL_K;
    use crate::number::F64x8;
    use proptest::prelude::*;

    #[test]
    fn steam_table() {
        // IAPWS-95 saturation pressures, tolerance of the source of the formula.
        for (t_c, p_pa) in
            [(0.01, 611.7), (10.0, 1_228.2), (20.0, 2_339.3), (30.0, 4_247.0), (50.0, 12_352.0)]
        {
            let got = saturation_pressure_pa(t_c + 273.15);
            assert!((got / p_pa - 1.0).abs() < 0.004, "{t_c} {got}");
        }
        // IAPWS-95 enthalpy of vaporisation, 2477.2 kJ/kg at 10 degC.
        assert!((vaporisation_j_mol(283.15) / M_H2O_KG_MOL / 2_477.2e3 - 1.0).abs() < 2e-3);
    }

    #[test]
    fn slope_is_the_derivative() {
        for t_k in [235.0, 273.15, 290.0, 322.0] {
            let (p, slope) = saturation_pressure_and_slope(t_k);
            assert!((p / saturation_pressure_pa(t_k) - 1.0).abs() < 1e-14);
            let d = 1e-3;
            let central =
                (saturation_pressure_pa(t_k + d) - saturation_pressure_pa(t_k - d)) / (2.0 * d);
            assert!((slope / central - 1.0).abs() < 1e-7);
        }
    }

    #[test]
    fn clausius_clapeyron_slope() {
        // d ln p / dT = L/(R T²) for an ideal vapour; the formula's slope agrees to 1 % (the sum of
        // its own 0.4 % and the non-ideality).
        for t_k in [278.15, 288.15, 298.15, 308.15] {
            let (p, slope) = saturation_pressure_and_slope(t_k);
            let law = vaporisation_j_mol(t_k) / (R_J_MOL_K * t_k * t_k);
            assert!((slope / p / law - 1.0).abs() < 0.01, "{t_k}");
        }
    }

    #[test]
    fn dew_point_inverts_saturation() {
        for i in 0..100 {
            let t_k = 233.15 + 0.9 * f64::from(i);
            assert!((dew_point_k(saturation_pressure_pa(t_k)) - t_k).abs() < 1e-9);
        }
    }

    #[test]
    fn humidity_of_a_room() {
        let p_h2o = saturation_pressure_pa(285.15);
        assert!((relative_humidity(p_h2o, 295.15) - 0.53).abs() < 0.005);
        assert_eq!(relative_humidity(-1.0, 295.15), 0.0);
        // The same vapour pressure is a larger share of a thinner atmosphere.
        let sea = humidity_ratio(p_h2o, 101_325.0, 28.966e-3);
        let moon = humidity_ratio(p_h2o, 56_500.0, 29.36e-3);
        assert!((sea / 8.77e-3 - 1.0).abs() < 0.01, "{sea}");
        assert!(moon / sea > 1.7 && moon / sea < 1.85);
    }

    #[test]
    fn enthalpy_matches_the_ashrae_line() {
        // ASHRAE: h = 1.006·t + w·(2501 + 1.86·t) kJ/kg; differences are compared, 0.5 %.
        let line = |t: f64, w: f64| 1e3 * (1.006 * t + w * (2_501.0 + 1.86 * t));
        let ours =
            |t: f64, w: f64| enthalpy_j_kg_dry(t + 273.15, w * 28.966 / 18.015, 29.13, 28.966e-3);
        let got = ours(25.0, 0.010) - ours(8.0, 0.006);
        let liquid = 0.004 * 4_186.0 * 25.0;
        let want = line(25.0, 0.010) - line(8.0, 0.006) - liquid;
        assert!((got / want - 1.0).abs() < 5e-3, "{got} {want}");
    }

    #[test]
    fn lanes_agree() {
        let t = F64x8::from_lanes(|i| 260.0 + 7.0 * i as f64);
        let (p, slope) = saturation_pressure_and_slope(t);
        let dew = dew_point_k(p);
        for i in 0..8 {
            let (p1, slope1) = saturation_pressure_and_slope(t.lane(i));
            assert_eq!(p.lane(i).to_bits(), p1.to_bits());
            assert_eq!(slope.lane(i).to_bits(), slope1.to_bits());
            assert_eq!(dew.lane(i).to_bits(), dew_point_k(p1).to_bits());
        }
    }

    proptest! {
        #[test]
        fn property_monotone_in_t(a in 40.0..400.0_f64, d in 1e-3..50.0_f64) {
            prop_assert!(saturation_pressure_pa(a + d) > saturation_pressure_pa(a));
        }

        #[test]
        fn finite_in_finite_out(t in -1e6..1e6_f64, p in -1e7..1e7_f64, q in -1e7..1e7_f64) {
            prop_assert!(saturation_pressure_pa(t).is_finite() && saturation_pressure_pa(t) > 0.0);
            let (value, slope) = saturation_pressure_and_slope(t);
            prop_assert!(value.is_finite() && slope.is_finite());
            prop_assert!(dew_point_k(p).is_finite());
            prop_assert!(relative_humidity(p, t).is_finite());
            prop_assert!(humidity_ratio(p, q, 0.029).is_finite());
            prop_assert!(vapour_ratio(p, q) >= 0.0);
            prop_assert!(enthalpy_j_kg_dry(t, vapour_ratio(p, q), 29.0, 0.029).is_finite());
        }
    }
}

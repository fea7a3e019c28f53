//! Gas through a hole, a relief valve and the emptying of a volume.
//!
//! Not here: the mixing of what flows (`habitat`), liquids.

use crate::constants::R_J_MOL_K;
use crate::math::{exp, ln};
use crate::number::Real;
use crate::units::{Kelvin, KilogramsPerSecond, Pascals};

/// Ratio of heat capacities of air and of its diatomic parts at 300 K. NIST Chemistry WebBook.
pub const GAMMA_AIR: f64 = 1.4;

/// Ratio of downstream to upstream pressure below which the flow is choked.
///
/// # Equation
/// ```text
/// r* = (2/(γ+1))^(γ/(γ−1))
/// ```
/// # Source
/// Isentropic flow of a perfect gas: Liepmann and Roshko (1957), *Elements of Gasdynamics*, ch. 2.
/// # Valid range
/// γ > 1; 0.528 for γ = 1.4.
/// # Outside the range
/// γ is raised to 1.01.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::orifice::critical_pressure_ratio(1.4_f64) - 0.5283).abs() < 1e-4);
/// ```
/// # Tests
/// `flow_is_continuous_at_the_choking_limit`.
#[inline(always)]
#[must_use]
pub fn critical_pressure_ratio<R: Real>(gamma: R) -> R {
    let g = R::splat(1.01).max(gamma);
    exp(g / (g - 1.0) * ln(R::splat(2.0) / (g + 1.0)))
}

/// Return the flow of gas through a hole, mol/s, from `p_up_pa` to `p_down_pa`.
///
/// # Equation
/// ```text
/// r = max(p_down/p_up, r*),   r* = (2/(γ+1))^(γ/(γ−1))
/// ṅ = C_d·A·p_up/√(M·R·T) · √( 2γ/(γ−1) · (r^(2/γ) − r^((γ+1)/γ)) )
///   C_d  discharge coefficient                    [-]
///   A    area of the hole                         [m2]
///   T    upstream temperature                     [K]
///   M    molar mass of the gas                    [kg/mol]
///   γ    ratio of heat capacities                 [-]
/// ```
/// # Source
/// Isentropic flow of a perfect gas: Liepmann and Roshko (1957), *Elements of Gasdynamics*, ch. 2.
/// # Valid range
/// Perfect gas, p_up from vacuum to 1 MPa, hole small against the volume. Without friction and
/// recovery of pressure; a discharge coefficient of 1 is the upper bound, sharp edges have 0.6.
/// # Outside the range
/// Zero where p_down ≥ p_up, where p_up ≤ 0 or where the area is negative; γ is raised to 1.01, T to
/// 1 K, M to 1e-4 kg/mol. The result is finite and never negative.
/// # Conserves
/// The caller moves ṅ from upstream to downstream, with its upstream composition and enthalpy.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // A 2 mm hole to vacuum at 101.3 kPa and 295 K, ideal: 64.7 kg/d.
/// let area_m2 = core::f64::consts::PI * 1e-6;
/// let ndot = physics::orifice::flow_mol_s(101_300.0, 0.0, 295.0, 28.96e-3, 1.4, area_m2, 1.0);
/// assert!((ndot * 28.96e-3 * 86_400.0 / 64.7 - 1.0).abs() < 0.01);
/// ```
/// # Tests
/// `c6_ten_millimetre_hole`, `two_millimetre_hole`, `flow_is_continuous_at_the_choking_limit`,
/// `flow_is_finite_monotone_and_never_negative`.
#[inline(always)]
#[must_use]
pub fn flow_mol_s<R: Real>(
    p_up_pa: R,
    p_down_pa: R,
    t_up_k: R,
    molar_mass_kg_mol: R,
    gamma: R,
    area_m2: R,
    discharge: R,
) -> R {
    let g = R::splat(1.01).max(gamma);
    let p_up = R::zero().max(p_up_pa);
    let ratio = (p_down_pa / R::splat(1e-9).max(p_up)).clamp(R::zero(), R::one());
    // ln r is bounded below by the choked ratio, so vacuum needs no case of its own.
    let r_ln = ln(ratio).max(g / (g - 1.0) * ln(R::splat(2.0) / (g + 1.0)));
    let density_ratio = exp(r_ln / g);
    // r^(2/γ) − r^((γ+1)/γ) = r^(2/γ)·(1 − r^((γ−1)/γ))
    let head = R::zero().max(R::one() - exp(r_ln * (g - 1.0) / g));
    let m_r_t = R::splat(1e-4).max(molar_mass_kg_mol) * R::splat(1.0).max(t_up_k) * R_J_MOL_K;
    let speed = (g * 2.0 / (g - 1.0) * head / m_r_t).sqrt();
    R::zero().max(area_m2 * discharge) * p_up * density_ratio * speed
}

/// Return the mass flow of a gas through a hole, from `p_up` to `p_down`.
///
/// # Equation
/// ```text
/// ṁ = M·ṅ     with ṅ of [`flow_mol_s`]
/// ```
/// # Source, valid range, outside the range, conserves
/// As [`flow_mol_s`].
/// # Tests
/// `c6_ten_millimetre_hole`.
#[must_use]
pub fn mass_flow(
    p_up: Pascals,
    p_down: Pascals,
    t_up: Kelvin,
    molar_mass_kg_mol: f64,
    gamma: f64,
    area_m2: f64,
    discharge: f64,
) -> KilogramsPerSecond {
    let ndot_mol_s = flow_mol_s(
        p_up.get(),
        p_down.get(),
        t_up.get(),
        molar_mass_kg_mol,
        gamma,
        area_m2,
        discharge,
    );
    KilogramsPerSecond::new(ndot_mol_s * molar_mass_kg_mol)
}

/// Return the open area of a relief valve, m2.
///
/// # Equation
/// ```text
/// A = A_full · clamp( (p_up − p_down − Δp_set) / (Δp_full − Δp_set), 0, 1 )
/// ```
/// # Source
/// Proportional lift of a spring-loaded valve; the linear law is assumed.
/// # Valid range
/// Δp_full > Δp_set.
/// # Outside the range
/// A band below 1 Pa counts as 1 Pa. The result stays between 0 and the full area.
/// # Conserves
/// Nothing is moved; [`flow_mol_s`] takes the area.
/// # Tests
/// `relief_valve_opens_in_proportion`.
#[inline(always)]
#[must_use]
pub fn relief_area_m2<R: Real>(
    p_up_pa: R,
    p_down_pa: R,
    set_pa: R,
    full_pa: R,
    full_area_m2: R,
) -> R {
    let band_pa = R::one().max(full_pa - set_pa);
    full_area_m2 * ((p_up_pa - p_down_pa - set_pa) / band_pa).clamp(R::zero(), R::one())
}

/// Return the time in which a constant volume at constant temperature falls by e through a choked
/// hole, s.
///
/// # Equation
/// ```text
/// τ = V / ( C_d·A·√(R·T/M) · √γ·(2/(γ+1))^((γ+1)/(2(γ−1))) )
/// p(t) = p_0·e^(−t/τ)
/// ```
/// # Source
/// [`flow_mol_s`] for a choked hole, with n = pV/(RT) and T constant.
/// # Valid range
/// Downstream pressure below the critical ratio for the whole time; heat from the walls keeps T.
/// # Outside the range
/// No hole gives the largest finite number.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// let area_m2 = core::f64::consts::PI * 25e-6;
/// let tau_s = physics::orifice::choked_time_constant_s(100.0, area_m2, 1.0, 295.0, 28.96e-3, 1.4);
/// assert!((tau_s / 6_390.0 - 1.0).abs() < 0.01);
/// ```
/// # Tests
/// `c6_ten_millimetre_hole`.
#[must_use]
pub fn choked_time_constant_s(
    volume_m3: f64,
    area_m2: f64,
    discharge: f64,
    t_k: f64,
    molar_mass_kg_mol: f64,
    gamma: f64,
) -> f64 {
    // Flow per pascal of a choked hole times RT is a volume flow.
    let per_pa = flow_mol_s(1.0, 0.0, t_k, molar_mass_kg_mol, gamma, area_m2, discharge);
    let volume_flow_m3_s = per_pa * R_J_MOL_K * t_k;
    if volume_flow_m3_s > 0.0 { (volume_m3 / volume_flow_m3_s).min(f64::MAX) } else { f64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    const M_AIR_KG_MOL: f64 = 28.96e-3;

    fn hole_m2(diameter_m: f64) -> f64 {
        core::f64::consts::PI * 0.25 * diameter_m * diameter_m
    }

    #[test]
    fn c6_ten_millimetre_hole() {
        let area_m2 = hole_m2(0.010);
        let tau_s = choked_time_constant_s(100.0, area_m2, 1.0, 295.0, M_AIR_KG_MOL, GAMMA_AIR);
        assert!((tau_s / 6_390.0 - 1.0).abs() < 0.01, "{tau_s}");
        let min = tau_s * (101.3_f64 / 55.2).ln() / 60.0;
        assert!((min / 64.7 - 1.0).abs() < 0.01, "{min}");
        let kg_s = mass_flow(
            Pascals::new(101_300.0),
            Pascals::new(0.0),
            Kelvin::new(295.0),
            M_AIR_KG_MOL,
            GAMMA_AIR,
            area_m2,
            1.0,
        );
        assert!((kg_s.get() / 0.01872 - 1.0).abs() < 0.01, "{kg_s}");
    }

    #[test]
    fn c6_integrated_depressurisation_follows_the_time_constant() {
        let area_m2 = hole_m2(0.010);
        let (volume_m3, t_k, dt_s) = (100.0, 295.0, 1.0);
        let mut n_mol = 101_300.0 * volume_m3 / (R_J_MOL_K * t_k);
        let mut t_s = 0.0;
        loop {
            let p_pa = n_mol * R_J_MOL_K * t_k / volume_m3;
            if p_pa < 55_200.0 {
                break;
            }
            n_mol -= dt_s * flow_mol_s(p_pa, 0.0, t_k, M_AIR_KG_MOL, GAMMA_AIR, area_m2, 1.0);
            t_s += dt_s;
        }
        assert!((t_s / 60.0 / 64.7 - 1.0).abs() < 0.01, "{t_s}");
    }

    #[test]
    fn two_millimetre_hole() {
        let ndot = flow_mol_s(101_300.0, 0.0, 295.0, M_AIR_KG_MOL, GAMMA_AIR, hole_m2(0.002), 1.0);
        let kg_d = ndot * M_AIR_KG_MOL * 86_400.0;
        assert!((kg_d / 64.7 - 1.0).abs() < 0.01, "{kg_d}");
    }

    #[test]
    fn flow_is_continuous_at_the_choking_limit() {
        let flow = |ratio: f64| flow_mol_s(1e5, 1e5 * ratio, 295.0, M_AIR_KG_MOL, 1.4, 1e-4, 0.6);
        let r = critical_pressure_ratio(1.4);
        assert!((flow(r * (1.0 - 1e-9)) / flow(r * (1.0 + 1e-9)) - 1.0).abs() < 1e-12);
        assert_eq!(flow(0.0), flow(0.5));
        assert_eq!(flow(1.0), 0.0);
        assert_eq!(flow(1.2), 0.0);
    }

    #[test]
    fn relief_valve_opens_in_proportion() {
        let area = |p: f64| relief_area_m2(p, 0.0, 104_000.0, 106_000.0, 1e-3);
        assert_eq!(area(103_999.0), 0.0);
        assert!((area(105_000.0) - 5e-4).abs() < 1e-15);
        assert_eq!(area(120_000.0), 1e-3);
    }

    #[test]
    fn lanes_agree() {
        let p_down = F64x8::from_lanes(|i| 13_000.0 * i as f64);
        let s = F64x8::splat;
        let wide = flow_mol_s(s(1e5), p_down, s(295.0), s(M_AIR_KG_MOL), s(1.4), s(1e-4), s(0.6));
        for i in 0..8 {
            let one = flow_mol_s(1e5, p_down.lane(i), 295.0, M_AIR_KG_MOL, 1.4, 1e-4, 0.6);
            assert_eq!(wide.lane(i).to_bits(), one.to_bits());
        }
    }

    proptest! {
        #[test]
        fn flow_is_finite_monotone_and_never_negative(
            p_up in 0.0..2e5_f64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, t_k in 100.0..500.0_f64,
            gamma in 1.05..1.67_f64, molar_mass in 2e-3..50e-3_f64,
        ) {
            let flow = |down: f64| flow_mol_s(p_up, p_up * down, t_k, molar_mass, gamma, 1e-4, 0.8);
            let (low, high) = (flow(a.min(b)), flow(a.max(b)));
            prop_assert!(low.is_finite() && high >= 0.0);
            prop_assert!(low >= high * (1.0 - 1e-12));
        }

        #[test]
        fn finite_in_finite_out(
            p_up in -1e9..1e9_f64, p_down in -1e9..1e9_f64, t_k in -1e4..1e4_f64,
            gamma in -3.0..5.0_f64, molar_mass in -1.0..1.0_f64, area in -1.0..1.0_f64,
        ) {
            let flow = flow_mol_s(p_up, p_down, t_k, molar_mass, gamma, area, 0.6);
            prop_assert!(flow.is_finite() && flow >= 0.0);
            prop_assert!(relief_area_m2(p_up, p_down, t_k, gamma, area).is_finite());
            prop_assert!(critical_pressure_ratio(gamma).is_finite());
            prop_assert!(
                choked_time_constant_s(10.0, area, 0.6, t_k, molar_mass, gamma).is_finite()
            );
        }
    }
}

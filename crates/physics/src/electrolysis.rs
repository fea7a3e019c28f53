//! Splitting of water in a proton-exchange-membrane cell.
//!
//! The heat of a stack is the caller's: electric power less what the enthalpies of the streams take.
//! Current efficiency is one (cross-over of hydrogen is neglected).
//!
//! Not here: the stack's temperature, pumps and standby power (`habitat`).

use crate::constants::{FARADAY_C_MOL, HF_H2O_LIQUID_J_MOL, R_J_MOL_K, T_REF_K};
use crate::math::ln;
use crate::number::Real;

/// Water that is split per oxygen, mol/mol: 2 H2O → 2 H2 + O2.
pub const H2O_PER_O2: f64 = 2.0;
/// Hydrogen that is made per oxygen, mol/mol.
pub const H2_PER_O2: f64 = 2.0;
/// Electrons per oxygen, mol/mol.
pub const ELECTRONS_PER_O2: f64 = 4.0;

/// Enthalpy that splitting takes at 298.15 K, J per mol of oxygen, liquid water. CODATA (1989).
pub const ENTHALPY_J_MOL_O2: f64 = -HF_H2O_LIQUID_J_MOL * H2O_PER_O2;

/// Voltage at which a cell neither takes nor gives heat at 298.15 K, V: 1.481.
pub const THERMONEUTRAL_V: f64 = ENTHALPY_J_MOL_O2 / (ELECTRONS_PER_O2 * FARADAY_C_MOL);

/// Reversible voltage at 298.15 K and 1 bar, liquid water, V. From ΔG = 237.13 kJ/mol, CODATA (1989).
pub const REVERSIBLE_298_V: f64 = 1.229;
/// Change of the reversible voltage with temperature, V/K. ΔS/(2F) with ΔS = 163.3 J/mol/K, CODATA
/// (1989).
pub const REVERSIBLE_SLOPE_V_K: f64 = -0.846e-3;

/// Temperature of the cell whose losses the defaults describe, K. Digitised in V-HAB, DOI 10.1016/j.electacta.2016.06.120.
pub const CELL_T_K: f64 = 323.15;
/// Charge-transfer coefficient, 1. Assumed; one published point cannot give it.
const TRANSFER: f64 = 0.5;
/// 1/(2·j_0) = sinh(0.475 V·αF/(R·323.15 K)), cm2/A, so j_0 = 1.977e-4 A/cm2. Tuned on the kinetic
/// overpotential of 0.475 V at 1 A/cm2 and 50 °C, digitised in V-HAB (DOI
/// 10.1016/j.electacta.2016.06.120; the text gives 0.47–0.48 V).
const PER_TWO_EXCHANGE_CM2_A: f64 = 2529.11814754968699;
/// Area resistance, Ω·cm2. Tuned on 0.219 V at 1 A/cm2, §3.1.
const RESISTANCE_OHM_CM2: f64 = 0.219;
/// Mass-transport overpotential at 1 A/cm2, V. Tuned on §3.1.
const MASS_TRANSPORT_V: f64 = 0.071;
/// Limiting current density, A/cm2. Assumed.
const LIMITING_A_CM2: f64 = 3.0;
/// ln(3/2), so that the mass-transport term meets its point at 1 A/cm2.
const LN_3_2: f64 = 0.405_465_108_108_164_4;
/// Largest share of the limiting current density that the mass-transport term sees.
const LIMITING_SHARE: f64 = 0.999;
/// Largest current density that the formulas are evaluated at, A/cm2.
const MAX_A_CM2: f64 = 1e6;

/// Losses of a cell, V.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overpotentials<R> {
    /// Of the electrode reactions.
    pub kinetic_v: R,
    /// Of membrane and contacts.
    pub ohmic_v: R,
    /// Of transport to and from the electrodes.
    pub mass_transport_v: R,
}

/// Return the reversible voltage of a cell, V.
///
/// # Equation
/// ```text
/// E(T) = 1.229 V − 0.846e-3 V/K · (T − 298.15 K)
/// ```
/// # Source
/// ΔG and ΔS of liquid water, CODATA key values (Cox et al. 1989).
/// # Valid range
/// 273 K to 373 K, both gases at 1 bar. Their pressure is neglected: doubling it adds 14 mV at 50 °C.
/// # Outside the range
/// The temperature is clamped to 200 K … 600 K.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::electrolysis::reversible_voltage_v(298.15_f64) - 1.229).abs() < 1e-12);
/// ```
/// # Tests
/// `biosim_2_electrolyser_never_beats_the_reversible_minimum`.
#[inline(always)]
#[must_use]
pub fn reversible_voltage_v<R: Real>(t_k: R) -> R {
    let t_k = t_k.clamp(R::splat(200.0), R::splat(600.0));
    (t_k - T_REF_K) * REVERSIBLE_SLOPE_V_K + REVERSIBLE_298_V
}

/// Return the losses of a cell at a current density (A/cm2).
///
/// # Equation
/// ```text
/// η_kin  = RT/(αF) · asinh(j/(2·j_0)),   j_0 = 1.977e-4 A/cm2, α = 0.5
/// η_ohm  = 0.219 Ω·cm2 · j
/// η_mt   = −0.071 V · ln(1 − j/j_lim)/ln(3/2),   j_lim = 3 A/cm2
/// ```
/// # Source
/// Butler–Volmer with equal transfer coefficients (its Tafel limit at high current), Ohm, limiting
/// current. The three values at 1 A/cm2 and 50 °C: digitised in V-HAB (DOI
/// 10.1016/j.electacta.2016.06.120). The formulas are tuned on these single points; α = 0.5 and j_lim
/// are assumed.
/// # Valid range
/// 0 to 2 A/cm2 near 50 °C.
/// # Outside the range
/// Negative current density counts as zero. The mass-transport term stops rising at 0.999·j_lim; the
/// ohmic term goes on to 1e6 A/cm2. Each loss rises or stays with the current and is finite.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `losses_meet_their_points`, `voltage_is_monotone_and_finite`.
#[inline(always)]
#[must_use]
pub fn overpotentials<R: Real>(j_a_cm2: R, t_k: R) -> Overpotentials<R> {
    let j = j_a_cm2.clamp(R::zero(), R::splat(MAX_A_CM2));
    let t_k = t_k.clamp(R::splat(200.0), R::splat(600.0));
    let y = j * PER_TWO_EXCHANGE_CM2_A;
    let area_sine = ln(y + (y * y + 1.0).sqrt());
    let share = (j / LIMITING_A_CM2).min(R::splat(LIMITING_SHARE));
    Overpotentials {
        kinetic_v: t_k * (R_J_MOL_K / (TRANSFER * FARADAY_C_MOL)) * area_sine,
        ohmic_v: j * RESISTANCE_OHM_CM2,
        mass_transport_v: -ln(R::one() - share) * (MASS_TRANSPORT_V / LN_3_2),
    }
}

/// Return the voltage of a cell at a current density (A/cm2), V.
///
/// # Equation
/// ```text
/// V = E(T) + η_kin + η_ohm + η_mt
/// ```
/// # Source
/// [`reversible_voltage_v`], [`overpotentials`].
/// # Valid range
/// 0 to 2 A/cm2 near 50 °C.
/// # Outside the range
/// As [`overpotentials`]; never below the reversible voltage.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // 1.208 V reversible + 0.475 + 0.219 + 0.071 V of losses at 1 A/cm2 and 50 °C.
/// let v = physics::electrolysis::cell_voltage_v(1.0_f64, 323.15);
/// assert!((v - 1.973).abs() < 1e-3);
/// ```
/// # Tests
/// `voltage_is_monotone_and_finite`, `biosim_2_electrolyser_never_beats_the_reversible_minimum`.
#[inline(always)]
#[must_use]
pub fn cell_voltage_v<R: Real>(j_a_cm2: R, t_k: R) -> R {
    let losses = overpotentials(j_a_cm2, t_k);
    reversible_voltage_v(t_k) + losses.kinetic_v + losses.ohmic_v + losses.mass_transport_v
}

/// Return the current that makes oxygen at a rate, A times cells.
///
/// # Equation
/// ```text
/// I = 4·F·ṅ_O2
/// ```
/// # Source
/// Faraday's law.
/// # Valid range
/// Any rate; current efficiency is one.
/// # Outside the range
/// None.
/// # Conserves
/// Nothing is moved; the caller splits `H2O_PER_O2`·ṅ of water into `H2_PER_O2`·ṅ and ṅ.
/// # Tests
/// `oga_at_full_rate`.
#[inline(always)]
#[must_use]
pub fn current_a<R: Real>(o2_mol_s: R) -> R {
    o2_mol_s * (ELECTRONS_PER_O2 * FARADAY_C_MOL)
}

/// Return the electric power of a stack that makes oxygen at a rate, W.
///
/// # Equation
/// ```text
/// P = I·V(I/A, T)
///   I  current times number of cells              [A]
///   A  active area of all cells together          [cm2]
/// ```
/// # Source
/// [`current_a`], [`cell_voltage_v`].
/// # Valid range
/// As [`cell_voltage_v`].
/// # Outside the range
/// A negative rate takes no power; the area is at least 1e-3 cm2.
/// # Conserves
/// The caller takes P from the bus. Heat = P + enthalpy of water in − enthalpy of gases out.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // 9.2 kg/d of oxygen and 469 W of standby: 2971 W (HABNET quoting ISS papers).
/// let o2_mol_s = 9.2 / 86_400.0 / 31.998e-3;
/// let p_w = physics::electrolysis::stack_power_w(o2_mol_s, 1_284.0, 323.15) + 469.0;
/// assert!((p_w / 2_971.0 - 1.0_f64).abs() < 0.02);
/// ```
/// # Tests
/// `oga_at_full_rate`, `c_7_water_electrolysis`.
#[inline(always)]
#[must_use]
pub fn stack_power_w<R: Real>(o2_mol_s: R, active_area_cm2: R, t_k: R) -> R {
    let i_a = R::zero().max(current_a(o2_mol_s));
    i_a * cell_voltage_v(i_a / R::splat(1e-3).max(active_area_cm2), t_k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::M_H2O_KG_MOL;
    use crate::species::Gas;
    use proptest::prelude::*;

    #[test]
    fn c_7_water_electrolysis() {
        let m_o2 = Gas::O2.molar_mass_kg_mol();
        let h2 = H2_PER_O2 * Gas::H2.molar_mass_kg_mol() / m_o2;
        let h2o = H2O_PER_O2 * M_H2O_KG_MOL / m_o2;
        assert_eq!(format!("{h2:.4} {h2o:.4}"), "0.1260 1.1260");
        assert!((1.0 + h2 - h2o).abs() < 1e-15);
        let kwh_kg = THERMONEUTRAL_V * ELECTRONS_PER_O2 * FARADAY_C_MOL / m_o2 / 3.6e6;
        assert_eq!(format!("{kwh_kg:.2} {THERMONEUTRAL_V:.3}"), "4.96 1.481");
        let reversible = REVERSIBLE_298_V * ELECTRONS_PER_O2 * FARADAY_C_MOL / m_o2 / 3.6e6;
        assert_eq!(format!("{reversible:.2}"), "4.12");
    }

    /// Kinetic overpotential at 1 A/cm2 and 50 °C, V. Digitised in V-HAB, DOI 10.1016/j.electacta.2016.06.120.
    const KINETIC_V: f64 = 0.475;

    #[test]
    fn losses_meet_their_points() {
        let losses = overpotentials(1.0, CELL_T_K);
        assert!((losses.kinetic_v - KINETIC_V).abs() < 1e-9, "{losses:?}");
        assert!((losses.ohmic_v - 0.219).abs() < 1e-12);
        assert!((losses.mass_transport_v - 0.071).abs() < 1e-12);
        let sinh = (KINETIC_V * TRANSFER * FARADAY_C_MOL / (R_J_MOL_K * CELL_T_K)).sinh();
        assert!((PER_TWO_EXCHANGE_CM2_A / sinh - 1.0).abs() < 1e-12, "{sinh}");
    }

    #[test]
    fn oga_at_full_rate() {
        let o2_mol_s = 9.2 / 86_400.0 / Gas::O2.molar_mass_kg_mol();
        let i_a: f64 = current_a(o2_mol_s);
        assert!((i_a / 1_284.0 - 1.0).abs() < 1e-3, "{i_a}");
        let p_w: f64 = stack_power_w(o2_mol_s, 1_284.0, CELL_T_K) + 469.0;
        assert!((p_w / 2_971.0 - 1.0).abs() < 0.02, "{p_w}");
    }

    /// BioSim 2's oxygen generator spends 117 kJ per mol of water, half of the reversible minimum of
    /// 237 kJ. No rate, area or temperature may do that here.
    #[test]
    fn biosim_2_electrolyser_never_beats_the_reversible_minimum() {
        let minimum_298_j_mol = 237_130.0;
        let e_298: f64 = reversible_voltage_v(298.15);
        assert!((2.0 * FARADAY_C_MOL * e_298 / minimum_298_j_mol - 1.0).abs() < 1e-3);
        for t_k in [274.0, 298.15, 323.15, 353.15, 373.0] {
            // ΔG = ΔH − T·ΔS with the CODATA entropies of water, hydrogen and oxygen.
            let gibbs_j_mol = 285_830.0 - t_k * 163.3;
            for decade in -9..5 {
                let o2_mol_s = 10.0_f64.powi(decade);
                let p_w = stack_power_w(o2_mol_s, 1_284.0, t_k);
                let j_mol_water = p_w / (o2_mol_s * H2O_PER_O2);
                assert!(j_mol_water >= gibbs_j_mol * 0.998, "{t_k} {j_mol_water}");
                assert!(j_mol_water > 1.9 * 117_000.0);
            }
        }
    }

    proptest! {
        #[test]
        fn voltage_is_monotone_and_finite(
            j in 0.0..10.0_f64, d in 0.0..1.0_f64, t in 274.0..373.0_f64,
        ) {
            let (low, high) = (cell_voltage_v(j, t), cell_voltage_v(j + d, t));
            prop_assert!(low.is_finite() && high >= low);
            prop_assert!(low >= reversible_voltage_v(t));
        }

        #[test]
        fn finite_in_finite_out(
            j in -1e300..1e300_f64, t in -1e300..1e300_f64, area in -1e300..1e300_f64,
            rate in -1e6..1e6_f64,
        ) {
            prop_assert!(cell_voltage_v(j, t).is_finite());
            prop_assert!(stack_power_w(rate, area, t).is_finite());
        }
    }
}

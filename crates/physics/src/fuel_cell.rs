//! Hydrogen–oxygen fuel cell with a proton-exchange membrane, and its pair with the electrolyser.
//!
//! As in [`crate::electrolysis`] the streams' own temperatures are the caller's: heat here is that of the
//! reaction at 298.15 K less electric power. Current efficiency is one.
//!
//! Not here: tanks, purge, pumps and the heating of a cold stack (`habitat`).

use crate::constants::{FARADAY_C_MOL, M_H2O_KG_MOL, R_J_MOL_K};
use crate::electrolysis::{THERMONEUTRAL_V, reversible_voltage_v};
use crate::math::ln;
use crate::number::Real;

/// Electrons per molecule of hydrogen.
pub const ELECTRONS_PER_H2: f64 = 2.0;
/// Temperature of the cell whose losses the defaults describe, K (70 °C). Assumed.
pub const CELL_T_K: f64 = 343.15;
/// Current density at rated power, A/cm2. Assumed.
pub const RATED_A_CM2: f64 = 0.4;
/// Largest current density, A/cm2. Assumed; the cell is then at 0.71 V and power still rises.
pub const MAX_A_CM2: f64 = 1.0;

/// Charge-transfer coefficient of the oxygen electrode, 1: 68 mV per decade at 70 °C. Assumed.
const TRANSFER: f64 = 1.0;
/// 1/(2·j_0), cm2/A, so j_0 = 2.806e-6 A/cm2. Tuned: 0.80 V at 0.4 A/cm2 and 70 °C, the cell voltage of
/// the round trip in reference §4.
const PER_TWO_EXCHANGE_CM2_A: f64 = 178_217.999_755_330_18;
/// Area resistance, Ω·cm2. Assumed, 0.05 to 0.15.
const RESISTANCE_OHM_CM2: f64 = 0.1;
/// Joules in a kilowatt-hour, J. Definition.
const KWH_J: f64 = 3.6e6;

/// Return the voltage of a cell at a current density (A/cm2), V.
///
/// # Equation
/// ```text
/// V = E(T) − RT/(αF)·asinh(j/(2·j_0)) − r·j
///   E    reversible voltage, liquid water              [V]
///   α = 1,  j_0 = 2.806e-6 A/cm2,  r = 0.1 Ω·cm2
/// ```
/// # Source
/// Butler–Volmer with equal coefficients and Ohm, as in [`crate::electrolysis::overpotentials`]. One point
/// is from the reference (0.80 V); slope and resistance are assumed, typical of pure oxygen at 1 to 2 bar.
/// # Valid range
/// 0 to 1 A/cm2, 323 K to 363 K. Mass transport and cross-over are neglected: a real cell at rest has about
/// 1.0 V, not 1.19 V.
/// # Outside the range
/// The current density is clamped to 0 … 1 A/cm2, the temperature to 200 K … 600 K.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::fuel_cell::cell_voltage_v(0.4_f64, 343.15) - 0.80).abs() < 1e-6);
/// ```
/// # Tests
/// `polarisation_curve`, `voltage_falls_and_power_rises`.
#[inline(always)]
#[must_use]
pub fn cell_voltage_v<R: Real>(j_a_cm2: R, t_k: R) -> R {
    polarisation(j_a_cm2.clamp(R::zero(), R::splat(MAX_A_CM2)), t_k).0
}

/// Voltage and its slope over current density, V and V·cm2/A.
#[inline(always)]
fn polarisation<R: Real>(j: R, t_k: R) -> (R, R) {
    let t_k = t_k.clamp(R::splat(200.0), R::splat(600.0));
    let y = j * PER_TWO_EXCHANGE_CM2_A;
    let root = (y * y + 1.0).sqrt();
    let tafel_v = t_k * (R_J_MOL_K / (TRANSFER * FARADAY_C_MOL));
    let v = reversible_voltage_v(t_k) - tafel_v * ln(y + root) - j * RESISTANCE_OHM_CM2;
    let slope = -(tafel_v * PER_TWO_EXCHANGE_CM2_A / root) - RESISTANCE_OHM_CM2;
    (v, slope)
}

/// Return the hydrogen and oxygen that a delivered kilowatt-hour takes, kg/kWh.
///
/// # Equation
/// ```text
/// m = M_H2O·3.6e6 J/(2·F·V) = 0.336 kg·V / V
/// ```
/// # Source
/// Faraday's law (reference §4).
/// # Valid range
/// V > 0 at the stack's terminals; what pumps and converters take is on top.
/// # Outside the range
/// A voltage below 0.01 V counts as 0.01 V.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::fuel_cell::reactants_kg_kwh(0.80) / 0.420 - 1.0_f64).abs() < 0.005);
/// ```
/// # Tests
/// `reactants_of_the_reference`.
#[inline(always)]
#[must_use]
pub fn reactants_kg_kwh<R: Real>(cell_v: R) -> R {
    R::splat(M_H2O_KG_MOL * KWH_J / (ELECTRONS_PER_H2 * FARADAY_C_MOL)) / R::splat(0.01).max(cell_v)
}

/// Return the share of the electrolyser's energy that comes back from the fuel cell, 1.
///
/// # Equation
/// ```text
/// η = V_fuel cell / V_electrolyser
/// ```
/// # Source
/// Faraday's law: the same charge passes both (reference §4: 0.8/1.6 = 0.50).
/// # Valid range
/// Current efficiency one, nothing for pumps, drying and compression.
/// # Outside the range
/// An electrolyser voltage below 0.01 V counts as 0.01 V.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `regenerative_pair_returns_half`.
#[inline(always)]
#[must_use]
pub fn round_trip<R: Real>(fuel_cell_v: R, electrolyser_v: R) -> R {
    fuel_cell_v / R::splat(0.01).max(electrolyser_v)
}

/// A stack of fuel cells.
///
/// # Equation
/// ```text
/// P = A·j·V(j, T),  solved for j
/// I = A·j,  ṅ_H2 = I/(2F),  ṅ_O2 = I/(4F),  ṅ_H2O = I/(2F)
/// heat = I·1.481 V − P
///   A    active area of all cells together              [cm2]
///   I    current times number of cells                  [A]
/// ```
/// # Source
/// [`cell_voltage_v`], Faraday's law; 1.481 V is the reaction's enthalpy with liquid water as product.
/// # Parameters
/// | parameter | default | source |
/// |---|---|---|
/// | `active_area_cm2` | 18 750 | 6 kW (reference habitat) at 0.80 V and 0.4 A/cm2 |
/// # Simplifications
/// No thermal state, start-up or ageing of the cells; one temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack<R> {
    /// A, cm2.
    pub active_area_cm2: R,
}

/// What a stack does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StackFlow<R> {
    /// Electric power delivered, W.
    pub p_w: R,
    /// Voltage of a cell, V.
    pub cell_v: R,
    /// Current times number of cells, A.
    pub current_a: R,
    /// Hydrogen taken, mol/s.
    pub h2_mol_s: R,
    /// Oxygen taken, mol/s.
    pub o2_mol_s: R,
    /// Liquid water made, mol/s.
    pub h2o_mol_s: R,
    /// Heat made, W: enthalpy of the reaction at 298.15 K less electric power.
    pub heat_w: R,
}

impl<R: Real> Stack<R> {
    /// Newton steps of the power-to-current solve.
    const STEPS: usize = 5;

    /// The stack of the reference habitat: 6 kW at 0.80 V.
    #[must_use]
    pub fn reference() -> Self {
        Self { active_area_cm2: R::splat(18_750.0) }
    }

    /// Return the largest power of the stack, W.
    ///
    /// # Equation
    /// ```text
    /// P = A·j_max·V(j_max, T),  j_max = 1 A/cm2
    /// ```
    /// # Source, valid range, outside the range, conserves
    /// As [`cell_voltage_v`].
    /// # Tests
    /// `meets_the_demand`.
    #[inline(always)]
    #[must_use]
    pub fn power_max_w(&self, t_k: R) -> R {
        R::zero().max(self.active_area_cm2) * cell_voltage_v(R::splat(MAX_A_CM2), t_k) * MAX_A_CM2
    }

    /// Return the flows of a stack that delivers `p_w`, as far as it can.
    ///
    /// # Equation
    /// See [`Stack`]. Power over current is concave and rises up to j_max, so Newton steps from p/E neither
    /// overshoot nor leave the range; five are taken.
    /// # Source
    /// See [`Stack`].
    /// # Valid range
    /// 0 to [`Self::power_max_w`]; the demand is met to 1e-9.
    /// # Outside the range
    /// A negative demand counts as zero, a greater one as the largest power; an area below 1e-3 cm2 as that.
    /// # Conserves
    /// H2 + ½ O2 → H2O in element and enthalpy: 285.83 kJ/mol = power + heat. The caller takes the gases from
    /// the tanks and gives liquid water; the difference of its streams' sensible heat to 298.15 K is his.
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// let flow = physics::fuel_cell::Stack::reference().run(6_000.0, 343.15);
    /// assert!((flow.cell_v - 0.80_f64).abs() < 1e-6);
    /// assert!((flow.heat_w / 5_107.0 - 1.0).abs() < 1e-3);
    /// ```
    /// # Tests
    /// `meets_the_demand`, `energy_and_elements_close`, `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn run(&self, p_w: R, t_k: R) -> StackFlow<R> {
        let area = R::splat(1e-3).max(self.active_area_cm2).min(R::splat(1e12));
        let (zero, most) = (R::zero(), R::splat(MAX_A_CM2));
        let want = zero.max(p_w) / area;
        let mut j = (want / reversible_voltage_v(t_k)).clamp(zero, most);
        for _ in 0..Self::STEPS {
            let (v, slope) = polarisation(j, t_k);
            // Where power no longer rises the step is long and ends at the limit.
            let rise = R::splat(1e-3).max(v + j * slope);
            j = (j + (want - j * v) / rise).clamp(zero, most);
        }
        let cell_v = polarisation(j, t_k).0;
        let current_a = j * area;
        let electron_mol_s = current_a / FARADAY_C_MOL;
        let p_w = current_a * cell_v;
        StackFlow {
            p_w,
            cell_v,
            current_a,
            h2_mol_s: electron_mol_s * 0.5,
            o2_mol_s: electron_mol_s * 0.25,
            h2o_mol_s: electron_mol_s * 0.5,
            heat_w: current_a * THERMONEUTRAL_V - p_w,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::HF_H2O_LIQUID_J_MOL;
    use crate::electrolysis;
    use crate::number::F64x8;
    use crate::species::Gas;
    use proptest::prelude::*;

    #[test]
    fn reactants_of_the_reference() {
        for (cell_v, kg_kwh) in [(1.229, 0.273), (0.80, 0.420), (0.75, 0.448), (0.70, 0.480)] {
            let got: f64 = reactants_kg_kwh(cell_v);
            assert!((got / kg_kwh - 1.0).abs() < 0.005, "{cell_v} {got}");
        }
        assert!((reactants_kg_kwh(1.0) / 0.336 - 1.0_f64).abs() < 0.005);
        // The same from the flows of a stack.
        let flow = Stack::reference().run(6_000.0, CELL_T_K);
        let kg_s = flow.h2_mol_s * Gas::H2.molar_mass_kg_mol()
            + flow.o2_mol_s * Gas::O2.molar_mass_kg_mol();
        let kg_kwh = kg_s / flow.p_w * KWH_J;
        assert!((kg_kwh / 0.420 - 1.0).abs() < 0.005, "{kg_kwh}");
    }

    #[test]
    fn regenerative_pair_returns_half() {
        // The existing electrolyser at the current density where its cell has 1.6 V.
        let t_k = electrolysis::CELL_T_K;
        let (mut low, mut high) = (0.0_f64, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if electrolysis::cell_voltage_v(middle, t_k) < 1.6 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let area_cm2 = 10_000.0;
        let o2_mol_s = low * area_cm2 / (4.0 * FARADAY_C_MOL);
        let taken_w = electrolysis::stack_power_w(o2_mol_s, area_cm2, t_k);
        // A fuel cell at 0.8 V that burns exactly this oxygen.
        let stack = Stack { active_area_cm2: low * area_cm2 / RATED_A_CM2 };
        let flow = stack.run(4.0 * FARADAY_C_MOL * o2_mol_s * 0.8, CELL_T_K);
        assert!((flow.o2_mol_s / o2_mol_s - 1.0).abs() < 1e-6);
        let returned = flow.p_w / taken_w;
        assert!((returned - 0.50).abs() < 1e-4, "{returned}");
        assert!((round_trip(flow.cell_v, 1.6) - returned).abs() < 1e-4);
        // What is lost is heat of the two, with a fuel cell at 298 K reference and liquid water.
        let electrolyser_heat_w = taken_w - o2_mol_s * electrolysis::ENTHALPY_J_MOL_O2;
        let lost_w = flow.heat_w + electrolyser_heat_w;
        assert!((taken_w - flow.p_w - lost_w).abs() < 1e-5 * taken_w);
    }

    #[test]
    fn polarisation_curve() {
        for (j, want_v) in [(0.1, 0.871), (0.4, 0.800), (0.6, 0.768), (1.0, 0.713)] {
            let v: f64 = cell_voltage_v(j, CELL_T_K);
            assert!((v - want_v).abs() < 1e-3, "{j} {v}");
        }
        let rest: f64 = cell_voltage_v(0.0, CELL_T_K);
        assert_eq!(rest, electrolysis::reversible_voltage_v(CELL_T_K));
        let h = 1e-6;
        for j in [0.01, 0.3, 0.9] {
            let slope = (cell_voltage_v(j + h, 340.0) - cell_voltage_v(j - h, 340.0)) / (2.0 * h);
            let got: f64 = polarisation(j, 340.0).1;
            assert!((got / slope - 1.0).abs() < 1e-5, "{got} {slope}");
        }
    }

    #[test]
    fn lanes_agree() {
        let demand = F64x8::from_lanes(|i| i as f64 * 1_700.0 - 900.0);
        let wide = Stack::<F64x8>::reference().run(demand, F64x8::splat(335.0));
        for i in 0..8 {
            let one = Stack::<f64>::reference().run(demand.lane(i), 335.0);
            assert_eq!(wide.p_w.lane(i).to_bits(), one.p_w.to_bits());
            assert_eq!(wide.heat_w.lane(i).to_bits(), one.heat_w.to_bits());
        }
    }

    proptest! {
        #[test]
        fn meets_the_demand(share in 0.0..1.0_f64, t in 323.0..363.0_f64) {
            let stack = Stack::reference();
            let want = share * stack.power_max_w(t);
            let flow = stack.run(want, t);
            prop_assert!((flow.p_w - want).abs() <= 1e-9 * want, "{} {:?}", want, flow);
            let over = stack.run(stack.power_max_w(t) * (1.0 + share), t);
            prop_assert!((over.p_w / stack.power_max_w(t) - 1.0).abs() < 1e-9);
        }

        #[test]
        fn voltage_falls_and_power_rises(
            j in 0.0..0.99_f64, d in 1e-6..0.01_f64, t in 303.0..363.0_f64,
        ) {
            let (v, v_more) = (cell_voltage_v(j, t), cell_voltage_v(j + d, t));
            prop_assert!(v_more < v && v <= electrolysis::reversible_voltage_v(t));
            prop_assert!((j + d) * v_more > j * v);
        }

        #[test]
        fn energy_and_elements_close(p in 0.0..20e3_f64, t in 303.0..363.0_f64) {
            let flow = Stack::reference().run(p, t);
            let enthalpy_w = -HF_H2O_LIQUID_J_MOL * flow.h2o_mol_s;
            prop_assert!((enthalpy_w - flow.p_w - flow.heat_w).abs() <= 1e-14 * enthalpy_w);
            prop_assert_eq!(flow.h2_mol_s, flow.h2o_mol_s);
            prop_assert_eq!(2.0 * flow.o2_mol_s, flow.h2o_mol_s);
            prop_assert!(flow.heat_w >= 0.0);
        }

        #[test]
        fn finite_in_finite_out(p in any::<f64>(), t in any::<f64>(), area in any::<f64>()) {
            prop_assume!(p.is_finite() && t.is_finite() && area.is_finite());
            let flow = Stack { active_area_cm2: area }.run(p, t);
            for x in [flow.p_w, flow.cell_v, flow.current_a, flow.h2_mol_s, flow.heat_w] {
                prop_assert!(x.is_finite(), "{:?}", flow);
            }
            prop_assert!(flow.current_a >= 0.0);
            prop_assert!(reactants_kg_kwh(p).is_finite());
        }
    }
}

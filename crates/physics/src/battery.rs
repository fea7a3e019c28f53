//! Lithium-ion battery: open-circuit voltage, resistance, power to current, heat and ageing.
//!
//! Positive power and current charge. Energy that goes in is stored or is heat, to rounding: the stored
//! energy is the integral of the open-circuit voltage over charge, and its polynomial is integrated in
//! closed form.
//!
//! Not here: converters, heaters, the decision to charge, cells that fail (`habitat`).

use crate::constants::T_REF_K;
use crate::math::exp;
use crate::meteoroid::YEAR_S;
use crate::number::Real;

/// Open-circuit voltage at half charge, V; also the mean over the whole charge. Assumed, see
/// [`open_circuit_v`].
pub const MIDDLE_V: f64 = 3.70;
/// Slope of the open-circuit voltage at half charge, V. Assumed.
pub const SLOPE_V: f64 = 0.62;
/// Rise of the open-circuit voltage to its ends, V. Assumed.
pub const CUBIC_V: f64 = 1.2;
/// Integral of the open-circuit voltage from the middle to an empty cell, V, with sign turned.
const HALF_V: f64 = 0.5 * MIDDLE_V - 0.125 * SLOPE_V - 0.015_625 * CUBIC_V;

/// Efficiency of the converter between battery and bus, one way, 1. Assumed, 0.95 to 0.98: with the cells'
/// own loss it makes the round trip of 0.90–0.95 of reference §4 (RECALLED there). This module
/// does not apply it.
pub const CONVERTER_EFFICIENCY: f64 = 0.97;

/// Capacity that a resting battery loses at 298.15 K, 1/year. Assumed; packs of the ISS lose 1–2 % a
/// year in all (reference §4, RECALLED).
pub const CALENDAR_FADE_PER_YEAR: f64 = 0.012;
/// Activation temperature of calendar ageing, K (50 kJ/mol). Assumed.
pub const CALENDAR_ACTIVATION_K: f64 = 6_000.0;
/// Capacity lost per charge throughput of one full charge and discharge, 1. Assumed: 20 % in 3000 cycles.
pub const CYCLE_FADE: f64 = 6.7e-5;
/// Share by which resistance grows per share of capacity lost, 1. Assumed.
pub const RESISTANCE_PER_FADE: f64 = 2.0;

/// Return the open-circuit voltage of a cell at a state of charge, V.
///
/// # Equation
/// ```text
/// U(s) = 3.70 V + 0.62 V·x + 1.2 V·x³,   x = s − ½
/// ```
/// # Source
/// Assumed: a cubic with the mean, the end points (3.24 V, 4.16 V) and the slope at half charge of a
/// layered-oxide cell; hysteresis and the steps of graphite are left out.
/// # Valid range
/// 0 ≤ s ≤ 1; rises everywhere.
/// # Outside the range
/// s is clamped.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `voltage_is_the_slope_of_energy`, `voltage_rises_with_charge`.
#[inline(always)]
#[must_use]
pub fn open_circuit_v<R: Real>(charge_fraction: R) -> R {
    let x = charge_fraction.clamp(R::zero(), R::one()) - 0.5;
    x * (x * x * CUBIC_V + SLOPE_V) + MIDDLE_V
}

/// Mean open-circuit voltage between two states of charge, V: the divided difference of its integral,
/// which has no cancellation.
#[inline(always)]
fn mean_open_circuit_v<R: Real>(from: R, to: R) -> R {
    let (a, b) = (from - 0.5, to - 0.5);
    let sum = a + b;
    sum * ((a * a + b * b) * (0.25 * CUBIC_V) + 0.5 * SLOPE_V) + MIDDLE_V
}

/// A battery of equal cells that share power equally.
///
/// # Equation
/// ```text
/// p = U·I + R·I²  per cell,  I = 2p / (U + √(U² + 4·R·p))
/// R(T) = R_r·exp(A_R·(1/T − 1/298.15 K))
/// stored E(s) = n·Q·∫₀ˢ U ds = n·Q·(3.70·x + 0.31·x² + 0.30·x⁴ + const)
/// heat q = R·I²
///   U    open-circuit voltage, its mean over the step      [V]
///   Q    charge of a full cell                             [C]
/// ```
/// # Source
/// Circuit of a voltage and one resistance, e.g. Plett (2015), *Battery Management Systems* **1**, ch. 2.
/// # Parameters
/// | parameter | default | range | source |
/// |---|---|---|---|
/// | `cells` | 8108 | | 120 kWh between 10 and 90 % (reference habitat) |
/// | `capacity_c` | 18 000 C (5 Ah) | | cell of 21700 size, assumed |
/// | `resistance_ohm` | 0.025 Ω | 0.015–0.04 | at 298 K over minutes, assumed |
/// | `resistance_activation_k` | 2400 K (20 kJ/mol) | 1800–3600 | assumed |
/// | `current_max_a` | 2.5 A (C/2) | | assumed |
/// | `low_v`, `high_v` | 3.0, 4.2 V | | limits at the terminals, assumed |
/// | `low_fraction`, `high_fraction` | 0.1, 0.9 | | window in use, assumed |
/// # Simplifications
/// No slow over-voltages, no entropic heat (below 5 % of the losses at C/2 and of either sign), no
/// self-discharge (1–2 % a month), charge efficiency one. Cells do not differ. Charging below 0 °C, which
/// plates lithium, is for the caller to refuse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Battery<R> {
    /// n, number of cells.
    pub cells: R,
    /// Q, charge of a full cell, C.
    pub capacity_c: R,
    /// R_r, resistance of a cell at 298.15 K, Ω.
    pub resistance_ohm: R,
    /// A_R, activation temperature of the resistance, K.
    pub resistance_activation_k: R,
    /// Largest current of a cell, A.
    pub current_max_a: R,
    /// Voltage at the terminals below which a cell is not discharged, V.
    pub low_v: R,
    /// Voltage at the terminals above which a cell is not charged, V.
    pub high_v: R,
    /// State of charge below which the battery is not discharged.
    pub low_fraction: R,
    /// State of charge above which the battery is not charged.
    pub high_fraction: R,
}

/// What a step did to a battery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatteryStep<R> {
    /// State of charge after the step.
    pub charge_fraction: R,
    /// Mean power at the terminals, W; positive charges.
    pub p_w: R,
    /// Current of a cell, A; positive charges.
    pub current_a: R,
    /// Voltage at a cell's terminals, V.
    pub terminal_v: R,
    /// Change of the stored energy, J.
    pub stored_j: R,
    /// Heat in the battery, J; never negative.
    pub heat_j: R,
}

impl<R: Real> Battery<R> {
    /// Passes of the power-to-current solve; each shrinks the error by the share of the voltage that
    /// changes in half a step, below 1e-3 for C/5 over a minute.
    const PASSES: usize = 4;

    /// The battery of the reference habitat, 120 kWh usable; see the table of [`Battery`].
    #[must_use]
    pub fn reference() -> Self {
        Self::with_usable_energy_j(R::splat(120.0 * 3.6e6))
    }

    /// A battery of the default cells with `energy_j` between its limits of charge.
    #[must_use]
    pub fn with_usable_energy_j(energy_j: R) -> Self {
        let capacity_c = 18_000.0;
        let (low, high) = (0.1, 0.9);
        let cell_j = capacity_c * (high - low) * mean_open_circuit_v(low, high);
        Self {
            cells: energy_j / cell_j,
            capacity_c: R::splat(capacity_c),
            resistance_ohm: R::splat(0.025),
            resistance_activation_k: R::splat(2_400.0),
            current_max_a: R::splat(2.5),
            low_v: R::splat(3.0),
            high_v: R::splat(4.2),
            low_fraction: R::splat(low),
            high_fraction: R::splat(high),
        }
    }

    /// The same battery after it lost the share `fade` of its capacity.
    ///
    /// # Equation
    /// ```text
    /// Q ← Q·(1 − fade),   R ← R·(1 + 2·fade)
    /// ```
    /// # Source
    /// Assumed.
    /// # Valid range
    /// 0 ≤ fade ≤ 0.3.
    /// # Outside the range
    /// fade is clamped to 0 … 0.9.
    /// # Conserves
    /// The state of charge stays, so the stored energy falls by fade·E(s): the caller books it as heat.
    /// # Tests
    /// `ageing`.
    #[must_use]
    pub fn aged(&self, fade: R) -> Self {
        let fade = fade.clamp(R::zero(), R::splat(0.9));
        Self {
            capacity_c: self.capacity_c * (R::one() - fade),
            resistance_ohm: self.resistance_ohm * (fade * RESISTANCE_PER_FADE + 1.0),
            ..*self
        }
    }

    /// Return the energy that is stored at a state of charge, J; zero for an empty cell.
    ///
    /// # Equation, source
    /// See [`Battery`].
    /// # Valid range
    /// 0 ≤ s ≤ 1.
    /// # Outside the range
    /// s is clamped.
    /// # Conserves
    /// Nothing is moved; the ledger's entry of the battery.
    /// # Tests
    /// `voltage_is_the_slope_of_energy`, `reference_energy`.
    #[inline(always)]
    #[must_use]
    pub fn stored_energy_j(&self, charge_fraction: R) -> R {
        let x = charge_fraction.clamp(R::zero(), R::one()) - 0.5;
        let z = x * x;
        let integral = x * MIDDLE_V + z * (z * (0.25 * CUBIC_V) + 0.5 * SLOPE_V) + HALF_V;
        self.cells * self.capacity_c * integral
    }

    /// Return the resistance of a cell at a temperature, Ω.
    ///
    /// # Equation, source
    /// See [`Battery`].
    /// # Valid range
    /// 243 K to 333 K.
    /// # Outside the range
    /// The temperature is clamped to 200 K … 400 K, the resistance to at least 1e-6 Ω.
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `cold_cells_resist`.
    #[inline(always)]
    #[must_use]
    pub fn cell_resistance_ohm(&self, t_k: R) -> R {
        let t_k = t_k.clamp(R::splat(200.0), R::splat(400.0));
        let limit = R::splat(50.0);
        let exponent = self.resistance_activation_k * (R::one() / t_k - 1.0 / T_REF_K);
        R::splat(1e-6).max(self.resistance_ohm * exp(exponent.clamp(-limit, limit)))
    }

    /// Charge (positive) or discharge (negative) with `p_w` at the terminals for `dt_s`, as far as
    /// the battery can.
    ///
    /// # Equation
    /// See [`Battery`]. The voltage is the mean over the step, found in four passes; then current,
    /// stored energy and heat are taken from the last current and `p_w` from both:
    /// ```text
    /// stored = n·I·dt·Ū,   heat = n·R·I²·dt,   p = (stored + heat)/dt
    /// ```
    /// # Source
    /// See [`Battery`].
    /// # Valid range
    /// 0 ≤ s ≤ 1, up to 600 s. Where nothing limits, `p_w` differs from the demand by less than 1e-9 of it
    /// for C/5 over 60 s.
    /// # Outside the range
    /// The current stops at the limits of current, terminal voltage and state of charge and at the peak of power
    /// U²/(4R); the result says what was possible. A battery outside its window may only move towards it. A
    /// step below 1 ms counts as 1 ms.
    /// # Conserves
    /// Energy in = stored + heat to rounding; the ledger moves `p_w`·dt from the bus, `heat_j` to the
    /// battery's node.
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// let battery = physics::battery::Battery::reference();
    /// let step = battery.step(0.5, 298.15, -6_000.0, 60.0);
    /// assert!((step.p_w + 6_000.0_f64).abs() < 1e-5 && step.heat_j > 0.0);
    /// ```
    /// # Tests
    /// `cycle_energy_in_is_out_plus_heat`, `meets_the_demand`, `stops_at_its_limits`,
    /// `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn step(&self, charge_fraction: R, t_k: R, p_w: R, dt_s: R) -> BatteryStep<R> {
        let zero = R::zero();
        let from = charge_fraction.clamp(zero, R::one());
        let dt_s = R::splat(1e-3).max(dt_s);
        let cells = R::splat(1e-6).max(self.cells);
        let capacity = R::splat(1.0).max(self.capacity_c);
        let ohm = self.cell_resistance_ohm(t_k);
        let limit_w = R::splat(1e9);
        let p_cell = (p_w / cells).clamp(-limit_w, limit_w);

        let most = zero.max(self.current_max_a);
        let per_fraction = capacity / dt_s;
        let low = self.low_fraction.clamp(zero, R::one());
        let high = self.high_fraction.clamp(zero, R::one());
        let fill = most.min(zero.max((high - from) * per_fraction));
        let drain = (-most).max(zero.min((low - from) * per_fraction));

        let mut current = zero;
        for _ in 0..Self::PASSES {
            let to = from + current * dt_s / capacity;
            let u = mean_open_circuit_v(from, to);
            let root = zero.max(u * u + ohm * p_cell * 4.0).sqrt();
            // At the peak of power the root is zero and the current −U/(2R).
            let p = p_cell.max(-(u * u) / (ohm * 4.0));
            current = (p * 2.0 / (u + root))
                .min(fill.min(zero.max((self.high_v - u) / ohm)))
                .max(drain.max(zero.min((self.low_v - u) / ohm)));
        }
        let to = (from + current * dt_s / capacity).clamp(zero, R::one());
        let u = mean_open_circuit_v(from, to);
        let stored_j = cells * current * u * dt_s;
        let heat_j = cells * current * current * ohm * dt_s;
        BatteryStep {
            charge_fraction: to,
            p_w: (stored_j + heat_j) / dt_s,
            current_a: current,
            terminal_v: u + current * ohm,
            stored_j,
            heat_j,
        }
    }

    /// Return the share of capacity that a step of `dt_s` costs.
    ///
    /// # Equation
    /// ```text
    /// fade = 0.012/year·dt·exp(A·(1/298.15 K − 1/T)) + 6.7e-5·|I|·dt/(2Q)
    /// ```
    /// # Source
    /// Assumed, see [`CALENDAR_FADE_PER_YEAR`] and [`CYCLE_FADE`]; 1–2 % a year with fifty full cycles.
    /// # Valid range
    /// 273 K to 318 K, middle states of charge.
    /// # Outside the range
    /// The temperature is clamped to 200 K … 400 K; the result is never negative.
    /// # Conserves
    /// Nothing is moved; see [`Battery::aged`].
    /// # Tests
    /// `ageing`.
    #[inline(always)]
    #[must_use]
    pub fn fade(&self, t_k: R, current_a: R, dt_s: R) -> R {
        let t_k = t_k.clamp(R::splat(200.0), R::splat(400.0));
        let dt_s = R::zero().max(dt_s);
        let warmth = exp((R::splat(1.0 / T_REF_K) - R::one() / t_k) * CALENDAR_ACTIVATION_K);
        let cycles = current_a.abs() / (R::one().max(self.capacity_c) * 2.0);
        (warmth * (CALENDAR_FADE_PER_YEAR / YEAR_S) + cycles * CYCLE_FADE) * dt_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    #[test]
    fn reference_energy() {
        let battery = Battery::<f64>::reference();
        let usable_j = battery.stored_energy_j(0.9) - battery.stored_energy_j(0.1);
        assert!((usable_j / (120.0 * 3.6e6) - 1.0).abs() < 1e-12, "{usable_j}");
        assert!((battery.cells - 8_108.1).abs() < 0.1, "{}", battery.cells);
        assert!(battery.stored_energy_j(0.0).abs() < 1e-6);
        let full_j = battery.cells * battery.capacity_c * MIDDLE_V;
        assert!((battery.stored_energy_j(1.0) / full_j - 1.0).abs() < 1e-12);
    }

    #[test]
    fn voltage_is_the_slope_of_energy() {
        let battery = Battery::<f64>::reference();
        let charge_c = battery.cells * battery.capacity_c;
        let h = 1e-5;
        for i in 1..100 {
            let s = f64::from(i) * 0.01;
            let slope =
                (battery.stored_energy_j(s + h) - battery.stored_energy_j(s - h)) / (2.0 * h);
            assert!((slope / charge_c - open_circuit_v(s)).abs() < 1e-6, "{s}");
        }
    }

    #[test]
    fn cycle_energy_in_is_out_plus_heat() {
        let battery = Battery::<f64>::reference();
        let mut s = 0.5;
        let (mut in_j, mut out_j, mut heat_j, mut stored_j) = (0.0, 0.0, 0.0, 0.0);
        let before_j = battery.stored_energy_j(s);
        let mut run = |s: &mut f64, p_w: f64| {
            let step = battery.step(*s, 288.0, p_w, 60.0);
            *s = step.charge_fraction;
            in_j += step.p_w.max(0.0) * 60.0;
            out_j += (-step.p_w).max(0.0) * 60.0;
            heat_j += step.heat_j;
            stored_j += step.stored_j;
        };
        for _ in 0..400 {
            run(&mut s, 12_000.0);
        }
        while s > 0.5 {
            run(&mut s, -12_000.0);
        }
        for _ in 0..10_000 {
            // Back to the start; the step ends where the demand is too small to matter.
            let want_w = (before_j - battery.stored_energy_j(s)) / 60.0;
            run(&mut s, want_w);
        }
        assert!((s - 0.5).abs() < 1e-9, "{s}");
        let residual = in_j - out_j - heat_j - stored_j;
        assert!(residual.abs() < 1e-12 * in_j, "{residual}");
        assert!(stored_j.abs() < 1e-8 * in_j, "{stored_j}");
        assert!((in_j - out_j - heat_j).abs() < 1e-8 * in_j);
        // Cells at about C/12: 0.5 % lost in the round trip; with both converters 0.90–0.95.
        let round_trip = out_j / in_j;
        assert!((0.98..1.0).contains(&round_trip), "{round_trip}");
        let with_converters = round_trip * CONVERTER_EFFICIENCY * CONVERTER_EFFICIENCY;
        assert!((0.90..0.95).contains(&with_converters), "{with_converters}");
    }

    #[test]
    fn stops_at_its_limits() {
        let battery = Battery::<f64>::reference();
        // Empty and full: nothing more in that direction, but back.
        assert_eq!(battery.step(0.1, 298.15, -5e3, 60.0).current_a, 0.0);
        assert_eq!(battery.step(0.9, 298.15, 5e3, 60.0).current_a, 0.0);
        assert!(battery.step(0.05, 298.15, 5e3, 60.0).p_w > 4.9e3);
        assert_eq!(battery.step(0.05, 298.15, -5e3, 60.0).p_w, 0.0);
        // The last of the window is given and no more.
        let last = battery.step(0.1001, 298.15, -50e3, 600.0);
        assert!((last.charge_fraction - 0.1).abs() < 1e-12 && last.p_w > -50e3);
        // Current, and the terminal voltage of cold cells.
        let fast = battery.step(0.5, 298.15, -1e6, 60.0);
        assert_eq!(fast.current_a, -2.5);
        let weak = Battery { current_max_a: 1e3, ..battery };
        let cold = weak.step(0.2, 233.15, -1e7, 1.0);
        assert!((cold.terminal_v - 3.0).abs() < 1e-3, "{cold:?}");
        // Without a voltage limit the peak of power is U²/4R.
        let bare = Battery { low_v: 0.0, ..weak };
        let peak = bare.step(0.5, 298.15, -1e9, 1e-3);
        let want = bare.cells * 3.7 * 3.7 / (4.0 * 0.025);
        assert!((-peak.p_w / want - 1.0).abs() < 1e-3, "{peak:?}");
    }

    #[test]
    fn cold_cells_resist() {
        let battery = Battery::<f64>::reference();
        assert!((battery.cell_resistance_ohm(298.15) - 0.025).abs() < 1e-12);
        let ratio = battery.cell_resistance_ohm(273.15) / 0.025;
        assert!((2.0..2.2).contains(&ratio), "{ratio}");
    }

    #[test]
    fn ageing() {
        let battery = Battery::<f64>::reference();
        // Fifty full cycles a year, 1–2 % a year in all.
        let mean_a = 50.0 * 2.0 * battery.capacity_c / YEAR_S;
        let year = battery.fade(298.15, mean_a, YEAR_S);
        assert!((0.01..0.02).contains(&year), "{year}");
        assert!(battery.fade(308.15, 0.0, YEAR_S) > 1.5 * battery.fade(298.15, 0.0, YEAR_S));
        let old = battery.aged(0.1);
        let lost_j = battery.stored_energy_j(0.6) - old.stored_energy_j(0.6);
        assert!((lost_j / (0.1 * battery.stored_energy_j(0.6)) - 1.0).abs() < 1e-9);
        assert!(old.resistance_ohm > battery.resistance_ohm);
    }

    #[test]
    fn lanes_agree() {
        let demand = F64x8::from_lanes(|i| (i as f64 - 4.0) * 9e3);
        let level = F64x8::from_lanes(|i| 0.12 * i as f64);
        let s = F64x8::splat;
        let wide = Battery::<F64x8>::reference().step(level, s(290.0), demand, s(60.0));
        for i in 0..8 {
            let one = Battery::<f64>::reference().step(level.lane(i), 290.0, demand.lane(i), 60.0);
            assert_eq!(wide.p_w.lane(i).to_bits(), one.p_w.to_bits());
            assert_eq!(wide.heat_j.lane(i).to_bits(), one.heat_j.to_bits());
            assert_eq!(wide.charge_fraction.lane(i).to_bits(), one.charge_fraction.to_bits());
        }
    }

    proptest! {
        #[test]
        fn voltage_rises_with_charge(s in 0.0..0.99_f64, d in 1e-6..0.01_f64) {
            prop_assert!(open_circuit_v(s + d) > open_circuit_v(s));
        }

        #[test]
        fn meets_the_demand(s in 0.15..0.85_f64, p in -20e3..20e3_f64, t in 263.0..318.0_f64) {
            let step = Battery::reference().step(s, t, p, 60.0);
            prop_assert!((step.p_w - p).abs() <= 1e-9 * p.abs(), "{} {:?}", p, step);
        }

        #[test]
        fn energy_in_is_stored_plus_heat(
            s in 0.0..1.0_f64, p in -2e5..2e5_f64, t in 243.0..333.0_f64, dt in 1.0..3_600.0_f64,
        ) {
            let battery = Battery::reference();
            let step = battery.step(s, t, p, dt);
            let residual = step.p_w * dt - step.stored_j - step.heat_j;
            let scale = step.stored_j.abs() + step.heat_j;
            prop_assert!(residual.abs() <= 1e-14 * scale);
            // The same from the state alone, which the ledger reads.
            let change = battery.stored_energy_j(step.charge_fraction) - battery.stored_energy_j(s);
            let full_j = battery.stored_energy_j(1.0);
            prop_assert!((change - step.stored_j).abs() <= 1e-12 * scale + 3e-16 * full_j);
            prop_assert!(step.heat_j >= 0.0 && (0.0..=1.0).contains(&step.charge_fraction));
            prop_assert!(step.p_w * p >= 0.0 || step.p_w.abs() <= 1e-9);
        }

        #[test]
        fn finite_in_finite_out(
            s in any::<f64>(), t in any::<f64>(), p in any::<f64>(), dt in -1e9..1e9_f64,
            ohm in -1.0..1e3_f64, cells in -1e6..1e6_f64, low in any::<f64>(),
        ) {
            prop_assume!([s, t, p, low].iter().all(|x| x.is_finite()));
            let battery = Battery {
                resistance_ohm: ohm, cells, low_v: low, low_fraction: low, ..Battery::reference()
            };
            let step = battery.step(s, t, p, dt);
            for x in [step.p_w, step.current_a, step.stored_j, step.heat_j] {
                prop_assert!(x.is_finite(), "{:?}", step);
            }
            prop_assert!((0.0..=1.0).contains(&step.charge_fraction));
            prop_assert!(battery.fade(t, step.current_a, dt).is_finite());
            prop_assert!(battery.stored_energy_j(s).is_finite());
        }
    }
}

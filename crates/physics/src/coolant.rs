//! Single-phase coolant: heat capacity, cold plates, exchangers between loops, pump power.
//!
//! Not here: the loop's temperatures and its volume (`habitat`), the radiator ([`crate::radiator`]), the
//! condensing coil ([`crate::exchanger`]).

use crate::exchanger::counterflow_heat_w;
use crate::math::exp;
use crate::number::Real;

/// Fluid of a loop; single phase, constant properties near 290 K.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coolant {
    /// Heat capacity, J/kg/K.
    pub cp_j_kg_k: f64,
    /// Density, kg/m3.
    pub density_kg_m3: f64,
    /// Temperature at which it freezes, K.
    pub freezes_k: f64,
    /// Name as a scenario writes it.
    pub name: &'static str,
}

/// Water, as the internal loops of the ISS have it. Properties at 288 K: IAPWS-95 (RECALLED).
pub const WATER: Coolant =
    Coolant { cp_j_kg_k: 4_188.0, density_kg_m3: 999.0, freezes_k: 273.15, name: "water" };

/// Propylene glycol and water, half of the mass each. RECALLED from makers' tables at 283 K (cp
/// 3450–3600 J/kg/K, freezing −33 to −35 °C): assumed. For an external loop that may cool below 0 °C.
pub const PROPYLENE_GLYCOL_50: Coolant = Coolant {
    cp_j_kg_k: 3_520.0,
    density_kg_m3: 1_045.0,
    freezes_k: 239.0,
    name: "propylene_glycol_50",
};

/// Supply temperature of the low-temperature loop, K: 4.4–9.4 °C. Reference §5 (VHAB).
pub const LOW_LOOP_K: f64 = 277.5;
/// Supply temperature of the moderate-temperature loop, K: 16–18 °C. Reference §5, RECALLED there.
pub const MODERATE_LOOP_K: f64 = 290.0;

impl Coolant {
    /// Return the capacity rate of a flow, W/K.
    ///
    /// # Equation
    /// ```text
    /// C = ṁ·c_p
    /// ```
    /// # Source
    /// Definition.
    /// # Valid range
    /// 275 K to 320 K, within 1 % for water and 4 % for the glycol, whose heat capacity rises with
    /// temperature; single phase.
    /// # Outside the range
    /// A negative flow counts as zero. Freezing and boiling are the caller's.
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `plate_and_loops_close`.
    #[inline(always)]
    #[must_use]
    pub fn capacity_w_k<R: Real>(&self, mdot_kg_s: R) -> R {
        R::zero().max(mdot_kg_s) * self.cp_j_kg_k
    }
}

/// Heat that a wall or a stream gave, and the temperature of the coolant after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoolantHeat<R> {
    /// Heat into the coolant, W.
    pub q_w: R,
    /// Temperature of the coolant that leaves, K.
    pub t_out_k: R,
}

/// Return the heat that a cold plate of one temperature gives to the coolant, W.
///
/// # Equation
/// ```text
/// q = (1 − e^(−UA/C))·C·(T_plate − T_in),   T_out = T_in + q/C
/// ```
/// # Source
/// Kays & London (1984), *Compact Heat Exchangers*, 3rd ed., ch. 2, for one stream of infinite capacity.
/// # Valid range
/// Plate of one temperature, constant conductance.
/// # Outside the range
/// Negative conductance and flow count as zero; without flow there is no heat.
/// # Conserves
/// The caller takes q from the plate and gives it to the coolant.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // 0.05 kg/s of water, UA = C: 63 % of what it could take.
/// let c = physics::coolant::WATER.capacity_w_k(0.05);
/// let heat = physics::coolant::cold_plate(c, 290.0, 310.0, c);
/// assert!((heat.t_out_k - 302.642_f64).abs() < 1e-3);
/// ```
/// # Tests
/// `plate_and_loops_close`, `finite_in_finite_out`.
#[inline(always)]
#[must_use]
pub fn cold_plate<R: Real>(capacity_w_k: R, t_in_k: R, t_plate_k: R, ua_w_k: R) -> CoolantHeat<R> {
    let zero = R::zero();
    let capacity = zero.max(capacity_w_k);
    let ntu = zero.max(ua_w_k) / R::splat(1e-9).max(capacity);
    let effectiveness = R::one() - exp(-ntu.min(R::splat(700.0)));
    let rise = effectiveness * (t_plate_k - t_in_k);
    CoolantHeat { q_w: capacity * rise, t_out_k: t_in_k + rise }
}

/// Return the temperature of the plate that gives a heat to the coolant, K.
///
/// # Equation
/// ```text
/// T_plate = T_in + q/(C·(1 − e^(−UA/C)))
/// ```
/// # Source
/// Inverse of [`cold_plate`].
/// # Valid range
/// As [`cold_plate`], with flow.
/// # Outside the range
/// The divisor is at least 1e-9 W/K.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `plate_and_loops_close`.
#[inline(always)]
#[must_use]
pub fn plate_temperature_k<R: Real>(capacity_w_k: R, t_in_k: R, q_w: R, ua_w_k: R) -> R {
    let zero = R::zero();
    let capacity = zero.max(capacity_w_k);
    let ntu = zero.max(ua_w_k) / R::splat(1e-9).max(capacity);
    let effectiveness = R::one() - exp(-ntu.min(R::splat(700.0)));
    t_in_k + q_w / R::splat(1e-9).max(capacity * effectiveness)
}

/// Return what a counterflow exchanger moves from a warm to a cool loop: heat, and both outlets, K.
///
/// # Equation
/// ```text
/// q = ε·C_min·(T_warm − T_cool),   T_out = T_in ∓ q/C
/// ```
/// # Source
/// [`counterflow_heat_w`].
/// # Valid range, outside the range
/// As [`counterflow_heat_w`]; a loop that stands keeps its temperature.
/// # Conserves
/// The heat leaves one loop and enters the other.
/// # Tests
/// `plate_and_loops_close`.
#[inline(always)]
#[must_use]
pub fn between_loops<R: Real>(
    warm_w_k: R,
    t_warm_k: R,
    cool_w_k: R,
    t_cool_k: R,
    ua_w_k: R,
) -> (CoolantHeat<R>, R) {
    let q_w = counterflow_heat_w(warm_w_k, t_warm_k, cool_w_k, t_cool_k, ua_w_k);
    let floor = R::splat(1e-9);
    let into_cool = CoolantHeat { q_w, t_out_k: t_cool_k + q_w / floor.max(cool_w_k) };
    (into_cool, t_warm_k - q_w / floor.max(warm_w_k))
}

/// A pump of fixed geometry on a loop of fixed resistance.
///
/// # Equation
/// ```text
/// P = P_idle + (P_r − P_idle)·(ṁ/ṁ_r)³
/// ```
/// # Source
/// Affinity laws of rotary pumps: pressure with the square, power with the cube of the flow.
/// # Parameters
/// The reference habitat spends 300 W on pumps (reference habitat); that 10 % of it is idle power of the drive is
/// assumed.
/// # Simplifications
/// Efficiency does not change with flow; a changed loop resistance is not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pump<R> {
    /// P_r, W.
    pub rated_w: R,
    /// ṁ_r, kg/s.
    pub rated_kg_s: R,
    /// P_idle, W.
    pub idle_w: R,
}

impl<R: Real> Pump<R> {
    /// A pump that needs `rated_w` for `rated_kg_s`, a tenth of it for its drive.
    #[must_use]
    pub fn rated(rated_w: R, rated_kg_s: R) -> Self {
        Self { rated_w, rated_kg_s, idle_w: rated_w * 0.1 }
    }

    /// Return the electric power for a flow, W.
    ///
    /// # Equation, source
    /// See [`Pump`].
    /// # Valid range
    /// 0 to 1.2 of the rated flow. A pump that is switched off is not asked.
    /// # Outside the range
    /// The flow is clamped to 0 … 2 of the rated one.
    /// # Conserves
    /// All of it becomes heat of the coolant; the caller books it.
    /// # Tests
    /// `pump_follows_the_cube`.
    #[inline(always)]
    #[must_use]
    pub fn power_w(&self, mdot_kg_s: R) -> R {
        let zero = R::zero();
        let share = mdot_kg_s / R::splat(1e-9).max(self.rated_kg_s);
        let share = share.clamp(zero, R::splat(2.0));
        let idle = zero.max(self.idle_w);
        idle + zero.max(self.rated_w - idle) * share * share * share
    }

    /// Return the flow that a power drives, kg/s: the inverse of [`Self::power_w`].
    ///
    /// # Equation
    /// ```text
    /// ṁ = ṁ_r·((P − P_idle)/(P_r − P_idle))^⅓
    /// ```
    /// # Source
    /// See [`Pump`]; what a pump does under a bus that is short of power.
    /// # Valid range
    /// P_idle to P_r.
    /// # Outside the range
    /// No flow below P_idle (1e-4 of the rated flow at most), at most twice the rated flow.
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `pump_follows_the_cube`.
    #[inline(always)]
    #[must_use]
    pub fn flow_kg_s(&self, p_w: R) -> R {
        let zero = R::zero();
        let idle = zero.max(self.idle_w);
        let span = R::splat(1e-9).max(self.rated_w - idle);
        let share = ((p_w - idle) / span).clamp(zero, R::splat(8.0));
        let third = crate::math::pow(share, R::splat(1.0 / 3.0));
        R::select(share.le(zero), zero, third * zero.max(self.rated_kg_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pump_follows_the_cube() {
        let pump = Pump::rated(300.0, 0.2);
        assert!((pump.power_w(0.2) - 300.0_f64).abs() < 1e-12);
        assert!((pump.power_w(0.1) - (30.0 + 270.0 / 8.0_f64)).abs() < 1e-12);
        assert_eq!(pump.power_w(0.0), 30.0);
        for mdot in [0.02, 0.1, 0.2, 0.24_f64] {
            assert!((pump.flow_kg_s(pump.power_w(mdot)) / mdot - 1.0).abs() < 1e-12);
        }
        assert_eq!(pump.flow_kg_s(10.0), 0.0);
    }

    #[test]
    fn heat_capacity_of_the_test_stand() {
        // The coolant of the coil's test points is booked with 4186 J/kg/K (reference §8 B).
        assert!((WATER.capacity_w_k(1.0_f64) / 4_186.0 - 1.0).abs() < 1e-3);
        const { assert!(PROPYLENE_GLYCOL_50.freezes_k < WATER.freezes_k) }
    }

    proptest! {
        #[test]
        fn plate_and_loops_close(
            warm in 1.0..2_000.0_f64, cool in 1.0..2_000.0_f64, a in 275.0..330.0_f64,
            b in 240.0..330.0_f64, ua in 0.0..5_000.0_f64,
        ) {
            let (into_cool, t_warm_out) = between_loops(warm, a, cool, b, ua);
            prop_assert!((warm * (a - t_warm_out) - into_cool.q_w).abs() < 1e-6);
            prop_assert!((cool * (into_cool.t_out_k - b) - into_cool.q_w).abs() < 1e-6);
            prop_assert!(into_cool.q_w * (a - b) >= 0.0);
            let heat = cold_plate(cool, b, a, ua);
            prop_assert!((cool * (heat.t_out_k - b) - heat.q_w).abs() < 1e-6);
            prop_assert!(heat.t_out_k <= a.max(b) && heat.t_out_k >= a.min(b));
            if ua > 1.0 {
                let plate = plate_temperature_k(cool, b, heat.q_w, ua);
                prop_assert!((plate - a).abs() < 1e-6, "{} {}", plate, a);
            }
        }

        #[test]
        fn finite_in_finite_out(
            c in -1e12..1e12_f64, a in -1e12..1e12_f64, b in -1e12..1e12_f64,
            ua in any::<f64>(), m in any::<f64>(),
        ) {
            prop_assume!(ua.is_finite() && m.is_finite());
            let heat = cold_plate(c, a, b, ua);
            prop_assert!(heat.q_w.is_finite() && heat.t_out_k.is_finite());
            prop_assert!(plate_temperature_k(c, a, b, ua).is_finite());
            let (into, warm) = between_loops(c, a, b, b, ua.clamp(-1e12, 1e12));
            prop_assert!(into.q_w.is_finite() && into.t_out_k.is_finite() && warm.is_finite());
            let pump = Pump::rated(a, c);
            prop_assert!(pump.power_w(m).is_finite() && pump.flow_kg_s(m).is_finite());
        }
    }
}

//! Radiator on the lunar surface: sink temperature, rejection along a panel, bypass, ageing and dust.
//!
//! Not here: freezing of the fluid, the valve that moves, pumps (`habitat`).

use crate::constants::STEFAN_BOLTZMANN_W_M2_K4;
use crate::math::{exp, ln};
use crate::number::Real;
use crate::regolith::{ALBEDO, EMISSIVITY};

/// Coldest sink, K: the sky. Cosmic background, 2.7 K, rounded up.
pub const SKY_K: f64 = 3.0;
/// Solar absorptance of silver on Teflon, new. Lunar Base Handbook 2nd ed., Table 11.1 (reference
/// §5).
pub const ABSORPTANCE_NEW: f64 = 0.09;
/// Solar absorptance at the end of life. Design of the reference habitat.
pub const ABSORPTANCE_OLD: f64 = 0.20;
/// Time over which the absorptance rises from new to old, years. Assumed, 5 to 15.
pub const AGEING_YEARS: f64 = 10.0;
/// Infrared emittance of silver on Teflon. Table 11.1.
pub const EMITTANCE: f64 = 0.79;

/// Boole's weights over four equal parts, 1.
const BOOLE: [f64; 5] = [7.0 / 90.0, 32.0 / 90.0, 12.0 / 90.0, 32.0 / 90.0, 7.0 / 90.0];
/// Most units of transfer of a panel; its outlet is then within e^−40 of the sink.
const TRANSFER_MAX: f64 = 40.0;

/// Return the solar absorptance of a radiator after `age_years`, 0.09 to 0.20.
///
/// # Equation
/// ```text
/// α = 0.09 + 0.11·age/10 years
/// ```
/// # Source
/// End points: reference habitat, Table 11.1 of the Lunar Base Handbook. The straight line is assumed.
/// # Valid range
/// 0 to 10 years.
/// # Outside the range
/// The age is clamped.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `ageing_and_dust`.
#[inline(always)]
#[must_use]
pub fn aged_absorptance<R: Real>(age_years: R) -> R {
    let share = (age_years / AGEING_YEARS).clamp(R::zero(), R::one());
    share * (ABSORPTANCE_OLD - ABSORPTANCE_NEW) + ABSORPTANCE_NEW
}

/// Return absorptance and emittance of a surface of which dust covers a share.
///
/// # Equation
/// ```text
/// α' = α + (1 − 0.12 − α)·f,   ε' = ε + (0.95 − ε)·f
/// ```
/// # Source
/// Area-weighted mean of the bare surface and of regolith at the panel's temperature
/// ([`crate::regolith::ALBEDO`], [`crate::regolith::EMISSIVITY`]); the thermal contact of dust is assumed.
/// # Valid range
/// 0 ≤ f ≤ 1, less than a grain's layer.
/// # Outside the range
/// f is clamped.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `ageing_and_dust`.
#[inline(always)]
#[must_use]
pub fn dusty<R: Real>(absorptance: R, emittance: R, covered: R) -> (R, R) {
    let f = covered.clamp(R::zero(), R::one());
    (
        absorptance + (R::splat(1.0 - ALBEDO) - absorptance) * f,
        emittance + (R::splat(EMISSIVITY) - emittance) * f,
    )
}

/// (q/(ε·σ))^¼, at least the sky.
#[inline(always)]
fn sink_of_flux<R: Real>(q_w_m2: R, emittance: R) -> R {
    let per_sigma = q_w_m2 / (R::splat(0.01).max(emittance) * STEFAN_BOLTZMANN_W_M2_K4);
    R::zero().max(per_sigma).sqrt().sqrt().clamp(R::splat(SKY_K), R::splat(1e4))
}

/// Return the sink temperature of a level panel that looks up, K.
///
/// # Equation
/// ```text
/// T_sink = (α·G·sin(elevation)/(ε·σ))^¼
/// ```
/// # Source
/// Reference §5 (F_ground = 0); hills that rise above the plane are neglected.
/// # Valid range
/// Direct light G that already has the horizon and the disc in it, W/m2.
/// # Outside the range
/// At least 3 K; a sun below the plane and negative light count as none; ε at least 0.01.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// // Sun in the zenith on a new panel: 229 K.
/// let t_k = physics::radiator::horizontal_sink_k(0.09, 0.79, 1_361.0, 1.0);
/// assert!((t_k - 229.0_f64).abs() < 1.0);
/// ```
/// # Tests
/// `sinks`.
#[inline(always)]
#[must_use]
pub fn horizontal_sink_k<R: Real>(
    absorptance: R,
    emittance: R,
    direct_w_m2: R,
    sine_elevation: R,
) -> R {
    let light = R::zero().max(direct_w_m2) * sine_elevation.clamp(R::zero(), R::one());
    sink_of_flux(R::zero().max(absorptance) * light, emittance)
}

/// Return the sink temperature of one face of a vertical panel over a level plain, K.
///
/// # Equation
/// ```text
/// q = α·G·cos θ + ½·α·0.12·G·sin(elevation) + ½·ε·0.95·σ·T_ground⁴,   T_sink = (q/(ε·σ))^¼
///   θ   angle between the sun and the face's normal       [rad]
/// ```
/// # Source
/// View-factor algebra, reference §5 (F_ground = ½).
/// # Valid range
/// A level plain of one temperature. A panel has two such faces; each takes its own sink.
/// # Outside the range
/// As [`horizontal_sink_k`]; a sun behind the face counts as none.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Tests
/// `sinks`.
#[inline(always)]
#[must_use]
pub fn vertical_sink_k<R: Real>(
    absorptance: R,
    emittance: R,
    direct_w_m2: R,
    incidence_cosine: R,
    sine_elevation: R,
    t_ground_k: R,
) -> R {
    let zero = R::zero();
    let light = zero.max(direct_w_m2);
    let straight = light * incidence_cosine.clamp(zero, R::one());
    let scattered = light * sine_elevation.clamp(zero, R::one()) * (0.5 * ALBEDO);
    let emittance = R::splat(0.01).max(emittance);
    let t = t_ground_k.clamp(zero, R::splat(2_000.0));
    let ground = emittance * (t * t) * (t * t) * (0.5 * EMISSIVITY * STEFAN_BOLTZMANN_W_M2_K4);
    sink_of_flux(zero.max(absorptance) * (straight + scattered) + ground, emittance)
}

/// A panel that radiates from one face, with fluid that flows along it.
///
/// # Equation
/// ```text
/// C·dT/dx = −K·(T⁴ − T_s⁴),  0 ≤ x ≤ 1,   K = η_fin·ε·σ·A
/// ```
/// With v = ln((T_in − T_s)/(T − T_s)) and h(T) = (T + T_s)·(T² + T_s²) this is
/// ```text
/// ∫₀ⁿ dv/h(T(v)) = K/C,   T(v) = T_s + (T_in − T_s)·e^(−v),   T_out = T(n)
/// ```
/// an equation for n alone, whose left side has a known slope 1/h(T_out). The integral is Boole's over
/// four parts, for which one exponential is enough.
/// # Source
/// Energy balance of fluid under a radiating wall; fin efficiency and coating: Lunar Base Handbook 2nd ed.,
/// Table 11.1 and its page (reference §5).
/// # Parameters
/// | parameter | default | range | source |
/// |---|---|---|---|
/// | `area_m2` | 45 | | reference habitat |
/// | `emittance` | 0.79 | 0.76–0.80 | Table 11.1, silver on Teflon |
/// | `fin_efficiency` | 0.85 | 0.8–0.9 | same page |
/// # Simplifications
/// The wall is at fluid temperature times the fin efficiency: the film's resistance is part of it. No heat
/// capacity, no conduction along the panel, one sink for all of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Radiator<R> {
    /// A, m2.
    pub area_m2: R,
    /// ε, 1.
    pub emittance: R,
    /// η_fin, 1.
    pub fin_efficiency: R,
}

/// What a radiator does to its fluid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadiatorFlow<R> {
    /// Temperature of the fluid that leaves, panel and bypass mixed, K.
    pub t_out_k: R,
    /// Temperature of the fluid that leaves the panel, K: this is what freezes.
    pub t_panel_out_k: R,
    /// Heat rejected, W: capacity rate times inlet less outlet; negative where the sink is warmer.
    pub q_w: R,
    /// Share of the flow that passes the panel, 0 to 1.
    pub panel_fraction: R,
}

impl<R: Real> Radiator<R> {
    /// Newton steps for the outlet.
    const STEPS: usize = 3;
    /// Newton steps for the bypass.
    const BYPASS_STEPS: usize = 4;

    /// The radiator of the reference habitat: 45 m2, level.
    #[must_use]
    pub fn reference() -> Self {
        Self {
            area_m2: R::splat(45.0),
            emittance: R::splat(EMITTANCE),
            fin_efficiency: R::splat(0.85),
        }
    }

    /// K, W/K4.
    #[inline(always)]
    fn strength(&self) -> R {
        let product = self.area_m2 * self.emittance * self.fin_efficiency;
        R::zero().max(product).min(R::splat(1e9)) * STEFAN_BOLTZMANN_W_M2_K4
    }

    /// Return the heat that a wall all at one temperature rejects, W.
    ///
    /// # Equation
    /// ```text
    /// q = η_fin·ε·σ·A·(T⁴ − T_sink⁴)
    /// ```
    /// # Source
    /// Stefan–Boltzmann (reference §5).
    /// # Valid range
    /// Grey diffuse surface; the fluid hardly cools along the panel.
    /// # Outside the range
    /// Temperatures are clamped to 0 K … 2000 K.
    /// # Conserves
    /// The caller takes q from the fluid; it leaves the habitat.
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// // 0.85·0.79·σ·(280 K)⁴ = 234 W/m2 to a cold sky.
    /// let q_w = physics::radiator::Radiator::reference().uniform_rejection_w(280.0, 3.0);
    /// assert!((q_w / 45.0 - 234.0_f64).abs() < 0.5);
    /// ```
    /// # Tests
    /// `great_flow_is_the_uniform_panel`.
    #[inline(always)]
    #[must_use]
    pub fn uniform_rejection_w(&self, t_k: R, t_sink_k: R) -> R {
        let limit = |t: R| t.clamp(R::zero(), R::splat(2_000.0));
        let (t, s) = (limit(t_k), limit(t_sink_k));
        self.strength() * (t - s) * conductance(t, s)
    }

    /// Return the outlet of fluid that all passes the panel.
    ///
    /// # Equation
    /// See [`Radiator`]; three Newton steps from the greater of two lower bounds, n = ln(1 + 3·K·T_in³/C)/3
    /// (exact for a sink at 0 K) and n = K/C·min(h(T_in), h(T_s)).
    /// # Source
    /// See [`Radiator`].
    /// # Valid range
    /// Inlet 200 K to 400 K, sink 3 K to 390 K. Against an integration in 20 000 parts the outlet is
    /// within 2e-3 K where the panel cools it by up to half its temperature, and within 1e-2 K where a
    /// sink up to 100 K warmer heats it.
    /// # Outside the range
    /// Temperatures are clamped to 3 K … 2000 K. Fluid that stands leaves near the sink, without heat; the
    /// outlet always lies between inlet and sink.
    /// # Conserves
    /// `q_w` = C·(T_in − T_out) to rounding.
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// let flow = physics::radiator::Radiator::reference().outlet(1_000.0, 290.0, 150.0);
    /// assert!((flow.q_w / 9_500.0 - 1.0_f64).abs() < 0.2 && flow.t_out_k < 282.0);
    /// ```
    /// # Tests
    /// `follows_a_fine_integration`, `balance_meets_the_closed_form`, `great_flow_is_the_uniform_panel`,
    /// `outlet_lies_between_inlet_and_sink`.
    #[inline(always)]
    #[must_use]
    pub fn outlet(&self, capacity_w_k: R, t_in_k: R, t_sink_k: R) -> RadiatorFlow<R> {
        let (warmest, coldest) = (R::splat(2_000.0), R::splat(SKY_K));
        let capacity = R::zero().max(capacity_w_k);
        let t_in = t_in_k.clamp(coldest, warmest);
        let sink = t_sink_k.clamp(coldest, warmest);
        let (zero, most) = (R::zero(), R::splat(TRANSFER_MAX));
        let per_flow = self.strength() / R::splat(1e-9).max(capacity);
        // Two lower bounds of n: the sink at 0 K, and the least h along the panel.
        let cold_sink = ln(per_flow * t_in * t_in * t_in * 3.0 + 1.0) * (1.0 / 3.0);
        let even = per_flow * conductance(t_in, sink).min(conductance(sink, sink));
        let mut n = cold_sink.max(even).clamp(zero, most);
        for _ in 0..Self::STEPS {
            let (integral, e) = length(n, t_in, sink);
            let slope = conductance(sink + (t_in - sink) * e, sink);
            n = (n + (per_flow - integral) * slope).clamp(zero, most);
        }
        let t_out = sink + (t_in - sink) * exp(-n);
        RadiatorFlow {
            t_out_k: t_out,
            t_panel_out_k: t_out,
            q_w: capacity * (t_in - t_out),
            panel_fraction: R::one(),
        }
    }

    /// Return the share of the flow that has to pass the panel so that the mixed outlet meets a set point.
    ///
    /// # Equation
    /// ```text
    /// q = C·(T_in − T_set),   S(n)/F(n) = q/(K·(T_in − T_s)),   f = q/(C·(T_in − T_s)·S)
    ///   S = 1 − e^(−n),   F(n) = ∫₀ⁿ dv/h(T(v))     as in [`Radiator`]
    /// ```
    /// # Source
    /// [`Radiator`] with the flow through the panel as the unknown.
    /// # Valid range
    /// T_s < T_set < T_in; the mixed outlet then meets the set point within 0.02 K for f above 0.02.
    /// # Outside the range
    /// 0 where the fluid is colder than the set point or the sink warmer than the fluid, 1 where the panel
    /// cannot do it.
    /// # Conserves
    /// Nothing is moved; [`Self::with_bypass`] does.
    /// # Tests
    /// `bypass_holds_the_set_point`.
    #[inline(always)]
    #[must_use]
    pub fn panel_fraction_for(&self, capacity_w_k: R, t_in_k: R, t_sink_k: R, t_set_k: R) -> R {
        let (warmest, coldest) = (R::splat(2_000.0), R::splat(SKY_K));
        let (zero, one) = (R::zero(), R::one());
        let t_in = t_in_k.clamp(coldest, warmest);
        let sink = t_sink_k.clamp(coldest, warmest);
        let set = t_set_k.clamp(coldest, warmest);
        let capacity = R::splat(1e-9).max(capacity_w_k);
        let head = t_in - sink;
        // K·(T_in − T_s)·h(T_in)/q: the panel at inlet temperature over what is wanted.
        let per_wanted = self.strength() * R::splat(1e-9).max(head)
            / (capacity * R::splat(1e-9).max(t_in - set));
        let target = ln(per_wanted);
        let low = R::splat(1e-6);
        // ln(F/S) rises in n from −ln h(T_in), with a slope between 1/n and 3.
        let mut n = R::splat(0.7).max(low);
        for _ in 0..Self::BYPASS_STEPS {
            let (integral, e) = length(n, t_in, sink);
            let gain = one - e;
            let slope = (conductance(sink + head * e, sink) * integral).max(R::splat(1e-30));
            let rise = one / slope - e / gain;
            let miss = target - ln(integral / gain);
            n = (n + miss / R::splat(1e-3).max(rise)).clamp(low, R::splat(12.0));
        }
        let gain = one - exp(-n);
        let fraction = (t_in - set) / (R::splat(1e-9).max(head) * gain);
        let reachable = fraction.clamp(zero, one);
        let idle = t_in.le(set) | head.le(zero);
        R::select(idle, zero, reachable)
    }

    /// Return the outlet with the share `panel_fraction` of the flow through the panel and the rest past it.
    ///
    /// # Equation
    /// ```text
    /// T_out = T_in − f·(T_in − T_panel(f·C))
    /// ```
    /// # Source
    /// [`Self::outlet`]; mixing of the two flows.
    /// # Valid range, outside the range
    /// As [`Self::outlet`]; f is clamped to 0 … 1.
    /// # Conserves
    /// `q_w` = C·(T_in − T_out) to rounding.
    /// # Tests
    /// `bypass_holds_the_set_point`, `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn with_bypass(
        &self,
        capacity_w_k: R,
        t_in_k: R,
        t_sink_k: R,
        panel_fraction: R,
    ) -> RadiatorFlow<R> {
        let f = panel_fraction.clamp(R::zero(), R::one());
        let capacity = R::zero().max(capacity_w_k);
        let panel = self.outlet(capacity * f, t_in_k, t_sink_k);
        let t_in = t_in_k.clamp(R::splat(SKY_K), R::splat(2_000.0));
        RadiatorFlow {
            t_out_k: t_in - f * (t_in - panel.t_out_k),
            t_panel_out_k: panel.t_out_k,
            q_w: panel.q_w,
            panel_fraction: f,
        }
    }
}

/// h(T) = (T⁴ − T_s⁴)/(T − T_s), K3.
#[inline(always)]
fn conductance<R: Real>(t_k: R, sink_k: R) -> R {
    (t_k + sink_k) * (t_k * t_k + sink_k * sink_k)
}

/// ∫₀ⁿ dv/h(T(v)) and e^(−n).
#[inline(always)]
fn length<R: Real>(n: R, t_in: R, sink: R) -> (R, R) {
    let head = t_in - sink;
    let step = exp(n * -0.25);
    let mut e = R::one();
    let mut sum = R::splat(BOOLE[0]) / conductance(t_in, sink);
    for weight in &BOOLE[1..] {
        e *= step;
        sum += R::splat(*weight) / conductance(sink + head * e, sink);
    }
    (n * sum, e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    const SIGMA: f64 = STEFAN_BOLTZMANN_W_M2_K4;

    /// Outlet of the panel by classical Runge–Kutta steps along it.
    fn integrated(k: f64, capacity: f64, t_in: f64, sink: f64, parts: usize) -> f64 {
        let slope = |t: f64| -k / capacity * (t.powi(4) - sink.powi(4));
        let h = 1.0 / parts as f64;
        let mut t = t_in;
        for _ in 0..parts {
            let a = slope(t);
            let b = slope(t + 0.5 * h * a);
            let c = slope(t + 0.5 * h * b);
            let d = slope(t + h * c);
            t += h / 6.0 * (a + 2.0 * b + 2.0 * c + d);
        }
        t
    }

    #[test]
    fn follows_a_fine_integration() {
        let panel = Radiator::reference();
        let k = 45.0 * 0.79 * 0.85 * SIGMA;
        let (mut worst_cooled, mut worst_heated) = (0.0_f64, 0.0_f64);
        for capacity in [60.0, 150.0, 400.0, 1_000.0, 5_000.0] {
            for t_in in [230.0, 280.0, 300.0, 340.0] {
                for sink in [3.0, 100.0, 180.0, 229.0, 275.0, 330.0] {
                    let want = integrated(k, capacity, t_in, sink, 20_000);
                    let off = (panel.outlet(capacity, t_in, sink).t_out_k - want).abs();
                    if sink < t_in {
                        worst_cooled = worst_cooled.max(off);
                    } else {
                        worst_heated = worst_heated.max(off);
                    }
                }
            }
        }
        println!("worst {worst_cooled:.1e} K cooled, {worst_heated:.1e} K heated");
        assert!(worst_cooled < 2e-3 && worst_heated < 1e-2);
    }

    #[test]
    fn balance_meets_the_closed_form() {
        // ∫ dT/(T⁴ − s⁴) = (ln((T−s)/(T+s)) − 2·atan(T/s))/(4·s³).
        let closed =
            |t: f64, s: f64| (((t - s) / (t + s)).ln() - 2.0 * (t / s).atan()) / (4.0 * s.powi(3));
        let panel = Radiator::reference();
        for (capacity, t_in, sink) in
            [(200.0, 300.0, 120.0), (1_000.0, 290.0, 200.0), (800.0, 285.0, 229.0)]
        {
            let flow = panel.outlet(capacity, t_in, sink);
            let area = capacity * (closed(t_in, sink) - closed(flow.t_out_k, sink))
                / (0.79 * 0.85 * SIGMA);
            assert!((area / 45.0 - 1.0).abs() < 1e-5, "{area}");
            assert!((flow.q_w - capacity * (t_in - flow.t_out_k)).abs() < 1e-9);
        }
        // Sink at the sky: T_out^−3 = T_in^−3 + 3K/C.
        let flow = panel.outlet(300.0, 300.0, SKY_K);
        let k = 45.0 * 0.79 * 0.85 * SIGMA;
        let want = (300.0_f64.powi(-3) + 3.0 * k / 300.0).powf(-1.0 / 3.0);
        assert!((flow.t_out_k - want).abs() < 1e-3, "{} {want}", flow.t_out_k);
    }

    #[test]
    fn great_flow_is_the_uniform_panel() {
        let panel = Radiator::<f64>::reference();
        for (t_in, sink) in [(280.0, 3.0), (290.0, 229.0), (250.0, 300.0)] {
            let flow = panel.outlet(1e8, t_in, sink);
            let uniform = panel.uniform_rejection_w(t_in, sink);
            let want = 0.85 * 0.79 * SIGMA * 45.0 * (t_in.powi(4) - f64::powi(sink, 4));
            assert!((uniform / want - 1.0).abs() < 1e-12);
            assert!((flow.q_w / uniform - 1.0).abs() < 1e-4, "{flow:?} {uniform}");
        }
    }

    #[test]
    fn sinks() {
        let new: f64 = horizontal_sink_k(0.09, 0.79, 1_361.0, 1.0);
        assert!((new.powi(4) * SIGMA * 0.79 / (0.09 * 1_361.0) - 1.0).abs() < 1e-12);
        let polar: f64 = horizontal_sink_k(0.20, 0.79, 1_361.0, 0.035);
        assert!((100.0..130.0).contains(&polar), "{polar}");
        assert_eq!(horizontal_sink_k(0.2, 0.79, 0.0, 0.5), SKY_K);
        assert_eq!(horizontal_sink_k(0.2, 0.79, 1_361.0, -0.1), SKY_K);
        // Vertical at the equator's noon over ground at 390 K: every coating above 300 K (§5 quotes 325 K).
        let noon: f64 = vertical_sink_k(0.09, 0.79, 1_361.0, 0.0, 1.0, 390.0);
        assert!((310.0..335.0).contains(&noon), "{noon}");
        // Dark ground alone: T_sink⁴ = 0.475·T_ground⁴, whatever the coating.
        let night: f64 = vertical_sink_k(0.3, 0.6, 0.0, 1.0, 1.0, 100.0);
        assert!((night - 100.0 * 0.475_f64.powf(0.25)).abs() < 1e-9);
        // Facing the low sun of a pole.
        let facing: f64 = vertical_sink_k(0.09, 0.79, 1_361.0, 1.0, 0.03, 150.0);
        assert!(facing > new && facing < 240.0, "{facing}");
    }

    #[test]
    fn ageing_and_dust() {
        assert_eq!(aged_absorptance(0.0), 0.09);
        assert!((aged_absorptance(10.0_f64) - 0.20).abs() < 1e-15);
        assert!((aged_absorptance(99.0_f64) - 0.20).abs() < 1e-15);
        assert_eq!(dusty(0.09, 0.79, 0.0), (0.09, 0.79));
        let (a, e) = dusty(0.09_f64, 0.79, 1.0);
        assert!((a - 0.88).abs() < 1e-15 && (e - 0.95).abs() < 1e-15);
        let (a, _) = dusty(0.09_f64, 0.79, 0.1);
        assert!((a - 0.169).abs() < 1e-12);
    }

    #[test]
    fn lanes_agree() {
        let t_in = F64x8::from_lanes(|i| 230.0 + 15.0 * i as f64);
        let capacity = F64x8::from_lanes(|i| 200.0 * i as f64);
        let s = F64x8::splat;
        let panel = Radiator::<F64x8>::reference();
        let share = panel.panel_fraction_for(capacity, t_in, s(170.0), s(277.0));
        let wide = panel.with_bypass(capacity, t_in, s(170.0), share);
        for i in 0..8 {
            let one = Radiator::<f64>::reference();
            let f = one.panel_fraction_for(capacity.lane(i), t_in.lane(i), 170.0, 277.0);
            let flow = one.with_bypass(capacity.lane(i), t_in.lane(i), 170.0, f);
            assert_eq!(share.lane(i).to_bits(), f.to_bits());
            assert_eq!(wide.q_w.lane(i).to_bits(), flow.q_w.to_bits());
            assert_eq!(wide.t_out_k.lane(i).to_bits(), flow.t_out_k.to_bits());
        }
    }

    proptest! {
        #[test]
        fn bypass_holds_the_set_point(
            capacity in 100.0..3_000.0_f64, t_in in 279.0..320.0_f64, below in 0.2..15.0_f64,
            sink in 3.0..240.0_f64,
        ) {
            let panel = Radiator::reference();
            let set = t_in - below;
            let f = panel.panel_fraction_for(capacity, t_in, sink, set);
            let flow = panel.with_bypass(capacity, t_in, sink, f);
            let all = panel.outlet(capacity, t_in, sink);
            if all.t_out_k >= set {
                // The panel cannot do it, or only just.
                prop_assert!(f > 0.999, "{} {:?}", f, all);
            } else if f > 0.02 {
                prop_assert!((flow.t_out_k - set).abs() < 0.02, "{} {} {:?}", f, set, flow);
            }
            let warmed = panel.panel_fraction_for(capacity, t_in, sink, t_in + 1.0);
            prop_assert_eq!(warmed, 0.0);
        }

        #[test]
        fn outlet_lies_between_inlet_and_sink(
            capacity in 0.0..1e5_f64, t_in in 3.0..500.0_f64, sink in 3.0..500.0_f64,
            area in 0.0..1e4_f64,
        ) {
            let panel = Radiator { area_m2: area, ..Radiator::reference() };
            let flow = panel.outlet(capacity, t_in, sink);
            prop_assert!(flow.t_out_k >= t_in.min(sink) - 1e-9, "{:?}", flow);
            prop_assert!(flow.t_out_k <= t_in.max(sink) + 1e-9, "{:?}", flow);
            let more = Radiator { area_m2: area * 1.5 + 1.0, ..panel }.outlet(capacity, t_in, sink);
            prop_assert!(more.q_w.abs() >= flow.q_w.abs() - 1e-6 * (1.0 + flow.q_w.abs()));
            prop_assert!(flow.q_w.abs() <= 1.01 * panel.uniform_rejection_w(t_in, sink).abs() + 1e-6
                || sink > t_in);
        }

        #[test]
        fn finite_in_finite_out(
            capacity in any::<f64>(), t_in in any::<f64>(), sink in any::<f64>(),
            set in any::<f64>(), area in any::<f64>(), f in any::<f64>(),
        ) {
            prop_assume!([capacity, t_in, sink, set, area, f].iter().all(|x| x.is_finite()));
            prop_assume!(capacity.abs() < 1e300);
            let panel = Radiator { area_m2: area, ..Radiator::reference() };
            let share = panel.panel_fraction_for(capacity, t_in, sink, set);
            prop_assert!((0.0..=1.0).contains(&share));
            let flow = panel.with_bypass(capacity, t_in, sink, f);
            for x in [flow.t_out_k, flow.t_panel_out_k, flow.q_w] {
                prop_assert!(x.is_finite(), "{:?}", flow);
            }
            prop_assert!(panel.uniform_rejection_w(t_in, sink).is_finite());
            prop_assert!(horizontal_sink_k(f.min(1.0), area, capacity, set).is_finite());
            prop_assert!(vertical_sink_k(0.2, area, capacity, f, set, sink).is_finite());
        }
    }
}

//! Heat exchangers: counterflow, and the condensing coil with its bypass valve.
//!
//! Not here: fans, control of the valve, the coolant loop (`habitat`).

use crate::constants::{CP_H2O_LIQUID_J_MOL_K, HF_H2O_LIQUID_J_MOL, M_H2O_KG_MOL, T_REF_K};
use crate::math::{exp, ln, polynomial, pow_fast};
use crate::moist_air::{
    CP_H2O_VAPOUR_J_MOL_K, dew_point_k, saturation_pressure_and_slope, saturation_pressure_pa,
    vaporisation_j_mol,
};
use crate::number::Real;
use crate::species::{Gas, HF_J_MOL};

/// Volume flow of the cabin-air fan, m3/s. PFT-ISSA-9610 (430 cfm nominal, §3.4).
pub const CCAA_AIR_FLOW_M3_S: f64 = 0.2;

/// Smallest magnitude that a divisor is allowed in `x/a` with a → 0.
const TINY: f64 = 1e-6;
/// Largest argument of the exponentials below; e^300 leaves room for products.
const EXPONENT_LIMIT: f64 = 300.0;

/// `a`, moved away from zero to ±[`TINY`].
#[inline(always)]
fn away_from_zero<R: Real>(a: R) -> R {
    let tiny = R::splat(TINY);
    let moved = R::select(a.lt(R::zero()), -tiny, tiny);
    R::select(a.abs().lt(tiny), moved, a)
}

/// (e^(a·n) − 1)/a, which goes to n for a → 0; `per_a` is 1/a.
#[inline(always)]
fn exponential_growth<R: Real>(a: R, per_a: R, n: R) -> R {
    let limit = R::splat(EXPONENT_LIMIT);
    (exp((a * n).clamp(-limit, limit)) - 1.0) * per_a
}

/// 1 + a·u and ln(1 + a·u)/a, the inverse of [`exponential_growth`]; `per_a` is 1/a.
#[inline(always)]
fn logarithmic_length<R: Real>(a: R, per_a: R, u: R) -> (R, R) {
    let inside = R::splat(1e-140).max(a * u + 1.0);
    (inside, ln(inside) * per_a)
}

/// Effectiveness on one stream's capacity rate: `capacity_ratio` is that stream's over the other's
/// and may exceed one.
#[inline(always)]
fn effectiveness_of_stream<R: Real>(ntu: R, capacity_ratio: R) -> R {
    // With E = e^(−N(1−c)): ε = (1−E)/(1−cE) = g/(g + E), g = (1−E)/(1−c).
    let one_less_c = away_from_zero(R::one() - capacity_ratio);
    let limit = R::splat(EXPONENT_LIMIT);
    let e = exp((-ntu * one_less_c).clamp(-limit, limit));
    let g = (R::one() - e) / one_less_c;
    g / (g + e)
}

/// Return the effectiveness of a counterflow exchanger, 0 to 1.
///
/// # Equation
/// ```text
/// ε = (1 − E)/(1 − c·E),  E = e^(−N·(1−c)),   ε = N/(1+N) for c = 1
///   N  UA / C_min             [-]
///   c  C_min / C_max          [-]
/// ```
/// # Source
/// Kays & London (1984), *Compact Heat Exchangers*, 3rd ed., ch. 2.
/// # Valid range
/// N ≥ 0, 0 ≤ c ≤ 1; constant heat capacities and one overall coefficient.
/// # Outside the range
/// N below 0 counts as 0. Within 1e-6 of c = 1 the ratio is moved by at most 2e-6.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// let e = physics::exchanger::counterflow_effectiveness(3.0, 1.0);
/// assert!((e - 0.75_f64).abs() < 1e-5);
/// ```
/// # Tests
/// `counterflow_limits`.
#[inline(always)]
#[must_use]
pub fn counterflow_effectiveness<R: Real>(ntu: R, capacity_ratio: R) -> R {
    effectiveness_of_stream(R::zero().max(ntu), capacity_ratio).clamp(R::zero(), R::one())
}

/// Return the heat that goes from a hot to a cold stream in counterflow, W.
///
/// # Equation
/// ```text
/// q = ε·C_min·(T_hot,in − T_cold,in)
/// ```
/// # Source
/// Kays & London (1984), ch. 2.
/// # Valid range
/// As [`counterflow_effectiveness`]. Negative where the cold stream is the warmer one.
/// # Outside the range
/// Without a capacity rate on either side the heat is zero.
/// # Conserves
/// The caller takes `q` from the hot stream and gives it to the cold one.
/// # Tests
/// `counterflow_limits`, `counterflow_is_finite_and_within_the_inlets`.
#[inline(always)]
#[must_use]
pub fn counterflow_heat_w<R: Real>(
    hot_w_k: R,
    t_hot_k: R,
    cold_w_k: R,
    t_cold_k: R,
    ua_w_k: R,
) -> R {
    let floor = R::splat(1e-12);
    let (hot, cold) = (R::zero().max(hot_w_k), R::zero().max(cold_w_k));
    let least = hot.min(cold);
    let most = hot.max(cold).max(floor);
    let ntu = R::zero().max(ua_w_k) / least.max(floor);
    counterflow_effectiveness(ntu, least / most) * least * (t_hot_k - t_cold_k)
}

/// (−1)^i/(2i + first)!: the series of sine (first = 1) and cosine (first = 0).
const fn alternating_factorials<const N: usize>(first: usize) -> [f64; N] {
    let mut c = [1.0; N];
    let mut i = 1;
    while i < N {
        let n = (2 * i + first) as f64;
        c[i] = -c[i - 1] / (n * (n - 1.0));
        i += 1;
    }
    c
}

/// (−1)^i/(2i + 1): the series of the arc tangent.
const fn alternating_odd<const N: usize>() -> [f64; N] {
    let mut c = [1.0; N];
    let mut i = 1;
    while i < N {
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        c[i] = sign / (2 * i + 1) as f64;
        i += 1;
    }
    c
}

/// Sine and cosine of an angle between 0 and 90 degrees, to 1e-13.
///
/// Own series, because the platform's functions differ in their last bits.
#[inline(always)]
fn sine_and_cosine<R: Real>(angle_deg: R) -> (R, R) {
    const SINE: [f64; 10] = alternating_factorials(1);
    const COSINE: [f64; 10] = alternating_factorials(0);
    let x = angle_deg.clamp(R::zero(), R::splat(90.0)) * (core::f64::consts::PI / 180.0);
    let z = x * x;
    (x * polynomial(&SINE, z), polynomial(&COSINE, z))
}

/// Angle of a non-negative tangent, degrees, to 1e-13.
#[inline(always)]
fn arc_tangent_deg<R: Real>(tangent: R) -> R {
    const SERIES: [f64; 11] = alternating_odd();
    // Three halvings of the angle, then the series: tan(90°/8) = 0.199.
    let mut t = tangent.clamp(R::zero(), R::splat(1e9));
    for _ in 0..3 {
        t /= (t * t + 1.0).sqrt() + 1.0;
    }
    polynomial(&SERIES, t * t) * t * (8.0 * 180.0 / core::f64::consts::PI)
}

/// Valve that splits the air between a coil and its bypass (TCCV).
///
/// # Equation
/// ```text
/// f = (1 − λ)·cos θ / (cos θ + κ·sin θ)
///   f  share of the air that passes the coil            [-]
///   θ  angle; 0 is full flow through the coil           [deg]
///   κ  conductance of the open bypass over the open coil port [-]
///   λ  share that passes by the fins with the valve closed to the bypass [-]
/// ```
/// Two ports behind one turning blade: the free area of one falls with the cosine while the other
/// opens with the sine, under one pressure difference.
/// # Parameters
/// Tuned on the points 1–3 of PFT-ISSA-9610, together with the coil's conductance.
/// `bypass_conductance_ratio` 0.58: point 1 alone holds it, and its own figures disagree. Its
/// temperatures and its coolant heat ask for 0.5, its condensate for 0.8; its air side closes to
/// −13.7 %, and by 0.6 kg/h more condensate it would close. 0.58 lies towards the heat and meets all
/// four tolerances. `leak_fraction` 0.12: set by hand on the same points; with 0.12 to 0.16 all three meet
/// their tolerances. That 0° is full flow is read from the same points.
/// # Simplifications
/// The flow of the fan does not depend on the angle; the split does not depend on the flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BypassValve<R> {
    /// κ, dimensionless.
    pub bypass_conductance_ratio: R,
    /// λ, 0 to 1.
    pub leak_fraction: R,
}

impl<R: Real> BypassValve<R> {
    /// Smallest angle in use, degrees. Lowest angle of PFT-ISSA-9610.
    pub const ANGLE_MIN_DEG: f64 = 5.0;
    /// Largest angle in use, degrees: there the law gives the coil's least flow, 51 of 430 cfm (V-HAB).
    pub const ANGLE_MAX_DEG: f64 = 84.84;

    /// The valve of the cabin-air assembly, tuned as the type's documentation says.
    #[must_use]
    pub fn ccaa() -> Self {
        Self {
            bypass_conductance_ratio: R::splat(CCAA_BYPASS_RATIO),
            leak_fraction: R::splat(CCAA_LEAK_FRACTION),
        }
    }

    /// Return the share of the air that passes the coil at `angle_deg`.
    ///
    /// # Equation, source
    /// See [`BypassValve`].
    /// # Valid range
    /// [`Self::ANGLE_MIN_DEG`] to [`Self::ANGLE_MAX_DEG`].
    /// # Outside the range
    /// The angle is clamped to 0° … 90°; at 90° the share is zero.
    /// # Conserves
    /// Nothing is moved; this is a property.
    /// # Tests
    /// `valve_law_inverts`.
    #[inline(always)]
    #[must_use]
    pub fn coil_flow_fraction(&self, angle_deg: R) -> R {
        let (sine, cosine) = sine_and_cosine(angle_deg);
        let cosine = R::zero().max(cosine);
        let both = cosine + self.bypass_conductance_ratio * sine;
        (R::one() - self.leak_fraction) * cosine / R::splat(1e-9).max(both)
    }

    /// Return the angle at which the share `fraction` passes the coil, degrees.
    ///
    /// # Equation
    /// ```text
    /// tan θ = ((1 − λ)/f − 1)/κ
    /// ```
    /// # Source
    /// Inverse of [`Self::coil_flow_fraction`].
    /// # Valid range
    /// 0 < f ≤ 1 − λ.
    /// # Outside the range
    /// The angle stays within 0° … 90°.
    /// # Conserves
    /// Nothing is moved; this is a property.
    /// # Tests
    /// `valve_law_inverts`.
    #[inline(always)]
    #[must_use]
    pub fn angle_deg_for_fraction(&self, fraction: R) -> R {
        let open = (R::one() - self.leak_fraction) / R::splat(1e-9).max(fraction);
        arc_tangent_deg((open - 1.0) / R::splat(1e-9).max(self.bypass_conductance_ratio))
    }
}

/// What enters a [`CondensingCoil`] and its bypass together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoilInlet<R> {
    /// Dry gas, mol/s.
    pub ndot_dry_mol_s: R,
    /// Water vapour, mol/s.
    pub ndot_h2o_mol_s: R,
    /// Mean molar mass of the dry gas, kg/mol.
    pub dry_molar_mass_kg_mol: R,
    /// Mean heat capacity of the dry gas, J/mol/K.
    pub dry_cp_j_mol_k: R,
    /// Total pressure, Pa.
    pub p_total_pa: R,
    /// Temperature of the air, K.
    pub t_air_k: R,
    /// Capacity rate of the coolant, W/K.
    pub coolant_w_k: R,
    /// Temperature of the coolant at its inlet, K.
    pub t_coolant_k: R,
}

/// What leaves a [`CondensingCoil`] and its bypass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoilOutlet<R> {
    /// Temperature of the mixed air, K.
    pub t_air_k: R,
    /// Temperature of the air and of the condensate that leave the coil itself, K.
    pub t_coil_k: R,
    /// Water vapour in the mixed air, mol/s.
    pub ndot_h2o_mol_s: R,
    /// Water that leaves as liquid at `t_coil_k`, mol/s.
    pub condensate_mol_s: R,
    /// Heat to the coolant, W: enthalpy of the air in, less air out, less condensate.
    pub q_coolant_w: R,
    /// Part of it that condenses the vapour, W.
    pub q_latent_w: R,
    /// Temperature of the coolant at its outlet, K.
    pub t_coolant_out_k: R,
    /// Share of the air that passed the coil.
    pub coil_fraction: R,
}

/// Condensing heat exchanger with air bypass (CHX of the CCAA).
///
/// # Equation
/// Counterflow with one conductance UA between air and coolant. Where the coolant is warmer than the
/// dew point the coil is dry, where it is colder it is wet, and the wet part exchanges enthalpy
/// against the enthalpy of saturated air at coolant temperature (Lewis number one):
/// ```text
/// c_d = n·c_p/C_c,  c_w = n·c_s/C_c,  N = UA/(n·c_p),  UA = UA_0·(ṁ/ṁ_0)^0.6
/// r = (T_in − T_dew)/(T_b − T_dew),  u = (T_dew − T_c,in)·C_c / (n·c_p·(T_in − T_dew))
/// dry part     N_d = ln(1 + (1 − c_d)·(r − 1))/(1 − c_d)
/// wet part     N_w = ln(1 + (c_w − 1)·u·r)/(c_w − 1)
/// both         N_d + N_w = N,  solved for r ≥ 1;  r = 1 is a coil wet all over
///   n     dry gas through the coil                          [mol/s]
///   c_p   heat capacity of the moist gas, per mole dry      [J/mol/K]
///   c_s   slope of saturated enthalpy, chord over the wet part [J/mol/K]
///   C_c   capacity rate of the coolant                      [W/K]
///   T_b   air temperature between the dry and the wet part  [K]
/// ```
/// The equation for r is convex in ln r, so Newton from above neither overshoots nor leaves the range.
/// Two steps are taken; further ones change the heat of the tuned points by 0.6 % and their condensate
/// by 0.9 % at most, and the balance closes all the same. The outlet follows from its enthalpy and the mean
/// surface of the wet part, and is never above saturation.
/// # Source
/// Enthalpy potential and part-wet coils: Braun, Klein & Mitchell (1989), *ASHRAE Trans.* **95**(2),
/// 164–174. Counterflow: Kays & London (1984) ch. 2. Exponent 0.6 of air-side conductance in flow: offset
/// fins, Manglik & Bergles (1995), *Exp. Therm. Fluid Sci.* **10**, 171–180.
/// # Valid range
/// 30–105 kPa, any dry gas, coolant 1–15 °C, air 10–35 °C. Against a counterflow coil cut into 400
/// parts, same assumptions: with dew points up to 16 °C the coil outlet differs by 0.12 K rms (0.41 K
/// worst) and the condensate by 0.02 kg/h rms; with nearly saturated air of 20–28 °C dew point by up to
/// 1.5 K and 0.09 kg/h rms.
/// # Outside the range
/// Coolant warmer than the air heats it. Without coolant or without air no heat flows. The result is
/// finite for finite input.
/// # Conserves
/// Dry gas passes. Vapour in = vapour out + condensate. `q_coolant_w` is the enthalpy of the air in
/// (bypass included) less air out less condensate as liquid at `t_coil_k`, on the ledger's reference.
/// # Parameters
/// | parameter | default | source |
/// |---|---|---|
/// | `ua_w_k` | 1450 W/K | tuned on points 1–3 of PFT-ISSA-9610, point 1 weighted 0.3 |
/// | `mass_flow_reference_kg_s` | 0.2405 kg/s | 0.2 m³/s at 18 °C, dew point 13 °C, 101.325 kPa |
/// | `flow_exponent` | 0.6 | Manglik & Bergles 1995 |
/// | `valve` | κ, λ | see [`BypassValve`] |
///
/// | error at | air outlet | coolant outlet | condensate | coolant heat |
/// |---|---|---|---|---|
/// | point 1 | −0.39 K | −0.26 K | +14.1 % | −5.3 % |
/// | point 2 | −0.63 K | −0.09 K | −13.2 % | −0.9 % |
/// | point 3 | −0.58 K | +0.00 K | +10.7 % | +0.0 % |
///
/// The points close their own energy balance to −13.7, −0.5 and −7.8 % only. Points 2 and 3 cannot both be
/// met: the vapour they bring differs by 13 %, the condensate they report by 2 %.
/// # Simplifications
/// Resistance of wall and coolant is part of UA and does not change with coolant flow. No axial
/// conduction, no hold-up of water on the fins, no fog where coil air and bypass air mix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CondensingCoil<R> {
    /// UA_0, conductance at the reference mass flow through the coil, W/K.
    pub ua_w_k: R,
    /// ṁ_0, mass flow of that conductance, kg/s.
    pub mass_flow_reference_kg_s: R,
    /// Exponent of the conductance in mass flow.
    pub flow_exponent: R,
    /// The bypass.
    pub valve: BypassValve<R>,
}

/// Conductance of the cabin-air coil, W/K. Tuned, see [`CondensingCoil`].
const CCAA_UA_W_K: f64 = 1_450.0;
/// κ of the cabin-air valve. Tuned, see [`BypassValve`].
const CCAA_BYPASS_RATIO: f64 = 0.580;
/// λ of the cabin-air valve. Tuned, see [`BypassValve`].
const CCAA_LEAK_FRACTION: f64 = 0.12;

/// Saturated gas at one total pressure: enthalpy per mole of dry gas above liquid water at
/// `t_zero_k`, J/mol, and its slope.
#[derive(Clone, Copy)]
struct Saturated<R> {
    p_total_pa: R,
    dry_cp_j_mol_k: R,
    t_zero_k: R,
    l_zero_j_mol: R,
}

impl<R: Real> Saturated<R> {
    #[inline(always)]
    fn enthalpy_j_mol(&self, t_k: R, vapour_mol_mol: R) -> R {
        let dt = t_k - self.t_zero_k;
        self.dry_cp_j_mol_k * dt + vapour_mol_mol * (self.l_zero_j_mol + dt * CP_H2O_VAPOUR_J_MOL_K)
    }

    #[inline(always)]
    fn at(&self, t_k: R) -> R {
        let p_h2o = saturation_pressure_pa(t_k).min(self.p_total_pa * 0.9);
        self.enthalpy_j_mol(t_k, p_h2o / (self.p_total_pa - p_h2o))
    }

    #[inline(always)]
    fn at_with_slope(&self, t_k: R) -> (R, R) {
        let (p_sat, p_slope) = saturation_pressure_and_slope(t_k);
        let p_h2o = p_sat.min(self.p_total_pa * 0.9);
        let per_dry = R::one() / (self.p_total_pa - p_h2o);
        let x = p_h2o * per_dry;
        let x_slope = p_slope * self.p_total_pa * per_dry * per_dry;
        let dt = t_k - self.t_zero_k;
        let slope = self.dry_cp_j_mol_k
            + x * CP_H2O_VAPOUR_J_MOL_K
            + x_slope * (self.l_zero_j_mol + dt * CP_H2O_VAPOUR_J_MOL_K);
        (self.enthalpy_j_mol(t_k, x), slope)
    }
}

impl<R: Real> CondensingCoil<R> {
    /// The coil of the cabin-air assembly, tuned as the type's documentation says.
    #[must_use]
    pub fn ccaa() -> Self {
        Self {
            ua_w_k: R::splat(CCAA_UA_W_K),
            mass_flow_reference_kg_s: R::splat(0.2405),
            flow_exponent: R::splat(0.6),
            valve: BypassValve::ccaa(),
        }
    }

    /// Run the coil with the valve at `angle_deg`.
    ///
    /// # Equation, source, valid range, outside the range, conserves
    /// As the type, and [`BypassValve::coil_flow_fraction`].
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// use physics::{exchanger::{CoilInlet, CondensingCoil}, moist_air::saturation_pressure_pa};
    /// // Point 2 of the proto-flight test: 18.01 °C, dew point 12.81 °C, 74.27 g/s at 5.61 °C.
    /// let n = 101_325.0 * 0.2 / (8.314_462_618 * 291.16);
    /// let x_h2o = saturation_pressure_pa(285.96) / 101_325.0;
    /// let out = CondensingCoil::ccaa().run(
    ///     &CoilInlet {
    ///         ndot_dry_mol_s: n * (1.0 - x_h2o),
    ///         ndot_h2o_mol_s: n * x_h2o,
    ///         dry_molar_mass_kg_mol: 28.96e-3,
    ///         dry_cp_j_mol_k: 29.17,
    ///         p_total_pa: 101_325.0,
    ///         t_air_k: 291.16,
    ///         coolant_w_k: 0.07427 * 4_186.0,
    ///         t_coolant_k: 278.76,
    ///     },
    ///     5.0,
    /// );
    /// assert!((out.t_air_k - 283.82_f64).abs() < 1.0); // measured
    /// assert!((out.q_coolant_w / 3_134.0 - 1.0).abs() < 0.1);
    /// ```
    /// # Tests
    /// `proto_flight_points_1_to_3`, `energy_and_water_close_exactly`, `outlet_is_bounded`,
    /// `dew_point_just_above_the_coolant`.
    #[inline(always)]
    #[must_use]
    pub fn run(&self, inlet: &CoilInlet<R>, angle_deg: R) -> CoilOutlet<R> {
        self.run_at_fraction(inlet, self.valve.coil_flow_fraction(angle_deg))
    }

    /// Run the coil with the share `fraction` of the air passing it.
    ///
    /// # Equation, source, valid range, outside the range, conserves
    /// As the type. The share is clamped to 0 … 1.
    /// # Tests
    /// `agrees_with_a_coil_cut_into_many_parts`, `outlet_is_continuous`, `lanes_agree`.
    #[inline(always)]
    #[must_use]
    pub fn run_at_fraction(&self, inlet: &CoilInlet<R>, fraction: R) -> CoilOutlet<R> {
        let fraction = fraction.clamp(R::zero(), R::one());
        let t_in = inlet.t_air_k;
        let t_c = inlet.t_coolant_k;
        let n_dry = R::zero().max(inlet.ndot_dry_mol_s);
        let n_h2o = R::zero().max(inlet.ndot_h2o_mol_s);

        // The stream through the coil. The floor keeps ratios finite where nothing flows.
        let n = (n_dry * fraction).max(R::splat(1e-9));
        let x_in = n_h2o / n_dry.max(R::splat(1e-9));
        let c_p = inlet.dry_cp_j_mol_k.max(R::one()) + x_in * CP_H2O_VAPOUR_J_MOL_K;
        let coolant = inlet.coolant_w_k.max(R::splat(1e-9));
        let per_dry_mol = coolant / n;
        let kg_s = n * (inlet.dry_molar_mass_kg_mol.max(R::splat(1e-4)) + x_in * M_H2O_KG_MOL);
        let ua = self.ua_w_k * pow_fast(kg_s / self.mass_flow_reference_kg_s, self.flow_exponent);
        let ntu = R::zero().max(ua) / (n * c_p);

        let p_total_pa = inlet.p_total_pa.max(R::one());
        let saturated = Saturated {
            p_total_pa,
            dry_cp_j_mol_k: inlet.dry_cp_j_mol_k.max(R::one()),
            t_zero_k: t_c,
            l_zero_j_mol: vaporisation_j_mol(t_c),
        };

        // Coolant temperature between the wet and the dry part.
        let t_dew = dew_point_k(x_in / (x_in + 1.0) * p_total_pa).min(t_in).max(t_c);
        let wet_k = t_dew - t_c;
        let dry_k = t_in - t_dew;
        let h_in = saturated.enthalpy_j_mol(t_in, x_in);
        let (h_c, slope_c) = saturated.at_with_slope(t_c);
        let chord_k = wet_k.max(R::splat(LEAST_CHORD_K));
        let c_s = (saturated.at(t_c + chord_k) - h_c) / chord_k;

        // Part-wet coil: Newton from above for the ratio r of the temperature differences.
        let per_coolant = n / coolant;
        let a_dry = away_from_zero(R::one() - c_p * per_coolant);
        let a_wet = away_from_zero(c_s * per_coolant - 1.0);
        let (per_a_dry, per_a_wet) = (R::one() / a_dry, R::one() / a_wet);
        let u = (wet_k * per_dry_mol / (c_p * dry_k.max(R::splat(TINY)))).max(R::splat(1e-12));
        let r_wet = exponential_growth(a_wet, per_a_wet, ntu) / u;
        let r_dry = exponential_growth(a_dry, per_a_dry, ntu) + 1.0;
        let mut r = r_dry.min(r_wet).max(R::one());
        for _ in 0..NEWTON_STEPS {
            let (dry, length_dry) = logarithmic_length(a_dry, per_a_dry, r - 1.0);
            let (wet, length_wet) = logarithmic_length(a_wet, per_a_wet, u * r);
            // r/(1 + step) with step = excess/(r·slope), slope = 1/dry + u/wet.
            let excess = R::zero().max(length_dry + length_wet - ntu);
            let weight = r * (wet + u * dry);
            r = (r * weight / (weight + excess * dry * wet)).max(R::one());
        }
        let t_b_part = t_dew + dry_k / r;
        let h_b_part = h_in - c_p * (t_in - t_b_part);
        let h_out_part = h_b_part - wet_k * per_dry_mol;
        let ntu_wet_part = R::zero().max(ntu - logarithmic_length(a_dry, per_a_dry, r - 1.0).1);

        // Coil wet all over: the coolant leaves below the dew point; chord to where it leaves.
        let first = effectiveness_of_stream(ntu, a_wet + 1.0) * (h_in - h_c);
        let rise_k = (first / per_dry_mol).clamp(R::splat(LEAST_CHORD_K), chord_k);
        let c_s_full = (saturated.at(t_c + rise_k) - h_c) / rise_k;
        let full = effectiveness_of_stream(ntu, c_s_full * per_coolant) * (h_in - h_c);

        let all_wet = r_wet.le(R::one());
        let h_b = R::select(all_wet, h_in, h_b_part);
        let t_b = R::select(all_wet, t_in, t_b_part);
        let ntu_wet = R::select(all_wet, ntu, ntu_wet_part);
        let h_out = R::select(all_wet, h_in - full, h_out_part);

        // Temperature of saturated air of the outlet's enthalpy: parabola through slope and chord,
        // then a Newton step, which ends on the warm side because the curve is convex.
        let above = h_out - h_c;
        let bend = (c_s - slope_c) / chord_k;
        let root = R::zero().max(slope_c * slope_c + bend * above * 4.0).sqrt();
        let guess_k = t_c + above * 2.0 / (slope_c + root);
        let (h_guess, slope) = saturated.at_with_slope(guess_k);
        let t_sat = guess_k - (h_guess - h_out) / slope;
        // Line from T_b to the mean surface state.
        let kept = exp(-ntu_wet.min(R::splat(EXPONENT_LIMIT)));
        let h_surface = h_b - (h_b - h_out) / (R::one() - kept).max(R::splat(TINY));
        let t_surface = t_sat - (h_out - h_surface) / slope;
        let t_line = t_surface + (t_b - t_surface) * kept;
        // At constant humidity the same enthalpy is reached without condensation.
        let t_dry = t_in - (h_in - h_out) / c_p;
        let t_wet = t_sat.max(t_line);
        let t_coil = t_wet.max(t_dry).clamp(t_in.min(t_c), t_in.max(t_c));
        let vapour = (h_out - saturated.dry_cp_j_mol_k * (t_coil - t_c))
            / (saturated.l_zero_j_mol + (t_coil - t_c) * CP_H2O_VAPOUR_J_MOL_K);

        // Without air or coolant the state does not change.
        let runs = inlet.coolant_w_k.gt(R::splat(1e-6)) & (n_dry * fraction).gt(R::splat(1e-6));
        let t_coil = R::select(runs, t_coil, t_in);
        let flow = n_dry * fraction;
        let condensed = (x_in - vapour).clamp(R::zero(), x_in) * flow;
        // Nothing condenses on a dry coil, not even the rounding of the two temperatures.
        let condenses = runs & t_wet.gt(t_dry + 1e-9);
        let condensate = R::select(condenses, condensed, R::zero()).min(n_h2o);

        // Mix with the bypass and draw up the balance on the ledger's reference.
        let h2o_out = n_h2o - condensate;
        let coil_h2o = R::zero().max(n_h2o * fraction - condensate);
        let coil_w_k = flow * saturated.dry_cp_j_mol_k + coil_h2o * CP_H2O_VAPOUR_J_MOL_K;
        let total_w_k = n_dry * saturated.dry_cp_j_mol_k + h2o_out * CP_H2O_VAPOUR_J_MOL_K;
        let share = coil_w_k / total_w_k.max(R::splat(1e-12));
        let t_mixed = t_in - share * (t_in - t_coil);

        let h_vapour = HF_J_MOL[Gas::H2o as usize];
        let vapour_j_mol = |t: R| (t - T_REF_K) * CP_H2O_VAPOUR_J_MOL_K + h_vapour;
        let liquid_j_mol = (t_coil - T_REF_K) * CP_H2O_LIQUID_J_MOL_K + HF_H2O_LIQUID_J_MOL;
        let q_dry = n_dry * saturated.dry_cp_j_mol_k * (t_in - t_mixed);
        let q_kept = h2o_out * CP_H2O_VAPOUR_J_MOL_K * (t_in - t_mixed);
        let q_coolant = q_dry + q_kept + condensate * (vapour_j_mol(t_in) - liquid_j_mol);
        CoilOutlet {
            t_air_k: t_mixed,
            t_coil_k: t_coil,
            ndot_h2o_mol_s: h2o_out,
            condensate_mol_s: condensate,
            q_coolant_w: q_coolant,
            q_latent_w: condensate * vaporisation_j_mol(t_coil),
            t_coolant_out_k: t_c + R::select(runs, q_coolant / coolant, R::zero()),
            coil_fraction: fraction,
        }
    }
}

/// Shortest span that the slope of saturated enthalpy is taken over, K; shorter ones lose digits.
const LEAST_CHORD_K: f64 = 1e-3;

/// Newton steps for the border of the wet part.
const NEWTON_STEPS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::R_J_MOL_K;
    use crate::number::F64x8;
    use proptest::prelude::*;

    fn air(t_air_c: f64, dew_c: f64, p_pa: f64, m3_s: f64) -> CoilInlet<f64> {
        let n = p_pa * m3_s / (R_J_MOL_K * (t_air_c + 273.15));
        let share = saturation_pressure_pa(dew_c + 273.15) / p_pa;
        CoilInlet {
            ndot_dry_mol_s: n * (1.0 - share),
            ndot_h2o_mol_s: n * share,
            dry_molar_mass_kg_mol: 28.96e-3,
            dry_cp_j_mol_k: 29.17,
            p_total_pa: p_pa,
            t_air_k: t_air_c + 273.15,
            coolant_w_k: 300.0,
            t_coolant_k: 279.0,
        }
    }

    fn with_coolant(mut inlet: CoilInlet<f64>, g_s: f64, t_c: f64) -> CoilInlet<f64> {
        inlet.coolant_w_k = g_s * 1e-3 * 4_186.0;
        inlet.t_coolant_k = t_c + 273.15;
        inlet
    }

    /// PFT-ISSA-9610 points 1 to 3 of PFT-ISSA-9610.
    const POINTS: [[f64; 9]; 3] = [
        [6.44, 18.16, 13.06, 40.0, 145.15, 284.86, 284.53, 1.483, 3_002.0],
        [5.61, 18.01, 12.81, 5.0, 74.27, 283.82, 288.84, 1.932, 3_134.0],
        [5.72, 20.81, 14.65, 5.0, 75.13, 284.99, 291.03, 1.978, 3_824.0],
    ];

    fn kg_h(mol_s: f64) -> f64 {
        mol_s * M_H2O_KG_MOL * 3_600.0
    }

    #[test]
    fn proto_flight_points_1_to_3() {
        for (k, p) in POINTS.iter().enumerate() {
            let inlet = with_coolant(air(p[1], p[2], 101_325.0, CCAA_AIR_FLOW_M3_S), p[4], p[0]);
            let out = CondensingCoil::ccaa().run(&inlet, p[3]);
            let condensate = kg_h(out.condensate_mol_s) / p[7] - 1.0;
            let heat = out.q_coolant_w / p[8] - 1.0;
            let (air, coolant) = (out.t_air_k - p[5], out.t_coolant_out_k - p[6]);
            let n = k + 1;
            println!("{n}: air {air:+.2} K, coolant {coolant:+.2} K");
            println!("   condensate {condensate:+.3}, heat {heat:+.3}, {:.3}", out.coil_fraction);
            assert!(air.abs() < 1.0, "{n}: air {air}");
            assert!(coolant.abs() < 1.0, "{n}: coolant {coolant}");
            assert!(condensate.abs() < 0.15, "{n}: condensate {condensate}");
            assert!(heat.abs() < 0.10, "{n}: heat {heat}");
        }
    }

    /// Counterflow coil cut into `parts`, each with its own coolant temperature, solved by shooting.
    /// Same assumptions (Lewis number one, surface at coolant temperature), no shared code.
    fn coil_in_parts(inlet: &CoilInlet<f64>, fraction: f64, parts: usize) -> (f64, f64) {
        let coil = CondensingCoil::<f64>::ccaa();
        let n = inlet.ndot_dry_mol_s * fraction;
        let x_in = inlet.ndot_h2o_mol_s / inlet.ndot_dry_mol_s;
        let kg_s = n * (inlet.dry_molar_mass_kg_mol + x_in * M_H2O_KG_MOL);
        let ua = coil.ua_w_k * (kg_s / coil.mass_flow_reference_kg_s).powf(0.6);
        let c_p = inlet.dry_cp_j_mol_k + x_in * CP_H2O_VAPOUR_J_MOL_K;
        let share = 1.0 - (-ua / (parts as f64 * n * c_p)).exp();
        let march = |t_coolant_out: f64| {
            let (mut t, mut x, mut t_c) = (inlet.t_air_k, x_in, t_coolant_out);
            for _ in 0..parts {
                let p = saturation_pressure_pa(t_c);
                let x_c = p / (inlet.p_total_pa - p);
                let (dt, dx) = (share * (t - t_c), share * (x - x_c).max(0.0));
                t_c -= n * (c_p * dt + dx * vaporisation_j_mol(t_c)) / inlet.coolant_w_k;
                t -= dt;
                x -= dx;
            }
            (t, x, t_c)
        };
        let (mut low, mut high) = (inlet.t_coolant_k, inlet.t_air_k);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if march(middle).2 > inlet.t_coolant_k { high = middle } else { low = middle }
        }
        let (t, x, _) = march(0.5 * (low + high));
        (t, (x_in - x) * n)
    }

    /// Errors of the outlet (K rms, K worst) and of the condensate (kg/h rms) against 400 parts.
    fn errors_against_parts(air_and_dew_c: &[(f64, f64)]) -> (f64, f64, f64) {
        let (mut sum_t, mut sum_m, mut worst_t, mut count) = (0.0, 0.0, 0.0_f64, 0.0);
        for p_pa in [56_500.0, 101_325.0] {
            for (t_air_c, dew_c) in air_and_dew_c {
                for g_s in [50.0, 80.0, 150.0] {
                    for fraction in [0.15, 0.4, 0.7, 0.88] {
                        let inlet = with_coolant(air(*t_air_c, *dew_c, p_pa, 0.2), g_s, 5.5);
                        let out = CondensingCoil::ccaa().run_at_fraction(&inlet, fraction);
                        let (t_k, condensate) = coil_in_parts(&inlet, fraction, 400);
                        worst_t = worst_t.max((out.t_coil_k - t_k).abs());
                        sum_t += (out.t_coil_k - t_k).powi(2);
                        sum_m += kg_h(out.condensate_mol_s - condensate).powi(2);
                        count += 1.0_f64;
                    }
                }
            }
        }
        ((sum_t / count).sqrt(), worst_t, (sum_m / count).sqrt())
    }

    #[test]
    fn agrees_with_a_coil_cut_into_many_parts() {
        let cabin =
            [(18.0, 6.0), (18.0, 12.8), (20.8, 14.6), (22.0, 10.0), (24.0, 14.0), (27.0, 16.0)];
        let (rms_k, worst_k, rms_kg_h) = errors_against_parts(&cabin);
        println!("cabin: {rms_k:.3} K rms, {worst_k:.3} K worst, {rms_kg_h:.4} kg/h rms");
        assert!(rms_k < 0.2 && worst_k < 0.6 && rms_kg_h < 0.03, "{rms_k} {worst_k} {rms_kg_h}");

        let humid = [(22.0, 20.0), (24.0, 22.0), (30.0, 25.0), (30.0, 28.0)];
        let (rms_k, worst_k, rms_kg_h) = errors_against_parts(&humid);
        println!("humid: {rms_k:.3} K rms, {worst_k:.3} K worst, {rms_kg_h:.4} kg/h rms");
        assert!(worst_k < 1.6 && rms_kg_h < 0.15, "{rms_k} {worst_k} {rms_kg_h}");
    }

    fn stream_w(dry: f64, h2o: f64, cp: f64, t_k: f64) -> f64 {
        dry * cp * (t_k - T_REF_K) + h2o * crate::species::enthalpy_j_mol(Gas::H2o, t_k)
    }

    #[test]
    fn valve_law_inverts() {
        let valve = BypassValve::<f64>::ccaa();
        for tenth in 0..=900 {
            let angle = f64::from(tenth) * 0.1;
            let fraction = valve.coil_flow_fraction(angle);
            assert!((valve.angle_deg_for_fraction(fraction) - angle).abs() < 1e-6, "{angle}");
            let x = angle.to_radians();
            let law = 0.88 * x.cos() / (x.cos() + 0.58 * x.sin());
            assert!((fraction - law).abs() < 1e-12);
        }
        let least = valve.coil_flow_fraction(BypassValve::<f64>::ANGLE_MAX_DEG);
        assert!((least - 51.0 / 430.0).abs() < 0.005, "{least}");
        assert_eq!(valve.angle_deg_for_fraction(0.0).round(), 90.0);
        assert_eq!(valve.angle_deg_for_fraction(1.0), 0.0);
    }

    #[test]
    fn counterflow_limits() {
        assert!((counterflow_effectiveness(3.0, 1.0) - 0.75_f64).abs() < 1e-5);
        assert!((counterflow_effectiveness(2.0, 0.0) - (1.0 - (-2.0_f64).exp())).abs() < 1e-12);
        let e = (-2.0_f64 * 0.5).exp();
        assert!((counterflow_effectiveness(2.0, 0.5) - (1.0 - e) / (1.0 - 0.5 * e)).abs() < 1e-12);
        assert_eq!(counterflow_heat_w(0.0, 300.0, 100.0, 280.0, 50.0), 0.0);
        assert_eq!(counterflow_heat_w(100.0, 300.0, 0.0, 280.0, 50.0), 0.0);
        assert!(counterflow_heat_w(100.0, 270.0, 80.0, 280.0, 50.0) < 0.0);
    }

    #[test]
    fn nothing_flows_without_air_or_coolant() {
        let coil = CondensingCoil::ccaa();
        let mut no_coolant = air(20.0, 14.0, 101_325.0, 0.2);
        no_coolant.coolant_w_k = 0.0;
        for (inlet, fraction) in [
            (no_coolant, 0.5),
            (air(20.0, 14.0, 101_325.0, 0.0), 0.5),
            (air(20.0, 14.0, 6e4, 0.2), 0.0),
        ] {
            let out = coil.run_at_fraction(&inlet, fraction);
            assert_eq!(out.q_coolant_w, 0.0);
            assert_eq!(out.condensate_mol_s, 0.0);
            assert_eq!(out.t_air_k, inlet.t_air_k);
            assert_eq!(out.t_coolant_out_k, inlet.t_coolant_k);
        }
    }

    #[test]
    fn dry_and_warm_coils_are_plain_counterflow() {
        let coil = CondensingCoil::<f64>::ccaa();
        for (dew_c, coolant_c) in [(2.0, 6.0), (12.0, 35.0)] {
            let inlet = with_coolant(air(22.0, dew_c, 101_325.0, 0.2), 100.0, coolant_c);
            let out = coil.run_at_fraction(&inlet, 0.8);
            let n = inlet.ndot_dry_mol_s * 0.8;
            let x = inlet.ndot_h2o_mol_s / inlet.ndot_dry_mol_s;
            let kg_s = n * (inlet.dry_molar_mass_kg_mol + x * M_H2O_KG_MOL);
            let ua = coil.ua_w_k * (kg_s / coil.mass_flow_reference_kg_s).powf(0.6);
            let air_w_k = n * (inlet.dry_cp_j_mol_k + x * CP_H2O_VAPOUR_J_MOL_K);
            let q = counterflow_heat_w(
                air_w_k,
                inlet.t_air_k,
                inlet.coolant_w_k,
                inlet.t_coolant_k,
                ua,
            );
            assert_eq!(out.condensate_mol_s, 0.0);
            assert!((out.q_coolant_w / q - 1.0).abs() < 1e-6, "{} {q}", out.q_coolant_w);
        }
    }

    /// A dew point 0.04 K above the coolant once let the coil fall below the coolant's temperature.
    #[test]
    fn dew_point_just_above_the_coolant() {
        let inlet = with_coolant(air(12.314, 3.458, 30_000.0, 0.2), 95.0, 3.417);
        let out = CondensingCoil::ccaa().run(&inlet, 83.06);
        assert!(out.t_coil_k >= inlet.t_coolant_k && out.t_coil_k <= inlet.t_air_k, "{out:?}");
        assert!(out.condensate_mol_s >= 0.0);
    }

    #[test]
    fn outlet_is_continuous() {
        // From a dry coil through a part-wet to a wet one, in small steps.
        let coil = CondensingCoil::ccaa();
        for (g_s, fraction) in [(60.0, 0.88), (150.0, 0.3), (90.0, 0.6)] {
            let at = |dew_c: f64| {
                let inlet = with_coolant(air(20.0, dew_c, 70_000.0, 0.2), g_s, 5.0);
                let out = coil.run_at_fraction(&inlet, fraction);
                [out.t_air_k, out.condensate_mol_s * 100.0, out.q_coolant_w * 1e-3]
            };
            let mut before = at(0.0);
            for i in 1..=20_000 {
                let now = at(f64::from(i) * 0.001);
                for k in 0..3 {
                    assert!((now[k] - before[k]).abs() < 5e-3, "{i} {k} {now:?} {before:?}");
                }
                before = now;
            }
        }
    }

    #[test]
    fn lanes_agree() {
        let inlets: Vec<CoilInlet<f64>> = (0..8)
            .map(|i| {
                let i = f64::from(i);
                with_coolant(air(15.0 + 2.0 * i, 14.0 - i, 4e4 + 8e3 * i, 0.2), 20.0 * i, 5.0)
            })
            .collect();
        let pack = |f: fn(&CoilInlet<f64>) -> f64| F64x8::from_lanes(|i| f(&inlets[i]));
        let wide = CondensingCoil::<F64x8>::ccaa().run(
            &CoilInlet {
                ndot_dry_mol_s: pack(|x| x.ndot_dry_mol_s),
                ndot_h2o_mol_s: pack(|x| x.ndot_h2o_mol_s),
                dry_molar_mass_kg_mol: pack(|x| x.dry_molar_mass_kg_mol),
                dry_cp_j_mol_k: pack(|x| x.dry_cp_j_mol_k),
                p_total_pa: pack(|x| x.p_total_pa),
                t_air_k: pack(|x| x.t_air_k),
                coolant_w_k: pack(|x| x.coolant_w_k),
                t_coolant_k: pack(|x| x.t_coolant_k),
            },
            F64x8::splat(31.0),
        );
        for (i, inlet) in inlets.iter().enumerate() {
            let one = CondensingCoil::<f64>::ccaa().run(inlet, 31.0);
            assert_eq!(wide.t_air_k.lane(i).to_bits(), one.t_air_k.to_bits());
            assert_eq!(wide.condensate_mol_s.lane(i).to_bits(), one.condensate_mol_s.to_bits());
            assert_eq!(wide.q_coolant_w.lane(i).to_bits(), one.q_coolant_w.to_bits());
        }
    }

    proptest! {
        #[test]
        fn energy_and_water_close_exactly(
            t_air in 5.0..40.0_f64, below in 0.0..20.0_f64, p in 3e4..1.05e5_f64,
            g_s in 0.0..200.0_f64, t_c in 1.0..45.0_f64, angle in 0.0..90.0_f64,
        ) {
            let inlet = with_coolant(air(t_air, t_air - below, p, 0.2), g_s, t_c);
            let out = CondensingCoil::ccaa().run(&inlet, angle);
            let (dry, cp) = (inlet.ndot_dry_mol_s, inlet.dry_cp_j_mol_k);
            let h_in = stream_w(dry, inlet.ndot_h2o_mol_s, cp, inlet.t_air_k);
            let h_out = stream_w(dry, out.ndot_h2o_mol_s, cp, out.t_air_k);
            let liquid = HF_H2O_LIQUID_J_MOL + CP_H2O_LIQUID_J_MOL_K * (out.t_coil_k - T_REF_K);
            let residual = h_in - h_out - out.condensate_mol_s * liquid - out.q_coolant_w;
            prop_assert!(residual.abs() <= 1e-11 * h_in.abs(), "{residual}");
            prop_assert_eq!(inlet.ndot_h2o_mol_s - out.condensate_mol_s, out.ndot_h2o_mol_s);
            let warmed = (out.t_coolant_out_k - inlet.t_coolant_k) * inlet.coolant_w_k;
            prop_assert!((warmed - out.q_coolant_w).abs() <= 1e-9 * (1.0 + out.q_coolant_w.abs()));
        }

        #[test]
        fn outlet_is_bounded(
            t_air in 10.0..35.0_f64, below in 0.0..25.0_f64, p in 3e4..1.05e5_f64,
            g_s in 0.0..200.0_f64, t_c in 1.0..15.0_f64, angle in 0.0..90.0_f64,
        ) {
            let inlet = with_coolant(air(t_air, t_air - below, p, 0.2), g_s, t_c);
            let out = CondensingCoil::ccaa().run(&inlet, angle);
            let (cold, warm) =
                (inlet.t_air_k.min(inlet.t_coolant_k), inlet.t_air_k.max(inlet.t_coolant_k));
            prop_assert!(out.condensate_mol_s >= 0.0);
            prop_assert!(out.t_coil_k >= cold - 1e-9 && out.t_coil_k <= warm + 1e-9);
            prop_assert!(out.t_air_k >= cold - 1e-9 && out.t_air_k <= warm + 1e-9);
            prop_assert!(out.t_coolant_out_k >= cold - 1e-6, "{}", out.t_coolant_out_k - cold);
            prop_assert!(out.t_coolant_out_k <= warm + 1e-6, "{}", out.t_coolant_out_k - warm);
            let coil_h2o = inlet.ndot_h2o_mol_s * out.coil_fraction - out.condensate_mol_s;
            let coil_dry = inlet.ndot_dry_mol_s * out.coil_fraction;
            let p_h2o = coil_h2o / (coil_h2o + coil_dry).max(1e-30) * p;
            prop_assert!(p_h2o <= saturation_pressure_pa(out.t_coil_k) * (1.0 + 1e-6));
        }

        #[test]
        fn finite_in_finite_out(
            dry in -1.0..1e3_f64, h2o in -1.0..1e3_f64, molar in -1.0..1.0_f64,
            cp in -10.0..100.0_f64, p in -1e5..1e6_f64, t in 0.0..600.0_f64,
            coolant in -10.0..1e6_f64, t_c in 0.0..600.0_f64, angle in -100.0..400.0_f64,
        ) {
            let inlet = CoilInlet {
                ndot_dry_mol_s: dry, ndot_h2o_mol_s: h2o, dry_molar_mass_kg_mol: molar,
                dry_cp_j_mol_k: cp, p_total_pa: p, t_air_k: t, coolant_w_k: coolant,
                t_coolant_k: t_c,
            };
            let out = CondensingCoil::ccaa().run(&inlet, angle);
            for value in [
                out.t_air_k, out.t_coil_k, out.ndot_h2o_mol_s, out.condensate_mol_s,
                out.q_coolant_w, out.q_latent_w, out.t_coolant_out_k, out.coil_fraction,
            ] {
                prop_assert!(value.is_finite(), "{out:?}");
            }
            prop_assert!(out.condensate_mol_s >= 0.0 && out.ndot_h2o_mol_s >= 0.0);
        }

        #[test]
        fn counterflow_is_finite_and_within_the_inlets(
            hot in 0.0..1e6_f64, cold in 0.0..1e6_f64, a in 100.0..600.0_f64,
            b in 100.0..600.0_f64, ua in -1.0..1e9_f64,
        ) {
            let q = counterflow_heat_w(hot, a, cold, b, ua);
            prop_assert!(q.is_finite());
            prop_assert!(q.abs() <= hot.min(cold) * (a - b).abs() * (1.0 + 1e-12));
            prop_assert!(counterflow_effectiveness(ua, hot) <= 1.0);
        }
    }
}

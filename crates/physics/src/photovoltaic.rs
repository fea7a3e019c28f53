//! Photovoltaic array: what a square metre makes of sunlight, and how warm it gets.
//!
//! Not here: shadow and the horizon ([`crate::sun`]), strings that fail and dust that settles
//! (`habitat`), the bus.

use crate::constants::STEFAN_BOLTZMANN_W_M2_K4;
use crate::number::Real;

/// Temperature of the rated efficiency, K (28 °C). Convention of space solar-cell data sheets.
pub const RATED_T_K: f64 = 301.15;

/// A square metre of array.
///
/// # Equation
/// ```text
/// absorbed  a = α·G·max(0, cos θ)·(1 − dust)
/// electric  p = η(T)·f_string·G·max(0, cos θ)·(1 − dust)
/// η(T) = η_r·f_area·max(0, 1 − β·(T − 301.15 K))
/// emitted   a − p = (ε_f + ε_b)·σ·T⁴ − ε_f·σ·T_f⁴ − ε_b·σ·T_b⁴
///   G            irradiance on a plane that faces the sun      [W/m2]
///   θ            angle between the sun and the panel's normal  [rad]
///   T_f, T_b     what front and back see                       [K]
/// ```
/// # Source
/// Energy balance of a plate that radiates from both faces; efficiency linear in temperature. Absorptance
/// and emittance of a cell under fused silica: Lunar Base Handbook, 2nd ed., Table 11.1
/// (reference §5).
/// # Parameters
/// | parameter | default | range | source |
/// |---|---|---|---|
/// | `efficiency` | 0.295 | 0.29–0.32 | RECALLED triple junction, begin of life, AM0 (§4): assumed |
/// | `area_fraction` | 0.93 | 0.85–0.95 | cells per panel area: assumed |
/// | `temperature_coefficient_per_k` | 2.0e-3 | 1.5e-3–3e-3 | share of the rated efficiency per kelvin: assumed |
/// | `string_factor` | 0.95 | 0.92–0.98 | mismatch, diodes, wiring, point of operation: assumed |
/// | `absorptance` | 0.805 | 0.75–0.92 | Table 11.1 |
/// | `emittance_front` | 0.825 | 0.80–0.86 | Table 11.1 |
/// | `emittance_back` | 0.85 | 0.75–0.90 | white paint of Table 11.1 |
///
/// A dust factor of 0.02 goes with the reference habitat: 70 m2 that track the sun then make 24 kW at 1 AU.
/// # Simplifications
/// No heat capacity: a panel of 3 kg/m2 settles in minutes. Light from the ground is left out. The cell
/// works at its point of most power; what the bus does not take is made heat by the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel<R> {
    /// η_r, efficiency of a cell at 301.15 K, 1.
    pub efficiency: R,
    /// f_area, cell area per panel area, 1.
    pub area_fraction: R,
    /// β, loss of rated efficiency per kelvin, 1/K.
    pub temperature_coefficient_per_k: R,
    /// f_string, 1.
    pub string_factor: R,
    /// α, 1.
    pub absorptance: R,
    /// ε_f, 1.
    pub emittance_front: R,
    /// ε_b, 1.
    pub emittance_back: R,
}

/// What falls on a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanelLight<R> {
    /// G, irradiance on a plane that faces the sun, W/m2.
    pub direct_w_m2: R,
    /// cos θ; negative where the sun is behind the panel.
    pub incidence_cosine: R,
    /// Share of the light that dust keeps, 0 to 1.
    pub dust_fraction: R,
    /// T_f, temperature of what the front sees, K; 3 for the sky.
    pub t_front_sink_k: R,
    /// T_b, temperature of what the back sees, K.
    pub t_back_sink_k: R,
}

/// What a square metre of panel does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanelState<R> {
    /// Electric power at the string's terminals, W/m2.
    pub electric_w_m2: R,
    /// Light absorbed, W/m2.
    pub absorbed_w_m2: R,
    /// Net heat radiated from both faces, W/m2: absorbed less electric.
    pub radiated_w_m2: R,
    /// Temperature of the cells, K.
    pub t_cell_k: R,
}

impl<R: Real> Panel<R> {
    /// Newton steps on the temperature.
    const STEPS: usize = 4;

    /// The panel of the reference habitat; see the table of [`Panel`].
    #[must_use]
    pub fn triple_junction() -> Self {
        Self {
            efficiency: R::splat(0.295),
            area_fraction: R::splat(0.93),
            temperature_coefficient_per_k: R::splat(2.0e-3),
            string_factor: R::splat(0.95),
            absorptance: R::splat(0.805),
            emittance_front: R::splat(0.825),
            emittance_back: R::splat(0.85),
        }
    }

    /// Return power and temperature of a square metre of panel.
    ///
    /// # Equation
    /// See [`Panel`]. The temperature starts at the closed form ((a − p(T_r) + sinks)/((ε_f + ε_b)·σ))^¼
    /// and takes four Newton steps on the balance, which is convex and rising in T.
    /// # Source
    /// See [`Panel`].
    /// # Valid range
    /// 0 to 1.5 kW/m2, sinks 3 K to 400 K. The balance then closes to 1e-9 of the absorbed light.
    /// # Outside the range
    /// Negative light counts as none, a dust share is clamped to 0 … 1, the temperature stays within 3 K … 2000 K and
    /// the sum of the emittances above 0.01. Electric power is never negative nor above the absorbed light.
    /// # Conserves
    /// Absorbed = electric + radiated to rounding, whatever the temperature. The light that is reflected and kept by dust never enters.
    /// # Examples
    /// ```
    /// # use lunar_habitat_physics as physics;
    /// use physics::photovoltaic::{Panel, PanelLight};
    /// let light = PanelLight {
    ///     direct_w_m2: 1_361.0, incidence_cosine: 1.0, dust_fraction: 0.02,
    ///     t_front_sink_k: 3.0, t_back_sink_k: 3.0,
    /// };
    /// let p_w = 70.0 * Panel::triple_junction().run(&light).electric_w_m2;
    /// assert!((p_w / 24e3 - 1.0_f64).abs() < 0.03);
    /// ```
    /// # Tests
    /// `reference_array`, `balance_closes`, `efficiency_falls_with_temperature`, `finite_in_finite_out`.
    #[inline(always)]
    #[must_use]
    pub fn run(&self, light: &PanelLight<R>) -> PanelState<R> {
        let zero = R::zero();
        let clean = R::one() - light.dust_fraction.clamp(zero, R::one());
        let flux = zero.max(light.direct_w_m2).min(R::splat(1e9))
            * light.incidence_cosine.clamp(zero, R::one())
            * clean;
        let absorbed = flux * self.absorptance.clamp(zero, R::one());
        let rated = flux * zero.max(self.efficiency * self.area_fraction * self.string_factor);
        let beta = zero.max(self.temperature_coefficient_per_k);
        let electric_at = |t_k: R| {
            let share = zero.max(R::one() - beta * (t_k - RATED_T_K));
            (rated * share).min(absorbed)
        };
        let fourth = |t_k: R| {
            let t = t_k.clamp(zero, R::splat(2_000.0));
            (t * t) * (t * t)
        };
        let (front, back) = (
            zero.max(self.emittance_front) * STEFAN_BOLTZMANN_W_M2_K4,
            zero.max(self.emittance_back) * STEFAN_BOLTZMANN_W_M2_K4,
        );
        let both = (front + back).max(R::splat(0.01 * STEFAN_BOLTZMANN_W_M2_K4));
        let sinks = front * fourth(light.t_front_sink_k) + back * fourth(light.t_back_sink_k);
        let (coldest, warmest) = (R::splat(3.0), R::splat(2_000.0));
        let start = (absorbed - electric_at(R::splat(RATED_T_K)) + sinks) / both;
        let mut t_k = start.sqrt().sqrt().clamp(coldest, warmest);
        for _ in 0..Self::STEPS {
            let residual = absorbed + sinks - electric_at(t_k) - both * fourth(t_k);
            let slope = both * t_k * t_k * t_k * 4.0 - rated * beta;
            t_k = (t_k + residual / slope.max(both * 4.0 * 27.0)).clamp(coldest, warmest);
        }
        let electric = electric_at(t_k);
        PanelState {
            electric_w_m2: electric,
            absorbed_w_m2: absorbed,
            radiated_w_m2: absorbed - electric,
            t_cell_k: t_k,
        }
    }
}

/// Return the cosine of the angle between the sun and the normal of a panel.
///
/// # Equation
/// ```text
/// cos θ = s · n       with both as unit vectors of east, north, up
/// ```
/// # Source
/// Definition.
/// # Valid range
/// Unit vectors. A panel that tracks in two axes has 1; a vertical panel that tracks about its mast has
/// the length of the horizontal part of `sun`, see [`mast_tracking_cosine`].
/// # Outside the range
/// The result is clamped to −1 … 1.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `incidence_of_fixed_and_tracking_panels`.
#[inline(always)]
#[must_use]
pub fn incidence_cosine<R: Real>(sun: [R; 3], normal: [R; 3]) -> R {
    let dot = sun[0] * normal[0] + sun[1] * normal[1] + sun[2] * normal[2];
    dot.clamp(-R::one(), R::one())
}

/// Return the incidence cosine of a vertical panel that turns about its mast, 0 to 1.
///
/// # Equation
/// ```text
/// cos θ = √(east² + north²) = cos(elevation)
/// ```
/// # Source
/// Definition; the array of the reference habitat tracks so, and at a pole loses less than 0.1 %.
/// # Valid range
/// A unit vector.
/// # Outside the range
/// The result is clamped to 0 … 1.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `incidence_of_fixed_and_tracking_panels`.
#[inline(always)]
#[must_use]
pub fn mast_tracking_cosine<R: Real>(sun: [R; 3]) -> R {
    let level = sun[0] * sun[0] + sun[1] * sun[1];
    level.clamp(R::zero(), R::one()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use crate::sun::{SOLAR_CONSTANT_W_M2, SunCourse};
    use proptest::prelude::*;

    fn light(direct_w_m2: f64, sink_k: f64) -> PanelLight<f64> {
        PanelLight {
            direct_w_m2,
            incidence_cosine: 1.0,
            dust_fraction: 0.02,
            t_front_sink_k: 3.0,
            t_back_sink_k: sink_k,
        }
    }

    #[test]
    fn reference_array() {
        let panel = Panel::triple_junction();
        for sink_k in [3.0, 200.0] {
            let state = panel.run(&light(SOLAR_CONSTANT_W_M2, sink_k));
            let p_w = 70.0 * state.electric_w_m2;
            assert!((p_w / 24e3 - 1.0).abs() < 0.03, "{p_w} {state:?}");
            assert!((280.0..330.0).contains(&state.t_cell_k), "{state:?}");
        }
    }

    #[test]
    fn dark_panel_takes_the_temperature_of_its_sinks() {
        let panel = Panel::triple_junction();
        let mut dark = light(0.0, 150.0);
        dark.t_front_sink_k = 150.0;
        let state = panel.run(&dark);
        assert_eq!(state.electric_w_m2, 0.0);
        assert!((state.t_cell_k - 150.0).abs() < 1e-9, "{state:?}");
    }

    #[test]
    fn efficiency_falls_with_temperature() {
        let panel = Panel::triple_junction();
        let (cold, warm) = (panel.run(&light(1_361.0, 3.0)), panel.run(&light(1_361.0, 330.0)));
        assert!(warm.t_cell_k > cold.t_cell_k + 20.0);
        let share = 1.0 - (warm.electric_w_m2 / cold.electric_w_m2);
        assert!((share / (2e-3 * (warm.t_cell_k - cold.t_cell_k)) - 1.0).abs() < 0.05);
    }

    #[test]
    fn incidence_of_fixed_and_tracking_panels() {
        let noon = SunCourse::at_latitude_deg(-89.45).position(0.0);
        // A vertical panel that looks north faces the noon sun at the south pole.
        let north: f64 = incidence_cosine(noon.direction, [0.0, 1.0, 0.0]);
        assert!((north - 1.0).abs() < 1e-3);
        assert!((incidence_cosine(noon.direction, [0.0, -1.0, 0.0]) + north).abs() < 1e-15);
        assert!(mast_tracking_cosine(noon.direction) > 0.999);
        assert_eq!(mast_tracking_cosine([0.0, 0.0, 1.0]), 0.0);
        assert_eq!(incidence_cosine([0.0, 0.0, 1.0], [0.0, 0.0, 1.0]), 1.0);
    }

    #[test]
    fn lanes_agree() {
        let lights: Vec<PanelLight<f64>> =
            (0..8).map(|i| light(180.0 * f64::from(i), 30.0 * f64::from(i))).collect();
        let pack = |f: fn(&PanelLight<f64>) -> f64| F64x8::from_lanes(|i| f(&lights[i]));
        let wide = Panel::<F64x8>::triple_junction().run(&PanelLight {
            direct_w_m2: pack(|x| x.direct_w_m2),
            incidence_cosine: pack(|x| x.incidence_cosine),
            dust_fraction: pack(|x| x.dust_fraction),
            t_front_sink_k: pack(|x| x.t_front_sink_k),
            t_back_sink_k: pack(|x| x.t_back_sink_k),
        });
        for (i, light) in lights.iter().enumerate() {
            let one = Panel::<f64>::triple_junction().run(light);
            assert_eq!(wide.electric_w_m2.lane(i).to_bits(), one.electric_w_m2.to_bits());
            assert_eq!(wide.t_cell_k.lane(i).to_bits(), one.t_cell_k.to_bits());
        }
    }

    proptest! {
        #[test]
        fn balance_closes(
            g in 0.0..1_500.0_f64, cosine in -1.0..1.0_f64, dust in 0.0..1.0_f64,
            front in 3.0..400.0_f64, back in 3.0..400.0_f64,
        ) {
            let state = Panel::triple_junction().run(&PanelLight {
                direct_w_m2: g, incidence_cosine: cosine, dust_fraction: dust,
                t_front_sink_k: front, t_back_sink_k: back,
            });
            let left = state.absorbed_w_m2 - state.electric_w_m2 - state.radiated_w_m2;
            prop_assert!(left.abs() <= 1e-15 * state.absorbed_w_m2);
            prop_assert!(state.electric_w_m2 >= 0.0 && state.electric_w_m2 <= state.absorbed_w_m2);
            let sigma = STEFAN_BOLTZMANN_W_M2_K4;
            let emitted = sigma * (1.675 * state.t_cell_k.powi(4)
                - 0.825 * front.powi(4) - 0.85 * back.powi(4));
            let scale = state.absorbed_w_m2 + sigma * (front.powi(4) + back.powi(4));
            prop_assert!(
                (emitted - state.radiated_w_m2).abs() <= 1e-9 * scale, "{} {:?}", emitted, state
            );
        }

        #[test]
        fn finite_in_finite_out(
            g in any::<f64>(), cosine in any::<f64>(), dust in any::<f64>(),
            front in any::<f64>(), back in any::<f64>(), beta in any::<f64>(), e in -1.0..2.0_f64,
        ) {
            prop_assume!([g, cosine, dust, front, back, beta].iter().all(|x| x.is_finite()));
            let panel = Panel { temperature_coefficient_per_k: beta, emittance_back: e,
                ..Panel::triple_junction() };
            let state = panel.run(&PanelLight {
                direct_w_m2: g, incidence_cosine: cosine, dust_fraction: dust,
                t_front_sink_k: front, t_back_sink_k: back,
            });
            for x in [state.electric_w_m2, state.absorbed_w_m2, state.radiated_w_m2, state.t_cell_k] {
                prop_assert!(x.is_finite() && x >= 0.0, "{:?}", state);
            }
        }
    }
}

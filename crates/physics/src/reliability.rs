//! How often units fail: mean times between failures, hazard, and the threshold that a hazard must pass.
//!
//! Not here: random draws, failure modes, repair and spares (`habitat`).

use crate::constants::DAY_S;
use crate::math::{exp, ln, pow};
use crate::number::Real;

/// Factor by which units fail more often in service than predicted, 1. Design of the reference habitat; 14 of
/// 20 tracked units did worse than predicted (reference §3.7).
pub const FIELD_FACTOR: f64 = 3.0;

/// A replaceable part of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplaceablePart {
    /// What it is.
    pub name: &'static str,
    /// Predicted mean time between failures of one, d.
    pub mtbf_d: f64,
    /// How many the unit has; all are needed.
    pub count: f64,
    /// Time after which it is replaced in any case, d; 0 where none is stated.
    pub life_d: f64,
}

const fn part(name: &'static str, mtbf_d: f64, count: f64, life_d: f64) -> ReplaceablePart {
    ReplaceablePart { name, mtbf_d, count, life_d }
}

/// Parts of the oxygen generator. Reference §3.7 (HABNET, 2015), as all tables here.
pub const OGA_PARTS: [ReplaceablePart; 7] = [
    part("hydrogen sensor", 2_577.0, 1.0, 91.0),
    part("inlet deioniser bed", 12_362.0, 1.0, 0.0),
    part("nitrogen purge", 5_767.0, 1.0, 0.0),
    part("oxygen outlet", 4_088.0, 1.0, 0.0),
    part("power supply", 1_978.0, 1.0, 0.0),
    part("controller", 4_303.0, 1.0, 0.0),
    part("pump", 6_022.0, 1.0, 0.0),
];

/// Parts of the carbon-dioxide removal unit. Reference §3.7. The source gives six selector valves
/// and no other count; the beds are therefore counted once, though the unit has two of each.
pub const CDRA_PARTS: [ReplaceablePart; 8] = [
    part("air pump", 6_508.0, 1.0, 0.0),
    part("blower", 5_404.0, 1.0, 0.0),
    part("check valve", 1_371.0, 1.0, 0.0),
    part("desiccant bed", 3_212.0, 1.0, 0.0),
    part("heater controller", 10_112.0, 1.0, 0.0),
    part("precooler", 5_404.0, 1.0, 0.0),
    part("selector valve", 4_875.0, 6.0, 0.0),
    part("sorbent bed", 3_212.0, 1.0, 832.0),
];

/// Parts of the cabin-air assembly. Reference §3.7.
pub const CCAA_PARTS: [ReplaceablePart; 5] = [
    part("condensing heat exchanger", 34_692.0, 1.0, 0.0),
    part("inlet", 13_875.0, 1.0, 0.0),
    part("water separator", 5_458.0, 1.0, 0.0),
    part("bypass valve", 1_371.0, 1.0, 0.0),
    part("electrical interface box", 97_917.0, 1.0, 0.0),
];

/// Parts of the urine processor. Reference §3.7.
pub const UPA_PARTS: [ReplaceablePart; 6] = [
    part("distillation assembly", 5_939.0, 1.0, 730.0),
    part("firmware controller", 1_139.0, 1.0, 876.0),
    part("fluids pump", 3_756.0, 1.0, 0.0),
    part("pressure pump", 7_563.0, 1.0, 0.0),
    part("recycle filter tank", 8_318.0, 1.0, 29.2),
    part("separator plumbing", 16_027.0, 1.0, 0.0),
];

/// Parts of the water processor. Reference §3.7.
pub const WPA_PARTS: [ReplaceablePart; 8] = [
    part("catalytic reactor", 1_066.0, 1.0, 821.0),
    part("gas separator", 3_500.0, 1.0, 0.0),
    part("ion exchange bed", 12_363.0, 1.0, 58.0),
    part("multifiltration bed", 12_363.0, 1.0, 131.0),
    part("pump and separator", 1_767.0, 1.0, 0.0),
    part("reactor health sensor", 2_362.0, 1.0, 0.0),
    part("pH adjuster", 5_716.0, 1.0, 0.0),
    part("water delivery", 2_690.0, 1.0, 0.0),
];

/// Parts of the carbon-dioxide reducer. Reference §3.7.
pub const CRA_PARTS: [ReplaceablePart; 6] = [
    part("reactor", 2_083.0, 1.0, 0.0),
    part("condensing heat exchanger", 34_692.0, 1.0, 0.0),
    part("phase separator", 5_458.0, 1.0, 0.0),
    part("valve", 4_875.0, 7.0, 0.0),
    part("controller", 4_303.0, 1.0, 0.0),
    part("compressor", 2_778.0, 1.0, 0.0),
];

/// Parts of the trace contaminant control: as the blower and heater controller of [`CDRA_PARTS`]. Assumed by
/// analogy, as all tables from here on: the source has no figures for these units.
pub const TCCS_PARTS: [ReplaceablePart; 2] =
    [part("blower", 5_404.0, 1.0, 0.0), part("heater controller", 10_112.0, 1.0, 0.0)];

/// Parts of the brine processor: a blower and a heater controller. Assumed by analogy.
pub const BRINE_PROCESSOR_PARTS: [ReplaceablePart; 2] =
    [part("blower", 5_404.0, 1.0, 0.0), part("heater controller", 10_112.0, 1.0, 0.0)];

/// Parts of a regulator of two gases: two valves as those of [`CDRA_PARTS`]. Assumed by analogy.
pub const ACS_PARTS: [ReplaceablePart; 1] = [part("valve", 4_875.0, 2.0, 0.0)];

/// Parts of the fans of a zone: a blower as that of [`CDRA_PARTS`]. Assumed by analogy.
pub const FAN_PARTS: [ReplaceablePart; 1] = [part("blower", 5_404.0, 1.0, 0.0)];

/// Parts of the pump package of a coolant loop: a pump as that of [`OGA_PARTS`]. Assumed by analogy.
pub const PUMP_PARTS: [ReplaceablePart; 1] = [part("pump", 6_022.0, 1.0, 0.0)];

/// Parts of a fuel cell: controller and pump of [`OGA_PARTS`], two valves. Assumed by analogy.
pub const FUEL_CELL_PARTS: [ReplaceablePart; 3] = [
    part("controller", 4_303.0, 1.0, 0.0),
    part("pump", 6_022.0, 1.0, 0.0),
    part("valve", 4_875.0, 2.0, 0.0),
];

/// Parts of an electrolyser: power supply, controller and pump of [`OGA_PARTS`]. Assumed by analogy.
pub const ELECTROLYSER_PARTS: [ReplaceablePart; 3] = [
    part("power supply", 1_978.0, 1.0, 0.0),
    part("controller", 4_303.0, 1.0, 0.0),
    part("pump", 6_022.0, 1.0, 0.0),
];

/// Parts of a battery: a controller as that of [`OGA_PARTS`]. Assumed by analogy.
pub const BATTERY_PARTS: [ReplaceablePart; 1] = [part("controller", 4_303.0, 1.0, 0.0)];

/// Parts of one string of an array: an interface box as that of [`CCAA_PARTS`]. Assumed by analogy.
pub const ARRAY_STRING_PARTS: [ReplaceablePart; 1] = [part("interface box", 97_917.0, 1.0, 0.0)];

/// Parts of a tank that can leak: a valve as those of [`CDRA_PARTS`]. Assumed by analogy.
pub const TANK_PARTS: [ReplaceablePart; 1] = [part("valve", 4_875.0, 1.0, 0.0)];

/// Return the mean time between failures of parts that are all needed, d.
///
/// # Equation
/// ```text
/// MTBF = 1/Σ(n_i/MTBF_i)
/// ```
/// # Source
/// Series system of exponential parts, e.g. Barlow & Proschan (1965), *Mathematical Theory of Reliability*.
/// # Valid range
/// Independent parts; those with a life limit are replaced in time.
/// # Outside the range
/// Without parts, or with none that fails, the largest finite number.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// use physics::reliability::{OGA_PARTS, series_mtbf_d};
/// assert!((series_mtbf_d(&OGA_PARTS) / 558.0 - 1.0).abs() < 0.01);
/// ```
/// # Tests
/// `about_one_failure_in_thirty_days`.
#[must_use]
pub const fn series_mtbf_d(parts: &[ReplaceablePart]) -> f64 {
    let mut rate_per_d = 0.0;
    let mut i = 0;
    while i < parts.len() {
        if parts[i].mtbf_d > 0.0 && parts[i].count > 0.0 {
            rate_per_d += parts[i].count / parts[i].mtbf_d;
        }
        i += 1;
    }
    if rate_per_d > 1e-300 { 1.0 / rate_per_d } else { f64::MAX }
}

/// Predicted mean time between failures of the oxygen generator, d.
pub const OGA_MTBF_D: f64 = series_mtbf_d(&OGA_PARTS);
/// Predicted mean time between failures of the carbon-dioxide removal unit, d.
pub const CDRA_MTBF_D: f64 = series_mtbf_d(&CDRA_PARTS);
/// Predicted mean time between failures of the cabin-air assembly, d.
pub const CCAA_MTBF_D: f64 = series_mtbf_d(&CCAA_PARTS);
/// Predicted mean time between failures of the urine processor, d.
pub const UPA_MTBF_D: f64 = series_mtbf_d(&UPA_PARTS);
/// Predicted mean time between failures of the water processor, d.
pub const WPA_MTBF_D: f64 = series_mtbf_d(&WPA_PARTS);
/// Predicted mean time between failures of the carbon-dioxide reducer, d.
pub const CRA_MTBF_D: f64 = series_mtbf_d(&CRA_PARTS);

/// Mean time between failures of the trace contaminant control, d. Assumed, see [`TCCS_PARTS`].
pub const TCCS_MTBF_D: f64 = series_mtbf_d(&TCCS_PARTS);
/// Mean time between failures of the brine processor, d. Assumed, see [`BRINE_PROCESSOR_PARTS`].
pub const BRINE_PROCESSOR_MTBF_D: f64 = series_mtbf_d(&BRINE_PROCESSOR_PARTS);
/// Mean time between failures of a regulator, d. Assumed, see [`ACS_PARTS`].
pub const ACS_MTBF_D: f64 = series_mtbf_d(&ACS_PARTS);
/// Mean time between failures of the fans of a zone, d. Assumed, see [`FAN_PARTS`].
pub const FAN_MTBF_D: f64 = series_mtbf_d(&FAN_PARTS);
/// Mean time between failures of the pump of a coolant loop, d. Assumed, see [`PUMP_PARTS`].
pub const PUMP_MTBF_D: f64 = series_mtbf_d(&PUMP_PARTS);
/// Mean time between failures of a fuel cell, d. Assumed, see [`FUEL_CELL_PARTS`].
pub const FUEL_CELL_MTBF_D: f64 = series_mtbf_d(&FUEL_CELL_PARTS);
/// Mean time between failures of an electrolyser, d. Assumed, see [`ELECTROLYSER_PARTS`].
pub const ELECTROLYSER_MTBF_D: f64 = series_mtbf_d(&ELECTROLYSER_PARTS);
/// Mean time between failures of a battery, d. Assumed, see [`BATTERY_PARTS`].
pub const BATTERY_MTBF_D: f64 = series_mtbf_d(&BATTERY_PARTS);
/// Mean time between failures of one string of an array, d. Assumed, see [`ARRAY_STRING_PARTS`].
pub const ARRAY_STRING_MTBF_D: f64 = series_mtbf_d(&ARRAY_STRING_PARTS);
/// Mean time between leaks of a tank, d. Assumed, see [`TANK_PARTS`].
pub const TANK_MTBF_D: f64 = series_mtbf_d(&TANK_PARTS);

/// Return the hazard of a unit that fails at a constant rate, 1/s.
///
/// # Equation
/// ```text
/// λ = factor/MTBF
/// ```
/// # Source
/// Exponential law; factor: [`FIELD_FACTOR`] times what the scenario asks for.
/// # Valid range
/// Positive MTBF in days. A unit that is off has no hazard; the caller knows.
/// # Outside the range
/// An MTBF below 1 ms counts as 1 ms, a negative factor as zero.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `about_one_failure_in_thirty_days`, `finite_in_finite_out`.
#[inline(always)]
#[must_use]
pub fn hazard_per_s<R: Real>(mtbf_d: R, factor: R) -> R {
    R::zero().max(factor) / R::splat(1e-3).max(mtbf_d * DAY_S)
}

/// Return the hazard that a unit accumulates while its age goes from `from` to `to` by Weibull's law, 1.
///
/// # Equation
/// ```text
/// ΔH = (to/η)^β − (from/η)^β
///   η   characteristic life, in the unit of the ages
///   β   shape: below 1 early failures, 1 constant rate, above 1 wear
/// ```
/// # Source
/// Weibull (1951), *J. Appl. Mech.* **18**, 293–297. Shapes for these units are not published: assumed.
/// # Valid range
/// 0 ≤ from ≤ to, 0.5 ≤ β ≤ 5.
/// # Outside the range
/// Ages are clamped to 0 … 1e6 η, β to 0.1 … 10; the result is never negative.
/// # Conserves
/// Nothing is moved; increments of adjoining steps add up.
/// # Tests
/// `weibull_adds_up`, `finite_in_finite_out`.
#[inline(always)]
#[must_use]
pub fn weibull_hazard<R: Real>(from: R, to: R, life: R, shape: R) -> R {
    let (zero, many) = (R::zero(), R::splat(1e6));
    let life = R::splat(1e-9).max(life);
    let shape = shape.clamp(R::splat(0.1), R::splat(10.0));
    let at = |age: R| {
        let x = (age / life).clamp(zero, many);
        R::select(x.le(zero), zero, pow(x, shape))
    };
    zero.max(at(to) - at(from))
}

/// Return the accumulated hazard at which a unit fails, from a uniform number: Exp(1).
///
/// # Equation
/// ```text
/// H* = −ln(1 − u)
/// ```
/// # Source
/// Inversion of the exponential distribution: a unit fails when the integral of its hazard passes H*,
/// whatever the course of the hazard.
/// # Valid range
/// 0 ≤ u < 1. A fork that must not foresee draws anew and adds the hazard accumulated so far: Exp(1) has no
/// memory.
/// # Outside the range
/// u is clamped to 0 … 1 − 2^−53, so the largest threshold is 36.7.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `threshold_is_exponential`.
#[inline(always)]
#[must_use]
pub fn failure_threshold<R: Real>(uniform: R) -> R {
    let rest = R::one() - uniform.clamp(R::zero(), R::one());
    R::zero().max(-ln(rest.max(R::splat(1.110_223_024_625_156_5e-16))))
}

/// Return the probability that a unit fails while it accumulates a hazard, 0 to 1.
///
/// # Equation
/// ```text
/// p = 1 − e^(−ΔH)
/// ```
/// # Source
/// Definition of hazard.
/// # Valid range
/// ΔH ≥ 0. For a small ΔH the difference from 1 has an absolute error of 1e-16.
/// # Outside the range
/// A negative hazard counts as zero.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `threshold_is_exponential`.
#[inline(always)]
#[must_use]
pub fn failure_probability<R: Real>(hazard: R) -> R {
    R::one() - exp(-R::zero().max(hazard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn about_one_failure_in_thirty_days() {
        let units = [
            ("OGA", OGA_MTBF_D, 558.3),
            ("CDRA", CDRA_MTBF_D, 312.0),
            ("CCAA", CCAA_MTBF_D, 977.0),
            ("UPA", UPA_MTBF_D, 614.6),
            ("WPA", WPA_MTBF_D, 342.2),
            ("CRA", CRA_MTBF_D, 367.6),
        ];
        let mut failures = 0.0;
        for (name, mtbf_d, want_d) in units {
            println!("{name} {mtbf_d:.1} d");
            assert!((mtbf_d / want_d - 1.0).abs() < 1e-3, "{name} {mtbf_d}");
            failures += hazard_per_s(mtbf_d, FIELD_FACTOR) * 30.0 * DAY_S;
        }
        // Design of the reference habitat: about 1.2.
        assert!((failures - 1.196).abs() < 0.001, "{failures}");
    }

    #[test]
    fn empty_system_never_fails() {
        assert_eq!(series_mtbf_d(&[]), f64::MAX);
        assert_eq!(series_mtbf_d(&[part("none", 0.0, 1.0, 0.0)]), f64::MAX);
        assert!(hazard_per_s(f64::MAX, 3.0_f64) < 1e-300);
    }

    #[test]
    fn threshold_is_exponential() {
        let n = 200_000;
        let all: Vec<f64> =
            (0..n).map(|i| failure_threshold((f64::from(i) + 0.5) / f64::from(n))).collect();
        let mean = all.iter().sum::<f64>() / f64::from(n);
        assert!((mean - 1.0).abs() < 1e-4, "{mean}");
        assert_eq!(failure_threshold(0.0), 0.0);
        assert!((failure_threshold(1.0_f64) - 36.7).abs() < 0.1);
        for h in [0.0, 0.1, 1.0, 5.0_f64] {
            assert!((failure_threshold(failure_probability(h)) - h).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn weibull_adds_up(
            a in 0.0..2.0_f64, b in 0.0..2.0_f64, c in 0.0..2.0_f64, shape in 0.5..5.0_f64,
        ) {
            let (x, y) = (a + b, a + b + c);
            let parts = weibull_hazard(a, x, 1.0, shape) + weibull_hazard(x, y, 1.0, shape);
            let whole = weibull_hazard(a, y, 1.0, shape);
            prop_assert!((parts - whole).abs() <= 1e-12 * y.powf(shape).max(1.0));
            let constant = weibull_hazard(a, x, 4.0, 1.0);
            prop_assert!((constant - b / 4.0).abs() < 1e-14);
        }

        #[test]
        fn finite_in_finite_out(
            a in any::<f64>(), b in any::<f64>(), c in any::<f64>(), d in any::<f64>(),
        ) {
            prop_assume!([a, b, c, d].iter().all(|x| x.is_finite()));
            prop_assert!(weibull_hazard(a, b, c, d).is_finite());
            prop_assert!(hazard_per_s(a, b.min(1e300)).is_finite());
            prop_assert!(failure_threshold(a).is_finite());
            prop_assert!((0.0..=1.0).contains(&failure_probability(a)));
        }
    }
}

//! What air does to people: inspired oxygen, hypoxia, carbon dioxide, pressure, deprivation, fire.
//!
//! Harm is a dose: 0 unharmed, [`DOSE_INCAPACITATED`] incapacitated, [`DOSE_DEAD`] dead. Oxygen
//! (with pressure) and carbon dioxide have a dose each. A dose never falls here; recovery is the
//! caller's rule. Every rule is listed in [`RULES`] with what it rests on: standard, measured or
//! assumed.
//!
//! Not here: averages over time, who sits in which zone and what ends a mission (`habitat`, `env`).

use crate::constants::{BODY_VAPOUR_MMHG, PA_PER_MMHG};
use crate::math;
use crate::number::Real;

/// Dose at which a person can no longer act. Definition.
pub const DOSE_INCAPACITATED: f64 = 1.0;
/// Dose at which a person is dead; assumed.
pub const DOSE_DEAD: f64 = 3.0;

/// Window of the means that inspired O2 and CO2 limits are stated for, s: one hour.
/// NASA-STD-3001 V2 6003, 6004.
pub const MEAN_WINDOW_S: f64 = 3_600.0;

/// Inspired O2 below which to caution, Pa: 127 mmHg. NASA-STD-3001 V2 6003, OCHMO-TB-003 Rev A.
pub const INSPIRED_O2_CAUTION_PA: f64 = 127.0 * PA_PER_MMHG;
/// Lowest inspired O2 as a 1-h mean, Pa: 122 mmHg. NASA-STD-3001 V2 6003, OCHMO-TB-003 Rev A.
/// Warning, cost limit and abort.
pub const INSPIRED_O2_ABORT_PA: f64 = 122.0 * PA_PER_MMHG;
/// Highest nominal CO2 pressure as a 1-h mean, Pa: 3 mmHg. NASA-STD-3001 V2 6004. Caution.
pub const PP_CO2_CAUTION_PA: f64 = 3.0 * PA_PER_MMHG;
/// CO2 pressure of off-nominal operation, Pa: 15 mmHg. ISS practice through secondary text. Warning.
pub const PP_CO2_WARNING_PA: f64 = 15.0 * PA_PER_MMHG;
/// CO2 pressure of an emergency, Pa: 20 mmHg. ISS practice through secondary text. Abort as a 1-h
/// mean (assumed).
pub const PP_CO2_ABORT_PA: f64 = 20.0 * PA_PER_MMHG;
/// Lowest total pressure, Pa. NASA-STD-3001 V2 6006 for indefinite exposure. Abort.
pub const P_TOTAL_MIN_PA: f64 = 34.5e3;
/// Highest total pressure, Pa. NASA-STD-3001 V2 6006 for indefinite exposure. Caution.
pub const P_TOTAL_MAX_PA: f64 = 103.0e3;
/// Lowest cabin temperature before an abort, K: 10 degC; assumed.
pub const T_ABORT_MIN_K: f64 = 283.15;
/// Highest cabin temperature before an abort, K: 35 degC; assumed.
pub const T_ABORT_MAX_K: f64 = 308.15;
/// Time outside the temperature limits that aborts, s: 6 h; assumed.
pub const T_ABORT_S: f64 = 6.0 * 3_600.0;
/// Time that potable water must last at the present need, s: 24 h; assumed. Abort.
pub const POTABLE_RESERVE_S: f64 = 24.0 * 3_600.0;
/// Time without water until death, s: 72 h. SIMOC (2025), a rule of that simulator; assumed.
pub const WATER_DEPRIVATION_S: f64 = 72.0 * 3_600.0;
/// Time without food until death, s: 480 h. SIMOC (2025), a rule of that simulator; assumed.
pub const FOOD_DEPRIVATION_S: f64 = 480.0 * 3_600.0;
/// Oxygen share of the gas above which fire risk is raised, mol/mol; assumed.
pub const FIRE_O2_FRACTION: f64 = 0.35;

/// Armstrong limit, Pa: the pressure at which water boils at body temperature, 47 mmHg taken as
/// 6.3 kPa. NASA CliFF ICL37.
pub const ARMSTRONG_PA: f64 = 6.3e3;
/// Time below the Armstrong limit until incapacitated, s. Loss of consciousness after 9 to 11 s,
/// NASA CliFF ICL37.
pub const VACUUM_INCAPACITATED_S: f64 = 10.0;
/// Time below the Armstrong limit until dead, s. Animals recover within 90 to 120 s, NASA CliFF
/// ICL37.
pub const VACUUM_DEAD_S: f64 = 90.0;
/// Fastest growth of the oxygen dose in an incapacitated person, 1/s: from 1 to 3 in 80 s, so that
/// no lack of oxygen kills faster than vacuum; assumed.
const DYING_RATE_1_S: f64 =
    (DOSE_DEAD - DOSE_INCAPACITATED) / (VACUUM_DEAD_S - VACUUM_INCAPACITATED_S);

/// CO2 pressure at which the dose starts to grow, Pa: 5 % of an atmosphere. NRC (2007), chapter 3,
/// reports headache within 17 to 32 min there; that nobody is incapacitated is assumed.
pub const PP_CO2_DOSE_START_PA: f64 = 5.07e3;
/// CO2 pressure that incapacitates in [`CO2_INCAPACITATED_S`], Pa: 8 % of an atmosphere.
pub const PP_CO2_INCAPACITATING_PA: f64 = 8.1e3;
/// Time at 8.1 kPa of CO2 until incapacitated, s: 5 min, the lower end of 5 to 10 min in NRC (2007)
/// and secondary text.
pub const CO2_INCAPACITATED_S: f64 = 300.0;

/// What a rule rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// A limit in a published standard or in flight rules.
    Standard,
    /// An observation on people or animals.
    Measured,
    /// Our choice, or another simulator's.
    Assumed,
}

/// A rule of health with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// What the rule says.
    pub text: &'static str,
    /// Its number, in `unit`.
    pub value: f64,
    /// Unit of `value`, SI.
    pub unit: &'static str,
    /// What it rests on.
    pub basis: Basis,
    /// Where it comes from.
    pub source: &'static str,
}

const fn rule(
    text: &'static str,
    value: f64,
    unit: &'static str,
    basis: Basis,
    source: &'static str,
) -> Rule {
    Rule { text, value, unit, basis, source }
}

/// Every rule of this module.
pub const RULES: [Rule; 19] = [
    rule(
        "caution below this inspired O2",
        INSPIRED_O2_CAUTION_PA,
        "Pa",
        Basis::Standard,
        "NASA-STD-3001 V2 6003; OCHMO-TB-003 Rev A",
    ),
    rule(
        "warning and abort below this inspired O2, 1-h mean",
        INSPIRED_O2_ABORT_PA,
        "Pa",
        Basis::Standard,
        "NASA-STD-3001 V2 6003; OCHMO-TB-003 Rev A",
    ),
    rule(
        "caution above this CO2 pressure, 1-h mean",
        PP_CO2_CAUTION_PA,
        "Pa",
        Basis::Standard,
        "NASA-STD-3001 V2 6004",
    ),
    rule(
        "warning above this CO2 pressure",
        PP_CO2_WARNING_PA,
        "Pa",
        Basis::Standard,
        "ISS off-nominal limit, secondary text",
    ),
    rule(
        "abort above this CO2 pressure, 1-h mean",
        PP_CO2_ABORT_PA,
        "Pa",
        Basis::Standard,
        "ISS emergency limit, secondary text; the averaging is assumed",
    ),
    rule(
        "abort below this total pressure",
        P_TOTAL_MIN_PA,
        "Pa",
        Basis::Standard,
        "NASA-STD-3001 V2 6006, indefinite exposure",
    ),
    rule(
        "caution above this total pressure",
        P_TOTAL_MAX_PA,
        "Pa",
        Basis::Standard,
        "NASA-STD-3001 V2 6006, indefinite exposure",
    ),
    rule("abort after 6 h below this temperature", T_ABORT_MIN_K, "K", Basis::Assumed, "design"),
    rule("abort after 6 h above this temperature", T_ABORT_MAX_K, "K", Basis::Assumed, "design"),
    rule("abort when potable water lasts less", POTABLE_RESERVE_S, "s", Basis::Assumed, "design"),
    rule(
        "dead after this time without water",
        WATER_DEPRIVATION_S,
        "s",
        Basis::Assumed,
        "SIMOC (2025)",
    ),
    rule(
        "dead after this time without food",
        FOOD_DEPRIVATION_S,
        "s",
        Basis::Assumed,
        "SIMOC (2025)",
    ),
    rule("fire risk above this O2 share", FIRE_O2_FRACTION, "mol/mol", Basis::Assumed, "design"),
    rule(
        "incapacitated after the time of useful consciousness at this O2 pressure: 30 min",
        TUC_PA[7],
        "Pa",
        Basis::Measured,
        "FAA tables; midpoints of their ranges",
    ),
    rule(
        "dead at this many times the incapacitating dose",
        DOSE_DEAD,
        "1",
        Basis::Assumed,
        "design",
    ),
    rule(
        "incapacitated after 10 s below this total pressure",
        ARMSTRONG_PA,
        "Pa",
        Basis::Measured,
        "NASA CliFF ICL37",
    ),
    rule(
        "dead after this time below 6.3 kPa",
        VACUUM_DEAD_S,
        "s",
        Basis::Measured,
        "NASA CliFF ICL37, animals: 90 to 120 s",
    ),
    rule(
        "incapacitated after 5 min at this CO2 pressure",
        PP_CO2_INCAPACITATING_PA,
        "Pa",
        Basis::Measured,
        "NRC (2007) and secondary text: 5 to 10 min at 8 %",
    ),
    rule(
        "no dose of CO2 below this pressure, linear above",
        PP_CO2_DOSE_START_PA,
        "Pa",
        Basis::Assumed,
        "NRC (2007): headache at 5 %",
    ),
];

/// Return the inspired oxygen pressure: that of air warmed and wetted in the airways.
///
/// # Equation
/// ```text
/// PIO2 = (P_B − 47 mmHg)·F_O2
///   P_B   total pressure                  [Pa]
///   F_O2  oxygen share of the dry gas     [mol/mol]
/// ```
/// # Source
/// NASA-STD-3001 V2 6003; OCHMO-TB-003 Rev A.
/// # Valid range
/// Pressures above 47 mmHg (6.27 kPa).
/// # Outside the range
/// Below 47 mmHg the result is zero.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::physiology::inspired_o2_pa;
/// let mmhg = inspired_o2_pa(56.5e3, 0.34) / 133.322;
/// assert!((mmhg - 128.2).abs() < 0.3);
/// ```
/// # Tests
/// `inspired_o2_of_four_atmospheres`.
#[inline(always)]
#[must_use]
pub fn inspired_o2_pa<R: Real>(p_total_pa: R, o2_fraction: R) -> R {
    (p_total_pa - BODY_VAPOUR_MMHG * PA_PER_MMHG).max(R::zero()) * o2_fraction
}

/// Oxygen share of dry air, mol/mol. ICAO standard atmosphere.
const AIR_O2_FRACTION: f64 = 0.2095;

/// Return the O2 pressure of ordinary dry air at the altitude with the same inspired oxygen.
///
/// The time of useful consciousness is measured in air. In another mixture the same oxygen pressure
/// is diluted by the same 47 mmHg of water vapour at another total pressure; this is the pressure
/// to enter the table with.
///
/// # Equation
/// ```text
/// p = PIO2 + 0.2095·47 mmHg        (p = 0 at PIO2 = 0 by a straight line below 0.66 kPa)
///   PIO2  inspired oxygen pressure   [Pa]
/// ```
/// # Source
/// Definition of PIO2, solved for air. Equal effect at equal PIO2 is assumed.
/// # Valid range
/// PIO2 from 0.66 kPa.
/// # Outside the range
/// A straight line to zero; a negative argument counts as zero.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::physiology::{air_equivalent_pp_o2_pa, inspired_o2_pa};
/// let pa = air_equivalent_pp_o2_pa(inspired_o2_pa(57.2e3, 0.2095));
/// assert!((pa / 12.0e3 - 1.0).abs() < 0.002);
/// ```
/// # Tests
/// `air_is_its_own_equivalent`.
#[inline(always)]
#[must_use]
pub fn air_equivalent_pp_o2_pa<R: Real>(inspired_o2_pa: R) -> R {
    let pio2_pa = inspired_o2_pa.max(R::zero());
    let vapour_pa = AIR_O2_FRACTION * BODY_VAPOUR_MMHG * PA_PER_MMHG;
    (pio2_pa + vapour_pa).min(pio2_pa * 3.0)
}

/// O2 pressures of the table of useful consciousness, Pa: dry air at flight levels 500, 400, 350,
/// 300, 250, 220, 180 and 150 of the ICAO standard atmosphere (recalled).
const TUC_PA: [f64; 8] = [2.4e3, 3.9e3, 5.0e3, 6.3e3, 7.9e3, 9.0e3, 10.6e3, 12.0e3];
/// ln of the time of useful consciousness in seconds: 7.5 s, 17.5 s, 45 s, 2 min, 4.5 min, 7.5 min,
/// 25 min (midpoints of the ranges), 30 min (lower end). FAA tables, at rest.
const LN_TUC: [f64; 8] = [
    2.014_903_020_542_264_7,
    2.862_200_880_929_469,
    3.806_662_489_770_319_7,
    4.787_491_742_782_046,
    5.598_421_958_998_375,
    6.109_247_582_764_366,
    7.313_220_387_090_301,
    7.495_541_943_884_256,
];
/// Width of the tail above the table in which the dose rate fades to zero, Pa; assumed.
const TUC_TAIL_PA: f64 = 1.0e3;

/// Return the rate at which lack of oxygen adds to the dose, 1/s, from the pressure of O2.
///
/// # Equation
/// ```text
/// dD/dt = w / TUC(p)
///   ln TUC  linear in p between 2.4, 3.9, 5.0, 6.3, 7.9, 9.0, 10.6, 12.0 kPa
///   TUC     7.5, 17.5, 45, 120, 270, 450, 1500, 1800 s
///   w = 1 up to 12 kPa, ((13 kPa − p)/1 kPa)² from 12 to 13 kPa, 0 above
///   p  O2 pressure of dry air with the same effect   [Pa]
/// ```
/// # Source
/// FAA tables of the time of useful consciousness (midpoints of their ranges, lower end at flight
/// level 150), pressures of the ICAO standard atmosphere. Straight lines in ln TUC, addition of
/// doses and the tail above 12 kPa are assumed.
/// # Valid range
/// 2.4 to 12 kPa, people at rest, not acclimatised, pressure falling slowly; a rapid decompression
/// halves the times (neglected).
/// # Outside the range
/// Below 2.4 kPa the rate stays at 1/7.5 s; above 13 kPa it is zero. Never negative, never rising
/// with p.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::physiology::hypoxia_rate_1_s;
/// assert!((1.0 / hypoxia_rate_1_s(7.9e3) / 60.0 - 4.5).abs() < 1e-9);  // flight level 250: 3 to 6 min
/// ```
/// # Tests
/// `useful_consciousness_table`, `rates_are_monotone`.
#[inline(always)]
#[must_use]
pub fn hypoxia_rate_1_s<R: Real>(pp_o2_pa: R) -> R {
    let mut ln_tuc = R::splat(LN_TUC[0]);
    for i in 0..TUC_PA.len() - 1 {
        let width_pa = TUC_PA[i + 1] - TUC_PA[i];
        let inside_pa = (pp_o2_pa - TUC_PA[i]).clamp(R::zero(), R::splat(width_pa));
        ln_tuc += inside_pa * ((LN_TUC[i + 1] - LN_TUC[i]) / width_pa);
    }
    let above = (pp_o2_pa - TUC_PA[TUC_PA.len() - 1]) / TUC_TAIL_PA;
    let left = R::one() - above.clamp(R::zero(), R::one());
    left * left * math::exp(-ln_tuc)
}

/// Return the dose from lack of oxygen and of pressure after `dt_s` of constant conditions.
///
/// # Equation
/// ```text
/// D < 1:  dD/dt = 1/10 s                         below 6.3 kPa total pressure
///         dD/dt = w/TUC(p_O2)                    else (hypoxia_rate_1_s)
/// D ≥ 1:  the same, at most 2/80 s
///   D  dose: 1 incapacitated, 3 dead             [-]
/// ```
/// # Source
/// Below 6.3 kPa: NASA CliFF ICL37 (9 to 11 s of consciousness; recovery within 90 s). Else as
/// [`hypoxia_rate_1_s`]. The cap on an incapacitated person is assumed.
/// # Valid range
/// Any length of step: the change of rate at D = 1 is solved exactly, so 60 s in one step are 60 s
/// in sixty.
/// # Outside the range
/// A dose or a step below zero counts as zero. The dose is not limited above.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::physiology::oxygen_dose_after;
/// assert!((oxygen_dose_after(0.0, 0.0, 0.0, 10.0) - 1.0).abs() < 1e-12);
/// assert!((oxygen_dose_after(0.0, 0.0, 0.0, 90.0) - 3.0).abs() < 1e-12);
/// ```
/// # Tests
/// `vacuum_takes_ten_and_ninety_seconds`, `oxygen_dose_composes`.
#[inline(always)]
#[must_use]
pub fn oxygen_dose_after<R: Real>(dose: R, p_total_pa: R, pp_o2_pa: R, dt_s: R) -> R {
    let dose = dose.max(R::zero());
    let dt_s = dt_s.max(R::zero());
    let near_vacuum = p_total_pa.lt(R::splat(ARMSTRONG_PA));
    let rate_1_s = R::select(
        near_vacuum,
        R::splat(DOSE_INCAPACITATED / VACUUM_INCAPACITATED_S),
        hypoxia_rate_1_s(pp_o2_pa),
    );
    let to_go = (R::splat(DOSE_INCAPACITATED) - dose).max(R::zero());
    let awake_s = (to_go / rate_1_s.max(R::splat(1e-12))).min(dt_s);
    dose + rate_1_s * awake_s + rate_1_s.min(R::splat(DYING_RATE_1_S)) * (dt_s - awake_s)
}

/// Return the rate at which carbon dioxide adds to its dose, 1/s.
///
/// # Equation
/// ```text
/// dD/dt = max(0, p − p0) / (8.1 kPa − p0) / 300 s
///   p   CO2 pressure   [Pa]        p0 = 5.07 kPa
/// ```
/// # Source
/// Time and pressure of incapacitation: NRC (2007), chapter 3, and secondary text, 5 to 10 min at
/// 8 % of an atmosphere, lower end taken. Start at 5 %, straight line and addition of doses are
/// assumed; the line gives 3 min at 10 % and 1 min at 20 %.
/// # Valid range
/// 5 to 10 kPa, people at rest.
/// # Outside the range
/// Zero below 5.07 kPa; the line is continued above. Never negative, never falling with p.
/// # Conserves
/// Nothing is moved; this is a property.
/// # Examples
/// ```
/// use lunar_habitat_physics::physiology::co2_rate_1_s;
/// assert!((co2_rate_1_s(8.1e3) * 300.0 - 1.0).abs() < 1e-12);
/// assert_eq!(co2_rate_1_s(5.0e3), 0.0);
/// ```
/// # Tests
/// `rates_are_monotone`.
#[inline(always)]
#[must_use]
pub fn co2_rate_1_s<R: Real>(pp_co2_pa: R) -> R {
    let slope = 1.0 / ((PP_CO2_INCAPACITATING_PA - PP_CO2_DOSE_START_PA) * CO2_INCAPACITATED_S);
    (pp_co2_pa - PP_CO2_DOSE_START_PA).max(R::zero()) * slope
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    #[test]
    fn inspired_o2_of_four_atmospheres() {
        // The last figure is printed without a decimal.
        for (p_pa, fraction, mmhg, tolerance) in [
            (101.3e3, 0.21, 149.7, 0.3),
            (70.3e3, 0.265, 127.3, 0.3),
            (56.5e3, 0.34, 128.2, 0.3),
            (55.2e3, 0.32, 117.0, 0.5),
        ] {
            let got = inspired_o2_pa(p_pa, fraction) / PA_PER_MMHG;
            assert!((got - mmhg).abs() < tolerance, "{p_pa} Pa: {got} mmHg");
        }
        assert_eq!(inspired_o2_pa(5.0e3, 1.0), 0.0);
    }

    #[test]
    fn air_is_its_own_equivalent() {
        for p_pa in [12.0e3, 23.8e3, 57.2e3, 101.3e3] {
            let got = air_equivalent_pp_o2_pa(inspired_o2_pa(p_pa, AIR_O2_FRACTION));
            assert!((got / (AIR_O2_FRACTION * p_pa) - 1.0).abs() < 1e-12, "{p_pa}");
        }
        // Pure oxygen at 8 kPa: 8 kPa of oxygen, but the effect of air with 3.0 kPa.
        let got: f64 = air_equivalent_pp_o2_pa(inspired_o2_pa(8.0e3, 1.0));
        assert!((got - 3.05e3).abs() < 20.0, "{got}");
    }

    #[test]
    fn useful_consciousness_table() {
        let times_s = [7.5, 17.5, 45.0, 120.0, 270.0, 450.0, 1_500.0, 1_800.0_f64];
        for ((p_pa, ln_tuc), tuc_s) in TUC_PA.into_iter().zip(LN_TUC).zip(times_s) {
            assert!((ln_tuc - tuc_s.ln()).abs() < 1e-15, "{p_pa}: {:.17}", tuc_s.ln());
            assert!((hypoxia_rate_1_s(p_pa) * tuc_s - 1.0).abs() < 1e-12, "{p_pa}");
        }
        assert_eq!(hypoxia_rate_1_s(13.0e3), 0.0);
        assert!((hypoxia_rate_1_s(12.5e3) * 1_800.0 - 0.25).abs() < 1e-12);
    }

    #[test]
    fn nothing_grows_in_the_shipped_atmospheres() {
        for (p_pa, fraction) in [(101.3e3, 0.21), (70.3e3, 0.265), (56.5e3, 0.34)] {
            assert_eq!(oxygen_dose_after(0.0, p_pa, p_pa * fraction, 1e7), 0.0);
        }
        assert_eq!(co2_rate_1_s(PP_CO2_ABORT_PA), 0.0);
    }

    #[test]
    fn vacuum_takes_ten_and_ninety_seconds() {
        let after = |s: f64| oxygen_dose_after(0.0, 1.0, 0.2, s);
        assert!((after(5.0) - 0.5).abs() < 1e-12);
        assert!((after(10.0) - DOSE_INCAPACITATED).abs() < 1e-12);
        assert!((after(90.0) - DOSE_DEAD).abs() < 1e-12);
        // No oxygen at full pressure is no faster to kill than vacuum, to the 2.5 s of the tables.
        let dead_s = 7.5 + 80.0;
        assert!((oxygen_dose_after(0.0, 56.5e3, 0.0, dead_s) - DOSE_DEAD).abs() < 1e-12);
    }

    #[test]
    fn every_rule_has_a_number_and_a_source() {
        for rule in RULES {
            assert!(rule.value > 0.0 && !rule.source.is_empty() && !rule.text.is_empty());
        }
    }

    proptest! {
        #[test]
        fn rates_are_monotone(p in -1e3..2e4f64, step in 0.0..2e3f64) {
            let (low, high) = (hypoxia_rate_1_s(p + step), hypoxia_rate_1_s(p));
            prop_assert!(low >= 0.0 && low <= high * (1.0 + 1e-15));
            prop_assert!(co2_rate_1_s(p) >= 0.0 && co2_rate_1_s(p) <= co2_rate_1_s(p + step));
        }

        #[test]
        fn oxygen_dose_composes(
            d in 0.0..2.0f64, p in 1e3..2e4f64, share in 0.0..1.0f64, a in 0.0..60.0f64, b in 0.0..60.0f64
        ) {
            let o2 = p * share;
            let once = oxygen_dose_after(d, p, o2, a + b);
            let twice = oxygen_dose_after(oxygen_dose_after(d, p, o2, a), p, o2, b);
            prop_assert!((once - twice).abs() < 1e-9, "{once} {twice}");
            prop_assert!(once >= d);
        }

        #[test]
        fn eight_lanes_are_eight_scalars(
            d in proptest::array::uniform8(0.0..2.0f64),
            p in proptest::array::uniform8(0.0..6e4f64)
        ) {
            let o2 = p.map(|x| 0.2 * x);
            let wide = oxygen_dose_after(F64x8(d), F64x8(p), F64x8(o2), F64x8([60.0; 8]));
            for i in 0..8 {
                let one = oxygen_dose_after(d[i], p[i], o2[i], 60.0);
                prop_assert_eq!(one.to_bits(), wide.0[i].to_bits());
            }
        }
    }
}

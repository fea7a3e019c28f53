//! The thresholds that are set from outside while the rules run: `mpc` searches them, a policy that supervises sets them.
//!
//! | thresholds | why these |
//! |---|---|
//! | CO2 pressures, loads, darkness, share of oxygen in it | what is spent, and when |
//! | shares of the regulators' set-points | what leaks and what people breathe |
//! | scarce water, oxygen and nitrogen in reserve | which tank pays |
//! | heat, crew time in hand | when a spare is worth it |
//!
//! Four others are their partners: the lower end of a dead band follows the upper one, so that the two cannot cross. All
//! other thresholds stay at their defaults.

use catalogue::Unit;

use super::settings::{BOUNDS, Bound, FIELDS, RulesSettings};

/// How many thresholds are set from outside.
pub(crate) const SUPERVISED: usize = 16;

/// Most CO2 that such a threshold may allow, Pa: a failure that nobody foresees must find room in the air. Assumed.
const CO2_MOST_PA: f64 = 1_400.0;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Supervised {
    /// Field of [`RulesSettings`].
    pub(crate) field: &'static str,
    /// What it decides.
    pub(crate) words: &'static str,
    /// SI unit in which it is shown to a policy.
    pub(crate) unit: Unit,
    /// Name in that unit, where it is another one than that of the field, and the factor to it.
    pub(crate) shown: Option<(&'static str, f64)>,
}

const fn one(field: &'static str, unit: Unit, words: &'static str) -> Supervised {
    Supervised { field, words, unit, shown: None }
}

/// The thresholds in their order.
#[rustfmt::skip] // A table: one threshold a line.
pub(crate) const ALL: [Supervised; SUPERVISED] = [
    one("co2_resume_pa", Unit::Pascal, "CO2 pressure over which removal runs again"),
    one("lioh_on_pa", Unit::Pascal, "CO2 pressure over which lithium hydroxide is used"),
    one("t_high_k", Unit::Kelvin, "air temperature over which the heat exchangers are set colder"),
    one("hot_k", Unit::Kelvin, "temperature of the warmest zone over which loads are shed for their heat"),
    one("dark_share", Unit::One, "power of the sources as a share of the power drawn under which it counts as dark"),
    one("recovered", Unit::One, "usable charge of the battery over which shed loads come back in the light"),
    one("shed_depth", Unit::One, "share of the loads that may be shed which is shed in darkness"),
    one("shed_lit", Unit::One, "share of them that is shed in the light too"),
    one("dark_oxygen", Unit::One, "share of the wanted oxygen that generators make in darkness"),
    one("p_total_share", Unit::One, "pressure set-point of the regulators as a share of the scenario's"),
    one("pp_o2_share", Unit::One, "O2 set-point of the regulators as a share of the scenario's"),
    one("scarce", Unit::One, "level of potable water under which oxygen comes from the tank and not from water"),
    one("o2_reserve_mol", Unit::Mole, "oxygen in the tank under which it is not drawn for that"),
    one("hot_repair_k", Unit::Kelvin, "temperature of the warmest zone over which a heat exchanger that cools is repaired"),
    one("n2_repair", Unit::One, "nitrogen in the tank, share of the start, under which CO2 removal that works is repaired"),
    Supervised {
        shown: Some(("reserve_s", 3_600.0)),
        ..one("reserve_h", Unit::Second, "crew time that repairs of less vital units and calibrations leave in hand")
    },
];

impl Supervised {
    /// Its place in [`BOUNDS`].
    fn place(&self) -> usize {
        // Every field is one of the table; held by a test.
        BOUNDS.iter().position(|bound| bound.name == self.field).unwrap_or(0)
    }

    /// Range and default of the field.
    pub(crate) fn bound(&self) -> Bound {
        BOUNDS[self.place()]
    }

    /// Range in which it is set.
    pub(crate) fn range(&self) -> (f64, f64) {
        let bound = self.bound();
        let high = match self.field {
            "co2_resume_pa" | "lioh_on_pa" => CO2_MOST_PA,
            _ => bound.high,
        };
        (bound.low, high)
    }

    /// The value of an entry of an action, which is a number.
    ///
    /// ```text
    /// −1 ↦ low end    0 ↦ default of the rules    1 ↦ high end    linear between; beyond ±1 the nearest end
    /// ```
    /// The default is met exactly, and where it is an end that side of 0 does nothing.
    pub(crate) fn value(&self, entry: f32) -> f64 {
        let ((low, high), default) = (self.range(), self.bound().default);
        let share = f64::from(entry.abs());
        let end = if entry < 0.0 { low } else { high };
        if share >= 1.0 { end } else { default + share * (end - default) }
    }
}

/// The values in `settings`, in the order of [`ALL`].
pub(crate) fn values(settings: &RulesSettings) -> [f64; SUPERVISED] {
    let all = settings.to_array();
    ALL.map(|one| all[one.place()])
}

/// `settings` with the supervised thresholds at `values`, each within its bound, and the partners of those for which
/// `follows` says so:
///
/// ```text
/// lioh_off = 0.5·lioh_on    co2_rest = 0.75·co2_resume    cool = hot − 3 K    enough = scarce + 0.07
/// ```
pub(crate) fn with(
    settings: &RulesSettings,
    values: &[f64],
    follows: impl Fn(&Supervised, f64) -> bool,
) -> RulesSettings {
    let mut all: [f64; FIELDS] = settings.to_array();
    for (one, value) in ALL.iter().zip(values) {
        let place = one.place();
        all[place] = value.clamp(BOUNDS[place].low, BOUNDS[place].high);
        let partner = match one.field {
            "lioh_on_pa" => ("lioh_off_pa", 0.5 * all[place]),
            "co2_resume_pa" => ("co2_rest_pa", 0.75 * all[place]),
            "hot_k" => ("cool_k", all[place] - 3.0),
            "scarce" => ("enough", all[place] + 0.07),
            _ => continue,
        };
        if follows(one, all[place])
            && let Some(at) = BOUNDS.iter().position(|bound| bound.name == partner.0)
        {
            all[at] = partner.1.clamp(BOUNDS[at].low, BOUNDS[at].high);
        }
    }
    RulesSettings::from_array(all)
}

/// The thresholds for an action of finite entries: at zero the rules as they are, to the bit.
///
/// A threshold at its default leaves its partner at its own.
pub(crate) fn of_entries(entries: &[f32; SUPERVISED]) -> RulesSettings {
    let mut values = [0.0; SUPERVISED];
    for ((value, one), entry) in values.iter_mut().zip(&ALL).zip(entries) {
        *value = one.value(*entry);
    }
    with(&RulesSettings::default(), &values, |one, value| value != one.bound().default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_one_of_the_table_and_its_range_holds_its_default() {
        for one in ALL {
            let bound = one.bound();
            assert_eq!(bound.name, one.field);
            let (low, high) = one.range();
            assert!(low >= bound.low && high <= bound.high && low < high, "{one:?}");
            assert!((low..=high).contains(&bound.default), "{one:?}");
        }
    }

    #[test]
    fn nothing_moves_at_zero_and_the_ends_are_exact() {
        assert_eq!(of_entries(&[0.0; SUPERVISED]), RulesSettings::default());
        assert_eq!(of_entries(&[-0.0; SUPERVISED]), RulesSettings::default());
        for one in ALL {
            let (low, high) = one.range();
            assert_eq!((one.value(-1.0), one.value(1.0)), (low, high));
            assert_eq!((one.value(-7.0), one.value(7.0)), (low, high));
            assert_eq!(one.value(0.0), one.bound().default);
            let half = one.value(0.5);
            assert!((half - 0.5 * (high + one.bound().default)).abs() <= 1e-12 * high.abs());
        }
    }

    #[test]
    fn partners_follow_and_stay_within_their_bounds() {
        for entry in [-1.0, -0.3, 0.4, 1.0] {
            let settings = of_entries(&[entry; SUPERVISED]);
            assert!(RulesSettings::from_vector(&settings.to_vector()).is_ok(), "{entry}");
            assert!(settings.lioh_off_pa < settings.lioh_on_pa, "{entry}");
            assert!(settings.co2_rest_pa < settings.co2_resume_pa, "{entry}");
            assert!(settings.cool_k < settings.hot_k && settings.scarce < settings.enough);
        }
    }
}

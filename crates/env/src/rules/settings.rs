//! The thresholds of the rules: one table with the range and the default of each.
//!
//! Every default is assumed unless its line names a source; the ranges say what a search may try
//! (`examples/tune_rules.rs`).

use habitat::scenario::hex;
use sha2::{Digest, Sha256};

use super::supervised::{SUPERVISED, of_entries};
use crate::EnvError;

/// Range and default of one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Name of the field.
    pub name: &'static str,
    /// Lowest sensible value.
    pub low: f64,
    /// Highest sensible value.
    pub high: f64,
    /// Value of `RulesSettings::default`.
    pub default: f64,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $low:literal, $default:literal, $high:literal;)*) => {
        /// Thresholds of the controller `rules`, in SI units but where a field says otherwise.
        ///
        /// # Examples
        /// ```
        /// use lunar_habitat_env::RulesSettings;
        /// let mut settings = RulesSettings::default();
        /// settings.lioh_on_pa = 900.0;
        /// let vector = settings.to_vector();
        /// assert_eq!(RulesSettings::from_vector(&vector), Ok(settings));
        /// assert_ne!(settings.hash(), RulesSettings::default().hash());
        /// assert!(RulesSettings::from_vector(&vector[1..]).is_err());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct RulesSettings {
            $($(#[$doc])* pub $name: f64,)*
        }

        /// Name, range and default of every field of [`RulesSettings`], in the order of its vector.
        pub const BOUNDS: &[Bound] = &[
            $(Bound { name: stringify!($name), low: $low, high: $high, default: $default },)*
        ];

        /// How many fields there are.
        pub(super) const FIELDS: usize = [$(stringify!($name)),*].len();

        impl Default for RulesSettings {
            fn default() -> Self {
                RulesSettings { $($name: $default,)* }
            }
        }

        impl RulesSettings {
            /// The values in the order of [`BOUNDS`].
            #[must_use]
            pub fn to_vector(&self) -> Vec<f64> {
                vec![$(self.$name,)*]
            }

            /// The same without memory of the heap.
            pub(super) fn to_array(self) -> [f64; FIELDS] {
                [$(self.$name,)*]
            }

            /// Settings from values in the order of [`BOUNDS`], which are within their ranges.
            pub(super) fn from_array([$($name),*]: [f64; FIELDS]) -> RulesSettings {
                RulesSettings { $($name),* }
            }

            /// Settings from values in the order of [`BOUNDS`].
            ///
            /// # Errors
            /// [`EnvError::Settings`] for a wrong number of values, or a value outside its range.
            pub fn from_vector(values: &[f64]) -> Result<RulesSettings, EnvError> {
                if values.len() != BOUNDS.len() {
                    return Err(EnvError::Settings {
                        name: "number of values",
                        found: values.len() as f64,
                        low: BOUNDS.len() as f64,
                        high: BOUNDS.len() as f64,
                    });
                }
                for (value, bound) in values.iter().zip(BOUNDS) {
                    if !(bound.low..=bound.high).contains(value) {
                        let Bound { name, low, high, .. } = *bound;
                        return Err(EnvError::Settings { name, found: *value, low, high });
                    }
                }
                let mut values = values.iter().copied();
                Ok(RulesSettings { $($name: values.next().unwrap_or($default),)* })
            }
        }
    };
}

settings! {
    /// CO2 pressure under which removal rests, Pa: there is next to nothing to remove.
    co2_rest_pa: 1.0, 20.0, 1_800.0;
    /// CO2 pressure over which removal runs again, Pa.
    co2_resume_pa: 61.0, 80.0, 2_200.0;
    /// CO2 pressure over which lithium hydroxide is used, Pa: well before the abort.
    lioh_on_pa: 500.0, 1_200.0, 2_300.0;
    /// CO2 pressure under which it is saved again, Pa.
    lioh_off_pa: 200.0, 600.0, 2_000.0;
    /// Relative humidity over which the heat exchangers are set colder.
    rh_high: 0.5, 0.65, 0.75;
    /// Relative humidity under which they are set warmer.
    rh_low: 0.2, 0.30, 0.4;
    /// Air temperature over which they are set colder, K: caution of NASA-STD-3001 V2 6012.
    t_high_k: 297.0, 300.15, 303.0;
    /// Air temperature under which they are set warmer, K.
    t_low_k: 286.0, 291.15, 294.0;
    /// Distance of the coldest zone from that limit at which cooling more is no longer held back, K.
    t_room_k: 0.5, 2.0, 5.0;
    /// Fastest change of a set-point, K/h.
    trim_k_h: 0.2, 1.0, 5.0;
    /// Furthest trim towards cold, K.
    trim_min_k: -8.0, -3.0, -0.5;
    /// Furthest trim towards warm, K.
    trim_max_k: 0.5, 2.0, 6.0;
    /// Time over which the use of oxygen is averaged, s: by default a day, so that sleep and exercise cancel.
    demand_s: 21_600.0, 86_400.0, 259_200.0;
    /// Time in which a distance from the O2 set-point is made up, s: long, so that the daily swing of the
    /// crew stays out of the command.
    correction_s: 7_200.0, 43_200.0, 259_200.0;
    /// Share of oxygen above the scenario's at which generators are cut back, mol/mol.
    fire_margin: 0.005, 0.02, 0.06;
    /// Distance kept from the design limit for fire, mol/mol.
    fire_limit_margin: 0.001, 0.005, 0.02;
    /// Rise over which the cut grows from nothing to all, mol/mol.
    fire_taper: 0.001, 0.005, 0.02;
    /// Contents below which the oxygen tank counts as empty, mol.
    tank_empty_mol: 5.0, 31.25, 300.0;
    /// Production below which a generator counts as dead, share of its range.
    dead_share: 0.0001, 0.001, 0.05;
    /// Inspired O2 between warning (0) and caution (1) under which candles are lit while no generator works.
    candle_share: 0.1, 0.5, 1.0;
    /// Rise of inspired O2 above its caution at which no more candles are lit, Pa.
    candle_band_pa: 20.0, 133.322, 500.0;
    /// Power that the sources give as a share of the power drawn, under which it counts as dark.
    dark_share: 0.6, 0.9, 1.1;
    /// Share of the loads that may be shed which are shed in darkness, rounded to whole ones in their order.
    shed_depth: 0.0, 1.0, 1.0;
    /// Share of them that is shed in the light too, so that the stores fill faster.
    shed_lit: 0.0, 0.0, 1.0;
    /// Share of the wanted oxygen that generators make in darkness; the regulators draw the rest from the tank.
    dark_oxygen: 0.0, 1.0, 1.0;
    /// Pressure set-point of the regulators, share of the scenario's.
    p_total_share: 0.8, 1.0, 1.1;
    /// O2 set-point of the regulators, share of the scenario's.
    pp_o2_share: 0.92, 1.0, 1.1;
    /// Share of the sun's disc in view under which it counts as dark while no source is read.
    dark_lit: 0.05, 0.3, 0.8;
    /// Usable charge of the battery over which shed loads come back in the light.
    recovered: 0.1, 0.3, 0.9;
    /// Temperature of the warmest zone over which loads are shed for their heat, K.
    hot_k: 299.0, 303.15, 307.0;
    /// Temperature under which they come back, K.
    cool_k: 296.0, 300.15, 305.0;
    /// Margin of the fuel cell over what is drawn, share.
    fuel_cell_margin: 0.0, 0.02, 0.3;
    /// Level of a tank over which the unit that fills it stops, share of its capacity.
    tank_full: 0.91, 0.97, 1.0;
    /// Level under which the unit may run again, share of the capacity.
    tank_room: 0.5, 0.90, 0.96;
    /// Level of the condensate tank over which the water processor runs into a potable tank that is nearly
    /// full, share of its capacity: a heat exchanger without a drain wets the walls.
    crowded: 0.3, 0.60, 0.9;
    /// Relative humidity over which brine is not dried into the cabin.
    rh_stop: 0.55, 0.70, 0.9;
    /// Relative humidity under which it is again.
    rh_resume: 0.4, 0.62, 0.8;
    /// Level of potable water under which oxygen comes from the tank and not from water, share.
    scarce: 0.1, 0.55, 0.7;
    /// Level over which it is made from water again, share.
    enough: 0.15, 0.62, 0.9;
    /// Oxygen in the tank under which it is not drawn for that, mol.
    o2_reserve_mol: 40.0, 160.0, 800.0;
    /// Samples in a row that are equal to the bit, with which an instrument counts as stuck.
    stuck_samples: 2.0, 3.0, 12.0;
    /// Time for which the last good value stands in for one that is not to be had, s.
    hold_s: 600.0, 3_600.0, 21_600.0;
    /// Distance of a zone's total pressure from the median of all zones that is suspicious, Pa.
    suspect_p_pa: 150.0, 350.0, 2_000.0;
    /// Distance of its O2 pressure that is suspicious, Pa.
    suspect_o2_pa: 150.0, 400.0, 2_000.0;
    /// Distance of its CO2 pressure that is suspicious, Pa: people in it may breathe out faster than fans mix.
    suspect_co2_pa: 100.0, 300.0, 2_000.0;
    /// Time for which an instrument is suspicious or silent before people are sent to it, s.
    suspect_s: 600.0, 1_800.0, 21_600.0;
    /// Time after a calibration in which its readings are believed whatever the others show, s.
    trust_s: 3_600.0, 86_400.0, 604_800.0;
    /// Time after which a calibration that people did not get to is no longer waited for, s.
    calibrate_s: 3_600.0, 14_400.0, 86_400.0;
    /// Output under which a unit counts as failed, share of what it should give.
    failed_share: 0.02, 0.10, 0.3;
    /// Output under which it counts as degraded, share of what it should give.
    degraded_share: 0.55, 0.70, 0.9;
    /// Time for which a unit gives too little before it is believed, s.
    diagnosis_s: 600.0, 1_800.0, 7_200.0;
    /// Loss of a tank or of the air that nothing explains, share of the content in six hours, of a leak.
    leak_share: 0.005, 0.03, 0.2;
    /// Temperature of the warmest zone over which a heat exchanger is repaired that still cools, K.
    hot_repair_k: 301.0, 306.15, 307.5;
    /// Temperature of the coldest zone under which it is, K.
    cold_repair_k: 284.0, 285.15, 291.0;
    /// Nitrogen in the tank under which a CO2 removal unit that works is repaired, share of the start.
    n2_repair: 0.05, 0.25, 0.9;
    /// Relative humidity over which a heat exchanger is repaired that cools.
    rh_repair: 0.6, 0.80, 0.95;
    /// Crew time that repairs of units without which the crew lives, and calibrations, leave in hand, h.
    reserve_h: 0.0, 6.0, 13.0;
}

impl RulesSettings {
    /// The thresholds that a policy sets with `action` where it supervises ([`crate::Acts::Thresholds`]): entries from -1 to 1 in
    /// the order of [`crate::ActionSpace::thresholds`]. Zero is the default, and so is what is missing or no number; entries beyond ±1
    /// count as the nearest end.
    ///
    /// ```
    /// use lunar_habitat_env::{ActionSpace, RulesSettings};
    /// let mut action = vec![0.0; ActionSpace::thresholds().len()];
    /// assert_eq!(RulesSettings::of_action(&action), RulesSettings::default());
    /// action[0] = 1.0;
    /// assert_ne!(RulesSettings::of_action(&action), RulesSettings::default());
    /// ```
    #[must_use]
    pub fn of_action(action: &[f32]) -> RulesSettings {
        let mut entries = [0.0; SUPERVISED];
        for (entry, wanted) in entries.iter_mut().zip(action).filter(|(_, wanted)| !wanted.is_nan())
        {
            *entry = wanted.clamp(-1.0, 1.0);
        }
        of_entries(&entries)
    }

    /// SHA-256 over names and values, as hexadecimal digits: two settings with one hash are the same.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for (bound, value) in BOUNDS.iter().zip(self.to_vector()) {
            hasher.update(bound.name.as_bytes());
            hasher.update([0]);
            hasher.update(value.to_bits().to_le_bytes());
        }
        hex(&hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lies_within_its_range() {
        for bound in BOUNDS {
            assert!((bound.low..=bound.high).contains(&bound.default), "{bound:?}");
            assert!(bound.low < bound.high, "{bound:?}");
        }
        let settings = RulesSettings::default();
        assert_eq!(RulesSettings::from_vector(&settings.to_vector()), Ok(settings));
        assert_eq!(settings.hash().len(), 64);
    }

    #[test]
    fn values_outside_their_range_are_refused_by_name() {
        let mut values = RulesSettings::default().to_vector();
        values[2] = f64::NAN;
        let error = RulesSettings::from_vector(&values).unwrap_err().to_string();
        assert!(error.starts_with("settings of `rules`, lioh_on_pa: found NaN"), "{error}");
        values[2] = 1e6;
        assert!(RulesSettings::from_vector(&values).is_err());
    }
}

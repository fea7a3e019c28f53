//! Kinds of units that fail: how often, in which ways, and in which order they are repaired.
//!
//! # Modes
//! | mode | what it does |
//! |---|---|
//! | degraded | half of the unit is left; of an array one string more is dead |
//! | failed | nothing is left |
//! | stuck | commands do not arrive; valves and doors of the process stay where they are |
//! | leaking | the unit works and loses some of what it handles, see the module of the unit |
//! | slow | commands arrive at a rate of one range an hour |
//! | dusty | dust falls on a surface; placed by a scenario only |
//!
//! A unit that is not sound and fails again has failed.
//!
//! # Source
//! Mean times: `physics::reliability`. How failures divide into modes is not published for these units:
//! every share here is assumed.

use physics::reliability::{
    ACS_MTBF_D, ARRAY_STRING_MTBF_D, BATTERY_MTBF_D, BRINE_PROCESSOR_MTBF_D, CCAA_MTBF_D,
    CDRA_MTBF_D, CRA_MTBF_D, ELECTROLYSER_MTBF_D, FAN_MTBF_D, FUEL_CELL_MTBF_D, OGA_MTBF_D,
    PUMP_MTBF_D, TANK_MTBF_D, TCCS_MTBF_D, UPA_MTBF_D, WPA_MTBF_D,
};

use crate::scenario::Scenario;

/// Strings of an array, each of which fails by itself. Assumed.
pub const ARRAY_STRINGS: f64 = 10.0;

/// What is wrong with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Mode {
    /// Nothing.
    Sound = 0,
    /// It does half of what it should.
    Degraded = 1,
    /// It does nothing.
    Failed = 2,
    /// Commands do not arrive, valves stay where they are.
    Stuck = 3,
    /// It loses some of what it handles.
    Leaking = 4,
    /// Commands arrive late.
    Slow = 5,
    /// Dust has fallen on it: comes once and does not count as a failure of the unit.
    Dusty = 6,
}

impl Mode {
    /// Name in a scenario.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mode::Sound => "sound",
            Mode::Degraded => "degraded",
            Mode::Failed => "failed",
            Mode::Stuck => "stuck",
            Mode::Leaking => "leaking",
            Mode::Slow => "slow",
            Mode::Dusty => "dusty",
        }
    }

    /// The mode of a scenario's word.
    #[must_use]
    pub fn of(word: crate::scenario::FaultMode) -> Mode {
        use crate::scenario::FaultMode as Word;
        match word {
            Word::Degraded => Mode::Degraded,
            Word::Failed => Mode::Failed,
            Word::Stuck => Mode::Stuck,
            Word::Leaking => Mode::Leaking,
            Word::Slow => Mode::Slow,
            Word::Dusty => Mode::Dusty,
        }
    }
}

/// Kinds of units that fail, in the order of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The wall of a zone: holes.
    Hull,
    /// CO2 removal.
    Cdra,
    /// Condensing heat exchanger.
    Ccaa,
    /// Pump of a coolant loop.
    Pump,
    /// Oxygen generator.
    Oga,
    /// Regulator of pressure and oxygen.
    Acs,
    /// Battery.
    Battery,
    /// Fuel cell of the regenerative pair.
    FuelCell,
    /// Electrolyser of the regenerative pair.
    Electrolyser,
    /// Oxygen tank.
    O2Tank,
    /// Nitrogen tank.
    N2Tank,
    /// Potable water tank.
    PotableTank,
    /// Fans of a zone.
    Fans,
    /// Water processor.
    Wpa,
    /// Urine processor.
    Upa,
    /// CO2 reducer.
    Sabatier,
    /// Trace contaminant control.
    Tccs,
    /// Brine processor.
    BrineProcessor,
    /// Solar array; stands outside and is not repaired.
    Array,
    /// Radiator; stands outside and is not repaired.
    Radiator,
}

impl Kind {
    /// Mean time between failures of the whole unit, d; infinite where hazard comes from elsewhere.
    #[must_use]
    pub fn mtbf_d(self) -> f64 {
        match self {
            Kind::Cdra => CDRA_MTBF_D,
            Kind::Ccaa => CCAA_MTBF_D,
            Kind::Pump => PUMP_MTBF_D,
            Kind::Oga => OGA_MTBF_D,
            Kind::Acs => ACS_MTBF_D,
            Kind::Battery => BATTERY_MTBF_D,
            Kind::FuelCell => FUEL_CELL_MTBF_D,
            Kind::Electrolyser => ELECTROLYSER_MTBF_D,
            Kind::O2Tank | Kind::N2Tank | Kind::PotableTank => TANK_MTBF_D,
            Kind::Fans => FAN_MTBF_D,
            Kind::Wpa => WPA_MTBF_D,
            Kind::Upa => UPA_MTBF_D,
            Kind::Sabatier => CRA_MTBF_D,
            Kind::Tccs => TCCS_MTBF_D,
            Kind::BrineProcessor => BRINE_PROCESSOR_MTBF_D,
            Kind::Array => ARRAY_STRING_MTBF_D / ARRAY_STRINGS,
            Kind::Hull | Kind::Radiator => f64::INFINITY,
        }
    }

    /// The modes a failure can have, each with its share of the failures; they sum to one. Assumed.
    ///
    /// A mode with the share zero is possible in a scenario only.
    #[must_use]
    pub fn modes(self) -> &'static [(Mode, f64)] {
        match self {
            Kind::Cdra => &[
                (Mode::Degraded, 0.3),
                (Mode::Failed, 0.5),
                (Mode::Stuck, 0.1),
                (Mode::Leaking, 0.1),
            ],
            Kind::Ccaa | Kind::Oga => &[
                (Mode::Degraded, 0.3),
                (Mode::Failed, 0.4),
                (Mode::Stuck, 0.1),
                (Mode::Leaking, 0.1),
                (Mode::Slow, 0.1),
            ],
            Kind::Acs => {
                &[(Mode::Degraded, 0.2), (Mode::Failed, 0.3), (Mode::Stuck, 0.3), (Mode::Slow, 0.2)]
            }
            Kind::Pump | Kind::Fans | Kind::Battery | Kind::FuelCell | Kind::Electrolyser => {
                &[(Mode::Degraded, 0.4), (Mode::Failed, 0.6)]
            }
            Kind::Wpa | Kind::Upa | Kind::Sabatier => &[
                (Mode::Degraded, 0.3),
                (Mode::Failed, 0.5),
                (Mode::Stuck, 0.1),
                (Mode::Leaking, 0.1),
            ],
            Kind::Tccs | Kind::BrineProcessor => {
                &[(Mode::Degraded, 0.3), (Mode::Failed, 0.6), (Mode::Stuck, 0.1)]
            }
            Kind::O2Tank | Kind::N2Tank | Kind::PotableTank | Kind::Hull => &[(Mode::Leaking, 1.0)],
            Kind::Array => &[(Mode::Degraded, 1.0), (Mode::Failed, 0.0), (Mode::Dusty, 0.0)],
            Kind::Radiator => &[(Mode::Dusty, 1.0)],
        }
    }

    /// The mode of a failure from a draw in 0 to 1.
    #[must_use]
    pub fn draw_mode(self, draw: f64) -> Mode {
        let mut below = 0.0;
        for (mode, share) in self.modes() {
            below += share;
            if draw < below {
                return *mode;
            }
        }
        Mode::Failed
    }

    /// Whether people inside can mend it with a spare.
    #[must_use]
    pub fn is_inside(self) -> bool {
        !matches!(self, Kind::Array | Kind::Radiator)
    }
}

/// Every unit of a scenario that can fail, in the order of repair: name, kind, place in its list.
///
/// Names are `zone.unit`, `zone.hull` and `zone.fans`, `stores.o2_tank` and its like, `habitat.array`
/// and its like. A wall that shows no area to the sky is not in the list.
#[must_use]
pub fn units_of(scenario: &Scenario) -> Vec<(String, Kind, usize)> {
    let mut units = Vec::new();
    let mut add = |kind: Kind, index: usize, place: &str, name: &str| {
        units.push((format!("{place}.{name}"), kind, index));
    };
    for (i, zone) in scenario.zones.iter().enumerate() {
        add(Kind::Hull, i, &zone.name, "hull");
        if zone.fan_w > 0.0 {
            add(Kind::Fans, i, &zone.name, "fans");
        }
    }
    macro_rules! listed {
        ($($list:ident: $kind:ident),*) => {
            $(for (i, unit) in scenario.$list.iter().enumerate() {
                add(Kind::$kind, i, &unit.zone, &unit.name);
            })*
        };
    }
    listed!(
        cdra: Cdra,
        ccaa: Ccaa,
        oga: Oga,
        acs: Acs,
        wpa: Wpa,
        upa: Upa,
        sabatier: Sabatier,
        tccs: Tccs,
        brine_processors: BrineProcessor
    );
    if !scenario.acs.is_empty() {
        add(Kind::O2Tank, 0, "stores", "o2_tank");
        add(Kind::N2Tank, 0, "stores", "n2_tank");
    }
    if !scenario.crew.is_empty() {
        add(Kind::PotableTank, 0, "stores", "potable_tank");
    }
    let habitat = "habitat";
    if scenario.thermal.is_some() {
        for (i, pump) in crate::thermal::PUMPS.iter().enumerate() {
            add(Kind::Pump, i, habitat, pump);
        }
        add(Kind::Radiator, 0, habitat, "radiator");
    }
    if let Some(power) = &scenario.power {
        for (kind, name, is_there) in [
            (Kind::Array, "array", power.array_m2 > 0.0),
            (Kind::Battery, "battery", power.battery_kwh > 0.0),
            (Kind::FuelCell, "fuel_cell", power.fuel_cell_kw > 0.0),
            (Kind::Electrolyser, "electrolyser", power.electrolyser_kw > 0.0),
        ] {
            if is_there {
                add(kind, 0, habitat, name);
            }
        }
    }
    units.sort_by_key(|(_, kind, index)| (*kind as u64, *index));
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_modes_sum_to_one() {
        for kind in [
            Kind::Hull,
            Kind::Cdra,
            Kind::Ccaa,
            Kind::Pump,
            Kind::Oga,
            Kind::Acs,
            Kind::Battery,
            Kind::FuelCell,
            Kind::Electrolyser,
            Kind::O2Tank,
            Kind::N2Tank,
            Kind::PotableTank,
            Kind::Fans,
            Kind::Wpa,
            Kind::Upa,
            Kind::Sabatier,
            Kind::Tccs,
            Kind::BrineProcessor,
            Kind::Array,
            Kind::Radiator,
        ] {
            let sum: f64 = kind.modes().iter().map(|(_, share)| share).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{kind:?} {sum}");
            assert_eq!(kind.draw_mode(0.0), kind.modes()[0].0);
        }
        assert_eq!(Kind::Cdra.draw_mode(0.95), Mode::Leaking);
    }
}

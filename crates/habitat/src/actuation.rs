//! How fast actuators follow their commands: a dead time and a rate for each.
//!
//! A command does nothing for its dead time. Then a set-point moves at its rate, and a mode switches at once.
//! [`crate::order`] carries this out; [`crate::Actuator`] shows both numbers.
//!
//! # Equation
//! ```text
//! rate = (high − low) / travel          of a set-point, in its unit per second
//! rate = ∞                              of a mode, and of what electronics and people switch
//! ```
//! # Parameters
//! | what | commands | dead time | travel | source |
//! |---|---|---|---|---|
//! | regulator | `set_pp_o2_pa`, `set_p_total_pa` | 60 s | 600 s | assumed: a controller steps its set-point |
//! | oxygen generator | `set_o2_mol_s` | 180 s | 600 s | assumed: purge and leak check before current flows; current ramps to spare the cells |
//! | heat exchanger | `set_t_k` | 60 s | 600 s | assumed |
//! | heater of a zone | `set_t_k` | 60 s | 600 s | assumed |
//! | fuel cell | `set_p_w` | 60 s | 180 s | assumed: pumps and regulators of the reactants come first |
//! | electrolyser of the fuel cell | `set_electrolyser_w` | 60 s | 180 s | assumed: as the fuel cell |
//! | coolant loop | `set_supply_k` | 60 s | 600 s | assumed: a controller steps the set-point of its bypass |
//! | fans of a zone | `set_speed` | 60 s | 120 s | assumed: a drive ramps the motors and looks at their current |
//! | heat exchanger, CO2 removal | `set_on` | 60 s | – | assumed: blower runs up, valves go to their places |
//! | trace contaminant control | `set_on` | 120 s | – | assumed: blower runs up, catalyst is heated |
//! | CO2 reducer | `set_on` | 300 s | – | assumed: reactor is heated, lines are purged |
//! | water, urine and brine processors | `set_on` | 300 s | – | assumed: reactor or still comes to its temperature |
//! | lithium hydroxide, candle | `set_on` | 300 s | – | assumed: a person walks there and changes a canister |
//! | loads to shed | `set_shed` | 0 s | – | switches of the bus: within a second, none of it modelled |
//! | wishes to people | `set_repair`, `set_calibrate` | 0 s | – | their time is in [`crate::fault`] and [`crate::sensor`] |
//!
//! No published figure was found for any of them.
//! # Simplifications
//! Switching off takes the dead time of switching on. The dead time of the oxygen generator is that of a start and
//! counts for a running one, too. What follows a set-point behind it, as the valve of a heat exchanger, has a lag
//! of its own in its unit.
//! # Tests
//! `actuation` in this crate.

/// Longest dead time of any actuator, s.
pub const DEAD_MAX_S: f64 = 300.0;

/// How one kind of actuator follows its commands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Actuation {
    /// Time from a command until it begins to act, s.
    pub dead_s: f64,
    /// Time in which a set-point goes through its whole range, s; 0 at once.
    pub travel_s: f64,
}

impl Actuation {
    const fn new(dead_s: f64, travel_s: f64) -> Actuation {
        Actuation { dead_s, travel_s }
    }

    /// Fastest change of a set-point with the range from `low` to `high`, in its unit per second.
    ///
    /// Infinite for what has no travel, and for a range without width: nothing is there to be slow.
    #[must_use]
    pub fn rate_per_s(&self, (low, high): (f64, f64)) -> f64 {
        if self.travel_s > 0.0 && high > low { (high - low) / self.travel_s } else { f64::INFINITY }
    }
}

/// Set-points of a regulator.
pub const REGULATOR: Actuation = Actuation::new(60.0, 600.0);
/// Production of an oxygen generator.
pub const OXYGEN_GENERATOR: Actuation = Actuation::new(180.0, 600.0);
/// Set-point of a condensing heat exchanger or of the heater of a zone.
pub const TEMPERATURE: Actuation = Actuation::new(60.0, 600.0);
/// Power of the fuel cell.
pub const FUEL_CELL: Actuation = Actuation::new(60.0, 180.0);
/// Most power of the electrolyser of the fuel cell.
pub const ELECTROLYSER: Actuation = Actuation::new(60.0, 180.0);
/// Set-point of the supply of a coolant loop.
pub const COOLANT_LOOP: Actuation = Actuation::new(60.0, 600.0);
/// Speed of the fans of a zone.
pub const FANS: Actuation = Actuation::new(60.0, 120.0);
/// Mode of a condensing heat exchanger or of CO2 removal.
pub const BLOWER: Actuation = Actuation::new(60.0, 0.0);
/// Mode of trace contaminant control.
pub const CATALYST: Actuation = Actuation::new(120.0, 0.0);
/// Mode of a CO2 reducer, or of a processor of water, urine or brine.
pub const REACTOR: Actuation = Actuation::new(DEAD_MAX_S, 0.0);
/// Mode of what a person sets up: lithium hydroxide, candles.
pub const BY_HAND: Actuation = Actuation::new(DEAD_MAX_S, 0.0);
/// What electronics switch, and what people are only told.
pub const AT_ONCE: Actuation = Actuation::new(0.0, 0.0);

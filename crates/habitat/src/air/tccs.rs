//! Trace contaminant control: a charcoal bed for ammonia, a catalytic oxidiser for the rest.
//!
//! # Ports
//! Cabin air in and back; electric power, all of it heat to the air.
//! # State
//! Ammonia held by the charcoal.
//! # Stages
//! Reduction: after the CO2 reducer, before the backups.
//! # Fails how
//! A full charcoal bed lets ammonia pass and shows nothing but its content; it is not regenerated.
//! Degraded: half of both flows.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | charcoal flow, oxidiser flow | 15, 4.6 | m3/h | Perry, as recalled: assumed |
//! | power | 180 | W | as recalled: assumed |
//! | charcoal capacity for ammonia | 0.5 | kg | assumed |
//! | single-pass conversion CO, H2, CH4 | 1, 1, 0.9 | – | assumed, 400 degC palladium catalyst |
//! # Simplifications
//! Ammonia capture is complete until the charcoal is full and nothing after; held ammonia keeps the
//! enthalpy of the gas. Oxidation stops short of the last tenth of the oxygen in the stream.

use physics::reaction::{CH4_OXIDATION, CO_OXIDATION, H2_OXIDATION, Reaction};
use physics::species::{GASES, Gas, enthalpy_j_mol};

use crate::air::zone::{Zone, ZonePlan};
use crate::ledger::Ledger;
use crate::slots::state;

/// Charcoal bed flow, m3/s. Assumed.
const CHARCOAL_M3_S: f64 = 15.0 / 3_600.0;
/// Oxidiser flow, m3/s. Assumed.
const OXIDISER_M3_S: f64 = 4.6 / 3_600.0;
/// Electric power, W. Assumed.
const POWER_W: f64 = 180.0;
/// Capacity of the charcoal for ammonia, mol. Assumed: 0.5 kg.
const CHARCOAL_NH3_MOL: f64 = 0.5 / 17.031e-3;
/// Gas, its oxidation, single-pass conversion. Assumed.
const OXIDATIONS: [(Gas, Reaction, f64); 3] =
    [(Gas::Co, CO_OXIDATION, 1.0), (Gas::H2, H2_OXIDATION, 1.0), (Gas::Ch4, CH4_OXIDATION, 0.9)];

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct TccsPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
}

state! {
    /// What the unit remembers.
    pub struct Tccs {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Has electric power.
        pub powered: bool,
        /// Commanded on.
        pub on: bool,
        /// Ammonia held by the charcoal, mol.
        pub nh3_mol: f64,
        /// Enthalpy of it, J.
        pub nh3_j: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl Tccs {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// share(flow) = 1 − exp(−flow·dt/V)
    /// ammonia caught = min( share(charcoal) · n(NH3), capacity − held )                      [mol]
    /// extent of each oxidation = min( share(oxidiser) · n(fuel) · conversion, O2 left / ν )  [mol]
    ///   O2 left  starts at 0.9 of the oxygen in the stream, shared by CO, H2, CH4 in this order
    ///   ν        oxygen per fuel of the reaction                                            [mol/mol]
    /// ```
    /// # Valid range
    /// Trace amounts: the products are not passed through the oxidiser a second time in a step.
    /// # Outside the range
    /// Without oxygen nothing is oxidised. In vacuum the unit takes its power and does nothing.
    /// Switched off, it neither takes power nor loses the ammonia it holds.
    /// # Conserves
    /// Atoms of the oxidised gases come back as CO2 and vapour; the heat of reaction warms the air.
    /// The internal energy of the zone stays the same in a reaction, so only amounts change. Power
    /// is booked by [`Ledger::electric_in`] and heats the air; ammonia by [`Ledger::gas_moved`].
    /// # Tests
    /// `conservation::cabin_closes_over_thirty_days`,
    /// `conservation::any_cabin_under_any_command_stays_finite_and_closed`.
    #[inline(always)]
    pub fn run(&mut self, zone: (&mut Zone, &ZonePlan), dt_s: f64, ledger: &mut Ledger) {
        self.power_w = 0.0;
        if !self.is_on() {
            return;
        }
        let (zone, zone_plan) = zone;
        self.power_w = POWER_W;
        ledger.electric_in(POWER_W * dt_s);
        zone.heat(POWER_W * dt_s);

        let share = Zone::drawn_share(zone_plan, self.capacity * CHARCOAL_M3_S, dt_s);
        let room_mol = (CHARCOAL_NH3_MOL - self.nh3_mol).max(0.0);
        let wanted_mol = (share * zone.n_mol[Gas::Nh3 as usize]).min(room_mol);
        let caught = zone.take_gas(Gas::Nh3, wanted_mol);
        ledger.gas_moved(&caught);
        self.nh3_mol += caught.n_mol[Gas::Nh3 as usize];
        self.nh3_j += caught.h_j;

        let share = Zone::drawn_share(zone_plan, self.capacity * OXIDISER_M3_S, dt_s);
        let mut oxygen_mol = 0.9 * share * zone.n_mol[Gas::O2 as usize];
        for (fuel, reaction, conversion) in OXIDATIONS {
            let o2_per_fuel = -reaction.gas[Gas::O2 as usize];
            let fuel_mol = share * zone.n_mol[fuel as usize] * conversion;
            let extent_mol = fuel_mol.min(oxygen_mol / o2_per_fuel);
            if extent_mol <= 0.0 {
                continue;
            }
            oxygen_mol -= extent_mol * o2_per_fuel;
            // A reaction inside a closed volume leaves its internal energy as it is; the products
            // find themselves warmer.
            for g in 0..GASES {
                let change_mol = extent_mol * reaction.gas[g];
                zone.n_mol[g] = (zone.n_mol[g] + change_mol).max(0.0);
                ledger.moved[5] += (change_mol * enthalpy_j_mol(Gas::ALL[g], zone.t_k)).abs();
            }
        }
    }
}
